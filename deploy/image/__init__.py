"""What the image is made with, beside the Dockerfile."""

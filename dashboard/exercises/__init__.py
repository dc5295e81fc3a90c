"""What people can do in the practice cluster to learn, and how Baton's own steps show it done."""

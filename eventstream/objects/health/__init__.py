"""What a custom resource says of itself: read by conventions, by files of kinds, and by scripts."""

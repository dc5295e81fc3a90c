"""All attacks at once against one Baton, in the memory that `deploy/` gives; run by `make soak`."""

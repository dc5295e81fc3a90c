"""What Baton costs, measured beside what else could be used; run by `make bench`."""

"""The garbage collector: what goes with its owners."""

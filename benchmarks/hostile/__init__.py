"""Attacks on Baton at full size, a module each with a `main()`; run by `make bench-hostile`."""

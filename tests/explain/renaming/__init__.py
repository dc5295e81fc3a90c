"""The engine with every word of its own sentences renamed, for the test that none is decided by."""

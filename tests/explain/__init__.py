"""Tests of the pure engine: tables, golden output, and interleavings that must not matter."""

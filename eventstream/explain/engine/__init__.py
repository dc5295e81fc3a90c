"""Folds observations into steps and traces."""

"""Hypothesis as the house wants its tests: the same examples every time, and no clock."""

from hypothesis import settings

settings.register_profile("deterministic", deadline=None, derandomize=True)
settings.load_profile("deterministic")

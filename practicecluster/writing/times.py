"""Kubernetes' two forms of a time."""

import functools
from datetime import UTC, datetime


def stamp(at: float) -> str:
    """Return a time in unix seconds as a Time: whole seconds."""
    return _second(int(at))


@functools.lru_cache(maxsize=64)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(at: float) -> str:
    """Return a time in unix seconds as a MicroTime."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

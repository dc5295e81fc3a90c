"""Kubernetes' two forms of a time."""

from datetime import UTC, datetime


def stamp(at: float) -> str:
    """Return a time in unix seconds as a Time: whole seconds."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(at: float) -> str:
    """Return a time in unix seconds as a MicroTime."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

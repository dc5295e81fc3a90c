"""Whether connections that are opened here may only read, as those of pages do."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)


@contextmanager
def only_reading() -> Iterator[None]:
    """Within this block, and what it starts, each connection that is opened can only read."""
    before = _only_reading.set(True)
    try:
        yield
    finally:
        _only_reading.reset(before)


def is_only_reading() -> bool:
    """Whether `only_reading` holds here."""
    return _only_reading.get()

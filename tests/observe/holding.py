"""A server with few places, in which sockets' queries hang for as long as a test holds a lock."""

import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.hostile.sockets import lock_in, queries_hang_while_locked

PLACES = 20


def fill() -> None:
    """Called in the server before it serves."""
    from dashboard import consumers

    queries_hang_while_locked()
    consumers.pages.most = PLACES


@asynccontextmanager
async def held(data: Path) -> AsyncIterator[None]:
    """Within this block the queries hang; enter it while none is under way."""
    with lock_in(data).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield

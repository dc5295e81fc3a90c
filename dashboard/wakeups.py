"""Hears once, for all sockets of this process, that there is more in history.

The channel layer looks through all of its channels whenever one is read, so a channel for each
socket would cost the square of their number with every commit.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels.layers import get_channel_layer

GROUP = "history"

AGAIN_SECONDS = 5.0
"""After so long it is listened anew where a layer failed."""

logger = logging.getLogger(__name__)


class WakeUps:
    """Sets the event of each open socket when history changed; listens while there is any."""

    def __init__(self) -> None:
        self._events: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def heard_by(self, event: asyncio.Event) -> Iterator[None]:
        """Within this block, set `event` whenever history changed."""
        self._events.add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._hear(), name="wake-ups")
        try:
            yield
        finally:
            self._events.discard(event)
            if not self._events:
                self._task.cancel()
                self._task = None

    async def _hear(self) -> None:
        """Listen until cancelled; without it pages still look once a second."""
        while True:
            try:
                await self._hear_from(get_channel_layer())
            except Exception:
                logger.exception("Pages are not woken up, and look each second instead.")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear_from(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                await layer.receive(channel)
                for event in self._events:
                    event.set()
        finally:
            await layer.group_discard(GROUP, channel)

"""Runs a reflector or watcher in a test and waits for what it should tell."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.holdings import Holdings
from eventstream.kubeapi.rationing import Places
from eventstream.kubeapi.reflector import Reflector
from eventstream.kubeapi.watcher import Watcher
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Coverage, Gap, Observation, Position, Removed
from eventstream.objects.resource import Resource
from tests.kubeapi.objects import PODS

PATIENCE_SECONDS = 120.0


class Observed:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.all: list[Observation] = []

    async def take(self, observation: Observation) -> None:
        self.all.append(observation)

    async def until(self, condition: Callable[["Observed"], object]) -> None:
        """Wait until what was told so far meets `condition`."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                # Not an Event: what is waited for may also be what the server was asked.
                while not condition(self):  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise AssertionError(f"it was only told {self.all[-20:]}") from None

    async def until_state(self, state: str, code: str = "") -> Coverage:
        """Wait until the newest coverage has this state and problem code; return it."""

        def newest() -> Coverage | None:
            return next((each for each in reversed(self.all) if isinstance(each, Coverage)), None)

        def reached(_: Observed) -> bool:
            last = newest()
            told = last.problem.code if last and last.problem else ""
            return last is not None and last.state == state and told == code

        await self.until(reached)
        last = newest()
        assert last is not None
        return last

    @property
    def changes(self) -> list[Change]:
        return [each for each in self.all if isinstance(each, Change)]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Each change as (type, name, resourceVersion)."""
        return [(c.type, c.after.metadata.name, c.after.version) for c in self.changes]

    @property
    def gaps(self) -> list[Gap]:
        return [each for each in self.all if isinstance(each, Gap)]

    @property
    def positions(self) -> list[Position]:
        return [each for each in self.all if isinstance(each, Position)]

    @property
    def removed(self) -> list[Removed]:
        return [each for each in self.all if isinstance(each, Removed)]

    def coverage(self, resource: Resource | None = PODS) -> list[Coverage]:
        """What was told of one resource, of all where it is None."""
        told = [each for each in self.all if isinstance(each, Coverage)]
        return [each for each in told if resource in (None, each.resource)]


@asynccontextmanager
async def reflecting(
    connection: Connection,
    *,
    observed: Observed | None = None,
    saved: Saved | None = None,
    namespace: str | None = None,
    clock: Clock | None = None,
    holdings: Holdings | None = None,
) -> AsyncIterator[Observed]:
    """Run a reflector of Pods for as long as the block lasts."""
    observed = observed or Observed()
    reflector = Reflector(
        connection,
        PODS,
        observed.take,
        Decoder(b"key"),
        namespace=namespace,
        saved=saved,
        clock=clock,
        holdings=holdings,
    )
    async with _running(reflector.run()):
        yield observed


@asynccontextmanager
async def watching(
    connection: Connection,
    *,
    observed: Observed | None = None,
    saved: dict[str, Saved] | None = None,
    namespace: str | None = None,
    clock: Clock | None = None,
    places: Places | None = None,
) -> AsyncIterator[Observed]:
    """Run a watcher for as long as the block lasts."""
    observed = observed or Observed()
    watcher = Watcher(
        connection,
        observed.take,
        Decoder(b"key"),
        saved=saved,
        namespace=namespace,
        clock=clock,
        places=places,
    )
    async with _running(watcher.run()):
        yield observed


@asynccontextmanager
async def _running(run: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(run)
    try:
        yield
    finally:
        ended = task.done()
        task.cancel()
        await asyncio.wait({task})
        if ended and not task.cancelled():
            task.result()

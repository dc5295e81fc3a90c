"""Watches a whole cluster: one supervised reflector for each resource that can be watched.

Types come and go with their CustomResourceDefinitions, or with what discovery tells, while this
runs.
"""

import asyncio
import logging
from collections.abc import Mapping

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS, custom_resource, defined_name
from eventstream.kubeapi.custom_types import CustomTypes
from eventstream.kubeapi.delivery import Saved, Sink
from eventstream.kubeapi.discovery import EVENTS, NEW_EVENTS, plan, read_all
from eventstream.kubeapi.supervision import Supervision
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import (
    Change,
    Coverage,
    Observation,
    Position,
    Problem,
    Removed,
)
from eventstream.objects.resource import Resource

logger = logging.getLogger(__name__)

__all__ = ["Saved", "Sink", "Watcher"]

REDISCOVERY_SECONDS = 60.0
"""How often discovery is read where it alone tells which custom types there are."""
SLOW_REDISCOVERIES = 10
"""Every so many of these where definitions tell it, and discovery only the rest."""


class Watcher:
    """Sends `sink` everything that can be observed of one cluster, each resource in order.

    `saved` holds, by `Resource.key`, where an earlier run left off. With `namespace`, only what
    lives there is asked for, by paths that a Role in that namespace can allow.
    """

    def __init__(
        self,
        connection: Connection,
        sink: Sink,
        decoder: Decoder,
        *,
        saved: Mapping[str, Saved] | None = None,
        namespace: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._connection = connection
        self._sink = sink
        self._namespace = namespace
        self._clock = clock or Clock()
        self._saved = dict(saved or {})
        self._group = asyncio.TaskGroup()
        self._running = Supervision(
            self._group, connection, sink, decoder, self._saved, self._clock
        )
        self._types = CustomTypes(namespaced=namespace is not None)
        self._custom: set[Resource] = set()
        self._told: dict[Resource, Problem] = {}
        self._changing = asyncio.Lock()

    async def run(self) -> None:
        """Watch until cancelled; every reflector has ended before this returns."""
        served = await read_all(self._connection)
        planned = plan(served, self._namespace)
        self._types.discover(served or {})
        async with self._group:
            for resource, problem in planned.left_out.items():
                await self._tell_unwatched(resource, problem)
            for resource, namespace in planned.watched.items():
                special = {CRDS: self._take_definition, EVENTS: self._take_event}
                self._running.start(resource, namespace, special.get(resource))
            if CRDS in planned.left_out:
                self._types.definitions_are_known = False
            elif CRDS.key in self._saved:
                for definition in self._saved[CRDS.key].images:
                    self._define(definition)
            self._saved.clear()
            self._group.create_task(self._running.refresh(), name="coverage")
            await self._follow_types()
            await self._rediscover()

    async def _rediscover(self) -> None:
        """Read again and again what is served, often where nothing else tells it."""
        rounds = 0
        while True:
            await self._clock.sleep(REDISCOVERY_SECONDS)
            rounds += 1
            if self._types.definitions_are_known and rounds % SLOW_REDISCOVERIES:
                continue
            served = await read_all(self._connection)
            if served is None:
                continue
            self._types.discover(served)
            try:
                await self._follow_types()
            except Exception:
                # The sink itself failed, and nobody is left to tell; all else goes on.
                logger.exception("The types that came or went could not all be told.")

    async def _follow_types(self) -> None:
        """Watch the custom types that there are now, and no longer those that there were."""
        async with self._changing:
            wanted = self._types.wanted()
            for resource in self._custom - wanted:
                await self._running.stop(resource, _no_longer(resource))
                self._custom.discard(resource)
            for resource in sorted(wanted - self._custom, key=lambda each: each.key):
                self._custom.add(resource)
                self._running.start(resource, self._namespace)
            await self._tell_of(self._types.not_wanted())

    async def _tell_of(self, not_wanted: Mapping[Resource, Problem]) -> None:
        """Say which custom types could be listed and are not watched, and why, once each."""
        for resource in [each for each in self._told if each not in not_wanted]:
            await self._sink(Removed(resource, self._clock.now(), _no_longer(resource)))
            del self._told[resource]
        for resource, problem in not_wanted.items():
            if self._told.get(resource) != problem:
                await self._tell_unwatched(resource, problem)
                self._told[resource] = problem

    async def _tell_unwatched(self, resource: Resource, problem: Problem) -> None:
        await self._sink(Coverage(resource, "gone", self._clock.now(), problem=problem))

    async def _take_definition(self, observation: Observation) -> None:
        await self._sink(observation)
        match observation:
            case Change(type="DELETED" | "VANISHED", after=definition):
                self._types.undefine(definition.uid)
            case Change(after=definition):
                self._define(definition)
            case Position(listed=True):
                self._types.definitions_are_known = True
            case Coverage(state="forbidden" | "gone") if not self._types.definitions_are_known:
                self._types.definitions_are_known = False
            case _:
                return
        # While a list is being told, what it has not named yet would seem to be gone.
        if not isinstance(observation, Change) or self._types.definitions_are_known is not False:
            await self._follow_types()

    def _define(self, definition: Image) -> None:
        group, plural = defined_name(definition)
        self._types.define(definition.uid, group, plural, custom_resource(definition))

    async def _take_event(self, observation: Observation) -> None:
        """Read Events under their other name for as long as the first is forbidden."""
        await self._sink(observation)
        if not isinstance(observation, Coverage):
            return
        if observation.state == "forbidden" and NEW_EVENTS not in self._running:
            self._running.start(NEW_EVENTS, self._namespace)
        elif observation.state == "watching" and NEW_EVENTS in self._running:
            await self._running.stop(NEW_EVENTS, f"{EVENTS.key} may be read now.")


def _no_longer(resource: Resource) -> str:
    name = f"{resource.plural}.{resource.group}"
    return f"The cluster no longer offers {name} in version {resource.version}."

"""Watches a whole cluster: one supervised reflector for each resource that can be watched.

Types come and go with their CustomResourceDefinitions, or with what discovery tells, while this
runs.
"""

import asyncio
import logging
from collections.abc import Mapping

from eventstream.kubeapi import rationing
from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS, custom_resource, defined_name
from eventstream.kubeapi.custom_types import CustomTypes
from eventstream.kubeapi.delivery import Saved, Sink
from eventstream.kubeapi.discovery import API_SERVICES, EVENTS, NEW_EVENTS, Plan, plan, read_all
from eventstream.kubeapi.quoting import quoted
from eventstream.kubeapi.rationing import Places
from eventstream.kubeapi.served import Discovery, is_well_named
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

_WATCHED = "It is watched from now on."
_COUNTED = "The cluster no longer offers it, or it is one of many, which are named only in part."


class Watcher:
    """Sends `sink` everything that can be observed of one cluster, each resource in order.

    `saved` holds, by `Resource.key`, where an earlier run left off. With `namespace`, only what
    lives there is asked for, by paths that a Role in that namespace can allow. `places` says how
    many types are watched, by default as many as memory and open files allow.
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
        places: Places | None = None,
    ) -> None:
        self._connection = connection
        self._places = places or rationing.places(connection.bounds.watches)
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
        self._changed = asyncio.Event()
        self._found: Discovery | None = None
        self._outdated = False
        self._asked_again = False
        self._built_in: dict[tuple[str, str], Resource] = {}

    async def run(self) -> None:
        """Watch until cancelled; every reflector has ended before this returns."""
        self._found = await read_all(self._connection)
        planned = self._plan(self._found)
        self._types.discover(self._found or Discovery({}))
        async with self._group:
            for resource, problem in planned.left_out.items():
                await self._tell_unwatched(resource, problem)
            for resource, namespace in planned.watched.items():
                await self._start_built_in(resource, namespace)
            if CRDS in planned.left_out:
                self._types.definitions_are_known = False
            elif CRDS.key in self._saved:
                for definition in self._saved[CRDS.key].images:
                    self._define(definition)
            self._saved.clear()
            self._group.create_task(self._running.refresh(), name="coverage")
            await self._follow_types()
            self._group.create_task(self._keep_following(), name="types")
            await self._rediscover()

    async def _start_built_in(self, resource: Resource, namespace: str | None) -> None:
        """Watch a type that comes with Kubernetes, if there is a place left."""
        if self._places_taken() >= self._places.count:
            await self._tell_unwatched(resource, self._places.problem(resource))
            return
        special = {
            CRDS: self._take_definition,
            EVENTS: self._take_event,
            API_SERVICES: self._take_service,
        }
        await self._running.start(resource, namespace, special.get(resource))
        self._built_in[resource.type_name] = resource

    async def _follow_built_in(self) -> None:
        """Watch the built-in types that are served since, in the version that is there now.

        One that is served no longer is still asked for: its watch tells what the server says.
        """
        found = self._found
        if found is None:
            return
        for resource, namespace in self._plan(found).watched.items():
            watched = self._built_in.get(resource.type_name)
            if watched is None and self._places_taken() < self._places.count:
                await self._start_built_in(resource, namespace)
            elif watched not in (None, resource) and _is_over(watched, found):
                await self._running.move(watched, resource, namespace)
                self._built_in[resource.type_name] = resource

    def _plan(self, found: Discovery | None) -> Plan:
        if found is None:
            return plan(None, self._namespace)
        return plan(found.types, self._namespace, found.unknown)

    async def _rediscover(self) -> None:
        """Read again and again what is served, often where nothing else tells it."""
        rounds = 0
        while True:
            await self._clock.sleep(REDISCOVERY_SECONDS)
            rounds += 1
            known = self._types.definitions_are_known and _is_whole(self._found)
            if known and not self._outdated and rounds % SLOW_REDISCOVERIES:
                continue
            self._outdated = False
            found = await read_all(self._connection)
            if found is None:
                continue
            self._found = found
            self._asked_again = True
            self._types.discover(found)
            self._changed.set()

    async def _keep_following(self) -> None:
        """Follow what comes and goes, once for all that changed while that was last done."""
        backoff = Backoff(self._clock)
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._connection.turns.next()
            try:
                await self._follow_types()
            except Exception:
                # The sink itself failed, and nobody is left to tell; all else goes on.
                logger.exception("The types that came or went could not all be told.")
                await self._clock.sleep(backoff.delay())
                self._changed.set()

    async def _follow_types(self) -> None:
        """Watch the types that there are now, and no longer those that there were."""
        async with self._changing:
            await self._follow_built_in()
            wanted = self._types.wanted()
            others = {each.type_name: each for each in wanted - self._custom}
            for resource in self._custom - wanted:
                await self._leave(resource, others.get(resource.type_name))
            begun = rationing.chosen(wanted, self._custom, self._left_places()) - self._custom
            left = wanted - self._custom - begun
            await self._tell_of(self._unwatched(left), begun)
            for resource in sorted(begun, key=lambda each: each.key):
                await self._connection.turns.next()  # Each asks the server at once.
                await self._running.start(resource, self._namespace)
                self._custom.add(resource)
            await self._leave_behind()

    async def _leave_behind(self) -> None:
        """Tell of the types that an earlier run read, and that two answers since do not name."""
        found = self._found
        if found is None or not self._asked_again or self._types.definitions_are_known is None:
            return
        away = {version.rpartition("/")[0] for version in found.unknown}
        served = {each.resource.type_name for each in found.types.values()}
        served |= {each.type_name for each in self._types.wanted()}
        for resource in self._running.left_over():
            if resource.type_name not in served and resource.group not in away:
                await self._running.stop(resource, _no_longer(resource))

    def _places_taken(self) -> int:
        """By built-in types; Events may need a second one, see `_take_event`."""
        return len(self._built_in) + (EVENTS.type_name in self._built_in)

    def _left_places(self) -> int:
        return max(self._places.count - self._places_taken(), 0)

    def _unwatched(self, left: set[Resource]) -> dict[Resource, Problem]:
        """Return what is told of types that are not watched; `left` are those without a place."""
        most = self._connection.bounds.named
        return rationing.named(left, most, self._places.problem) | self._types.not_wanted(most)

    async def _tell_of(self, unwatched: Mapping[Resource, Problem], begun: set[Resource]) -> None:
        """Say which custom types are not watched, and why, once each; `begun` are from now on."""
        for resource in [each for each in self._told if each not in unwatched]:
            reason = _WATCHED if resource in begun else _COUNTED
            await self._sink(Removed(resource, self._clock.now(), reason))
            del self._told[resource]
        for resource, problem in unwatched.items():
            if self._told.get(resource) != problem:
                await self._tell_unwatched(resource, problem)
                self._told[resource] = problem

    async def _tell_unwatched(self, resource: Resource, problem: Problem) -> None:
        await self._sink(Coverage(resource, "gone", self._clock.now(), problem=problem))

    async def _take_definition(self, observation: Observation) -> None:
        await self._sink(observation)
        gone: Resource | None = None
        match observation:
            case Change(type="DELETED" | "VANISHED", after=definition):
                gone = self._types.undefine(definition.uid)
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
            async with self._changing:
                for each in [each for each in self._custom if _is_version_of(each, gone)]:
                    await self._stop(each)  # At once, as it may soon be defined again.
            self._changed.set()

    async def _leave(self, resource: Resource, other: Resource | None) -> None:
        """Watch it no longer, or in the `other` version that is to be watched in its place."""
        if other is None or other.namespaced != resource.namespaced:
            await self._stop(resource)
            return
        await self._running.move(resource, other, self._namespace)
        self._custom.discard(resource)
        self._custom.add(other)

    async def _stop(self, resource: Resource) -> None:
        await self._running.stop(resource, _no_longer(resource))
        self._custom.discard(resource)

    def _define(self, definition: Image) -> None:
        group, plural = defined_name(definition)
        resource = custom_resource(definition)
        if resource is not None and not is_well_named(resource):
            name = quoted(definition.metadata.name)
            logger.warning("What %s defines is not watched: no API allows such names.", name)
            resource = None
        self._types.define(definition.uid, group, plural, resource)

    async def _take_event(self, observation: Observation) -> None:
        """Read Events under their other name for as long as the first is forbidden."""
        await self._sink(observation)
        if not isinstance(observation, Coverage):
            return
        if observation.state == "forbidden" and NEW_EVENTS not in self._running:
            await self._running.start(NEW_EVENTS, self._namespace)
        elif observation.state == "watching" and NEW_EVENTS in self._running:
            await self._running.stop(NEW_EVENTS, f"{EVENTS.key} may be read now.")

    async def _take_service(self, observation: Observation) -> None:
        """Read soon again what is served, as another server may serve some of it."""
        await self._sink(observation)
        if isinstance(observation, Change) and observation.type != "EXISTING":
            self._outdated = True


def _is_over(resource: Resource, found: Discovery) -> bool:
    """Whether a version is certainly served no longer."""
    return resource.key not in found.types and resource.api_version not in found.unknown


def _is_version_of(resource: Resource, other: Resource | None) -> bool:
    return other is not None and other.type_name == resource.type_name


def _is_whole(found: Discovery | None) -> bool:
    return found is not None and not found.unknown


def _no_longer(resource: Resource) -> str:
    name = f"{resource.plural}.{resource.group}"
    return f"The cluster no longer offers {name} in version {resource.version}."

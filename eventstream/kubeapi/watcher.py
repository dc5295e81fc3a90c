"""Watches a whole cluster: one supervised reflector for each resource that can be watched.

Types come and go with their CustomResourceDefinitions while this runs; a reflector that breaks
is reported and started again, and holds up no other.
"""

import asyncio
import logging
from collections.abc import Mapping

from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS, custom_resource
from eventstream.kubeapi.delivery import Saved, Sink
from eventstream.kubeapi.discovery import EVENTS, NEW_EVENTS, discover
from eventstream.kubeapi.reflector import Reflector
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Coverage, Observation, Removed
from eventstream.objects.resource import Resource

__all__ = ["Saved", "Sink", "Watcher"]

logger = logging.getLogger(__name__)


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
        self._decoder = decoder
        self._saved = dict(saved or {})
        self._namespace = namespace
        self._clock = clock or Clock()
        self._group = asyncio.TaskGroup()
        self._tasks: dict[Resource, asyncio.Task[None]] = {}
        self._custom: dict[str, Resource] = {}

    async def run(self) -> None:
        """Watch until cancelled; every reflector has ended before this returns."""
        plan = await discover(self._connection, self._namespace)
        definitions = self._saved.get(CRDS.key)
        async with self._group:
            for resource, problem in plan.left_out.items():
                await self._sink(Coverage(resource, "gone", self._clock.now(), problem=problem))
            for resource, namespace in plan.watched.items():
                self._start(resource, namespace)
            if CRDS in plan.watched and definitions is not None:
                for definition in definitions.images:
                    await self._follow(definition, custom_resource(definition))

    def _start(self, resource: Resource, namespace: str | None) -> None:
        reflector = Reflector(
            self._connection,
            resource,
            {CRDS: self._take_definition, EVENTS: self._take_event}.get(resource, self._sink),
            self._decoder,
            namespace=namespace,
            saved=self._saved.pop(resource.key, None),
            clock=self._clock,
        )
        task = self._group.create_task(self._supervise(reflector), name=f"watch {resource.key}")
        self._tasks[resource] = task

    async def _stop(self, resource: Resource, reason: str) -> None:
        """End a reflector, then say so: nothing of the resource comes after its Removed."""
        task = self._tasks[resource]
        task.cancel()
        await asyncio.wait({task})
        await self._sink(Removed(resource, self._clock.now(), reason))
        del self._tasks[resource]

    async def _supervise(self, reflector: Reflector) -> None:
        backoff = Backoff(self._clock)
        while True:
            try:
                await reflector.run()
            except Exception as error:
                logger.exception("Watching %s failed; it starts again.", reflector.resource.key)
                delay = backoff.delay()
                await self._report(reflector, error, delay)
                await self._clock.sleep(delay)

    async def _report(self, reflector: Reflector, error: Exception, delay: float) -> None:
        try:
            await reflector.report_crash(error, delay)
        except Exception:
            # The sink itself fails, most likely what broke the reflector: the log has to do.
            logger.exception("The failure of %s could not be reported.", reflector.resource.key)

    async def _take_definition(self, observation: Observation) -> None:
        await self._sink(observation)
        if isinstance(observation, Change):
            gone = observation.type in {"DELETED", "VANISHED"}
            wanted = None if gone else custom_resource(observation.after)
            await self._follow(observation.after, wanted)

    async def _follow(self, definition: Image, wanted: Resource | None) -> None:
        """Watch the resource that a CRD now defines, and no longer the one that it did."""
        watched = self._custom.get(definition.uid)
        if watched == wanted:
            return
        if watched is not None:
            name = definition.metadata.name
            await self._stop(watched, f"CustomResourceDefinition {name} no longer offers it.")
            del self._custom[definition.uid]
        if wanted is not None:
            self._custom[definition.uid] = wanted
            self._start(wanted, None)

    async def _take_event(self, observation: Observation) -> None:
        """Read Events under their other name for as long as the first is forbidden."""
        await self._sink(observation)
        if not isinstance(observation, Coverage):
            return
        if observation.state == "forbidden" and NEW_EVENTS not in self._tasks:
            self._start(NEW_EVENTS, self._namespace)
        elif observation.state == "watching" and NEW_EVENTS in self._tasks:
            await self._stop(NEW_EVENTS, f"{EVENTS.key} may be read now.")

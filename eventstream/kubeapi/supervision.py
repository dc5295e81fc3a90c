"""Runs reflectors as tasks: one that breaks is told of and starts again, and holds up no other."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from msgspec.structs import replace

from eventstream import descriptors
from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.coverage import EVERY_SECONDS
from eventstream.kubeapi.delivery import Saved, Sink
from eventstream.kubeapi.holdings import Holdings
from eventstream.kubeapi.reflector import Reflector
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Removed
from eventstream.objects.resource import Resource

logger = logging.getLogger(__name__)


class Supervision:
    """The reflectors that run, each in a task of `group`.

    `saved` holds, by `Resource.key`, where an earlier run left off; it is used once, also by
    another version of the same type, as that run may have found another one served.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        connection: Connection,
        sink: Sink,
        decoder: Decoder,
        saved: Mapping[str, Saved],
        clock: Clock,
    ) -> None:
        self._group = group
        self._connection = connection
        self._sink = sink
        self._decoder = decoder
        self._saved = dict(saved)
        self._clock = clock
        self._holdings = Holdings()
        self._tasks: dict[Resource, asyncio.Task[None]] = {}
        self._reflectors: dict[Resource, Reflector] = {}

    async def refresh(self) -> None:
        """Keep what is told of each watch no older than some seconds; never returns.

        On a clock of its own, as nothing is decided by it.
        """
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            for reflector in list(self._reflectors.values()):
                # Not one that was ended while another one was told of.
                if self._reflectors.get(reflector.resource) is reflector:
                    await self._attempt(reflector.refresh(), reflector)

    def __contains__(self, resource: Resource) -> bool:
        return resource in self._tasks

    async def start(
        self, resource: Resource, namespace: str | None = None, sink: Sink | None = None
    ) -> None:
        """Watch a resource from now on; `sink` is told of it where the common one is not to be.

        Where an earlier run, or `move`, left off in another version, that this is over is told.
        """
        sink = sink or self._sink
        saved = self._saved.pop(resource.key, None)
        earlier = None if saved is not None else self._earlier(resource)
        if earlier is not None:
            await sink(self._replaced(earlier, resource))
            saved = replace(self._saved.pop(earlier.key), relist=_read_as(resource))
        reflector = Reflector(
            self._connection,
            resource,
            sink,
            self._decoder,
            namespace=namespace,
            saved=saved,
            clock=self._clock,
            holdings=self._holdings,
        )
        task = self._group.create_task(self._supervise(reflector), name=f"watch {resource.key}")
        self._tasks[resource] = task
        self._reflectors[resource] = reflector

    async def stop(self, resource: Resource, reason: str) -> None:
        """End a reflector, then say so: nothing of the resource comes after its Removed."""
        await self._end(resource)
        self._saved.pop(resource.key, None)
        await self._sink(Removed(resource, self._clock.now(), reason))
        self._tasks.pop(resource, None)

    async def move(self, resource: Resource, to: Resource, namespace: str | None = None) -> None:
        """Watch a type in another version from now on, from where it was read up to.

        Where the sink raises, it may be called again.
        """
        reflector = self._reflectors.get(resource)
        await self._end(resource)
        saved = None if reflector is None else reflector.saved()
        if saved is not None:
            self._saved[resource.key] = saved
        if resource.key not in self._saved:
            await self._sink(self._replaced(resource, to))
        self._tasks.pop(resource, None)
        await self.start(to, namespace)

    def left_over(self) -> list[Resource]:
        """The types that an earlier run read and this one does not, in the version of then."""
        return [_resource(key, saved) for key, saved in self._saved.items()]

    async def _end(self, resource: Resource) -> None:
        reflector = self._reflectors.pop(resource, None)
        task = self._tasks.get(resource)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if reflector is not None:  # None where an earlier attempt could not be told.
            reflector.close()

    def _earlier(self, resource: Resource) -> Resource | None:
        """The other version of the type that was left off in, if any."""
        others = (each for each in self.left_over() if each.type_name == resource.type_name)
        return next((replace(resource, version=other.version) for other in others), None)

    def _replaced(self, resource: Resource, by: Resource) -> Removed:
        return Removed(resource, self._clock.now(), _read_as(by), by)

    async def _supervise(self, reflector: Reflector) -> None:
        backoff = Backoff(self._clock)
        while True:
            try:
                await reflector.run()
            except Exception as error:
                if descriptors.are_meant_by(error):
                    logger.warning(
                        "Watching %s failed, as too many files are open; it starts again.",
                        reflector.resource.key,
                    )
                else:
                    logger.exception("Watching %s failed; it starts again.", reflector.resource.key)
                delay = backoff.delay()
                await self._attempt(reflector.report_crash(error, delay), reflector)
                await self._clock.sleep(delay)

    async def _attempt(self, report: Coroutine[Any, Any, None], reflector: Reflector) -> None:
        try:
            await report
        except Exception:
            # The sink itself fails, most likely what broke the reflector: the log has to do.
            logger.exception("The state of %s could not be reported.", reflector.resource.key)


def _read_as(resource: Resource) -> str:
    name = f"{resource.plural}.{resource.group}"
    return f"Objects of {name} are read in version {resource.version} from now on."


def _resource(key: str, saved: Saved) -> Resource:
    """What was read by that key; its kind is that of its objects, "" where there were none."""
    api_version, _, plural = key.rpartition("/")
    group, _, version = api_version.rpartition("/")
    return Resource(group, version, plural, saved.images[0].kind if saved.images else "")

"""Runs reflectors as tasks: one that breaks is told of and starts again, and holds up no other."""

import asyncio
import logging
from collections.abc import Mapping

from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved, Sink
from eventstream.kubeapi.reflector import Reflector
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Removed
from eventstream.objects.resource import Resource

logger = logging.getLogger(__name__)


class Supervision:
    """The reflectors that run, each in a task of `group`.

    `saved` holds, by `Resource.key`, where an earlier run left off; it is used once.
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
        self._tasks: dict[Resource, asyncio.Task[None]] = {}

    def __contains__(self, resource: Resource) -> bool:
        return resource in self._tasks

    def start(
        self, resource: Resource, namespace: str | None = None, sink: Sink | None = None
    ) -> None:
        """Watch a resource from now on; `sink` is given what is observed, else the common one is."""
        reflector = Reflector(
            self._connection,
            resource,
            sink or self._sink,
            self._decoder,
            namespace=namespace,
            saved=self._saved.pop(resource.key, None),
            clock=self._clock,
        )
        task = self._group.create_task(self._supervise(reflector), name=f"watch {resource.key}")
        self._tasks[resource] = task

    async def stop(self, resource: Resource, reason: str) -> None:
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

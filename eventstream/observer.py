"""Wires the parts together: what is watched is explained and recorded. No logic of its own."""

import asyncio
import time
from collections.abc import Mapping

from asgiref.sync import sync_to_async

from eventstream import history
from eventstream.explain.engine import Engine
from eventstream.kubeapi.connection import ClusterIdentity, Connection
from eventstream.kubeapi.watcher import Saved, Watcher
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Observation
from eventstream.recorder import (
    Recorder,
    SavedState,
    channel_layer_notifier,
    check_cluster,
    load_saved,
)
from eventstream.tapes import TapeWriter

TICK = 0.2
"""Seconds between two judgements of the open traces."""


class Observer:
    """Observes one cluster: reflectors → engine → recorder, in one event loop.

    `tape` also writes what is observed as a recording. Nothing is ever written to the cluster.
    """

    def __init__(
        self,
        connection: Connection,
        cluster: ClusterIdentity,
        *,
        namespace: str | None = None,
        tape: TapeWriter | None = None,
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self._tape = tape
        self._engine = Engine(cluster.uid)
        self._cluster = cluster
        self._recorder = Recorder(cluster, notify=channel_layer_notifier())

    async def run(self) -> None:
        """Observe until cancelled; what was seen by then is committed. Raises StoreError."""
        decoder, saved = await sync_to_async(self._load)()
        restored = (
            (resource.position.resource, image)
            for resource in saved.resources.values()
            for image in resource.images
        )
        self._engine.restore(
            restored,
            (upsert.memo for upsert in saved.steps),
            (upsert.trace for upsert in saved.traces),
            time.time(),
        )
        watcher = Watcher(
            self._connection,
            self._take,
            decoder,
            saved=_positions(saved),
            namespace=self._namespace,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self._recorder.run(), name="record")
            group.create_task(self._tick(), name="judge")
            group.create_task(watcher.run(), name="watch")

    async def _take(self, observation: Observation) -> None:
        self._recorder.put(observation, self._engine.apply(observation))
        if self._tape is not None:
            self._tape.write(observation)
        await self._recorder.room()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._recorder.put(None, self._engine.tick(time.time()))
            await self._recorder.room()

    def _load(self) -> tuple[Decoder, SavedState]:
        check_cluster(self._cluster.uid)
        decoder = Decoder(history.installation_key())
        return decoder, load_saved(decoder)


def _positions(saved: SavedState) -> Mapping[str, Saved]:
    return {
        key: Saved(resource.position.resource_version, resource.images, resource.position.at)
        for key, resource in saved.resources.items()
    }

"""Wires the parts together: what is watched is explained and recorded. No logic of its own."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from channels.db import database_sync_to_async
from django.db import DatabaseError

from eventstream import collector, history, letgo, metrics
from eventstream.explain.audit.trail import KEPT
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Upsert
from eventstream.following import Follower
from eventstream.kinds import taught
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.identity import ClusterIdentity
from eventstream.kubeapi.watcher import Saved, Watcher
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.judging import Judge
from eventstream.objects.observations import (
    AuditLog,
    AuditRecord,
    Coverage,
    Gap,
    LogPlace,
    Observation,
)
from eventstream.recorder import (
    OvertakenError,
    Recorder,
    SavedState,
    StoreError,
    Tenure,
    UnreadableStoreError,
    VanishedError,
    cause_of,
    channel_layer_notifier,
    check_cluster,
    forget_logs,
    load_saved,
)
from eventstream.recording import Recording
from eventstream.turns import Turns

TICK = 0.2
"""Seconds between two judgements of the open traces."""


class Observer:
    """Observes one cluster: reflectors and audit logs → engine → recorder, in one event loop.

    With `namespace`, only what lives there, in a history of its own: one that mixed both would
    take all other namespaces for vanished. With `recording`, all that is observed is recorded
    too. Without `messages` none is kept; `judge` says how custom resources stand. `lost` are the
    gaps that a history begins with. Nothing is ever written to the cluster. Call `restore`, then
    `run`, once each; all in `told` are called with all upserts, on the loop, and return at once.
    """

    def __init__(
        self,
        connection: Connection,
        cluster: ClusterIdentity,
        *,
        namespace: str | None = None,
        recording: Recording | None = None,
        audit_files: Sequence[Path] = (),
        messages: bool = True,
        judge: Judge | None = None,
        lost: Sequence[Gap] = (),
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self._messages = messages
        self._judge = judge or taught.judge()
        self._recording = recording
        self._audit_files = audit_files
        self._lost = lost
        self.told: Sequence[Callable[[list[Upsert]], None]] = ()
        self._followers: list[Follower] = []
        self._begin(_scoped(cluster, namespace))
        self._turns = Turns()
        self._decoder = Decoder(b"")
        self._positions: Mapping[str, Saved] = {}

    def _begin(self, told_of: ClusterIdentity) -> None:
        uid = told_of.uid.removesuffix(_scope(self._namespace))
        self._engine = Engine(uid, audited=bool(self._audit_files))
        self._told_of = told_of
        self._recorder = Recorder(told_of, notify=channel_layer_notifier())
        self._counting = metrics.observing(self._recorder)

    async def restore(self) -> None:
        """Take up where the last run stopped; raises StoreError where that is not possible."""
        try:
            saved = await database_sync_to_async(self._restore, thread_sensitive=False)()
        except DatabaseError as error:
            raise StoreError(
                f"The saved history cannot be read: {error}.", *cause_of(error)
            ) from error
        self._positions = {
            key: Saved(resource.position.resource_version, resource.images, resource.position.at)
            for key, resource in saved.resources.items()
        }
        if self._recording is not None:
            self._recording.begin(
                (resource.position, resource.images) for resource in saved.resources.values()
            )
        for gap in self._lost:
            self._put(gap)

    async def run(self) -> tuple[Gap, ...]:
        """Observe until cancelled; what was seen by then is committed.

        Returns only when the database has vanished, with the gap of each resource, or when another
        Baton wrote to it, with none: there is what to go on from. Raises an ExceptionGroup of what
        ended one of its tasks: none of them ends by itself.
        """
        collector.relax()
        watcher = Watcher(
            self._connection,
            self._take,
            self._decoder,
            saved=self._positions,
            namespace=self._namespace,
        )
        self._positions = {}  # Else each object of then would be held for as long as this runs.
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._recorder.run(), name="record")
                group.create_task(self._tick(), name="judge")
                group.create_task(watcher.run(), name="watch")
                for follower in self._followers:
                    group.create_task(follower.run(), name="follow")
                if self._recording is not None:
                    group.create_task(self._recording.watch(), name="recording")
        except* (VanishedError, OvertakenError):
            pass  # The recorder told of it; whoever called goes on with what is there.
        return self._recorder.lost(time.time())

    async def _take(self, observation: Observation) -> None:
        self._put(observation)
        await self._go_on()

    def _put(self, observation: Observation) -> None:
        self._record(observation, self._engine.apply(observation))
        if self._recording is not None:
            self._recording.write(observation)

    async def _take_logged(self, observation: AuditRecord | AuditLog) -> None:
        """Take in what an audit log tells: no part of a recording, which has it as a file."""
        if isinstance(observation, AuditRecord) and not self._watches(observation):
            return
        self._record(observation, self._engine.apply(observation))
        await self._go_on()

    def _record(self, observation: Observation | AuditLog | None, upserts: list[Upsert]) -> None:
        self._recorder.put(observation, upserts)
        self._counting.take(observation, upserts)
        for take in self.told:
            take(upserts)

    async def _go_on(self) -> None:
        """Return when the next piece of work may begin: the store keeps up, and pages get by."""
        await self._turns.share()
        await self._recorder.room()

    def _watches(self, record: AuditRecord) -> bool:
        """Whether the request was about what is watched: a log tells of the whole cluster."""
        return self._namespace is None or record.namespace == self._namespace

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = time.time()
            self._recorder.unheard(self._engine.hearing.pulse.silence(now))
            for upserts in self._engine.ticking(now):
                self._record(None, upserts)
                await self._go_on()
            letgo.note(**self._engine.left_out)

    def _restore(self) -> SavedState:
        uid = check_cluster(self._told_of)
        if uid != self._told_of.uid:
            self._begin(msgspec.structs.replace(self._told_of, uid=uid))
        key = history.installation_key()
        tenure = Tenure()  # Before anything is read, so that it is what was stored last.
        self._decoder = Decoder(key, messages=self._messages, judge=self._judge)
        saved = load_saved(self._decoder)
        self._recorder.resume((each.position for each in saved.resources.values()), tenure)
        known = (
            (resource.position.resource, image)
            for resource in saved.resources.values()
            for image in resource.images
        )
        memos = (step.memo for step in saved.steps)
        traces = (trace.trace for trace in saved.traces)
        counted = {row.step.id: row.step.count for row in saved.steps if row.step.verb == "renew"}
        refused = (row.step for row in saved.steps if row.step.change_type == "REFUSED")
        try:
            self._engine.restore(known, memos, traces, time.time(), counted, saved.waits, refused)
        except msgspec.DecodeError as error:
            raise UnreadableStoreError(
                f"What the explanations rest on cannot be read back: {error}.",
                "Another version of Baton wrote it, or the file is damaged.",
                "Set BATON_DATA to another directory, or move the database away and start again.",
            ) from error
        self._pause(saved)
        self._follow(key, saved.logs)
        return saved

    def _pause(self, saved: SavedState) -> None:
        """Have the engine know that nothing was seen since the last run, until watches go on."""
        kept = [resource.position for resource in saved.resources.values()]
        until = max((position.at for position in kept), default=0.0)
        for position in kept:
            self._engine.apply(Coverage(position.resource, "watching", until))
            self._engine.apply(Coverage(position.resource, "backing-off", until))

    def _follow(self, key: bytes, places: Mapping[str, LogPlace]) -> None:
        forget_logs(but=map(str, self._audit_files))
        for path in self._audit_files:
            place = places.get(str(path))
            decoder = AuditDecoder(key, messages=self._messages)
            follower = Follower(path, decoder, self._take_logged, kept=KEPT, resume=place)
            self._engine.apply(follower.report())  # Nothing settles before the log is read.
            self._followers.append(follower)


def _scoped(cluster: ClusterIdentity, namespace: str | None) -> ClusterIdentity:
    if namespace is None:
        return cluster
    return msgspec.structs.replace(
        cluster,
        uid=f"{cluster.uid}{_scope(namespace)}",
        name=f"{cluster.name or cluster.server}, namespace {namespace}",
    )


def _scope(namespace: str | None) -> str:
    return "" if namespace is None else f"/namespaces/{namespace}"

"""Any mix of faults ends with the server's state, and no promise of a watch is broken on the way.

A reflector watches a practice cluster over real HTTP while writes, faults, crashes of the sink
and restarts come in any order; `guarantees` says what must hold of all that it tells. Time is
virtual, as back-off and silence would take minutes.
"""

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from eventstream.kubeapi.connection import ByteStream, Connection, connect
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.reflector import Reflector
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Gap, Observation, Position
from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Asked, Reply
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.guarantees import Account, Kind, Restarted, Write, state_at
from tests.kubeapi.objects import POD_PATH, PODS, pod
from tests.kubeapi.observing import PATIENCE_SECONDS

NAMES = st.sampled_from(["a", "b", "c"])
GARBAGE = st.sampled_from([b"{\n", b"\xff\n", b"<html>\n", b'{"type":"ADDED"}\n', b"[]\n"])
CODES = st.sampled_from([401, 403, 404, 410, 429, 500, 503, 504])
ASKED: st.SearchStrategy[Asked] = st.sampled_from(["list", "watch", "stream"])
PAUSES = st.sampled_from([0.0, 0.001, 0.01])
PASSING = frozenset({401, 403, 404, 429, 500, 503, 504})
"""Refusals after which a watch goes on from where it was, so that no gap may be declared."""

T = TypeVar("T")


class DiskFullError(Exception):
    """What the sink says when it refuses a change."""


class Store:
    """A sink that keeps what a recorder commits, and can refuse a write once."""

    def __init__(self) -> None:
        self.taken: list[Observation | Restarted] = []
        self.images: dict[str, Image] = {}
        self.position = ""
        self.refuses = False

    async def take(self, observation: Observation) -> None:
        if self.refuses and isinstance(observation, Change):
            self.refuses = False
            raise DiskFullError
        self.taken.append(observation)
        match observation:
            case Change(type="DELETED" | "VANISHED", after=after):
                self.images.pop(after.uid, None)
            case Change(after=after):
                self.images[after.uid] = after
        match observation:
            case Change(relisted=True):
                self.position = ""
            case Change(type="ADDED" | "MODIFIED" | "DELETED", after=after):
                self.position = after.version
            case Position(resource_version=version):
                self.position = version

    @property
    def gaps(self) -> list[Gap]:
        return [each for each in self.taken if isinstance(each, Gap)]


class AnyMixOfFaults(RuleBasedStateMachine):
    """The cluster, what was written to it, and the one who watches it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.time = VirtualClock(eager=60)
        self.store = Store()
        self.writes: list[Write] = []
        self.uids: dict[str, str] = {}
        self.may_lose = False
        self.task: asyncio.Task[None] | None = None
        self.run(self._begin())

    @rule(name=NAMES, pause=PAUSES)
    def write(self, name: str, pause: float) -> None:
        """Create a Pod, or change the one that there is."""
        kind: Kind = "MODIFIED" if name in self.uids else "ADDED"
        uid = self.uids.setdefault(name, f"uid-{len(self.writes)}")
        version = self.cluster.store.put(self.pods, pod(name, 0, uid))
        self.writes.append(Write(version, kind, uid))
        self.pause(pause)

    @precondition(lambda self: self.uids)
    @rule(which=st.integers(0, 2), pause=PAUSES)
    def delete(self, which: int, pause: float) -> None:
        name = sorted(self.uids)[which % len(self.uids)]
        uid = self.uids.pop(name)
        version = self.cluster.store.delete(self.pods, pod(name, 0, uid))
        self.writes.append(Write(version, "DELETED", uid))
        self.pause(pause)

    @rule(pause=PAUSES)
    def bookmark(self, pause: float) -> None:
        self.cluster.store.progress()
        self.pause(pause)

    @rule(cleanly=st.booleans())
    def end_the_watch(self, cleanly: bool) -> None:
        end = self.cluster.faults.end if cleanly else self.cluster.faults.drop
        end(POD_PATH)

    @rule(after=st.integers(0, 900))
    def cut_the_next_watch(self, after: int) -> None:
        self.cluster.faults.cut(POD_PATH, after)

    @rule(times=st.integers(1, 4))
    def end_watches_at_once(self, times: int) -> None:
        self.cluster.faults.end_at_once(POD_PATH, times)

    @rule(garbage=GARBAGE, pause=PAUSES)
    def send_garbage(self, garbage: bytes, pause: float) -> None:
        self.may_lose = True
        self.cluster.faults.send_raw(POD_PATH, garbage)
        self.pause(pause)

    @rule(garbage=GARBAGE)
    def corrupt_the_next_watch(self, garbage: bytes) -> None:
        self.may_lose = True
        self.cluster.faults.corrupt(POD_PATH, garbage)

    @rule(code=CODES, only=ASKED, times=st.integers(1, 3), wish=st.sampled_from([None, 7]))
    def refuse(self, code: int, only: Asked, times: int, wish: int | None) -> None:
        self.may_lose = self.may_lose or code not in PASSING
        self.cluster.faults.reply(POD_PATH, Reply(code, times, retry_after=wish, only=only))

    @rule()
    def answer_as_a_proxy(self) -> None:
        self.cluster.faults.reply(POD_PATH, Reply(504, body=b"<html>Gateway Time-out</html>"))

    @rule(size=st.integers(1, 50))
    def trickle(self, size: int) -> None:
        self.cluster.faults.trickle(POD_PATH, size)

    @rule()
    def end_slow_readers(self) -> None:
        self.cluster.faults.end_slow(POD_PATH, 1)

    @rule()
    def compact(self) -> None:
        self.may_lose = True
        self.cluster.store.compact()

    @rule(pause=PAUSES)
    def be_down_for_a_moment(self, pause: float) -> None:
        async def down_and_up() -> None:
            await self.cluster.down()
            await asyncio.sleep(pause)
            await self.cluster.up()

        self.run(down_and_up())

    @rule(pause=PAUSES)
    def freeze_until_given_up(self, pause: float) -> None:
        self.cluster.faults.freeze()
        self.pause(pause)
        self.time.advance(90)
        self.pause(pause)
        self.cluster.faults.thaw()

    @rule()
    def refuse_to_store_the_next_change(self) -> None:
        self.store.refuses = True

    @rule(pause=PAUSES)
    def restart(self, pause: float) -> None:
        """End the process as by `kill -9`; the next goes on from what was stored."""
        if self.store.position == "":
            self.may_lose = True
        self.run(self._stop())
        self.store.taken.append(Restarted(self.store.position))
        self._start(Saved(self.store.position, list(self.store.images.values()), self.time.time))
        self.pause(pause)

    @rule(pause=PAUSES)
    def wait(self, pause: float) -> None:
        self.pause(pause)

    def teardown(self) -> None:
        """End all faults; then everything must have come right."""
        try:
            self.run(self._converge())
            Account(self.writes).check(self.store.taken)
            assert self.may_lose or not self.store.gaps, "a gap where nothing could be lost"
        finally:
            self.run(self._end())
            self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def pause(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    async def _begin(self) -> None:
        self.cluster = await PracticeCluster().__aenter__()
        pods = self.cluster.store.types.find(PODS.key)
        assert pods is not None
        self.pods = pods
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "config"
        path.write_text(yaml.safe_dump(self.cluster.kubeconfig()))
        self.connection = await connect(kubeconfig=str(path), clock=self.time.clock())
        _check_resumption(self.connection, self.store)
        self._start(None)

    def _start(self, saved: Saved | None) -> None:
        clock = self.time.clock()
        decoder = Decoder(b"key")
        reflector = Reflector(
            self.connection, PODS, self.store.take, decoder, saved=saved, clock=clock
        )
        self.task = self.loop.create_task(_supervised(reflector))

    async def _stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait({self.task})
            if not self.task.cancelled():
                self.task.result()

    async def _converge(self) -> None:
        """Wait until a last write has been told; a watch that is given no word is given up."""
        self.cluster.faults.heal()
        self.store.refuses = False
        version = self.cluster.store.put(self.pods, pod("last", 0, "uid-last"))
        self.writes.append(Write(version, "ADDED", "uid-last"))
        wanted = state_at(self.writes, version)

        def has_come_right() -> bool:
            if self.task is not None and self.task.done():
                self.task.result()
            known = {uid: image.version for uid, image in self.store.images.items()}
            # Without a position, the list that showed it is still being told.
            return known == wanted and self.store.position != ""

        async with asyncio.timeout(PATIENCE_SECONDS):
            while not has_come_right():  # noqa: ASYNC110 - nothing tells when it has
                await asyncio.sleep(0.002)

    async def _end(self) -> None:
        await self._stop()
        await self.connection.close()
        await self.cluster.__aexit__(None, None, None)
        self.folder.cleanup()


async def _supervised(reflector: Reflector) -> None:
    while True:
        with suppress(DiskFullError):
            await reflector.run()


def _check_resumption(connection: Connection, store: Store) -> None:
    """Resumable: each watch goes on exactly from what the store has taken."""
    opened = connection.open_stream

    async def checked(path: str, params: Mapping[str, str] | None = None) -> ByteStream:
        if params and "sendInitialEvents" not in params:
            assert params["resourceVersion"] == store.position
        return await opened(path, params)

    connection.open_stream = checked  # type: ignore[method-assign]


TestAnyMixOfFaults = AnyMixOfFaults.TestCase
TestAnyMixOfFaults.settings = settings(
    max_examples=80,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

"""Starts a situation when somebody creates its namespace, and takes it away with that.

`kubectl create namespace situation-7` starts the seventh, `kubectl delete namespace situation-7`
ends it. What it brings is marked, so that the server keeps it from controllers and from writes.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence

from practicecluster.base_namespaces import BASE_NAMESPACES, NAMESPACES
from practicecluster.paths import Target
from practicecluster.player import Clock, Sleep
from practicecluster.resources import ResourceType
from practicecluster.rewriting import Rewriter, TimeShift
from practicecluster.situations.renaming import Renaming
from practicecluster.statuses import ApiError
from practicecluster.store import Store
from practicecluster.stored import JsonObject, Stored, key_of
from practicecluster.tape import Tape, TapeWrite, foreign_type

_NAME = re.compile(r"situation-([1-9]\d{0,3})")
_AGAIN_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class _Rewriter(Rewriter):
    """Gives each recorded version the number that its write got here, between those of others."""

    def __init__(self, times: TimeShift, uids: dict[str, str]) -> None:
        super().__init__(first_revision=0, times=times, uids=uids)
        self._known = {0: 0}

    def note(self, recorded: int, given: int) -> None:
        """Remember which version a write got."""
        self._known[recorded] = given

    def revision(self, recorded: int) -> int:
        """Return the version that stands for a recorded one: its own, or the one before."""
        found = self._known.get(recorded)
        if found is None:
            found = self._known[max(known for known in self._known if known < recorded)]
        return found


class Staged:
    """One situation as it is played. `marked` takes the keys of all that it brings."""

    def __init__(
        self, store: Store, tape: Tape, space: str, marked: set[tuple[str, str]], clock: Clock
    ) -> None:
        self._store, self._tape, self._clock = store, tape, clock
        self._marked = marked
        self._brought: dict[tuple[str, str], ResourceType] = {}
        names = (write.key[1] for write in tape.initial if write.resource == NAMESPACES)
        own = [name for name in names if name not in BASE_NAMESPACES]
        # The one that most is in: each recording has it, and the others by need.
        own.sort(key=lambda name: name != "shop")
        self._renaming = Renaming(space, own)
        self._space = space
        self._times = TimeShift(began=tape.began, speed=1.0)
        self._rewriter = _Rewriter(self._times, {})

    def taken(self) -> str:
        """Return the name of something that is in the way, "" where nothing is."""
        for write in (*self._tape.initial, *self._tape.writes):
            served = self._store.types.find(write.resource)
            if served is None or self._is_there(write):
                continue
            content = self._renaming.renamed(write.content)
            key = Stored(served.storage, content, 0).key
            if key in self._store.cache(served.storage).objects:
                return f"{served.plural} {key}"
        return ""

    async def play(self, sleep: Sleep) -> None:
        """Put in what existed, then make each write at its time."""
        now = self._clock()
        self._times.prepare(now)
        self._times.start(now)
        for served in self._tape.types:
            self._store.types.add(served)
        for write in self._tape.initial:
            if not self._is_there(write):
                self._commit(write)
        for write in self._tape.writes:
            await sleep(max(0.0, self._times.due(write.at) - self._clock()))
            self._commit(write)

    def take_away(self) -> None:
        """Remove all that it brought, what came last first."""
        for (storage, key), served in reversed(self._brought.items()):
            found = self._store.cache(storage).objects.get(key)
            if found is not None and self._store.types.serves(served):
                self._store.delete(served, found.content())
        self._brought.clear()

    def _is_there(self, write: TapeWrite) -> bool:
        """Whether a write is of a namespace that the cluster has: its own, or the situation's."""
        if write.resource != NAMESPACES:
            return False
        name = write.key[1]
        return name in BASE_NAMESPACES or self._renaming.spaces.get(name) == self._space

    def _commit(self, write: TapeWrite) -> None:
        content = self._renaming.renamed(self._rewriter.rewritten(write.content))
        served = self._type_of(write, content)
        stored = Stored(served.storage, content, 0)
        place = served.storage, stored.key
        self._marked.add(place)
        if write.type == "DELETED":
            self._brought.pop(place, None)
            self._rewriter.note(write.revision, self._store.delete(served, content))
        else:
            self._brought[place] = served
            self._rewriter.note(write.revision, self._store.put(served, content))

    def _type_of(self, write: TapeWrite, content: JsonObject) -> ResourceType:
        served = self._store.types.find(write.resource)
        if served is None:
            namespaced = "namespace" in content["metadata"]
            served = foreign_type(write.resource, content["kind"], namespaced=namespaced)
            self._store.types.add(served)
        return served


class Situations:
    """All that can be started, and those that are. Call `follow`; cancelling it ends them.

    `tapes` gives them in their order, and is asked in a thread once the first is started. `tell`
    hears of a namespace why its situation does not start, and "" once it does.
    """

    def __init__(
        self,
        store: Store,
        tapes: Callable[[], Sequence[Tape]],
        *,
        tell: Callable[[str, str], None],
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store, self._tapes, self._tell = store, tapes, tell
        self._clock, self._sleep = clock, sleep
        self._marked: set[tuple[str, str]] = set()
        self._playing: dict[str, tuple[Playing, asyncio.Task[None]]] = {}

    def holds(self, storage: str, key: str) -> bool:
        """Whether an object is, or was, of a situation."""
        return (storage, key) in self._marked

    def check(self, target: Target) -> None:
        """Raise ApiError 403 for a write to what is of a situation."""
        served = target.served
        if target.name and self.holds(served.storage, key_of(target.namespace, target.name)):
            raise ApiError(403, "Forbidden", f"{served.plural} {target.name!r} {_RECORDED}")

    async def follow(self) -> None:
        """Start and end situations as their namespaces come and go, until cancelled."""
        cache, woken = self._store.cache("namespaces"), asyncio.Event()
        cache.waiting.add(woken.set)
        try:
            while True:
                woken.clear()
                self._look(cache.objects)
                await woken.wait()
        finally:
            cache.waiting.discard(woken.set)
            for _, task in self._playing.values():
                task.cancel()

    def _look(self, namespaces: dict[str, Stored]) -> None:
        wanted = {
            name: int(found[1])
            for name, stored in namespaces.items()
            if (found := _NAME.fullmatch(name)) and not _leaving(stored)
        }
        for name in self._playing.keys() - wanted.keys():
            playing, task = self._playing.pop(name)
            task.cancel()
            if playing.staged is not None:
                playing.staged.take_away()
        for name, number in wanted.items():
            if name not in self._playing:
                playing = Playing()
                task = asyncio.create_task(self._play(playing, name, number))
                self._playing[name] = playing, task

    async def _play(self, playing: "Playing", name: str, number: int) -> None:
        tapes = await asyncio.to_thread(self._tapes)
        if number > len(tapes):
            _LOG.warning("%s is no situation: there are %d.", name, len(tapes))
            return
        staged = Staged(self._store, tapes[number - 1], name, self._marked, self._clock)
        await self._unobstructed(name, staged)
        playing.staged = staged
        await staged.play(self._sleep)

    async def _unobstructed(self, name: str, staged: Staged) -> None:
        """Wait until nothing of a name that it needs is in its way, and say what is."""
        said = ""
        while taken := staged.taken():
            if taken != said:
                said = taken
                _LOG.warning("%s can't be played: %s is in its way; delete that.", name, taken)
                self._tell(name, f"{taken} is in its way: delete that, and it starts.")
            await self._sleep(_AGAIN_SECONDS)
        if said:
            self._tell(name, "")


class Playing:
    """One that was asked for; `staged` is None where it has not begun, or can't."""

    def __init__(self) -> None:
        self.staged: Staged | None = None


def _leaving(namespace: Stored) -> bool:
    return "deletionTimestamp" in namespace.content()["metadata"]


_RECORDED = (
    "is of a situation, which is a recording: nothing in it answers to a change. Look at it as "
    "much as you like; to end it, delete its namespace."
)

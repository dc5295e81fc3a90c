"""What must hold of everything that a reflector tells, whatever happened on the way to it.

These are the guarantees of a watch by the names that etcd gives them and its robustness tests
check: Ordered, Unique, Reliable, Resumable and Bookmarkable (and, of what came before each
change, PrevKV). https://etcd.io/docs/v3.6/learning/api_guarantees/#watch-apis
A stretch that a Gap declares is the one exception, and the list after it has to be right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eventstream.objects.observations import Change, Gap, Observation, Position

Kind = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True)
class Write:
    """One write to the server: what a watch of all of them must bring, in this order."""

    version: int
    kind: Kind
    uid: str


@dataclass(frozen=True)
class Restarted:
    """The watching began anew from what was stored: this position, "" where there is none.

    A gap that was told of before a list that was never told whole is void then.
    """

    position: str


def state_at(writes: Iterable[Write], version: int) -> dict[str, str]:
    """Return the objects that exist at a version: uid to resourceVersion."""
    state: dict[str, str] = {}
    for write in writes:
        if write.version > version:
            break
        if write.kind == "DELETED":
            del state[write.uid]
        else:
            state[write.uid] = str(write.version)
    return state


@dataclass
class Account:
    """Follows what is told, observation by observation, and fails at the first broken promise.

    `seen` is up to which version everything was told or declared missing; `known` what exists.
    `void` is what was seen before a gap whose list was not told whole yet, None without one.
    """

    writes: Sequence[Write]
    known: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    void: int | None = None
    listed: bool = False
    told: set[tuple[str, str, bool]] = field(default_factory=set)

    def check(self, observations: Iterable[Observation | Restarted]) -> None:
        """Check them all, from the first."""
        for observation in observations:
            match observation:
                case Restarted(position=position):
                    self._begins_anew(position)
                case Change(relisted=False, type="ADDED" | "MODIFIED" | "DELETED"):
                    self._follows(observation)
                case Change():
                    self._corrects(observation)
                case Gap():
                    self._declares(observation)
                case Position(listed=True):
                    self._agrees(observation)
                case Position():
                    self._is_bookmark(observation)

    def _begins_anew(self, position: str) -> None:
        if position:
            self.seen = int(position)
        elif self.void is not None:
            self.seen = self.void
        self.void = None

    def _follows(self, change: Change) -> None:
        """Ordered, Unique, Reliable: it is the next write, and nothing was left out before it."""
        version = int(change.after.version)
        assert version > self.seen, f"Ordered: {version} came after {self.seen}"
        expected = self._next_write()
        assert (change.type, change.after.uid, version) == (
            expected.kind,
            expected.uid,
            expected.version,
        ), f"Reliable: {expected} was to come next"
        self._count(change)
        self.seen = version

    def _corrects(self, change: Change) -> None:
        """A list shows it: what is known after the whole list is checked at its end."""
        assert (change.type == "EXISTING") != change.relisted
        self._count(change)

    def _count(self, change: Change) -> None:
        uid, gone = change.after.uid, change.type in {"DELETED", "VANISHED"}
        before = change.before.version if change.before else None
        assert before == self.known.get(uid), f"PrevKV: {before} before {change.after.version}"
        fact = (uid, change.after.version, gone)
        assert fact not in self.told, f"Unique: {fact} was told twice"
        self.told.add(fact)
        if gone:
            self.known.pop(uid, None)
        else:
            self.known[uid] = change.after.version

    def _declares(self, gap: Gap) -> None:
        assert gap.since <= gap.at
        if gap.from_version and self.listed:
            assert int(gap.from_version) == self.seen, "a gap begins where what is known ends"
        assert int(gap.to_version) > self.seen
        self.void = self.seen if self.void is None else self.void
        self.seen = int(gap.to_version)

    def _agrees(self, position: Position) -> None:
        """All that exists was told: it is exactly what existed at that version."""
        version = int(position.resource_version)
        first, self.listed, self.void = not self.listed, True, None
        missed = [w for w in self.writes if self.seen < w.version <= version]
        assert first or not missed, f"Reliable: {missed} before a list and without a gap"
        self.seen = version
        assert self.known == state_at(self.writes, version)
        assert position.objects == len(self.known)

    def _is_bookmark(self, position: Position) -> None:
        """Bookmarkable: all that happened up to it has been told before it."""
        version = int(position.resource_version)
        assert version >= self.seen, "a bookmark does not go back"
        missed = [w for w in self.writes if self.seen < w.version <= version]
        assert not missed, f"Bookmarkable: {missed} were still to come"
        self.seen = version

    def _next_write(self) -> Write:
        return next(write for write in self.writes if write.version > self.seen)

"""What history answers with, and what it can be asked for: plain structs, no table in sight."""

from typing import Generic, Literal, TypeVar

import msgspec

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.objects.observations import Gap, Problem

T_co = TypeVar("T_co", covariant=True)


class Stored(msgspec.Struct, Generic[T_co], frozen=True):
    """A record as stored. Each change raises `revision` by one and gives it a new `seq`.

    `cursor` is where it stands among its like: text that sorts in a trace's order for a step
    (so a page can tell where a late one belongs), and a place to page on from for a trace.
    """

    id: str
    revision: int
    seq: int
    record: T_co
    cursor: str = ""


class Gone(msgspec.Struct, frozen=True):
    """A step or trace to take away: removed, moved to another trace, or no longer matching."""

    id: str
    kind: Literal["step", "trace"]


Row = (
    tuple[Literal["trace"], Stored[Trace]]
    | tuple[Literal["step"], Stored[Step]]
    | tuple[Literal["removed"], Stored[Gone]]
    | tuple[Literal["gap"], Stored[Gap]]
)


class Filter(msgspec.Struct, frozen=True):
    """Which traces to show; None or "" asks for all, `text` is looked for in title and names.

    `actor` matches the holder or the actor of any step. `background` also shows the traces of
    what no cause was seen for.
    """

    namespace: str | None = None
    kind: str | None = None
    actor: str | None = None
    state: str | None = None
    text: str | None = None
    background: bool = False


class Page(msgspec.Struct, frozen=True):
    """Some traces in order, and the cursor of the last where more follow.

    `partial` says that enough was looked through for one page, which need not be full, and may have
    no trace at all: the next goes on from there.
    """

    rows: tuple[Stored[Trace], ...]
    next: str | None = None
    partial: bool = False


class Changes(msgspec.Struct, frozen=True):
    """Rows in order of seq. Ask again from `seq`; at once when `more`."""

    seq: int
    rows: tuple[Row, ...]
    more: bool = False


class ClusterStatus(msgspec.Struct, frozen=True):
    """The cluster and how watching it goes: unix seconds, and `lag` from arrival to commit.

    `heartbeat` is written every second by whoever watches: an old one means that nobody does.
    `problem` says why the last commit failed.
    """

    uid: str
    name: str
    server: str
    version: str
    heartbeat: float
    last_observation_at: float | None
    lag: float
    problem: Problem | None


class FilterChoices(msgspec.Struct, frozen=True):
    """What each filter can be set to and find something, sorted."""

    namespaces: tuple[str, ...]
    kinds: tuple[str, ...]
    actors: tuple[str, ...]


class Counts(msgspec.Struct, frozen=True):
    """How much there is; `traces` are those that are not in the background."""

    traces: int
    background_traces: int
    steps: int


class ActorRate(msgspec.Struct, frozen=True):
    """How many writes an actor made lately, and how many that is a minute."""

    actor: str
    writes: int
    per_minute: float


class BadCursorError(ValueError):
    """A cursor that history did not give out; the message shows it."""

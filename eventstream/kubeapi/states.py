"""The life of one reflector as a table: which state follows which, on what.

Each state holds exactly the data that it needs, so that no field is ever stale. `following` is
pure but for the delays, which it is given: the whole table can be read, and tested, in one place.
"""

from collections.abc import Callable

import msgspec

from eventstream.objects.observations import CoverageState, Problem


class Missed(msgspec.Struct, frozen=True):
    """What a relist has to own up to: after which version, and since when, nothing is known."""

    version: str
    since: float
    reason: str


class Listing(msgspec.Struct, frozen=True):
    """Reading the complete list; `missed` is None on the first one, which misses nothing."""

    missed: Missed | None = None
    problem: Problem | None = None


class Watching(msgspec.Struct):
    """Reading changes after `version`, which advances as they are taken.

    `contact` is the unix time of the last line or list; `listed` says that `version` is a list's
    and no change has come since; `silent` counts the watches before this one that brought
    nothing at all until they were given up.
    """

    version: str
    contact: float
    listed: bool = False
    silent: int = 0

    def missed(self, reason: str) -> Missed:
        """Return what is unknown if the watch cannot go on from here."""
        return Missed(self.version, self.contact, reason)


class Waiting(msgspec.Struct, frozen=True):
    """Waiting `delay` seconds because of `problem`, then going on with `then`."""

    coverage: CoverageState
    problem: Problem
    delay: float
    then: Listing | Watching


State = Listing | Watching | Waiting


class Listed(msgspec.Struct, frozen=True):
    """The complete list was taken; it stands at `version`, read at unix time `at`."""

    version: str
    at: float


class Ended(msgspec.Struct, frozen=True):
    """The watch ended, cleanly or cut; `problem` where it did so at once and empty."""

    problem: Problem | None = None


class Stalled(msgspec.Struct, frozen=True):
    """The watch was given up because it was silent; `heard` if anything ever came."""

    problem: Problem
    heard: bool


class Expired(msgspec.Struct, frozen=True):
    """The server no longer has the history after our version (410).

    `at_once` if that version is one that a list gave a moment ago: listing anew would most
    likely end the same, and so must not be done in a hot loop.
    """

    problem: Problem
    at_once: bool = False


class Broken(msgspec.Struct, frozen=True):
    """A line that could not be read, or an ERROR: what the watch says next cannot be trusted."""

    problem: Problem


class Refused(msgspec.Struct, frozen=True):
    """The request failed before anything was read."""

    problem: Problem
    retry_after: float | None = None


class Waited(msgspec.Struct, frozen=True):
    """The time is up."""


Outcome = Listed | Ended | Stalled | Expired | Broken | Refused | Waited


class Delays(msgspec.Struct, frozen=True):
    """How long to wait: after a failure (given the server's wish), and for a permission."""

    failure: Callable[[float | None], float]
    permission: Callable[[], float]


def first_state(position: str, since: float) -> Listing | Watching:
    """Return where to start, given what an earlier run had read until unix time `since`."""
    if position:
        return Watching(position, since)
    return Listing(Missed("", since, "The position of the last run was not kept."))


def following(state: State, outcome: Outcome, delays: Delays) -> State:
    """Return the state after `state` ended in `outcome`."""
    match state, outcome:
        case Waiting(), _:
            return state.then
        case Listing(), Listed(version=version, at=at):
            return Watching(version, at, listed=True)
        case Watching(), Ended(problem=None):
            return Watching(state.version, state.contact, state.listed)
        case Watching(), Ended(problem=Problem() as problem):
            return _back_off(problem, state, delays)
        case Watching(), Stalled() | Expired() | Broken():
            return _after_loss(state, outcome, delays)
        case ((Listing() | Watching()), Refused()):
            return _after_refusal(state, outcome, delays)
    raise AssertionError(f"{type(state).__name__} cannot end in {type(outcome).__name__}")


def _after_loss(state: Watching, outcome: Stalled | Expired | Broken, delays: Delays) -> State:
    problem = outcome.problem
    relist = Listing(state.missed(problem.message), problem)
    match outcome:
        case Expired(at_once=False):
            return relist
        case Stalled(heard=True):
            return _back_off(problem, Watching(state.version, state.contact), delays)
        case Stalled() if state.silent == 0:
            again = Watching(state.version, state.contact, state.listed, silent=1)
            return _back_off(problem, again, delays)
    # Silent twice: also how a server answers a version beyond its newest, as after its etcd was
    # restored from a backup.
    return _back_off(problem, relist, delays)


def _after_refusal(state: Listing | Watching, outcome: Refused, delays: Delays) -> Waiting:
    match outcome.problem.code:
        case "forbidden":
            return Waiting("forbidden", outcome.problem, delays.permission(), state)
        case "not-served" | "not-watchable":
            return Waiting("gone", outcome.problem, delays.permission(), state)
        case _:
            return _back_off(outcome.problem, state, delays, outcome.retry_after)


def _back_off(
    problem: Problem, then: Listing | Watching, delays: Delays, retry_after: float | None = None
) -> Waiting:
    return Waiting("backing-off", problem, delays.failure(retry_after), then)

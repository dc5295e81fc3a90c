"""The life of one reflector as a table: which state follows which, on what.

`TABLE` is the whole of it; what is not in it cannot happen. The functions that it names are pure
but for the delays, which they are given, so that each row can be read, and tested, by itself.
"""

from collections.abc import Callable, Mapping

import msgspec

from eventstream.kubeapi.problems import rewound
from eventstream.kubeapi.states import (
    Absent,
    Asking,
    BackingOff,
    Broken,
    Checking,
    Current,
    Ended,
    Expired,
    Failed,
    Forbidden,
    Listed,
    Listing,
    Missed,
    NotStreamed,
    Outcome,
    PageRead,
    Polling,
    Refused,
    Stalled,
    State,
    Streaming,
    Unversioned,
    Waited,
    Watching,
)
from eventstream.objects.observations import Problem
from eventstream.objects.versions import is_newer, is_resumable

MOST_CUT = 2
"""After so many streams that broke off before their end, lists are read instead."""
MOST_FAILED = 3
"""After so many watches in a row that ended and brought nothing, the last by an ERROR, what is
known is compared with a list."""
OF_THE_CONNECTION = frozenset(
    {"unauthorized", "unreachable", "throttled", "certificate", "proxy", "other-cluster"}
)
"""Refusals that another way of asking would meet as well."""
MOST_ABSENT = 5
"""After so many answers in a row that a type is not there which was watched, that is believed: an
API server that starts says so too, of custom types whose definitions it has not read yet."""
MOST_QUIET = 3
"""After so many watches in a row that ended and brought nothing, the server's version is asked
for."""
JUST_LISTED_SECONDS = 30.0
"""A version that expires so soon after its list was read would only expire again."""


class Given(msgspec.Struct, frozen=True):
    """What the table does not decide: delays in seconds, and whether initial states are streamed.

    `failure` takes the server's wish; `permission` is for what only people can change.
    """

    failure: Callable[[float | None], float]
    permission: Callable[[], float]
    streams: bool = True


def first_state(position: str, since: float, relist: str = "") -> State:
    """Return where to start, given what an earlier run had read until unix time `since`.

    `relist` says why that can't be gone on from, where it can't.
    """
    if relist:
        return beginning(Missed(position, since, relist))
    if is_resumable(position):
        return Watching(position, since)
    return beginning(Missed("", since, "The position of the last run was not kept."))


def beginning(missed: Missed | None = None) -> State:
    """Return the state that reads all that exists, as new as it can be."""
    return Streaming(missed=missed)


def following(state: State, outcome: Outcome, given: Given) -> State:
    """Return the state after `state` ended in `outcome`."""
    transition = TABLE.get((type(state), type(outcome)))
    if transition is None:
        raise AssertionError(f"{type(state).__name__} cannot end in {type(outcome).__name__}")
    return transition(state, outcome, given)


def _next_page(state: Listing, outcome: PageRead, _: Given) -> State:
    page = outcome.page
    return Listing(
        state.after,
        state.missed,
        token=page.continue_token,
        # All pages are of one state; should they not be, the first version misses nothing.
        version=state.version or page.version,
        pages=(*state.pages, page.images),
    )


def _watch_from(state: Listing | Streaming, outcome: Listed, given: Given) -> State:
    return Watching(outcome.version, outcome.at, listed=True)


def _poll_unversioned(state: Listing | Streaming, outcome: Unversioned, given: Given) -> State:
    missed = Missed("", outcome.at, outcome.problem.message, planned=True)
    return Polling(outcome.problem, given.permission(), Listing(missed=missed))


def _list_otherwise(state: Listing, outcome: Expired, given: Given) -> State:
    """A page's state is gone: all in one piece. The version is gone: whatever is newest."""
    problem = outcome.problem
    if state.token:
        return Listing(state.after, state.missed, problem, whole=True)
    if state.after:
        return Listing(missed=state.missed, problem=problem)
    return _back_off(problem, Listing(missed=state.missed), given)


def _list_anew(state: Listing, outcome: Broken, given: Given) -> State:
    return _back_off(outcome.problem, Listing(state.after, state.missed), given)


def _list_unstreamed(state: Streaming, outcome: NotStreamed, _: Given) -> State:
    return Listing(state.after, state.missed, state.problem)


def _stream_newest(state: Streaming, outcome: Expired, given: Given) -> State:
    newest = Streaming("", state.missed, outcome.problem, state.cut)
    return newest if state.after else _back_off(outcome.problem, newest, given)


def _stream_again(state: Streaming, outcome: Ended | Failed | Broken, given: Given) -> State:
    """Begin anew, as what a cut stream brought is worth nothing; list if that happens again."""
    wish = outcome.retry_after if isinstance(outcome, Failed) else None
    problem = outcome.problem
    again = Streaming(state.after, state.missed, problem, state.cut + 1)
    then = again if again.cut < MOST_CUT else Listing(state.after, state.missed, problem)
    return _back_off(problem, then, given, wish) if problem else then


def _list_after_silence(state: Streaming, outcome: Stalled, given: Given) -> State:
    listing = Listing(state.after, state.missed, outcome.problem)
    return _back_off(outcome.problem, listing, given) if outcome.problem else listing


def _watch_again(state: Watching, outcome: Ended, given: Given) -> State:
    fruitless = state.fruitless + 1
    then: Asking = Watching(state.version, state.contact, state.listed, fruitless)
    problem = outcome.problem
    if fruitless >= MOST_QUIET:  # A list also says why, as where an object can't be converted.
        then = Checking(state.version, state.contact, problem)
    return then if problem is None else _back_off(problem, then, given)


def _watch_after_error(state: Watching, outcome: Failed, given: Given) -> State:
    fruitless = state.fruitless + 1
    then: Asking = Watching(state.version, state.contact, state.listed, fruitless)
    if fruitless >= MOST_FAILED:
        then = _relist(state, outcome.problem, given, state.version)
    return _back_off(outcome.problem, then, given, outcome.retry_after)


def _check_after_silence(state: Watching, outcome: Stalled, _: Given) -> State:
    return Checking(state.version, state.contact, outcome.problem)


def _relist_expired(state: Watching, outcome: Expired, given: Given) -> State:
    relist = _relist(state, outcome.problem, given)
    at_once = state.listed and outcome.at - state.contact < JUST_LISTED_SECONDS
    return _back_off(outcome.problem, relist, given) if at_once else relist


def _relist_broken(state: Watching, outcome: Broken, given: Given) -> State:
    relist = _relist(state, outcome.problem, given, state.version)
    return _back_off(outcome.problem, relist, given)


def _compare(state: Checking, outcome: Current, given: Given) -> State:
    if is_newer(state.version, outcome.version):
        return _relist(state, rewound(state.version, outcome.version), given)
    return Watching(state.version, state.contact)


def _wait_to_list(state: Listing | Streaming, outcome: Refused, given: Given) -> State:
    problem = outcome.problem
    then: Asking = state
    if isinstance(state, Streaming) and problem.code not in OF_THE_CONNECTION:
        then = Listing(state.after, state.missed)  # It may be the streaming that is refused so.
    match problem.code:
        case "forbidden":
            return Forbidden(problem, given.permission(), then)
        case "not-served" | "not-watchable":
            return Absent(problem, given.permission(), then)
        case _:
            return _back_off(problem, then, given, outcome.retry_after)


def _wait_to_watch(state: Watching | Checking, outcome: Refused, given: Given) -> State:
    """What could be watched just now comes back soon, most likely: a server that starts."""
    problem = outcome.problem
    watch = Watching(state.version, state.contact)
    match problem.code:
        case "not-watchable" if isinstance(state, Watching):
            reason = "The server lists this type and does not watch it."
            missed = Missed(state.version, state.contact, reason, planned=True)
            return Polling(problem, given.permission(), Listing(missed=missed))
        case "forbidden":
            return Forbidden(problem, given.failure(None), watch)
        case "not-served" | "not-watchable":
            absent = state.absent if isinstance(state, Watching) else 0
            watch.absent = absent + 1
            waiting = Absent if absent >= MOST_ABSENT else BackingOff
            return waiting(problem, given.failure(None), watch)
        case "unreachable":
            check = Checking(state.version, state.contact, problem)
            return _back_off(problem, check, given, outcome.retry_after)
        case _:
            return _back_off(problem, state, given, outcome.retry_after)


def _check_no_further(state: Checking, outcome: Broken | Expired, given: Given) -> State:
    return _back_off(outcome.problem, Watching(state.version, state.contact), given)


def _resume(
    state: BackingOff | Forbidden | Absent | Polling, outcome: Waited, given: Given
) -> State:
    return state.then


def _relist(
    state: Watching | Checking, problem: Problem, given: Given, after: str = ""
) -> Listing | Streaming:
    missed = Missed(state.version, state.contact, problem.message)
    after = after if is_resumable(after) else ""
    return (Streaming if given.streams else Listing)(after, missed, problem)


def _back_off(problem: Problem, then: Asking, given: Given, wish: float | None = None) -> State:
    return BackingOff(problem, given.failure(wish), then)


TABLE: Mapping[tuple[type[State], type[Outcome]], Callable[..., State]] = {
    (Listing, PageRead): _next_page,
    (Listing, Listed): _watch_from,
    (Listing, Unversioned): _poll_unversioned,
    (Listing, Expired): _list_otherwise,
    (Listing, Broken): _list_anew,
    (Listing, Refused): _wait_to_list,
    (Streaming, Listed): _watch_from,
    (Streaming, Unversioned): _poll_unversioned,
    (Streaming, NotStreamed): _list_unstreamed,
    (Streaming, Ended): _stream_again,
    (Streaming, Failed): _stream_again,
    (Streaming, Broken): _stream_again,
    (Streaming, Stalled): _list_after_silence,
    (Streaming, Expired): _stream_newest,
    (Streaming, Refused): _wait_to_list,
    (Watching, Ended): _watch_again,
    (Watching, Failed): _watch_after_error,
    (Watching, Stalled): _check_after_silence,
    (Watching, Expired): _relist_expired,
    (Watching, Broken): _relist_broken,
    (Watching, Refused): _wait_to_watch,
    (Checking, Current): _compare,
    (Checking, Broken): _check_no_further,
    (Checking, Expired): _check_no_further,
    (Checking, Refused): _wait_to_watch,
    (BackingOff, Waited): _resume,
    (Forbidden, Waited): _resume,
    (Absent, Waited): _resume,
    (Polling, Waited): _resume,
}
"""(state, outcome) to the function that gives the next state."""

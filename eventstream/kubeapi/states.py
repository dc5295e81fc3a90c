"""The states of one reflector and what they can end in; each holds exactly the data it needs.

No field is ever stale, because there is none that another state would use. Which state follows
which is the table in `eventstream.kubeapi.transitions`.
"""

import msgspec

from eventstream.objects.decoding import ListPage
from eventstream.objects.images import Image
from eventstream.objects.observations import Problem


class Missed(msgspec.Struct, frozen=True):
    """What a relist has to own up to: after which version, and since when, nothing is known.

    A `planned` one is the next look at a type that cannot be watched: coverage says that it is
    polled, so that it is no gap.
    """

    version: str
    since: float
    reason: str
    planned: bool = False


class Listing(msgspec.Struct, frozen=True):
    """Reading the list page by page; nothing of it counts before the last one.

    `after` is the version that the list must not be older than, "" for the newest there is;
    `missed` is None on the first list, which misses nothing. `token` names the next page, `pages`
    are those before it, of the state at `version`; `whole` asks for all in one piece.
    """

    after: str = ""
    missed: Missed | None = None
    problem: Problem | None = None
    token: str = ""
    version: str = ""
    pages: tuple[tuple[Image, ...], ...] = ()
    whole: bool = False


class Streaming(msgspec.Struct, frozen=True):
    """Reading what exists from the beginning of a watch, up to the bookmark that ends it.

    `after`, `missed` and `problem` as in Listing; `cut` counts the streams that broke off.
    """

    after: str = ""
    missed: Missed | None = None
    problem: Problem | None = None
    cut: int = 0


class Watching(msgspec.Struct):
    """Reading changes after `version`, which advances as they are taken.

    `contact` is the unix time of the last line or list; `listed` says that `version` is a list's
    and nothing has come since; `fruitless` counts the watches that ended since `version` moved,
    and `absent` the answers since the last watch that the type is not there.
    """

    version: str
    contact: float
    listed: bool = False
    fruitless: int = 0
    absent: int = 0


class Checking(msgspec.Struct, frozen=True):
    """Asking how far the server is, as one that was restored is behind us and says nothing.

    `problem` is what made us doubt, None where it is only the silence of an idle type.
    """

    version: str
    contact: float
    problem: Problem | None = None


class BackingOff(msgspec.Struct, frozen=True):
    """Waiting `delay` seconds because of `problem`, then going on with `then`."""

    problem: Problem
    delay: float
    then: Listing | Streaming | Watching | Checking


class Forbidden(msgspec.Struct, frozen=True):
    """Waiting `delay` seconds for the permission that `problem` names, then `then` again."""

    problem: Problem
    delay: float
    then: Listing | Streaming | Watching | Checking


class Absent(msgspec.Struct, frozen=True):
    """Waiting `delay` seconds for the type to be served, then `then` again."""

    problem: Problem
    delay: float
    then: Listing | Streaming | Watching | Checking


class Polling(msgspec.Struct, frozen=True):
    """Waiting `delay` seconds for the next list of a type that the server does not watch."""

    problem: Problem
    delay: float
    then: Listing


State = (
    Listing | Streaming | Watching | Checking | BackingOff | Forbidden | Absent | Polling
)  # fmt: skip
Asking = Listing | Streaming | Watching | Checking
"""The states that wait for the server; the others wait for the time."""


def has_pages(state: State) -> bool:
    """Return whether pages of a list are held, to which the next one is added."""
    asking = state if isinstance(state, Asking) else state.then
    return isinstance(asking, Listing) and bool(asking.token)


class PageRead(msgspec.Struct, frozen=True):
    """A page was read, and it is not the last."""

    page: ListPage


class Listed(msgspec.Struct, frozen=True):
    """All that exists was taken; it stands at `version`, read at unix time `at`."""

    version: str
    at: float


class Unversioned(msgspec.Struct, frozen=True):
    """All that exists was taken at unix time `at`, of a version that no watch can go on from."""

    problem: Problem
    at: float


class NotStreamed(msgspec.Struct, frozen=True):
    """The server refuses to begin a watch with what exists."""

    problem: Problem


class Current(msgspec.Struct, frozen=True):
    """The server's newest version."""

    version: str


class Ended(msgspec.Struct, frozen=True):
    """The stream ended, cleanly or cut; `problem` where it did so too early."""

    problem: Problem | None = None


class Failed(msgspec.Struct, frozen=True):
    """The server ended the stream by an ERROR after which it may go on from the same version."""

    problem: Problem
    retry_after: float | None = None


class Stalled(msgspec.Struct, frozen=True):
    """The stream was given up because it was silent; no `problem` where that is its way."""

    problem: Problem | None


class Expired(msgspec.Struct, frozen=True):
    """The server cannot go on from the version asked for, as of unix time `at`.

    It is too old, or not reached yet.
    """

    problem: Problem
    at: float


class Broken(msgspec.Struct, frozen=True):
    """What came cannot be read, or not be trusted."""

    problem: Problem


class Refused(msgspec.Struct, frozen=True):
    """The request failed before anything was read."""

    problem: Problem
    retry_after: float | None = None


class Waited(msgspec.Struct, frozen=True):
    """The time is up."""


FAILED = Ended | Failed | Stalled | Broken | Refused
"""What a list ends in that may fail alike the next time."""


Outcome = (
    PageRead | Listed | Unversioned | NotStreamed | Current | Ended | Failed
    | Stalled | Expired | Broken | Refused | Waited
)  # fmt: skip

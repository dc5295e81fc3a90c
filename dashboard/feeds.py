"""What an open page is to be told: the difference between what it shows and what is stored.

History keeps one row for each id, its latest revision. A page that falls behind therefore needs
no queue: whatever it is told next is the newest of each row, and no step is lost.
"""

from collections.abc import Hashable
from typing import Any, Optional, Protocol

import msgspec

from dashboard import filters, rendering
from dashboard.asked import Asked
from dashboard.picture import Picture, picture, shown_steps
from eventstream import history
from eventstream.explain.vocabulary.records import Trace

ROWS_MOST = 200
"""So many changed rows go into one batch."""

Op = tuple[str, int, str, str]
"""`[id, revision, kind, html]`.

`row`, `step` and `kind` are rows of the three lists, `part` an element of the page, `gone` a row
to take away; `keep` has ids instead of HTML: the only rows that the page may still show.
"""


Drawings = frozenset[tuple[str, int]]
"""Fragments of a page, each by its id and the signature of how it was drawn."""


class Update(msgspec.Struct, frozen=True):
    """What brings a page from one seq to `seq`; `more` when there is more to be asked for.

    `then` is the feed that goes on from there, None where it is the one that was asked.
    """

    seq: int
    ops: tuple[Op, ...] = ()
    gaps: tuple[history.Gap, ...] = ()
    more: bool = False
    then: Optional["Feed"] = None


class Feed(Protocol):
    """What one page follows."""

    @property
    def shared(self) -> Hashable | None:
        """What tells this feed from others, so that pages of like feeds are told the same.

        None for a feed that remembers by itself what it told its one page.
        """

    def begin(self, since: int) -> None:
        """Note that the page shows what was stored at `since`; call once, before `updates`."""

    def updates(self, since: int, now: float) -> Update:
        """Return what changed after `since`."""


class Quiet:
    """The feed of a page whose content does not change by itself."""

    shared = None

    def begin(self, since: int) -> None:
        """Note nothing."""

    def updates(self, since: int, now: float) -> Update:
        """Return nothing, for good."""
        return Update(since)


class NowFeed:
    """Traces that match a filter, one row each."""

    def __init__(self, wanted: history.Filter) -> None:
        self.wanted = wanted
        self.shared = "now", wanted

    def begin(self, since: int) -> None:
        """Note nothing: what each row looks like does not depend on other rows."""

    def updates(self, since: int, now: float) -> Update:
        """Return a row for each trace that changed, and "gone" for what no longer matches."""
        changes = history.changes_since(since, limit=ROWS_MOST, filter=self.wanted)
        ops: list[Op] = []
        gaps: list[history.Gap] = []
        for row in changes.rows:
            match row:
                case ("trace", stored):
                    html = rendering.shared_trace_row(stored, now)
                    ops.append((stored.id, stored.revision, "row", html))
                case ("removed", stored):
                    ops.append((stored.id, stored.revision, "gone", ""))
                case ("gap", stored):
                    gaps.append(stored.record)
                case ("step", _):
                    raise AssertionError("history gave a step to the feed of traces")
        return Update(changes.seq, tuple(ops), tuple(gaps), changes.more)

    def empty_state(self, header: dict[str, Any]) -> str:
        """Return why this feed may show nothing, see `empty_state`."""
        return empty_state(header, self.wanted)


class TraceFeed:
    """The head, the rows and the parts around them of one trace, drawn as `show` says.

    A new step may change rows that were drawn before it: a lane is added, an arrow now reaches
    who acted on it, reports fold. So the picture is drawn as a whole, and what differs is told.
    """

    def __init__(self, trace_id: str, show: str = "", told: Drawings | None = None) -> None:
        self._trace = trace_id
        self._asked = Asked(show)
        self._told = told

    @property
    def shared(self) -> Hashable:
        """The trace, how it is drawn, and what was told of it."""
        return self._trace, self._asked.show, self._told

    def begin(self, since: int) -> None:
        """Remember what the page shows, unless it has changed since and so is not known."""
        stored = history.trace(self._trace)
        if stored and not history.changes_since(since, limit=1, trace=self._trace).rows:
            self._told = _drawings(self._draw(stored))

    def updates(self, since: int, now: float) -> Update:
        """Return each part of the page that is drawn differently than when last told."""
        changes = history.changes_since(since, limit=ROWS_MOST, trace=self._trace)
        stored = history.trace(self._trace)
        if stored is None:
            return Update(changes.seq, ((self._trace, 0, "gone", ""),) if changes.rows else ())
        if not changes.rows:
            return Update(changes.seq)
        # Read after the changes were, so the rows are at least as new as the seq that is told.
        drawn = self._draw(stored)
        then = TraceFeed(self._trace, self._asked.show, _drawings(drawn))
        ops = self._differences(drawn, changes.seq)
        ops.append(("head", changes.seq, "part", rendering.trace_head(stored, now)))
        return Update(changes.seq, tuple(ops), more=changes.more, then=then)

    def _draw(self, stored: history.Stored[Trace]) -> Picture:
        return picture(stored, shown_steps(self._trace), self._asked)

    def _differences(self, drawn: Picture, seq: int) -> list[Op]:
        """Return what to tell of `drawn` to whom the feed's own drawings were told."""
        told = self._told or frozenset()
        left = {id_ for id_, _ in told} - {each.id for each in drawn.drawn}
        ops: list[Op] = [(id_, seq, "gone", "") for id_ in sorted(left)]
        if self._told is None:
            ops.append(("rows", seq, "keep", " ".join(row.id for row in drawn.rows.rows)))
        rows = {row.id for row in drawn.rows.rows}
        ops.extend(
            (each.id, seq, "step" if each.id in rows else "part", each.html)
            for each in drawn.drawn
            if (each.id, each.signature) not in told
        )
        return ops


def _drawings(drawn: Picture) -> Drawings:
    return frozenset((each.id, each.signature) for each in drawn.drawn)


def empty_state(header: dict[str, Any], wanted: history.Filter) -> str:
    """Return why a feed may show nothing: unconnected, forbidden, unseen, filtered or quiet.

    `forbidden` is what Baton may not watch, `unseen` what the viewer may not.
    """
    if history.seen() == history.NOTHING:
        return "unseen"
    if header["all_forbidden"]:
        return "forbidden"
    if header["live"].state == "down":
        return "unconnected"
    return "filtered" if filters.narrows(wanted) else "quiet"


def subscription(wanted: history.Filter) -> str:
    """Return `wanted` as the JSON that the page's script hands to the socket."""
    return msgspec.json.encode(wanted).decode()

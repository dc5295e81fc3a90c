"""Takes in what a reflector has read: what the sink has taken counts, and nothing else does.

The position moves on only after the sink has what came before it, so that a crash between the
two repeats at most what was not taken, and never skips anything.
"""

from collections.abc import Iterable
from typing import Literal

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery
from eventstream.kubeapi.problems import out_of_order
from eventstream.kubeapi.sequence import flagged, standing
from eventstream.kubeapi.states import Missed, Watching
from eventstream.objects.decoding import WatchEvent
from eventstream.objects.images import Image
from eventstream.objects.observations import Gap, Position, Problem
from eventstream.objects.resource import Resource
from eventstream.objects.versions import is_comparable, is_newer, is_resumable

_Kind = Literal["ADDED", "MODIFIED", "DELETED"]
_IN_PART = "A list was told only in part, as what it was told to refused the rest."


class Taking:
    """Hands one resource's objects to the sink, and keeps account of it in the coverage."""

    def __init__(
        self, resource: Resource, delivery: Delivery, coverage: CoverageReport, clock: Clock
    ) -> None:
        self._resource = resource
        self._delivery = delivery
        self._coverage = coverage
        self._clock = clock
        self._in_part: Missed | None = None
        self.bookmarked = False
        """Whether the server sends bookmarks of it, as it does of what it holds in a cache."""

    async def everything(
        self, images: Iterable[Image], version: str, missed: Missed | None
    ) -> float:
        """Take in all that exists at `version`; return when that was, in unix seconds."""
        at = self._clock.now()
        sound = (each if is_comparable(each.version) else self._odd(each) for each in images)
        owned_up = await self._own_up(missed, version, at)
        # Where versions were given out anew, or never, equal ones do not mean equal objects.
        rewound = not is_resumable(version) or bool(missed and is_newer(missed.version, version))
        taken = self._delivery.taken
        try:
            await self._delivery.replace(sound, at, first=missed is None, rewound=rewound)
        except BaseException:
            if owned_up or self._delivery.taken > taken:
                self._in_part = Missed(version, at, _IN_PART)
            raise
        self._in_part = None
        place = version if is_resumable(version) else ""
        self._coverage.listed(place, at)
        await self._delivery.send(
            Position(self._resource, place, at, listed=True, objects=self._delivery.held)
        )
        return at

    async def event(self, state: Watching, watched: WatchEvent, at: float) -> Problem | None:
        """Take in one line of a watch and move the position; return why not, if it is in doubt."""
        kind, image = watched.type, watched.image
        if image is None or kind == "BOOKMARK" or kind == "ERROR":  # noqa: PLR1714 - for mypy
            self.bookmarked = True
            await self._bookmark(state, watched.version, at)
            return None
        if is_newer(watched.version, state.version):
            await self._delivery.change(kind, image, at, watched.size)
            _advance(state, watched.version)
        elif doubt := await self._unusual(state, watched, kind, image, at):
            return doubt
        self._coverage.last_event = at
        return None

    async def _bookmark(self, state: Watching, version: str, at: float) -> None:
        """Move the position to a bookmark, unless it is no place or one that was passed."""
        if is_resumable(version) and is_newer(version, state.version) is not False:
            await self._delivery.send(Position(self._resource, version, at))
            _advance(state, version)
        elif version == state.version:
            state.fruitless = 0  # The server says that it is where we are.

    async def _own_up(self, missed: Missed | None, version: str, at: float) -> bool:
        """Send the gap that a relist leaves, before what it shows; return whether there was one.

        After a list that was told in part, what was missed begins where that list stood.
        """
        missed = self._in_part or missed
        if missed is None or missed.planned:
            return False
        self._coverage.relists += 1
        if missed.version == version:  # Which proves that nothing was written in between.
            return False
        gap = Gap(self._resource, missed.version, version, missed.since, at, missed.reason)
        self._coverage.missed(gap)
        await self._delivery.send(gap)
        return True

    async def _unusual(
        self, state: Watching, watched: WatchEvent, kind: _Kind, image: Image, at: float
    ) -> Problem | None:
        held = self._delivery.held_image(image.uid)
        found = standing(watched, image, state.version, held)
        if found == "lost":
            return out_of_order(self._resource, watched.version, state.version)
        if found == "unordered":
            self._coverage.unordered = True
        if found != "repeat":
            await self._delivery.change(kind, flagged(image, found), at, watched.size)
        if found in {"next", "unordered"} and is_resumable(watched.version):
            _advance(state, watched.version)
        return None

    def _odd(self, image: Image) -> Image:
        self._coverage.unordered = True
        return flagged(image, "unordered")


def _advance(state: Watching, version: str) -> None:
    state.version = version
    state.listed = False
    state.fruitless = 0

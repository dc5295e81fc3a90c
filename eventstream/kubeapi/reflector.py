"""Keeps one resource in step with the server: all that exists, each change, and honest gaps.

Which state follows which is a table, `eventstream.kubeapi.transitions`; this module does what
each state asks for. Nothing is told twice and nothing is left out.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

import msgspec

from eventstream.kubeapi import problems
from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery, Saved, Sink
from eventstream.kubeapi.exchange import Exchange, LostError
from eventstream.kubeapi.gathering import EndlessError, Gathering
from eventstream.kubeapi.holdings import Holdings, NoRoomError
from eventstream.kubeapi.listing import (
    NEWEST,
    page_parameters,
    stream_parameters,
    watch_parameters,
)
from eventstream.kubeapi.lists import HANGS_SECONDS
from eventstream.kubeapi.session import WatchSession
from eventstream.kubeapi.states import (
    FAILED,
    Absent,
    BackingOff,
    Broken,
    Checking,
    Current,
    Ended,
    Forbidden,
    Listed,
    Listing,
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
    has_pages,
)
from eventstream.kubeapi.taking import Taking
from eventstream.kubeapi.transitions import Given, beginning, first_state, following
from eventstream.kubeapi.turns import ITEMS
from eventstream.objects.decoding import Decoder, WatchEvent
from eventstream.objects.images import Image
from eventstream.objects.observations import CoverageState
from eventstream.objects.resource import Resource
from eventstream.objects.versions import is_resumable

_WAITS: Mapping[type[State], CoverageState] = {
    BackingOff: "backing-off",
    Forbidden: "forbidden",
    Absent: "gone",
    Polling: "polling",
}


class Reflector:
    """Sends the sink every change of one resource, in the server's order.

    `namespace` narrows it to the objects of one; `saved` lets it go on where an earlier run
    stopped, without listing. `holdings` is the memory that it shares with the others.
    """

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        sink: Sink,
        decoder: Decoder,
        *,
        namespace: str | None = None,
        saved: Saved | None = None,
        clock: Clock | None = None,
        holdings: Holdings | None = None,
    ) -> None:
        self.resource = resource
        self._clock = clock or Clock()
        self._turns = connection.turns
        self._began = self._clock.monotonic()
        self._hangs = False
        self._holdings = holdings or Holdings()
        self._exchange = Exchange(connection, decoder, resource, namespace, self._clock)
        images = saved.images if saved else ()
        self._delivery = delivery = Delivery(
            resource, sink, images, holdings=self._holdings, turns=self._turns
        )
        self._share = delivery.share
        self._gathering = Gathering(resource, delivery, connection.bounds)
        self._coverage = CoverageReport(resource, delivery, self._clock)
        self._taking = Taking(resource, delivery, self._coverage, self._clock)
        backoff = Backoff(self._clock)
        self._given = Given(backoff.delay, backoff.retry_forbidden)
        self._state = beginning()
        if saved is not None:
            self._coverage.version = saved.position
            since = saved.at or self._clock.now()
            self._state = first_state(saved.position, since, saved.relist)

    async def run(self) -> None:
        """Go on for ever; after a crash, call it again and it goes on from what was taken."""
        try:
            while True:
                outcome = await self._outcome(self._state)
                if isinstance(outcome, NotStreamed):
                    self._given = msgspec.structs.replace(self._given, streams=False)
                self._state = following(self._state, outcome, self._given)
                if not has_pages(self._state):
                    self._gathering.begin()
        finally:
            await self._exchange.close()

    def saved(self) -> Saved | None:
        """Return what another one can go on from, None before all that exists was taken once."""
        if not (self._coverage.version or self._delivery.held):
            return None
        at = self._coverage.contact or self._clock.now()
        return Saved(self._coverage.version, self._delivery.images, at)

    def close(self) -> None:
        """Give back the memory that its objects took: it is not run again."""
        self._share.close()

    async def refresh(self) -> None:
        """Say again how the watch does, if any of it has changed since it was said."""
        await self._coverage.refresh()

    async def report_crash(self, error: Exception, delay: float) -> None:
        """Tell that `run` raised `error` and is called again in `delay` seconds."""
        problem = problems.internal(self.resource, error)
        await self._coverage.tell("backing-off", problem, delay)

    async def _outcome(self, state: State) -> Outcome:
        try:
            outcome = await self._live(state)
        except LostError as lost:
            is_quiet = isinstance(lost.outcome, Stalled) and self._is_quiet(state)
            outcome = Stalled(None) if is_quiet else lost.outcome
        except EndlessError as endless:
            outcome = Broken(endless.problem)
        except NoRoomError:
            problem = problems.no_room(self.resource, self._holdings.most)
            outcome = Refused(problem) if isinstance(state, Watching) else Broken(problem)
        if isinstance(state, Listing | Streaming | Checking):
            self._judge(outcome)
        if not isinstance(outcome, Listed):  # The watch that began with the list goes on.
            await self._exchange.close()
        return outcome

    def _judge(self, outcome: Outcome) -> None:
        """Take note of whether the list hangs, of which that it began says nothing."""
        if isinstance(outcome, FAILED):
            self._hangs = self._clock.monotonic() - self._began >= HANGS_SECONDS
        elif not isinstance(outcome, PageRead | NotStreamed):
            self._hangs = False

    def _is_quiet(self, state: State) -> bool:
        """Whether silence is no sign of trouble: the server tells of this type what happens alone.

        So does a real one of Events, which it does not hold in a watch cache.
        Source: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go, Cacher.
        """
        is_open = self._exchange.session is not None  # Its answer had begun.
        return isinstance(state, Watching) and is_open and not self._taking.bookmarked

    async def _live(self, state: State) -> Outcome:
        match state:
            case Watching():
                return await self._watch(state)
            case Listing() | Streaming() | Checking():
                # Before it is its turn: who rests on the list may wait for it.
                await self._coverage.tell(_manner(state), state.problem)
                async with self._turns.lists.place(hangs=self._hangs):
                    self._began = self._clock.monotonic()
                    return await self._read(state)
            case _:
                await self._coverage.tell(_WAITS[type(state)], state.problem, state.delay)
                await self._clock.sleep(state.delay)
                return Waited()

    async def _read(self, state: Listing | Streaming | Checking) -> Outcome:
        match state:
            case Listing():
                return await self._list_page(state)
            case Streaming():
                return await self._stream(state)
            case Checking():
                return await self._check(state)

    async def _list_page(self, state: Listing) -> Outcome:
        page = await self._exchange.page(page_parameters(state), self._gathering.take)
        if page.continue_token:
            self._gathering.page(page)
            return PageRead(page)
        images = chain(*state.pages, page.images)
        return await self._take_all(state, images, state.version or page.version)

    async def _stream(self, state: Streaming) -> Outcome:
        """Gather what exists until the server says that this was all; the watch stays open."""
        session = await self._exchange.open(stream_parameters(state, self._clock.chance()))
        images: dict[str, Image] = {}
        while lines := await self._exchange.lines(session):
            for number, line in enumerate(lines, 1):
                if number % ITEMS == 1:
                    await self._turns.next()
                watched = self._exchange.watch_event(line)
                if watched.initial_events_end:
                    session.unread(lines[number:])
                    return await self._take_all(state, images.values(), watched.version)
                if watched.type == "BOOKMARK":
                    return NotStreamed(problems.unmarked(self.resource))
                self._gather(images, watched, len(line))
        return Ended(problems.cut_stream(self.resource))

    async def _watch(self, state: Watching) -> Outcome:
        session = self._exchange.session
        if session is None:
            parameters = watch_parameters(state.version, self._clock.chance())
            session = await self._exchange.open(parameters)
        await self._coverage.tell("watching")
        opened_with = state.version
        while lines := await self._exchange.lines(session):
            at = self._clock.now()
            for start in range(0, len(lines), ITEMS):
                await self._turns.next()
                for watched in self._exchange.watch_events(lines[start : start + ITEMS]):
                    if doubt := await self._taking.event(state, watched, at):
                        return Broken(doubt)
            state.contact = at
            await self._coverage.heard(state.version, at)
        return self._ended(session, empty=state.version == opened_with)

    async def _check(self, state: Checking) -> Outcome:
        return Current(await self._exchange.newest(NEWEST))

    async def _take_all(
        self, state: Listing | Streaming, images: Iterable[Image], version: str
    ) -> Outcome:
        at = await self._taking.everything(images, version, state.missed)
        if is_resumable(version):
            return Listed(version, at)
        return Unversioned(problems.unversioned(self.resource), at)

    def _gather(self, images: dict[str, Image], watched: WatchEvent, size: int) -> None:
        """Let one line of the initial state count: an ADDED, or what changed while it was sent."""
        image = watched.image
        if image is None or watched.type == "DELETED":
            self._gathering.line(size)
            images.pop(image.uid if image else "", None)
        else:
            images[image.uid] = self._gathering.take(image, size)

    def _ended(self, session: WatchSession, *, empty: bool) -> Ended:
        failed = empty and session.was_short
        return Ended(problems.empty_watch(self.resource) if failed else None)


def _manner(state: Listing | Streaming | Checking) -> CoverageState:
    """How a resource is said to be watched while its list is waited for and read."""
    if not isinstance(state, Checking):
        return "listing"
    return "backing-off" if state.problem else "watching"

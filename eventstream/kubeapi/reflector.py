"""Keeps one resource in step with the server: list, watch, and honest marks where it could not.

The loop is `following` of `eventstream.kubeapi.states`; this module does what each state asks
for. Nothing is told twice and nothing is left out: the position moves on only when the sink has
taken what came before it.
"""

import msgspec

from eventstream.kubeapi.backoff import Backoff
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import ByteStream, Connection, StreamCutError
from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery, Saved, Sink
from eventstream.kubeapi.lines import LineSplitter, LineTooLongError
from eventstream.kubeapi.listing import read_list
from eventstream.kubeapi.problems import (
    ApiProblem,
    empty_watch,
    internal,
    malformed,
    stalled,
    watch_error,
)
from eventstream.kubeapi.rules import forbidden
from eventstream.kubeapi.states import (
    Broken,
    Delays,
    Ended,
    Expired,
    Listed,
    Listing,
    Outcome,
    Refused,
    Stalled,
    State,
    Waited,
    Waiting,
    Watching,
    first_state,
    following,
)
from eventstream.kubeapi.watchdog import SILENCE_SECONDS, Watchdog
from eventstream.objects.decoding import DecodeError, Decoder, ListPage
from eventstream.objects.observations import Gap, Position, Problem
from eventstream.objects.resource import Resource

AT_ONCE_SECONDS = 1.0
"""A watch that lasted less and brought nothing has failed."""
WATCH_SECONDS = 300
"""A watch is asked to end by itself after once to twice this, so that they end one by one."""


class Reflector:
    """Sends the sink every change of one resource, in the server's order.

    `namespace` narrows it to the objects of one; `saved` lets it go on where an earlier run
    stopped, without listing.
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
    ) -> None:
        self.resource = resource
        self._connection = connection
        self._decoder = decoder
        self._namespace = namespace
        self._path = resource.path_in(namespace)
        self._clock = clock or Clock()
        self._delivery = Delivery(resource, sink, saved.images if saved else ())
        self._coverage = CoverageReport(resource, self._delivery, self._clock)
        self._state: State = Listing()
        if saved is not None:
            self._state = first_state(saved.position, saved.at or self._clock.now())
        backoff = Backoff(self._clock)
        self._delays = Delays(backoff.delay, backoff.retry_forbidden)

    async def run(self) -> None:
        """Go on for ever; after a crash, call it again and it goes on from what was taken."""
        while True:
            outcome = await self._live(self._state)
            self._state = following(self._state, outcome, self._delays)

    async def report_crash(self, error: Exception, delay: float) -> None:
        """Tell that `run` raised `error` and is called again in `delay` seconds."""
        await self._coverage.tell("backing-off", internal(self.resource, error), delay)

    async def _live(self, state: State) -> Outcome:
        match state:
            case Listing():
                return await self._list(state)
            case Watching():
                return await self._watch(state)
            case Waiting():
                await self._coverage.tell(state.coverage, state.problem, state.delay)
                await self._clock.sleep(state.delay)
                return Waited()

    async def _list(self, state: Listing) -> Outcome:
        await self._coverage.tell("listing", state.problem)
        try:
            listed = await read_list(self._connection, self._decoder, self.resource, self._path)
        except ApiProblem as refusal:
            return self._refused(refusal)
        except DecodeError as error:
            return Refused(malformed(self.resource, str(error)))
        at = self._clock.now()
        await self._own_up(state, listed, at)
        await self._delivery.replace(listed.images, at, first=state.missed is None)
        self._coverage.contact = at
        await self._delivery.send(
            Position(self.resource, listed.version, at, listed=True, objects=self._delivery.held)
        )
        return Listed(listed.version, at)

    async def _own_up(self, state: Listing, listed: ListPage, at: float) -> None:
        """Send the gap that a relist leaves, before what it shows."""
        missed = state.missed
        if missed is None:
            return
        self._coverage.relists += 1
        # Equal versions prove that nothing was written in between.
        if missed.version != listed.version:
            bounds = (missed.version, listed.version, missed.since, at)
            await self._delivery.send(Gap(self.resource, *bounds, missed.reason))

    async def _watch(self, state: Watching) -> Outcome:
        parameters = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": state.version,
            "timeoutSeconds": str(int(WATCH_SECONDS * (1 + self._clock.chance()))),
        }
        try:
            async with self._connection.stream(self._path, parameters) as stream:
                await self._coverage.tell("watching")
                return await self._read(state, stream)
        except ApiProblem as refusal:
            if refusal.problem.code == "expired":
                return self._expired(state, refusal.problem)
            return self._refused(refusal)

    async def _read(self, state: Watching, stream: ByteStream) -> Outcome:
        """Take lines until the stream ends; an unfinished last line is left for the next watch."""
        opened_at, opened_with = self._clock.monotonic(), state.version
        splitter = LineSplitter()
        heard = False
        async with Watchdog(stream, self._clock) as watchdog:
            try:
                while chunk := await stream.read():
                    watchdog.pause()
                    at = self._clock.now()
                    lines = splitter.feed(chunk)
                    for line in lines:
                        if lost := await self._take(state, line, at):
                            return lost
                    heard = heard or bool(lines)
                    watchdog.resume(heard=bool(lines))
            except LineTooLongError as error:
                return Broken(malformed(self.resource, str(error)))
            except StreamCutError:
                if watchdog.fired:
                    return Stalled(stalled(self.resource, SILENCE_SECONDS), heard)
        lasted = self._clock.monotonic() - opened_at
        if lasted < AT_ONCE_SECONDS and state.version == opened_with:
            return Ended(empty_watch(self.resource))
        return Ended()

    async def _take(self, state: Watching, line: bytes, at: float) -> Expired | Broken | None:
        """Take in one line; return how the watch was lost if this line loses it."""
        try:
            watched = self._decoder.event(self.resource, line)
        except DecodeError as error:
            return Broken(malformed(self.resource, str(error)))
        if watched.type == "ERROR":
            problem = watch_error(self.resource, watched.code, watched.reason, watched.message)
            if watched.code == 410:
                return self._expired(state, msgspec.structs.replace(problem, code="expired"))
            return Broken(problem)
        if watched.type == "BOOKMARK":
            await self._delivery.send(Position(self.resource, watched.version, at))
        elif watched.image is not None:
            await self._delivery.change(watched.type, watched.image, at)
        if watched.version:
            state.version = watched.version
        state.contact = at
        state.listed = False
        await self._coverage.heard(at)
        return None

    def _expired(self, state: Watching, problem: Problem) -> Expired:
        since_list = self._clock.now() - state.contact
        return Expired(problem, at_once=state.listed and since_list < AT_ONCE_SECONDS)

    def _refused(self, refusal: ApiProblem) -> Refused:
        problem = refusal.problem
        if problem.code == "forbidden":
            problem = forbidden(self.resource, self._namespace, problem)
        return Refused(problem, refusal.retry_after)

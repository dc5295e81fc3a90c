"""Asks the server about one resource, and tells each way in which that fails as the outcome it is.

What goes wrong between here and an object is known only here: whether bytes came, of what kind,
and what the server said. The reflector's states need just the name of it.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from eventstream.expressions import expression
from eventstream.kubeapi import problems
from eventstream.kubeapi.answers import ended, looks_like_a_page
from eventstream.kubeapi.bodies import (
    Body,
    BodyCutError,
    BodyTooLargeError,
    BodyUnreadableError,
)
from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.lines import LineTooLongError
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.rules import forbidden
from eventstream.kubeapi.session import WatchSession
from eventstream.kubeapi.splitting import ListSplitter
from eventstream.kubeapi.states import (
    Broken,
    Expired,
    Failed,
    NotStreamed,
    Outcome,
    Refused,
    Stalled,
)
from eventstream.kubeapi.turns import ITEMS, LARGE, LargeRead
from eventstream.kubeapi.watchdog import SILENCE_SECONDS, SilentError, within
from eventstream.objects.decoding import DecodeError, Decoder, ListPage, WatchEvent
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource

CHECK_SECONDS = 60.0
"""Until the server must have told its newest version."""
_EXPIRED = frozenset({"expired", "too-large"})
_BEHIND = ("service unavailable", "error trying to reach service")
_RETRYABLE = frozenset({"throttled", "server-error"})
Take = Callable[[Image, int], Image]
_TABLE = expression(rb'\s*\{\s*"kind"\s*:\s*"Table"')
"""How one begins that is too large to be read to its end."""
_REFUSES_STREAMS = frozenset({400, 403, 404, 405, 422})


class LostError(Exception):
    """What was asked for cannot be had; `outcome` is what that means to a reflector."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class _Kind(msgspec.Struct):
    kind: str = ""
    object: "_Kind | None" = None


def _as_it_is(image: Image, _: int) -> Image:
    return image


class Exchange:
    """The requests about one resource, of which at most one watch is open; see `close`."""

    def __init__(
        self,
        connection: Connection,
        decoder: Decoder,
        resource: Resource,
        namespace: str | None,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._decoder = decoder
        self._resource = resource
        self._namespace = namespace
        self._path = resource.path_in(namespace)
        self._clock = clock
        self._bounds = connection.bounds
        self.session: WatchSession | None = None

    async def page(self, parameters: Mapping[str, str], take: Take = _as_it_is) -> ListPage:
        """Return one page of a list, of whose objects each is what `take` makes of it.

        `take` is given an object and how many bytes of JSON it had; what it raises ends the page.
        Raises LostError.
        """
        splitter = ListSplitter(self._bounds.object_bytes, self._bounds.envelope_bytes)
        try:
            body = await self._connection.open_answer(self._path, parameters)
            try:
                return await self._read_page(body, splitter, take)
            except (BodyCutError, BodyUnreadableError, BodyTooLargeError) as error:
                raise self._connection.broken(f"GET {self._path}", error) from error
            finally:
                body.close()
        except ApiProblem as refusal:
            setting = self._of_a_setting(splitter.envelope)
            if setting is not None:
                raise LostError(Broken(setting)) from refusal
            raise LostError(self._meaning(refusal)) from refusal
        except DecodeError as error:
            raise LostError(Broken(self._unreadable(splitter.envelope, error))) from error

    async def _read_page(self, body: Body, splitter: ListSplitter, take: Take) -> ListPage:
        images: dict[str, Image] = {}
        number = 0
        large = LargeRead(self._connection.turns)
        try:
            piece = b" "
            while piece:
                piece = await body.piece()
                for item in splitter.feed(piece) if piece else splitter.end():
                    image = take(self._decoder.image(self._resource, item), len(item))
                    images[image.uid] = image
                    number += 1
                    if number % ITEMS == 0 or len(item) > LARGE:
                        await self._connection.turns.next()
                if large.needs_place(splitter.unfinished):
                    await large.place()
        finally:
            large.close()
        page = self._decoder.page(self._resource, splitter.envelope)
        return msgspec.structs.replace(page, images=tuple(images.values()))

    async def newest(self, parameters: Mapping[str, str]) -> str:
        """Return the server's newest version, by the list that is asked for; raises LostError."""
        try:
            page = await within(self._clock, CHECK_SECONDS, self.page(parameters))
        except SilentError as error:
            problem = problems.stalled(self._resource, CHECK_SECONDS)
            raise LostError(Refused(problem)) from error
        return page.version

    async def open(self, parameters: Mapping[str, str]) -> WatchSession:
        """Open a watch in place of the one that is open; raises LostError."""
        await self.close()
        try:
            self.session = await WatchSession.open(
                self._connection, self._path, parameters, self._clock
            )
        except SilentError as error:
            raise LostError(self._stalled()) from error
        except ApiProblem as refusal:
            if "sendInitialEvents" in parameters and refusal.status in _REFUSES_STREAMS:
                raise LostError(NotStreamed(refusal.problem)) from refusal
            raise LostError(self._meaning(refusal)) from refusal
        return self.session

    async def lines(self, session: WatchSession) -> list[bytes]:
        """Return the next lines of the watch, [] at its end; raises LostError."""
        try:
            lines = await session.lines()
        except SilentError as error:
            raise LostError(self._stalled()) from error
        except LineTooLongError as error:
            problem = problems.malformed(self._resource, str(error))
            raise LostError(Broken(problem)) from error
        if not lines and not session.heard:
            self._check_for_documents(session.remainder)
        return lines

    def watch_events(self, lines: list[bytes]) -> Iterator[WatchEvent]:
        """What each line says; raises LostError after the lines before the one that is over.

        All are decoded before the first is told, so that where many come at once decoding and
        explaining don't push each other out of the processor's caches: a tenth of both.
        """
        read: list[WatchEvent] = []
        over: LostError | None = None
        for line in lines:
            try:
                read.append(self.watch_event(line))
            except LostError as error:
                over = error
                break
        yield from read
        if over is not None:
            raise over

    def watch_event(self, line: bytes) -> WatchEvent:
        """Return what a line says; raises LostError where it says that the watch is over."""
        try:
            watched = self._decoder.event(self._resource, line)
        except DecodeError as error:
            raise LostError(Broken(self._unreadable(line, error))) from error
        if watched.type == "ERROR":
            raise LostError(self._error(watched))
        return watched

    async def close(self) -> None:
        """Close the watch that is open, if any."""
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    def _meaning(self, refusal: ApiProblem) -> Expired | Refused:
        problem = refusal.problem
        if problem.code in _EXPIRED:
            return Expired(problem, self._clock.now())
        if problem.code == "forbidden":
            problem = forbidden(self._resource, self._namespace, problem)
        if problem.code == "server-error" and self._is_of_another(problem):
            problem = problems.behind(self._resource, problem)
        return Refused(problem, refusal.retry_after)

    def _is_of_another(self, failure: Problem) -> bool:
        """Whether it was said of a server behind an APIService, which such types may have."""
        said = failure.message.lower()
        built_in = is_built_in(self._resource.api_version)
        return not built_in and any(words in said for words in _BEHIND)

    def _error(self, watched: WatchEvent) -> Outcome:
        failure = ended(self._resource, watched)
        if failure.problem.code in _RETRYABLE:
            return Failed(failure.problem, failure.retry_after)
        if failure.problem.code == "watch-error":
            return Broken(failure.problem)
        return self._meaning(failure)

    def _stalled(self) -> Stalled:
        return Stalled(problems.stalled(self._resource, SILENCE_SECONDS))

    def _check_for_documents(self, answer: bytes) -> None:
        """Raise LostError where a watch was answered by one document that is not of a watch."""
        problem = self._of_a_setting(answer)
        if problem is not None:
            raise LostError(Refused(problem))

    def _unreadable(self, body: bytes, error: DecodeError) -> Problem:
        return self._of_a_setting(body) or problems.malformed(self._resource, str(error))

    def _of_a_setting(self, body: bytes) -> Problem | None:
        """Tell a page or a Table, which come from a setting, from bytes that are merely wrong."""
        if looks_like_a_page(body, ""):
            return problems.not_kubernetes(f"GET {self._path}", 200, "text/html")
        is_table = _kind(body) == "Table" or _TABLE.match(body)
        return problems.table(self._resource) if is_table else None


def _kind(body: bytes) -> str:
    """Return the kind of an answer, or of the object in a watch's line, "" where it has none."""
    try:
        found = msgspec.json.decode(body, type=_Kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return found.kind or (found.object.kind if found.object else "")

"""Asks a Baton that runs, by its API: what it has watched, as far as the token may see."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dashboard.api.documents import Outlook, Problem
from eventstream.explain.vocabulary.records import ObjectRef, Trace
from eventstream.plain import plain
from eventstream.version import AGENT
from terminal import reading
from terminal.answers import Answer, CannotAskError, NotFoundError
from terminal.naming import Asked

ASK_SECONDS = 1.0
"""So often it is asked while somebody waits."""

FIRST_SECONDS = 300.0
"""So long one that can't answer yet is waited for."""

LATER_SECONDS = 30
"""A wish to be asked later still is not followed."""

ANSWER_BYTES = 8 * 1024 * 1024
ANSWER_SECONDS = 30.0

_NONE = (
    "Baton keeps no trace of it: nothing was seen to happen with it, or that is longer ago than "
    "what is kept."
)


logger = logging.getLogger(__name__)


class AwayError(CannotAskError):
    """It does not answer now, and may later."""


class LaterError(AwayError):
    """It can't answer yet, and says after how many seconds it may."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = min(max(seconds, 1), LATER_SECONDS)


class Server(msgspec.Struct, frozen=True):
    """Where a Baton is, with the path that it may be below, and what it is asked with."""

    url: str
    token: str = ""

    def __repr__(self) -> str:
        """Without the token: what is logged holds none."""
        return f"Server({self.url!r})"


class Baton:
    """A Baton that is asked about one object; `asking` makes one."""

    def __init__(
        self, session: aiohttp.ClientSession, server: Server, asked: Asked, namespace: str | None
    ) -> None:
        self._session = session
        self._server = server
        self._query = {"type": asked.type, "name": asked.name}
        if namespace:
            self._query["namespace"] = namespace

    async def once(self) -> Answer:
        """Ask once; raises NotFoundError or CannotAskError."""
        body = await self._get()
        try:
            return self._answer(msgspec.json.decode(body, type=Outlook))
        except (msgspec.DecodeError, ValueError) as error:
            said = (
                f"What {self._server.url} answered can't be read: {error}. Is it another version?"
            )
            raise CannotAskError(said) from error

    async def follow(self) -> AsyncGenerator[Answer, None]:
        """Yield how it stands, again and again; raises NotFoundError or CannotAskError.

        While a Baton that has answered is away, as it stood last; one that says when it can
        answer is waited for.
        """
        last = await self._first()
        while True:
            yield last
            await asyncio.sleep(ASK_SECONDS)
            try:
                last = await self.once()
            except AwayError as error:
                last = msgspec.structs.replace(last, behind=str(error))

    async def _first(self) -> Answer:
        """Ask until it can answer, FIRST_SECONDS at most, and say once that it can't yet."""
        began, said = time.monotonic(), False
        while True:
            try:
                return await self.once()
            except LaterError as error:
                if time.monotonic() - began >= FIRST_SECONDS:
                    raise
                if not said:
                    logger.warning("%s It is asked again.", plain(str(error)))
                    said = True
                await asyncio.sleep(error.seconds)

    async def _get(self) -> bytes:
        url = f"{self._server.url}/api/v1/outlook"
        token = self._server.token
        named = {"User-Agent": AGENT} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            async with self._session.get(
                url, params=self._query, headers=named, allow_redirects=False
            ) as answer:
                body = await answer.content.read(ANSWER_BYTES)
                while len(body) < ANSWER_BYTES and (
                    more := await answer.content.read(ANSWER_BYTES)
                ):
                    body += more
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            said = f"{self._server.url} does not answer: {str(error) or type(error).__name__}."
            raise AwayError(said) from error
        except ValueError as error:  # A user in the address or in netrc, beside the token.
            raise CannotAskError(f"Baton can't be asked: {error}.") from error
        if answer.status == 200:
            return body
        try:
            problem = msgspec.json.decode(body, type=Problem)
        except msgspec.DecodeError as error:
            said = f"{self._server.url} is no Baton with an API: it answers {answer.status}."
            raise CannotAskError(said) from error
        if answer.status == 404:
            raise NotFoundError(problem.detail)
        said = f"{self._server.url} answers {answer.status}: {problem.detail}"
        later = answer.headers.get("Retry-After", "")
        if answer.status == 503 and later.isdecimal() and len(later) < 9:
            raise LaterError(said, int(later))
        raise AwayError(said) if answer.status >= 500 else CannotAskError(said)

    def _answer(self, told: Outlook) -> Answer:
        ref, at = reading.object_of(told.object), reading.moment(told.at) or time.time()
        live = told.live
        url = f"{self._server.url}/traces/{told.trace.id}" if told.trace is not None else ""
        return Answer(
            object=ref,
            trace=reading.trace_of(told.trace) if told.trace is not None else _untold(ref, at),
            at=at,
            source=self._server.url,
            steps=tuple(reading.step_of(each) for each in told.steps),
            behind=""
            if live.state == "live"
            else f"{live.word} {live.detail}. {live.reason}".strip(),
            trace_url=url,
        )


@asynccontextmanager
async def asking(server: Server, asked: Asked, namespace: str | None) -> AsyncIterator[Baton]:
    """Ask that Baton about that object; raises CannotAskError for what is no address."""
    try:
        parts = urlsplit(server.url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in {"http", "https"} or not host:
        raise CannotAskError(f"{server.url!r} is no address of a Baton; give one with https://.")
    if server.token and parts.scheme == "http" and not _is_here(host):
        raise CannotAskError(
            f"A token is sent by HTTPS alone, or to this machine; {server.url} is neither."
        )
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    # A proxy would be sent what is for this machine alone.
    by_proxy = not _is_here(host)
    async with aiohttp.ClientSession(trust_env=by_proxy, timeout=timeout) as session:
        yield Baton(session, server, asked, namespace)


def _is_here(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}


def _untold(ref: ObjectRef, at: float) -> Trace:
    """What stands in the place of a trace where none tells of the object."""
    return Trace(
        id="",
        root=ref,
        title=f"{ref.kind.lower()}/{ref.name}",
        cause="its cause was not seen",
        state="unknown",
        holder=None,
        holder_name="",
        holders={},
        waiting_since=None,
        waiting_for="",
        diagnosis=None,
        summary=_NONE,
        started=at,
        ended=None,
        steps=0,
        existing=True,
    )

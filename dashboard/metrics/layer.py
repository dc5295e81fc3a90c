"""Answers /metrics before pages: a Prometheus asks by a Pod's address, and has no session.

What an answer costs is bounded: one is made at a time, in a thread of its own, and whoever may see
the same is given the same for a second.
"""

import math
import time
from typing import Any, cast

import msgspec
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.conf import settings

from dashboard import prefix
from dashboard.access import header, host_is_allowed, unknown_host
from dashboard.metrics import gathering, named
from dashboard.metrics.exposition import text
from dashboard.metrics.scrapers import PATH, Anyone, Scraper, TurnedAwayError, scrapers
from dashboard.plaintext import respond, respond_as
from dashboard.readers import Readers
from eventstream.history import NOTHING, Rights
from eventstream.metrics import refused
from eventstream.reviewing import UnansweredError, UnrecognisedError

KEPT_SECONDS = 1.0
"""So long an answer is given again."""

ANSWERS_MOST = 8
"""So many answers are kept, each of other rights or in another form."""

WAITING_MOST = 8
"""So many scrapes are answered or wait; one more is told to come again."""


class Answer(msgspec.Struct, frozen=True):
    """What was answered, and when (monotonic seconds)."""

    body: bytes
    type: str
    at: float


answers: dict[tuple[str, str], Answer] = {}
"""What was answered of late, by the digest of rights and the form that was accepted."""


class Metrics:
    """ASGI layer that answers PATH and passes on everything else."""

    def __init__(self, inner: ASGI3Application) -> None:
        self._inner = inner
        self._thread = Readers(1)
        self._there = 0

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Handle one connection."""
        request = cast("dict[str, Any]", scope)
        if scope["type"] != "http" or prefix.below(request) != PATH:
            await self._inner(scope, receive, send)
            return
        try:
            answer = await self._in_turn(request)
        except TurnedAwayError as error:
            await respond(send, error.status, f"{error}\n", _with(error))
        except UnrecognisedError:
            await respond(send, 401, "The cluster does not know this token.\n", _CHALLENGE)
        except UnansweredError as error:
            await respond(send, 503, f"Who may read metrics is not known. {error}\n")
        else:
            await respond_as(send, 200, answer.body, answer.type)

    async def _in_turn(self, request: dict[str, Any]) -> Answer:
        if request["method"] not in {"GET", "HEAD"}:
            raise TurnedAwayError(405, f"{PATH} takes no {request['method'][:20]!r}.")
        if self._there >= WAITING_MOST:
            refused.count("scrape")
            raise TurnedAwayError(503, f"{self._there} scrapes are being answered. Ask later.")
        self._there += 1
        try:
            return await self._answer(_who(request), header(request, b"accept"))
        finally:
            self._there -= 1

    async def _answer(self, who: Scraper | Anyone, accept: str) -> Answer:
        await who.check()
        read = await self._thread.read(gathering.known)
        covered = read.covered if read is not None else []
        rights = NOTHING
        if read is not None:  # Which types there are to ask about, history has to say.
            rights = await who.rights(named.types_named(covered))
        key = (rights.digest, accept[:200])
        kept = answers.get(key)
        if kept is not None and time.monotonic() - kept.at < KEPT_SECONDS:
            return kept
        answer = await self._thread.read(_made, read, rights, accept[:200])
        while len(answers) >= ANSWERS_MOST:
            del answers[next(iter(answers))]
        answers[key] = answer
        return answer


def _made(read: gathering.Known | None, rights: Rights, accept: str) -> Answer:
    covered = read.covered if read is not None else []
    samples = [*gathering.of_process(read), *named.of_cluster(covered, rights)]
    body, type_ = text(samples, accept)
    return Answer(body, type_, time.monotonic())


def _who(request: dict[str, Any]) -> Scraper | Anyone:
    """Return who asks.

    Without sign-in, a page of another site must not read along by a name of its own; where a token
    is needed it can't, as no browser sends one by itself.
    """
    if settings.BATON_SIGN_IN.mode == "local":
        host = header(request, b"host")
        if not host_is_allowed(host):
            raise TurnedAwayError(400, unknown_host(host))
        return Anyone()
    address = (request.get("client") or [""])[0]
    return scrapers.find(header(request, b"authorization"), str(address))


_CHALLENGE = [(b"www-authenticate", b'Bearer realm="baton"')]


def _with(error: TurnedAwayError) -> list[tuple[bytes, bytes]]:
    """The headers of a refusal."""
    if error.status == 405:
        return [(b"allow", b"GET, HEAD")]
    if error.retry_after:
        return [(b"retry-after", str(math.ceil(error.retry_after)).encode())]
    return _CHALLENGE if error.status == 401 else []

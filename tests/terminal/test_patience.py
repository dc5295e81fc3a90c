"""A Baton that can't tell yet is waited for where somebody waits; else it is said that it can't."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dashboard.api.documents import Live, Outlook, Problem
from dashboard.api.records import Object
from terminal import baton
from terminal.answers import Answer, CannotAskError, NotFoundError
from terminal.baton import Server, asking
from terminal.naming import Asked

YET = Problem("Service Unavailable", 503, "Baton can't say yet.\x1b[2J")
MISSING = Problem("Not Found", 404, "No such object.")
WEB = Object("apps/v1", "Deployment", "default", "web", "uid-web")
TOLD = Outlook(WEB, "2026-11-29T00:00:00.000Z", Live("live", "Live", "", ""), None, [])


class Baton:
    """Answers with each of these in turn, and the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Problem | Outlook] = []
        self.asked = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status = told.status if isinstance(told, Problem) else 200
        again = {"Retry-After": "1"} if status == 503 else {}
        return web.Response(status=status, body=msgspec.json.encode(told), headers=again)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baton, "LATER_SECONDS", 0)
    monkeypatch.setattr(baton, "ASK_SECONDS", 0.0)


@pytest.fixture
async def served() -> AsyncIterator[tuple[Baton, str]]:
    asked = Baton()
    app = web.Application()
    app.router.add_get("/api/v1/outlook", asked.answer)
    async with TestServer(app) as server:
        yield asked, f"http://127.0.0.1:{server.port}"


async def first(url: str) -> Answer:
    async with (
        asking(Server(url), Asked("deploy", "web"), None) as found,
        aclosing(found.follow()) as answers,
    ):
        return await anext(answers)


async def test_who_waits_is_told_once_that_nothing_can_be_said_yet(
    served: tuple[Baton, str], caplog: pytest.LogCaptureFixture
) -> None:
    asked, url = served
    asked.answers = [YET, YET, YET, TOLD]
    with caplog.at_level(logging.WARNING, "terminal"):
        answer = await first(url)
    assert (answer.object.name, asked.asked) == ("web", 4)
    (said,) = [record.message for record in caplog.records if record.name == baton.__name__]
    assert said == (f"{url} answers 503: Baton can't say yet.\\u001b[2J It is asked again.")


async def test_what_is_missing_after_all_is_not_waited_for(served: tuple[Baton, str]) -> None:
    asked, url = served
    asked.answers = [YET, MISSING]
    with pytest.raises(NotFoundError, match="No such object"):
        await first(url)


async def test_it_is_not_waited_for_without_end(
    served: tuple[Baton, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, url = served
    asked.answers = [YET]
    monkeypatch.setattr(baton, "FIRST_SECONDS", 0.05)
    with pytest.raises(CannotAskError, match="can't say yet"):
        await first(url)
    assert asked.asked > 1


async def test_what_is_for_this_machine_goes_by_no_proxy(
    served: tuple[Baton, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, url = served
    asked.answers = [TOLD]
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with asking(Server(url, "secret-token"), Asked("deploy", "web"), None) as found:
        assert (await found.once()).object.name == "web"


async def test_a_user_beside_a_token_is_refused_without_telling_either(
    served: tuple[Baton, str],
) -> None:
    asked, url = served
    named = Server(url.replace("//", "//me:secret-word@"), "secret-token")
    async with asking(named, Asked("deploy", "web"), None) as found:
        with pytest.raises(CannotAskError, match="AUTHORIZATION") as refused:
            await found.once()
    assert "secret" not in str(refused.value)
    assert asked.asked == 0


async def test_who_does_not_wait_is_told_so(served: tuple[Baton, str]) -> None:
    asked, url = served
    asked.answers = [YET, TOLD]
    async with asking(Server(url), Asked("deploy", "web"), None) as found:
        with pytest.raises(CannotAskError, match="answers 503: Baton can't say yet"):
            await found.once()
    assert asked.asked == 1

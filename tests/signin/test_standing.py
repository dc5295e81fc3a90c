"""Processes that share a Redis: who signed in at one is known to the others, until they log out."""

import asyncio
import logging
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis

from dashboard.signin import begun, standing
from dashboard.signin.begun import Begun
from dashboard.signin.sessions import COOKIE, Sessions, sessions
from dashboard.signin.viewers import SignedOutError
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import PATIENCE, Browser, Cluster, closed_with

pytestmark = pytest.mark.django_db(transaction=True)

BEGUN = Begun("state", "nonce", "verifier", "https://baton/oidc/callback", "/changes", 1.0)


class Shared(NamedTuple):
    address: str
    begins: str
    patience: dict[str, float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of Debian's package, which listens at a socket and keeps nothing; its address."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: see `make system`."
    socket = tmp_path_factory.mktemp("redis") / "redis.sock"
    said = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(socket.parent)]
    with subprocess.Popen([program, *said], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while not socket.exists():
            assert time.monotonic() < deadline, "Redis does not listen"
            time.sleep(0.01)
        yield f"unix://{socket}"
        process.kill()


@pytest.fixture
async def stored(server: str, cluster: Cluster, settings: Any) -> AsyncIterator[redis.Redis]:
    """What the processes share, empty at first."""
    settings.BATON_REDIS = Shared(server, "baton", {"socket_connect_timeout": 1})
    client = redis.Redis.from_url(server)
    client.flushall()
    yield client
    client.close()
    for sealed in standing._sealed.values():
        await sealed._redis.aclose()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Go on as another process, which knows of no session, nor of one that was looked at."""

    def moved() -> Sessions:
        there = Sessions()
        monkeypatch.setattr(standing, "sessions", there)
        monkeypatch.setattr(begun.waiting, "_begun", type(begun.waiting._begun)())
        return there

    return moved


def content(stored: redis.Redis, name: bytes | str) -> bytes:
    held = stored.get(name)
    assert isinstance(held, bytes)
    return held


async def test_who_signed_in_at_one_process_is_known_to_the_other(
    stored: redis.Redis, elsewhere: Any, browser: Browser
) -> None:
    await browser.sign_in(SHOP)
    there = elsewhere()
    shown = await browser.get("/changes")
    assert shown.status == 200
    assert '<bdi class="who">sam</bdi>' in shown.text
    viewer = there.find(browser.cookies[COOKIE])
    assert viewer is not None
    assert (await viewer.rights()).within.keys() <= {"shop"}


async def test_what_is_shared_tells_no_token_and_no_number(
    stored: redis.Redis, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await browser.sign_in(EVERYBODY)
    (name,) = stored.keys()
    held = str(name).encode() + content(stored, name)
    for hidden in (EVERYBODY, "ada", browser.cookies[COOKIE]):
        assert hidden.encode() not in held
        assert hidden == "ada" or hidden not in caplog.text
    assert 0 < stored.ttl(name) <= 3600


async def test_an_entry_that_was_put_there_or_moved_signs_nobody_in(
    stored: redis.Redis, elsewhere: Any, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    (name,) = stored.keys()
    sealed = content(stored, name)
    elsewhere()
    for planted in (b"", b"x" * 10, os.urandom(200), sealed[:-1] + bytes([sealed[-1] ^ 1])):
        stored.set(name, planted)
        assert (await browser.get("/")).status == 303
    other = Browser()
    await other.sign_in(SHOP)
    (second,) = set(stored.keys()) - {name}
    stored.set(second, sealed)
    elsewhere()
    assert (await other.get("/")).status == 303


async def test_logging_out_at_one_process_is_heard_of_by_the_others(
    stored: redis.Redis, elsewhere: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in(EVERYBODY)
    number = browser.cookies[COOKIE]
    monkeypatch.setattr(standing, "CHECK_SECONDS", 0.0)
    socket = browser.socket()
    assert (await socket.connect())[0]
    await socket.send_json_to({"type": "hello", "epoch": "", "since": 0, "view": "now"})
    here = sessions
    elsewhere()
    await browser.send("/logout")
    assert not stored.keys()
    monkeypatch.setattr(standing, "sessions", here)
    assert await closed_with(socket) == (4401, standing.ELSEWHERE)
    browser.cookies[COOKIE] = number
    assert (await browser.get("/")).status == 303


async def test_a_session_that_ended_here_is_not_begun_again_by_what_was_shared(
    stored: redis.Redis, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    sessions.end_all()
    assert (await browser.get("/")).status == 303
    assert not stored.keys()


async def test_where_the_redis_is_away_sessions_that_are_known_go_on(
    stored: redis.Redis,
    elsewhere: Any,
    settings: Any,
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.BATON_REDIS = Shared(f"unix://{tmp_path}/nothing", "baton", {})
    monkeypatch.setattr(standing, "CHECK_SECONDS", 0.0)
    await browser.sign_in(EVERYBODY)
    assert (await browser.get("/")).status == 200
    elsewhere()
    assert (await browser.get("/")).status == 303
    assert "Sign-ins are not shared with other processes" in caplog.text


async def test_a_sign_in_with_a_provider_may_come_back_to_another_process_once(
    stored: redis.Redis, elsewhere: Any
) -> None:
    number = await standing.send_away(BEGUN)
    elsewhere()
    assert await standing.come_back("another") is None
    found = await asyncio.gather(standing.come_back(number), standing.come_back(number))
    assert sorted(found, key=bool) == [None, BEGUN]


async def test_a_viewer_without_a_session_is_not_looked_for_among_them(
    stored: redis.Redis, browser: Browser, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "CHECK_SECONDS", 0.0)
    await browser.sign_in(EVERYBODY)
    viewer = sessions.find(browser.cookies[COOKIE])
    assert viewer is not None
    stored.flushall()
    monkeypatch.setattr(standing, "sessions", Sessions())
    await standing.look(viewer)
    viewer.check()
    monkeypatch.setattr(standing, "sessions", sessions)
    await standing.look(viewer)
    with pytest.raises(SignedOutError, match="ended elsewhere"):
        viewer.check()

"""Readiness says whether pages can be served, at once, whatever the database and its threads do."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.typing import ASGI3Application
from channels.db import database_sync_to_async
from channels.testing import HttpCommunicator
from django.db import OperationalError

from dashboard import health, status
from dashboard.health import Probes
from dashboard.signin.mode import SignIn
from eventstream import history
from eventstream.objects.observations import Coverage, Problem
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status
from tests.dashboard import scenes

DOWN = Problem("unreachable", "The API server does not answer.", "It is down.", "Start it.")
BEFORE = 1_000.0


async def nothing(*_: object) -> None:
    raise AssertionError("a probe went on to the pages")


INNER: ASGI3Application = nothing


async def ready(probes: Probes, host: bytes = b"localhost:8000") -> tuple[int, str]:
    asked = HttpCommunicator(probes, "GET", "/readyz", headers=[(b"host", host)])
    answer = await asked.get_response(timeout=60)
    return answer["status"], answer["body"].decode()


def stored(*covered: Coverage) -> None:
    """Store that a cluster was being watched so, long ago."""
    batch = Batch()
    for each in covered:
        batch.add(each, ())
    commit(batch, BEFORE, Status("uid", "practice", "https://host", "v1", BEFORE))


def pods(state: str, **more: object) -> Coverage:
    return Coverage(scenes.PODS, state, BEFORE, **more)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("covered", "said"),
    [
        ((), "which kinds it has is being asked for"),
        ((pods("listing"),), "Being listed for the first time: v1/pods."),
        ((pods("listing", last_contact=BEFORE),), ""),
        ((pods("listing", errors=1),), ""),
        ((pods("forbidden", problem=DOWN),), ""),
        ((pods("backing-off", problem=DOWN),), ""),
        ((pods("watching"),), ""),
    ],
)
async def test_it_is_ready_once_each_kind_was_listed_or_could_not_be(
    covered: tuple[Coverage, ...], said: str
) -> None:
    await database_sync_to_async(stored)(*covered)
    code, body = await ready(Probes(INNER, 0.0))
    assert (code, said in body) == (503 if said else 200, True)


@pytest.mark.django_db(transaction=True)
async def test_a_site_that_rebinds_its_name_to_this_address_is_told_no_names() -> None:
    await database_sync_to_async(stored)(pods("listing"))
    told = await ready(Probes(INNER, 0.0), b"evil.example:8000")
    assert told == (503, "Being listed for the first time: 1 kind.\n")


@pytest.mark.django_db(transaction=True)
async def test_where_people_sign_in_names_are_for_the_log_alone(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BATON_SIGN_IN = SignIn("token")
    caplog.set_level("INFO")
    await database_sync_to_async(stored)(pods("listing"))
    probes = Probes(INNER, 0.0)
    for _ in range(3):
        assert await ready(probes) == (503, "Being listed for the first time: 1 kind.\n")
    told = [record.message for record in caplog.records if record.name == health.__name__]
    assert told == ["Not ready. Being listed for the first time: v1/pods."]


async def test_where_people_sign_in_a_failure_of_the_disk_is_for_the_log_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> None:
        raise OperationalError("unable to open /data/baton.sqlite3")

    settings.BATON_SIGN_IN = SignIn("token")
    caplog.set_level("INFO")
    monkeypatch.setattr(status, "unlisted", failing)
    assert await ready(Probes(INNER, 0.0)) == (503, "History can't be read.\n")
    assert "unable to open /data/baton.sqlite3" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_a_kind_that_comes_later_takes_no_page_away() -> None:
    probes = Probes(INNER, 0.0)
    await database_sync_to_async(stored)(pods("watching"))
    assert (await ready(probes))[0] == 200
    await database_sync_to_async(stored)(pods("listing"))
    assert (await ready(probes))[0] == 200


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What a database that does not answer waits for; and no probe waits long."""
    release = threading.Event()
    monkeypatch.setattr(health, "READ_SECONDS", 0.0)
    yield release
    release.set()


async def test_a_database_that_does_not_answer_is_told_and_asked_once(
    held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def unlisted() -> None:
        asked.append(1)
        held.wait()

    monkeypatch.setattr(status, "unlisted", unlisted)
    probes = Probes(INNER, 0.0)
    for _ in range(5):
        code, body = await ready(probes)
        assert (code, "another program holds the database" in body) == (503, True)
    assert len(asked) <= 1


async def test_a_probe_is_answered_by_the_look_that_it_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status, "unlisted", lambda: None)
    monkeypatch.setattr(health, "READ_SECONDS", None)
    probes, loop = Probes(INNER, 0.0), asyncio.get_running_loop()
    asked = asyncio.create_task(probes._unready())
    await asyncio.sleep(0)  # With its first step it looks.

    def begin_another(_: object) -> None:
        probes._looking = loop.create_future()

    assert probes._looking is not None
    probes._looking.add_done_callback(begin_another)
    assert await asked is None


async def test_no_page_stands_in_front_of_a_probe(
    held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "unlisted", lambda: None)
    monkeypatch.setattr(health, "READ_SECONDS", None)  # As long as it takes.
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def drawn() -> None:
        loop.call_soon_threadsafe(begun.set)
        held.wait()

    page = asyncio.create_task(database_sync_to_async(drawn)())
    await begun.wait()
    assert (await ready(Probes(INNER, 0.0)))[0] == 200
    assert not page.done()
    held.set()
    await page


@pytest.mark.django_db(transaction=True)
async def test_the_first_probe_waits_for_what_is_being_listed() -> None:
    await database_sync_to_async(stored)(pods("listing"))
    asked = asyncio.ensure_future(ready(Probes(INNER, 60.0)))
    await database_sync_to_async(stored)(pods("watching"))
    assert await asked == (200, "ready\n"), "a failure would be a Warning Event of each start"


@pytest.mark.django_db(transaction=True)
async def test_a_later_probe_is_told_at_once_what_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise OperationalError("disk I/O error")

    await database_sync_to_async(stored)(pods("watching"))
    probes = Probes(INNER, 3600.0)
    assert await ready(probes) == (200, "ready\n")
    monkeypatch.setattr(history, "cluster", broken)
    assert (await ready(probes))[0] == 503

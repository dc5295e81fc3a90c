"""A recording belongs to the session that opened it: to no other viewer, and to nobody once out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard import opened, tapeview
from dashboard.opened import OpenedTape, OpenedTapes
from dashboard.pages import tape
from dashboard.signin import pages
from dashboard.signin.sessions import COOKIE, sessions
from tests.explain.tapes import TAPES
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import Browser, Cluster

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tapes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OpenedTapes]:
    made = OpenedTapes()
    for place in (opened, tapeview, tape, pages):
        monkeypatch.setattr(place, "tapes", made)
    monkeypatch.setattr(opened, "_parent", lambda: tmp_path)
    yield made
    made.close_all()


async def opened_by(browser: Browser, tapes: OpenedTapes, token: str) -> OpenedTape:
    """A recording that this viewer opened, as the page does it."""
    await browser.sign_in(token)
    viewer = sessions.find(browser.cookies[COOKIE])
    assert viewer is not None
    lines = (TAPES / "create.jsonl").read_bytes()
    made = tapes.add("create.jsonl", [lines], None, viewer.key)
    browser.cookies["baton-tapes"] = made.token
    return made


async def test_a_recording_is_its_sessions_alone(
    cluster: Cluster, browser: Browser, tapes: OpenedTapes
) -> None:
    made = await opened_by(browser, tapes, SHOP)
    address = f"/tapes/{made.token}/"
    assert (await browser.get(address)).status == 200
    assert "create.jsonl" in (await browser.get("/tape")).text
    other = Browser()
    other.cookies["baton-tapes"] = made.token
    assert (await other.get(address)).status == 303, "nobody's"
    await other.sign_in(EVERYBODY)
    assert (await other.get(address)).status == 404
    assert "create.jsonl" not in (await other.get("/tape")).text
    await other.send("/tape/close", {"token": made.token})
    assert (await browser.get(address)).status == 200, "another's form closes nothing"
    again = Browser()
    await again.sign_in(SHOP)
    assert (await again.get(address)).status == 404, "another session of the same person"


async def test_logging_out_closes_what_the_session_opened(
    cluster: Cluster, browser: Browser, tapes: OpenedTapes
) -> None:
    made = await opened_by(browser, tapes, SHOP)
    viewer: Any = sessions.find(browser.cookies[COOKIE])
    assert tapes.get(made.token, viewer.key) is made
    await browser.send("/logout")
    assert tapes.get(made.token, viewer.key) is None


async def test_what_one_brought_oneself_one_sees_whole(
    cluster: Cluster, browser: Browser, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventstream import history

    seen: list[history.Rights] = []
    made = await opened_by(browser, tapes, SHOP)
    monkeypatch.setattr(OpenedTape, "state", "open")

    def looked(*_: Any, **__: Any) -> Any:
        seen.append(history.seen())
        raise history.BadCursorError("looked")

    monkeypatch.setattr(history, "ledger", looked)
    await browser.get(f"/tapes/{made.token}/changes.csv")
    await browser.get("/changes.csv")
    assert [rights.everything for rights in seen] == [True, False]


def added(tapes: OpenedTapes, whose: str) -> OpenedTape:
    return tapes.add("a.jsonl", [(TAPES / "create.jsonl").read_bytes()], None, whose, whose)


def are_open(tapes: OpenedTapes, *asked: OpenedTape) -> list[bool]:
    return [bool(tapes.among([each.token], each.owner)) for each in asked]


def test_who_opens_many_closes_their_own_and_nobody_elses(tapes: OpenedTapes) -> None:
    others = added(tapes, "sam")
    own = [added(tapes, "ada") for _ in range(opened.OPEN_MOST + 1)]
    assert are_open(tapes, others) == [True]
    kept = [False] * (len(own) - opened.OPEN_OF_ONE) + [True] * opened.OPEN_OF_ONE
    assert are_open(tapes, *own) == kept


def test_who_opens_large_ones_closes_their_own_and_nobody_elses(
    tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = added(tapes, "sam")
    monkeypatch.setattr(OpenedTape, "size", lambda each: 1 if each is others else 100)
    monkeypatch.setattr(opened, "DISK_OF_ONE", 150)
    monkeypatch.setattr(opened, "DISK_MOST", 210)
    own = [added(tapes, "ada") for _ in range(2)]
    assert are_open(tapes, others, *own) == [True, False, True]


async def test_the_page_says_how_many_are_ones_own(
    cluster: Cluster, browser: Browser, tapes: OpenedTapes
) -> None:
    await browser.sign_in(SHOP)
    page = " ".join((await browser.get("/tape")).text.split())
    assert "when 2 newer ones of yours are open, or 4 of all viewers." in page
    gone = (await browser.get("/tapes/gone/")).text
    assert "when 2 newer ones of yours are open, or 4 of all viewers" in gone

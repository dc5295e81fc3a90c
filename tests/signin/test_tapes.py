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

"""Each message of a socket, for each feed that a page may follow, and for each viewer.

Feeds and messages come from the registry and the protocol: one that nobody tried here fails.
"""

import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from dashboard.asked import SHOWS
from dashboard.exercises.declared import EXERCISES
from dashboard.lessons import TABS
from dashboard.pages.registry import FEEDS
from dashboard.signin.decisions import MESSAGES
from eventstream import history
from tests.signin.conftest import EVERYBODY, NOBODY, SHOP
from tests.signin.people import PATIENCE, Browser, Cluster, closed_with
from tests.signin.places import HUSH, filled

pytestmark = pytest.mark.django_db(transaction=True)

VIEWS = (
    *("now", "coverage", ""),
    *("traces/mine", "traces/theirs", "traces/stuck"),
    *(f"traces/stuck/{show}" for show in SHOWS),
    *(f"learn/{tab}" for tab in TABS),
    *(f"learn/{TABS[0]}/{trace}" for trace in ("mine", "theirs")),
    *(f"exercise/{EXERCISES[0].slug}", "situation/1"),
)
OWN = "known-"
"""What the names in the viewer's own namespace begin with."""


def said(type_: str, view: str, epoch: str, since: int) -> dict[str, Any]:
    """A message of that type, as a page that shows `view` sends it."""
    if type_ == "ack":
        return {"type": "ack", "seq": since}
    return {"type": type_, "epoch": epoch, "since": since, "view": view}


class Page:
    """A page's socket that keeps all that it is told."""

    def __init__(self, browser: Browser) -> None:
        self.socket = browser.socket()
        self.text = ""

    async def until(self, type_: str) -> None:
        """Take in what comes, to the next message of this type."""
        last = ""
        while last != type_:
            piece = await self.socket.receive_from(timeout=PATIENCE)
            self.text += piece
            last = json.loads(piece)["type"]
            assert last in {"welcome", "batch", "gap", "status"}, piece


async def told(browser: Browser, view: str, message: str) -> str:
    """All that a socket is told which begins by that view, or changes to it, or acknowledges."""
    epoch = await database_sync_to_async(history.epoch)()
    page = Page(browser)
    assert (await page.socket.connect())[0]
    await page.socket.send_json_to(said("hello", "" if message == "sub" else view, epoch, 0))
    await page.until("welcome")
    if message != "hello":
        await page.socket.send_json_to(said(message, view, epoch, 0))
    if message == "sub":
        await page.until("welcome")
    await page.until("status")  # What changed is told before how watching goes.
    await page.socket.disconnect()
    return page.text


def test_each_feed_and_each_message_is_tried() -> None:
    first = {next(each.name for each in FEEDS if each.view.fullmatch(view)) for view in VIEWS}
    assert first == {each.name for each in FEEDS}
    assert set(MESSAGES) == {"hello", "sub", "ack"}


@pytest.mark.parametrize("message", sorted(MESSAGES))
@pytest.mark.parametrize("view", VIEWS)
async def test_each_viewer_is_told_what_is_theirs_alone(
    view: str, message: str, cluster: Cluster
) -> None:
    await filled()
    texts = {}
    for token in (EVERYBODY, SHOP, NOBODY):
        browser = Browser()
        await browser.sign_in(token)
        texts[token] = await told(browser, view, message)
    assert HUSH not in texts[SHOP]
    assert "vault" not in texts[SHOP]
    for word in (HUSH, "vault", OWN, "432104321043"):
        assert word not in texts[NOBODY]
    if view in {"now", "traces/theirs"}:
        assert HUSH in texts[EVERYBODY], "what is hidden from others is told to who may see it"
    if view in {"now", "traces/mine"}:
        assert OWN in texts[SHOP]


@pytest.mark.parametrize("message", sorted(MESSAGES))
async def test_who_is_not_known_is_told_to_sign_in_whatever_is_said(
    message: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    socket = browser.socket(cookie="__Host-baton=guessed")
    assert (await socket.connect())[0]
    await socket.send_json_to(said(message, "now", "e", 0))
    assert await closed_with(socket) == (4401, "Sign in to see this.")
    assert cluster.asked == []

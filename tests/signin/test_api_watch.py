"""A watch of the API: what changes comes to whom it may, and goes on where it broke off."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from django.db import OperationalError

from dashboard import shares
from dashboard.api import stream
from dashboard.asgi import application
from dashboard.signin import guard
from dashboard.signin.bearers import bearers as known
from eventstream import history
from tests.dashboard import scenes
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import PATIENCE, Cluster, Person
from tests.signin.places import HUSH, filled, trace_in

pytestmark = pytest.mark.django_db(transaction=True)

Event = tuple[str, str, Any]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Any:
    known.forget()
    monkeypatch.setattr(stream, "TICK_SECONDS", 0.01)
    yield
    known.forget()


class Watching:
    """A client of one watch; `head` is how the answer begins."""

    def __init__(self, query: str = "", token: str = EVERYBODY, **headers: str) -> None:
        named = {"host": "localhost:8000", "authorization": f"Bearer {token}"} | headers
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/watch",
            "query_string": query.encode(),
            "headers": [(n.replace("_", "-").encode(), v.encode()) for n, v in named.items()],
            "client": ["127.0.0.1", 40000],
        }
        made: Any = ApplicationCommunicator  # It has no types.
        self.app = made(application, scope)
        self.head: dict[str, Any] = {}
        self._text = ""

    async def begin(self) -> int:
        await self.app.send_input({"type": "http.request", "body": b"", "more_body": False})
        self.head = await self.app.receive_output(PATIENCE)
        return int(self.head["status"])

    async def next(self, *names: str) -> Event:
        """The next event of one of these names, as its name, id and data."""
        while True:
            while "\n\n" not in self._text:
                piece = await self.app.receive_output(PATIENCE)
                self._text += piece["body"].decode()
                if not piece.get("more_body"):
                    self._text += "\n\n"
            told, _, self._text = self._text.partition("\n\n")
            assert told, "the watch ended"
            fields = dict(line.split(": ", 1) for line in told.split("\n"))
            if fields["event"] in names:
                return fields["event"], fields.get("id", ""), json.loads(fields["data"])

    async def leave(self) -> None:
        await self.app.send_input({"type": "http.disconnect"})
        await self.app.wait(PATIENCE)


@asynccontextmanager
async def watching(query: str = "", token: str = EVERYBODY, **more: str) -> AsyncIterator[Watching]:
    client = Watching(query, token, **more)
    assert await client.begin() == 200
    yield client
    await client.leave()


async def store(namespace: str, id_: str, **more: Any) -> None:
    await database_sync_to_async(lambda: scenes.store(trace_in(namespace, id_, **more)))()


async def reading(query: Any) -> Any:
    return await database_sync_to_async(query)()


async def test_what_changes_comes_at_once_and_only_to_whom_it_may(cluster: Cluster) -> None:
    await filled()
    async with watching("background=true") as whole, watching(token=SHOP) as own:
        for client in (whole, own):
            _, id_, _ = await client.next("bookmark")
            assert id_ == await reading(lambda: f"{history.epoch()}-{history.head()}")
        await store("vault", "later")
        await store("shop", "newer")
        _, _, first = await whole.next("trace")
        assert HUSH in first["trace"]["cause"]
        _, _, mine = await own.next("trace")
        assert mine["trace"]["id"] == "newer"
        assert mine["trace"]["root"]["namespace"] == "shop"
        assert HUSH not in json.dumps(mine)


async def test_a_watch_goes_on_from_the_last_event_that_was_taken_in(cluster: Cluster) -> None:
    await filled()
    async with watching() as client:
        await client.next("bookmark")
        await store("shop", "one")
        _, last, _ = await client.next("trace")
    await store("shop", "two")
    for query, headers in ((f"since={last}", {}), ("since=x", {"last_event_id": last})):
        async with watching(query, **headers) as client:
            _, _, told = await client.next("trace", "reset")
            assert told["trace"]["id"] == "two"


async def test_a_list_says_where_to_watch_on(cluster: Cluster) -> None:
    await filled()
    place = await reading(lambda: f"{history.epoch()}-{history.head()}")
    await store("shop", "one")
    async with watching(f"since={place}") as client:
        assert (await client.next("trace"))[2]["trace"]["id"] == "one"


@pytest.mark.parametrize("since", ["other-1", "x", "-", "{epoch}-999999999", "{epoch}-x"])
async def test_a_place_that_is_none_has_the_client_begin_anew(since: str, cluster: Cluster) -> None:
    await filled()
    asked = since.replace("{epoch}", await reading(history.epoch))
    async with watching(f"since={asked}") as client:
        name, id_, _ = await client.next("reset", "trace", "bookmark")
        assert name == "reset"
        assert id_ == await reading(lambda: f"{history.epoch()}-{history.head()}")


async def test_one_trace_is_told_with_its_steps(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(stream, "BOOKMARK_SECONDS", 0.0)
    place = await reading(lambda: f"{history.epoch()}-0")
    async with watching(f"trace=stuck&since={place}", SHOP) as client:
        await client.next("bookmark")
        seen: dict[str, str] = {}
        while (event := await client.next("trace", "step", "reset", "bookmark"))[0] != "bookmark":
            name, _, told = event
            assert HUSH not in json.dumps(told)
            seen[told[name]["id"]] = name
    assert seen.pop("stuck") == "trace"
    assert seen == {f"stuck-{number:03}": "step" for number in range(1, 8)}


async def test_a_filter_is_as_that_of_the_list(cluster: Cluster) -> None:
    await filled()
    async with watching("state=stalled") as client:
        await client.next("bookmark")
        await store("shop", "fine")
        await store("shop", "bad", state="stalled")
        name, _, told = await client.next("trace", "gone")
        if name == "gone":  # One that does not match is told to be taken away, if it was shown.
            name, _, told = await client.next("trace", "gone")
        assert told["trace"]["id"] == "bad"


async def test_a_silent_watch_gives_signs_of_life(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(stream, "BOOKMARK_SECONDS", 0.0)
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.01)
    async with watching() as client:
        ids = [(await client.next("bookmark"))[1] for _ in range(3)]
        assert len(set(ids)) == 1


async def test_rights_that_go_end_the_watch(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    quickly(monkeypatch)
    async with watching(token=SHOP) as client:
        await client.next("bookmark")
        cluster.people[SHOP] = Person("sam", frozenset())
        _, _, told = await client.next("end")
        assert told["status"] == 403
        assert told["detail"] == "You may see less of the cluster than before: list anew."


async def test_a_token_that_the_cluster_no_longer_knows_ends_the_watch(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    quickly(monkeypatch)
    async with watching(token=SHOP) as client:
        await client.next("bookmark")
        del cluster.people[SHOP]
        _, _, told = await client.next("end")
        assert told["status"] == 401


async def test_a_token_that_is_over_ends_the_watch(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    quickly(monkeypatch)
    async with watching(token=SHOP) as client:
        await client.next("bookmark")
        for viewer in known._viewers.values():
            viewer.until = time.time() - 1
        _, _, told = await client.next("end")
        assert (told["status"], told["detail"]) == (401, "Your sign-in has expired. Sign in again.")


async def test_a_watch_lasts_no_longer_than_it_may(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(stream, "LONGEST_SECONDS", 0.05)
    async with watching() as client:
        _, _, told = await client.next("end")
        assert told["status"] == 200


async def test_watches_are_bounded_in_all_and_for_one_viewer(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()
    monkeypatch.setattr(shares, "STREAMS_MOST", 1)
    async with watching(token=SHOP):
        more = Watching(token=SHOP)
        assert await more.begin() == 429
        body = json.loads((await more.app.receive_output(PATIENCE))["body"])
        assert body["detail"] == "1 watches of yours are open; close one of them"
        monkeypatch.setattr(stream.streams, "most", 1)
        assert await Watching().begin() == 503
    assert len(stream.streams) == 0
    async with watching(token=SHOP):
        pass


async def test_a_page_of_another_site_may_not_watch(cluster: Cluster) -> None:
    assert await Watching(sec_fetch_site="cross-site").begin() == 403


async def test_history_that_cannot_be_read_ends_the_watch_and_says_so(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled()

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("no disk")

    async with watching() as client:
        await client.next("bookmark")
        monkeypatch.setattr(history, "changes_since", broken)
        _, _, told = await client.next("end")
        assert told["status"] == 503
        assert "no disk" not in told["detail"]


async def test_a_watch_that_history_cannot_begin_is_a_problem(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OperationalError("no disk")

    monkeypatch.setattr(history, "trace", broken)
    client = Watching("trace=mine")
    assert await client.begin() == 503
    told = json.loads((await client.app.receive_output(PATIENCE))["body"])
    assert told["detail"] == "History can't be read now; see Baton's log."
    assert len(stream.streams) == 0


async def test_a_query_that_holds_too_much_is_refused(cluster: Cluster) -> None:
    assert await Watching("a=1&" * 1001).begin() == 400


async def test_who_goes_leaves_nothing_behind(cluster: Cluster) -> None:
    await filled()
    client = Watching()
    assert await client.begin() == 200
    await client.next("bookmark")
    before = len(asyncio.all_tasks())
    await client.leave()
    assert len(asyncio.all_tasks()) < before
    assert len(stream.streams) == 0


def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have rights asked for at each look."""
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(guard, "ASK_SECONDS", 0.0)
    monkeypatch.setattr("dashboard.signin.viewers.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("dashboard.signin.viewers.FRESH_SECONDS", 0.0)

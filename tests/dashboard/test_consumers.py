"""The wire to the browser: nothing lost, nothing doubled, nothing half understood."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from dashboard import consumers
from dashboard.protocol import BATCH_BYTES
from eventstream import history
from eventstream.objects.observations import Gap
from tests.dashboard import scenes
from tests.dashboard.sockets import Page, reading

pytestmark = pytest.mark.django_db(transaction=True)

LINE = 100.0


async def storing(*scene: Any) -> int:
    seq: int = await database_sync_to_async(scenes.store)(*scene)
    return seq


async def test_a_hello_is_welcomed_where_the_page_was_drawn(page: Page) -> None:
    seq = await storing(scenes.stuck(LINE))
    welcome = await page.hello()
    assert (welcome["seq"], welcome["reset"]) == (seq, False)


async def test_what_changes_is_pushed_as_rows_without_any_wake_up(page: Page) -> None:
    await page.hello()
    await storing(scenes.stuck(LINE))
    ops = await page.ops()
    assert ops["bad"][1:3] == [1, "row"]
    assert "image-not-found" in ops["bad"][3]


async def test_a_wake_up_is_answered_within_a_tick(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "POLL_SECONDS", 60.0)
    await page.hello()
    await page.next("status")
    await storing(scenes.stuck(LINE))
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send("history", {"type": "history.changed", "seq": 1})
    assert "bad" in await page.ops()


async def test_a_page_that_was_away_gets_what_it_missed_and_only_that(page: Page) -> None:
    seen = await storing(scenes.stuck(LINE))
    await storing(scenes.nginx(LINE))
    await page.hello(since=seen)
    assert set(await page.ops()) == {"nginx"}


async def test_what_no_longer_matches_the_filter_is_taken_away(page: Page) -> None:
    trace, steps = scenes.stuck(LINE)
    await storing((trace, steps))
    await page.hello(filter={"state": "stalled"})
    await storing((msgspec.structs.replace(trace, state="complete"), steps))
    assert (await page.ops())["bad"][2] == "gone"


async def test_a_sub_changes_what_is_followed(page: Page) -> None:
    await page.hello(filter={"namespace": "web"})
    await page.ask("sub", filter={"namespace": "dev"})
    await storing(scenes.stuck(LINE), scenes.nginx(LINE))
    assert set(await page.ops()) == {"bad"}


async def test_another_database_or_a_future_seq_resets_the_page(page: Page) -> None:
    assert (await page.hello(epoch="of another time"))["reset"]
    assert (await page.ask("sub", since=10**9))["reset"]


async def test_older_than_what_is_kept_resets_the_page(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storing(scenes.stuck(LINE))
    monkeypatch.setattr(history, "floor", lambda: 2)
    assert (await page.hello(since=1))["reset"]


async def test_a_slow_page_is_told_less_often_and_then_the_latest_of_each_row(page: Page) -> None:
    await page.hello()
    trace, steps = scenes.stuck(LINE)
    last: dict[str, Any] = {}
    for turn in range(consumers.UNACKED_MOST):
        await storing((msgspec.structs.replace(trace, summary=f"turn {turn}"), steps))
        last = await page.next("batch")
    await storing((msgspec.structs.replace(trace, summary="not told of"), steps))
    await storing((msgspec.structs.replace(trace, summary="the latest"), steps))
    await storing(scenes.nginx(LINE))
    assert await batches_within(page, seconds=1.5) == []
    await page.socket.send_json_to({"type": "ack", "seq": last["seq"]})
    ops = await page.ops()
    assert ops["bad"][1] == consumers.UNACKED_MOST + 2
    assert set(ops) == {"bad", "nginx"}


async def batches_within(page: Page, seconds: float) -> list[dict[str, Any]]:
    """The batches among all that arrives until the socket has been polled for `seconds`."""
    await asyncio.sleep(seconds)
    waiting = []
    while not await page.socket.receive_nothing(timeout=0.05, interval=0.01):
        waiting.append(await page.socket.receive_json_from())
    return [message for message in waiting if message["type"] == "batch"]


async def test_a_trace_that_is_followed_gets_its_head_lanes_and_rows(page: Page) -> None:
    trace, steps = scenes.nginx(LINE)
    await storing((trace, steps[:2]))
    await page.hello(view="traces/nginx")
    await storing((trace, steps[:3]))
    ops = await page.ops()
    assert ops["head"][2] == "part"
    assert ops["nginx-010"][2] == "step"
    # The second row's broadcast now reaches the ReplicaSet controller, which has a lane now.
    assert "ReplicaSet controller" in ops["lanes"][3]
    assert "nginx-002" in ops


async def test_only_rows_that_look_different_are_told_again(page: Page) -> None:
    trace, steps = scenes.nginx(LINE)
    await storing((trace, steps))
    await page.hello(view="traces/nginx")
    await storing((msgspec.structs.replace(trace, summary="new words"), []))
    assert set(await page.ops()) == {"head"}


async def test_a_step_that_left_the_trace_is_taken_away(page: Page) -> None:
    trace, steps = scenes.stuck(LINE)
    await storing((trace, steps))
    await page.hello(view="traces/bad")
    await database_sync_to_async(scenes.remove)(steps[0].id)
    assert (await page.ops())[steps[0].id][2] == "gone"


async def test_a_large_update_comes_in_pieces_and_only_the_last_one_counts(page: Page) -> None:
    await page.hello(view="traces/big")
    before = await reading(history.head)
    await storing(scenes.nginx(LINE, "big", pods=60))
    pieces = [await page.next("batch")]
    while pieces[-1]["seq"] == before:
        pieces.append(await page.next("batch"))
    assert len(pieces) > 2
    assert all(len(json.dumps(piece)) < 2 * BATCH_BYTES for piece in pieces)
    ids = [op[0] for piece in pieces for op in piece["ops"]]
    assert len(ids) == len(set(ids)) > 100
    assert pieces[-1]["seq"] == await reading(history.head)


async def test_a_gap_is_told(page: Page) -> None:
    await page.hello()
    gap = Gap(scenes.PODS, "5", "9", 90.0, 100.0, "compacted")
    await database_sync_to_async(lambda: scenes.store(seen=(gap,)))()
    assert (await page.next("gap"))["gap"]["reason"] == "compacted"


async def test_the_status_says_when_nobody_watches_any_more(page: Page) -> None:
    await page.hello()
    assert "Not connected" in (await page.next("status"))["parts"]["status"]
    await database_sync_to_async(scenes.connected)()
    assert "Live" in (await page.next("status"))["parts"]["status"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{", "not a message"),
        ("[]", "not a message"),
        ('{"type":"shout"}', "not a message"),
        ('{"type":"ack","seq":"1"}', "not a message"),
        ('{"type":"ack","seq":1,"more":2}', "not a message"),
        ('{"type":"hello","epoch":"e","since":0,"view":"traces/../x"}', "no page shows the view"),
        ('{"type":"hello","epoch":"e","since":0,"view":"now","filter":[]}', "not a message"),
        (" " * 5000, "longer than 4096"),
    ],
)
async def test_what_is_no_message_ends_the_socket_with_the_reason(
    page: Page, message: str, reason: str
) -> None:
    await page.socket.connect()
    await page.socket.send_to(text_data=message)
    refused = await page.next("refused")
    assert reason in refused["reason"]
    closed = await page.socket.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4400)


async def test_a_flood_of_messages_ends_the_socket(page: Page) -> None:
    await page.hello()
    for _ in range(100):
        await page.socket.send_json_to({"type": "ack", "seq": 1})
    assert "messages a second" in (await page.next("refused"))["reason"]


async def test_more_pages_than_there_is_room_for_are_told_so(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers.pages, "most", 0)
    await page.socket.connect()
    assert (await page.next("refused"))["code"] == 4429


async def test_a_page_that_never_says_hello_is_let_go(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0.01)
    await page.socket.connect()
    assert (await page.next("refused"))["code"] == 4408


async def test_sockets_that_closed_make_room_again() -> None:
    opened = Page()
    await opened.hello()
    assert len(consumers.pages) == 1
    await opened.socket.disconnect()
    assert len(consumers.pages) == 0


async def test_hostile_names_arrive_as_text(page: Page) -> None:
    await page.hello()
    await storing(scenes.hostile(LINE))
    html = (await page.ops())["hostile"][3]
    assert "<img" not in html
    assert "&lt;img" in html

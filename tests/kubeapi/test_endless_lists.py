"""A list without end, or larger than memory, is given up, backed off from, and said so."""

from typing import Any

import msgspec
import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.holdings import Holdings, NoRoomError, Share, memory, weight
from eventstream.objects.images import Image
from eventstream.objects.observations import Problem
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, image, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting
from tests.kubeapi.scripted import Answer, Request, ScriptedServer, json_answer, stream


def bounded(connection: Connection, **bounds: int) -> None:
    connection.bounds = msgspec.structs.replace(connection.bounds, **bounds)


def page(number: int, *items: dict[str, Any], token: str) -> Answer:
    return json_answer(listed(10, *items or [pod(f"pod-{number}", number)], next_page=token))


async def given_up(observed: Observed, code: str) -> Problem:
    told = await observed.until_state("backing-off", code)
    assert told.problem is not None
    assert observed.changes == []
    return told.problem


@pytest.mark.parametrize("circle", [1, 2, 5])
async def test_a_token_that_comes_again_ends_the_list(
    server: ScriptedServer, connection: Connection, circle: int
) -> None:
    pages = [page(number, token=f"to-{number % circle}") for number in range(1, 20)]
    server.on(POD_PATH, *pages)
    async with reflecting(connection, clock=VirtualClock().clock()) as observed:
        problem = await given_up(observed, "endless")
    assert "`continue` token" in problem.message
    assert len(server.lists(POD_PATH)) == circle + 1


async def test_it_is_asked_for_less_and_less_often(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, page(1, token="again"))
    time = VirtualClock(eager=20)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda _: time.asleep)
    waits = [seconds for seconds in time.slept if seconds < 60]
    assert waits == sorted(waits)
    assert len(server.lists(POD_PATH)) == 2 * len(waits)


ENDS = [
    ("pages", 3, "more than 3 pages"),
    ("objects", 5, "more than 5 objects"),
    ("list_bytes", 500, "more than 500 bytes"),
    ("token_bytes", 5, "has more than 5 bytes"),
]


@pytest.mark.parametrize(("bound", "most", "why"), ENDS)
async def test_a_list_of_ever_new_pages_ends(
    server: ScriptedServer, connection: Connection, bound: str, most: int, why: str
) -> None:
    bounded(connection, **{bound: most})

    def ever_new(request: Request) -> Answer | None:
        number = len(server.requests)
        return page(number, token=f"to-page-{number}") if request.lists else None

    server.handlers.insert(0, ever_new)
    async with reflecting(connection, clock=VirtualClock().clock()) as observed:
        problem = await given_up(observed, "endless")
    assert why in problem.message
    assert len(server.lists(POD_PATH)) <= 6


LARGE = json_answer(listed(10, pod("small", 1), pod("x" * 2000, 2)))
AROUND = json_answer(listed(10, pod("small", 1)) | {"other": "x" * 2000})


@pytest.mark.parametrize(
    ("answered", "why"), [(LARGE, "an object in it"), (AROUND, "beside its objects")]
)
async def test_a_page_with_something_too_large_is_given_up(
    server: ScriptedServer, connection: Connection, answered: Answer, why: str
) -> None:
    bounded(connection, object_bytes=1000, envelope_bytes=1000)
    server.on(POD_PATH, answered)
    async with reflecting(connection, clock=VirtualClock().clock()) as observed:
        problem = await given_up(observed, "oversized")
    assert why in problem.message


async def test_a_large_table_is_told_for_what_it_is(
    server: ScriptedServer, connection: Connection
) -> None:
    bounded(connection, envelope_bytes=1000)
    rows = [{"cells": ["a", "1/1", "Running"]}] * 100
    server.on(POD_PATH, json_answer({"kind": "Table", "metadata": {}, "rows": rows}))
    async with reflecting(connection, clock=VirtualClock().clock()) as observed:
        await given_up(observed, "table")


async def test_a_stream_of_what_exists_that_never_ends_gives_way_to_lists(
    server: ScriptedServer, connection: Connection
) -> None:
    bounded(connection, objects=3)
    server.on_stream(POD_PATH, stream(*[line("MODIFIED", pod("a", n)) for n in range(1, 9)]))
    server.on(POD_PATH, json_answer(listed(10, pod("a", 1))))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until_state("watching")
    codes = {each.problem.code for each in observed.coverage() if each.problem}
    assert codes == {"endless"}
    assert observed.told == [("EXISTING", "a", "1")]


def room_for(*images: Image) -> Holdings:
    return Holdings(sum(map(weight, images)) + 100)


async def test_a_list_larger_than_memory_is_no_more_than_read(
    server: ScriptedServer, connection: Connection
) -> None:
    holdings = room_for(image("a", 1), image("b", 2))
    server.on(POD_PATH, page(1, *[pod(name, 1) for name in "abcdefgh"], token=""))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock(), holdings=holdings) as observed:
        problem = await given_up(observed, "no-room")
        assert holdings.taken == 0  # What was read of it is not held.
        server.on(POD_PATH, page(1, pod("a", 1), token=""))
        server.on_watch(POD_PATH, stream(hold=True))
        time.advance(60)
        await observed.until_state("watching")
    assert "memory" in problem.message
    assert observed.told == [("EXISTING", "a", "1")]


async def test_a_watch_waits_for_room_and_then_goes_on_where_it_stopped(
    server: ScriptedServer, connection: Connection
) -> None:
    holdings = room_for(image("a", 11), image("b", 12))
    other = Share(holdings, [image("b", 12)])
    server.on(POD_PATH, json_answer(listed(10)))
    added = [line("ADDED", pod(name, version)) for name, version in (("a", 11), ("b", 12))]
    server.on_watch(POD_PATH, stream(*added), stream(added[1], bookmark(13), hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock(), holdings=holdings) as observed:
        told = await observed.until_state("backing-off", "no-room")
        assert (told.resource_version, observed.told) == ("10", [("ADDED", "a", "11")])
        other.close()
        time.advance(60)
        await observed.until(lambda seen: len(seen.told) == 2)
    assert [each.version for each in server.watches(POD_PATH)] == [10, 11]
    assert observed.gaps == []


async def test_what_a_relist_shows_unchanged_takes_no_more_room(
    server: ScriptedServer, connection: Connection
) -> None:
    known = [image(name, 1) for name in "abc"]
    holdings = room_for(*known)
    server.on(POD_PATH, json_answer(listed(20, *[pod(name, 1) for name in "abc"])))
    server.on_watch(POD_PATH, Answer(b"HTTP/1.1 410 Gone\r\n\r\n"), stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(
        connection, saved=Saved("9", known), clock=time.clock(), holdings=holdings
    ) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.changes == []
    assert holdings.taken == sum(map(weight, known))


def test_room_is_given_back_for_what_shrinks_and_goes() -> None:
    small, large = image("a", 1), image("a" * 900, 2)
    holdings = room_for(small, large)
    share = Share(holdings)
    share.grown(share.growth(None, small))
    share.grown(share.growth(small, large))
    with pytest.raises(NoRoomError):
        share.growth(None, large)
    share.grown(share.growth(large, None))
    assert holdings.taken == 0


def test_a_process_has_no_more_memory_than_the_machine() -> None:
    assert 2**26 < Holdings().most < memory()

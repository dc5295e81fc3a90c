"""What exists may come as the beginning of a watch; it is complete only when the server says so.

The cases are those of client-go's reflector_watchlist_test.go, and the cuts at every byte.
"""

import pytest

from eventstream.kubeapi.connection import Connection
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, error_line, line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import (
    Answer,
    Request,
    ScriptedServer,
    answer,
    json_answer,
    status_answer,
    stream,
)

A, B = line("ADDED", pod("a", 7)), line("ADDED", pod("b", 5))
END = bookmark(10, initial_end="true")
C = line("ADDED", pod("c", 11))
EXISTING = [("EXISTING", "a", "7"), ("EXISTING", "b", "5")]


async def test_what_exists_and_what_follows_come_by_one_watch_and_no_list(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on_stream(POD_PATH, stream(A + B + END + C, hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(seen.changes) == 3)
        told = await observed.until_state("watching")
    assert observed.told == [*EXISTING, ("ADDED", "c", "11")]
    (position,) = observed.positions
    assert (position.resource_version, position.listed, position.objects) == ("10", True, 2)
    assert server.lists(POD_PATH) == server.watches(POD_PATH) == []
    (asked,) = server.streams(POD_PATH)
    assert asked.query["resourceVersionMatch"] == "NotOlderThan"
    assert asked.query["allowWatchBookmarks"] == "true"
    assert "resourceVersion" not in asked.query
    assert 300 <= int(asked.query["timeoutSeconds"]) <= 600
    assert told.state == "watching"


@pytest.mark.parametrize("mark", ["", "false", "TRUE"], ids=["plain", "false", "TRUE"])
async def test_a_bookmark_that_is_not_annotated_with_true_completes_nothing(
    server: ScriptedServer, connection: Connection, mark: str
) -> None:
    early, gone = bookmark(6, initial_end=mark), error_line(410, "Expired", "too old")
    server.on_stream(POD_PATH, stream(A, early, B, hold=True))
    server.on(POD_PATH, json_answer(listed(10, pod("a", 7))))
    server.on_watch(POD_PATH, stream(C), stream(gone), stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.gaps) == 1)
    assert observed.told[:1] == EXISTING[:1]
    assert (len(server.streams(POD_PATH)), len(server.lists(POD_PATH))) == (1, 2)


@pytest.mark.parametrize("quarter", range(4))
async def test_a_stream_cut_at_any_byte_before_its_end_counts_for_nothing(
    server: ScriptedServer, connection: Connection, quarter: int
) -> None:
    whole = stream(A, B, END, C).raw
    for cut in range(quarter, len(whole), 4):
        broken = Answer(whole[:cut])

        def after(request: Request) -> Answer | None:
            if not request.watches:
                return None
            return stream(*([C] if request.version < 11 else []), hold=True)

        server.handlers.insert(0, after)
        server.on_stream(POD_PATH, broken, stream(A, B, END, hold=True))
        async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
            await observed.until(lambda seen: len(seen.changes) >= 2)
            if len(server.streams(POD_PATH)) == 1:
                await observed.until(lambda seen: len(seen.changes) >= 3)
            await observed.until_state("watching")
        assert observed.told[:2] == EXISTING, f"cut after {cut} bytes"
        assert observed.told[2:] in ([], [("ADDED", "c", "11")])
        assert observed.gaps == []
        del server.requests[:], server.handlers[:2]


async def test_a_stream_cut_twice_gives_way_to_a_list(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on_stream(POD_PATH, stream(A), stream(A, B), stream(A, B, END, hold=True))
    server.on(POD_PATH, json_answer(listed(10, pod("a", 7), pod("b", 5))))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until_state("watching")
    assert observed.told == EXISTING
    assert (len(server.streams(POD_PATH)), len(server.lists(POD_PATH))) == (2, 1)
    assert any(e.problem and e.problem.code == "cut-stream" for e in observed.coverage())


@pytest.mark.parametrize("code", [400, 403, 404, 405, 422])
async def test_a_server_that_refuses_to_stream_is_asked_for_lists_and_not_again(
    server: ScriptedServer, connection: Connection, code: int
) -> None:
    server.on_stream(POD_PATH, status_answer(code, "Refused"))
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(20)))
    gone = stream(error_line(410, "Expired", "too old resource version"))
    server.on_watch(POD_PATH, stream(C), gone, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    assert (len(server.streams(POD_PATH)), len(server.lists(POD_PATH))) == (1, 2)
    assert {each.state for each in observed.coverage()} == {"listing", "watching"}


@pytest.mark.parametrize(
    "refusal",
    [
        status_answer(500, "InternalError", "sendInitialEvents is not supported here"),
        answer(504, b"<html>upstream timed out</html>", "text/html"),
    ],
    ids=["error", "proxy"],
)
async def test_a_refusal_in_other_words_gives_way_to_a_list_too(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on_stream(POD_PATH, refusal)
    server.on(POD_PATH, json_answer(listed(10, pod("a", 7))))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until_state("watching")
    assert observed.told == EXISTING[:1]
    assert len(server.streams(POD_PATH)) == 1


async def test_429_is_waited_for_and_the_stream_asked_for_again(
    server: ScriptedServer, connection: Connection
) -> None:
    busy = status_answer(429, "TooManyRequests", "busy, check again later", Retry_After="1")
    server.on_stream(POD_PATH, busy, busy, stream(A, END, hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
    assert observed.told == EXISTING[:1]
    assert [wait for wait in time.slept if wait < 60] == pytest.approx([1.125, 1.2])
    assert server.lists(POD_PATH) == []


async def test_changes_and_deletions_before_the_end_belong_to_what_exists(
    server: ScriptedServer, connection: Connection
) -> None:
    during = [
        line("MODIFIED", pod("a", 8)),
        line("ADDED", pod("gone", 9)),
        line("DELETED", pod("gone", 10)),
    ]
    server.on_stream(POD_PATH, stream(A, B, *during, END, hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == [("EXISTING", "a", "8"), ("EXISTING", "b", "5")]


async def test_a_watch_that_ends_after_the_initial_state_goes_on_from_its_last_version(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on_stream(POD_PATH, stream(A, END, C))
    server.on_watch(POD_PATH, stream(line("ADDED", pod("d", 12)), hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(seen.changes) == 3)
    assert [each.version for each in server.watches(POD_PATH)] == [11]
    assert observed.told[1:] == [("ADDED", "c", "11"), ("ADDED", "d", "12")]


async def test_after_410_the_newest_state_is_streamed_and_compared_by_uid(
    server: ScriptedServer, connection: Connection
) -> None:
    after = [line("ADDED", pod("b", 5)), line("ADDED", pod("a", 90, "a-second"))]
    server.on_stream(
        POD_PATH,
        stream(A, B, END, C),
        stream(*after, bookmark(99, initial_end="true"), hold=True),
    )
    server.on_watch(POD_PATH, status_answer(410, "Expired", "too old resource version"))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("11", "99")
    assert observed.told[3:] == [
        ("VANISHED", "a", "7"),
        ("VANISHED", "c", "11"),
        ("ADDED", "a", "90"),
    ]
    assert "resourceVersion" not in server.streams(POD_PATH)[1].query
    assert server.lists(POD_PATH) == []


async def test_after_a_malformed_line_nothing_older_than_the_last_version_is_taken(
    server: ScriptedServer, connection: Connection
) -> None:
    again = stream(A, B, bookmark(12, initial_end="true"), hold=True)
    beyond = status_answer(504, "Timeout", "Too large resource version: 11, current: 5")
    server.on_stream(POD_PATH, stream(A, B, END, C, b"{\n"), beyond, again)
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    first, second, third = server.streams(POD_PATH)
    asked = [each.query.get("resourceVersion") for each in (first, second, third)]
    assert asked == [None, "11", None]
    assert observed.told[3:] == [("VANISHED", "c", "11")]

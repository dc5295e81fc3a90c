"""Whatever happens to the bytes of a watch, its events are told once, whole and in order."""

import json

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

SCRIPT = {
    11: line("ADDED", pod("é", 11)),
    12: line("MODIFIED", pod("é", 12)),
    13: line("DELETED", pod("é", 13)),
}
WHOLE = [("ADDED", "é", "11"), ("MODIFIED", "é", "12"), ("DELETED", "é", "13")]


class CutOnce:
    """A server with three events whose first watch is cut after so many bytes."""

    def __init__(self, server: ScriptedServer) -> None:
        self.at: int | None = None
        server.on(POD_PATH, json_answer(listed(10)))
        server.handlers.insert(0, self._watch)

    def _watch(self, request: Request) -> Answer | None:
        if not request.watches:
            return None
        lines = [text for version, text in SCRIPT.items() if version > request.version]
        if self.at is None:
            return stream(*lines, hold=True)
        cut, self.at = self.at, None
        return Answer(stream(*lines).raw[:cut])


@pytest.mark.parametrize("quarter", range(4))
async def test_a_stream_cut_at_any_byte_tells_its_events_once_and_in_order(
    server: ScriptedServer, connection: Connection, quarter: int
) -> None:
    cluster = CutOnce(server)
    whole = len(stream(*SCRIPT.values()).raw)
    for cut in range(quarter, whole + 1, 4):
        cluster.at = cut
        async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
            await observed.until(lambda seen: len(seen.changes) >= 3)
            await observed.until_state("watching")
        assert observed.told == WHOLE, f"cut after {cut} bytes"
        assert observed.gaps == []


async def test_a_line_split_over_chunks_at_any_byte_is_read_whole(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    text = b"".join(SCRIPT.values())
    singles = [text[i : i + 1] for i in range(len(text))]
    server.on_watch(POD_PATH, stream(*singles, hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(seen.changes) >= 3)
    assert observed.told == WHOLE


async def test_characters_that_look_like_line_ends_do_not_end_a_line(
    server: ScriptedServer, connection: Connection
) -> None:
    strange = pod("a", 11)
    strange["metadata"]["labels"] = {"note": "one\u2028two\u0085three\rfour"}
    text = json.dumps({"type": "ADDED", "object": strange}, ensure_ascii=False)
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(text.encode() + b"\n", hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.changes)
    assert observed.changes[0].after.metadata.labels == strange["metadata"]["labels"]


async def test_a_line_of_eight_mib_is_read(server: ScriptedServer, connection: Connection) -> None:
    large = pod("large", 11)
    large["metadata"]["labels"] = {"filler": "x" * (8 * 1024 * 1024)}
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(line("ADDED", large), hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.changes)
    assert observed.told == [("ADDED", "large", "11")]


async def test_an_unfinished_last_line_is_left_to_the_next_watch(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    unfinished = SCRIPT[11] + SCRIPT[12].rstrip(b"\n")
    server.on_watch(POD_PATH, stream(unfinished), stream(SCRIPT[12], SCRIPT[13], hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(seen.changes) >= 3)
    assert observed.told == WHOLE
    assert [each.version for each in server.watches(POD_PATH)] == [10, 11]


@pytest.mark.parametrize("bad", [b"{\n", b'{"type":"ADDED"}\n', b"\xff\xfe\n", b"[]\n"])
async def test_a_malformed_line_is_reported_and_followed_by_a_relist_with_its_gap(
    server: ScriptedServer, connection: Connection, bad: bytes
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(12, pod("a", 12))))
    server.on_watch(POD_PATH, stream(bad, SCRIPT[11]), stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
        told = await observed.until_state("watching")
    broken = next(each for each in observed.coverage() if each.state == "backing-off")
    assert broken.problem is not None
    assert broken.problem.code == "malformed"
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("10", "12")
    assert observed.told == [("ADDED", "a", "12")]
    assert observed.all.index(gap) < observed.all.index(observed.changes[0])
    assert told.relists == 1


@pytest.mark.parametrize("over", [b"{\n", error_line(410, "Expired", "too old")])
async def test_what_one_read_brought_before_the_line_that_ends_it_counts(
    server: ScriptedServer, connection: Connection, over: bytes
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(14, pod("a", 14))))
    read = SCRIPT[11] + SCRIPT[12] + over + SCRIPT[13]
    server.on_watch(POD_PATH, stream(read), stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    assert observed.told == [*WHOLE[:2], ("VANISHED", "é", "12"), ("ADDED", "a", "14")]
    assert [(gap.from_version, gap.to_version) for gap in observed.gaps] == [("12", "14")]


@pytest.mark.parametrize(
    "failing",
    [
        error_line(500, "InternalError", "etcdserver: no leader"),
        error_line(500, "InternalError", "etcdserver: leader changed"),
        error_line(503, "ServiceUnavailable", "storage is (re)initializing"),
        error_line(504, "Timeout", "etcdserver: request timed out"),
    ],
)
async def test_after_an_error_that_passes_the_watch_goes_on_without_a_list(
    server: ScriptedServer, connection: Connection, failing: bytes
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(SCRIPT[11], failing), stream(SCRIPT[12], hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.changes) == 2)
        told = await observed.until_state("watching")
    assert observed.told == WHOLE[:2]
    assert observed.gaps == []
    assert len(server.lists(POD_PATH)) == 1
    assert told.last_error is not None
    assert "etcd" in told.last_error.message or "storage" in told.last_error.message


async def test_after_429_within_a_watch_it_goes_on_when_the_server_wishes(
    server: ScriptedServer, connection: Connection
) -> None:
    busy = error_line(429, "TooManyRequests", "slow down", retryAfterSeconds=17)
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(busy), stream(SCRIPT[11], hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.changes)
    assert 17 * 1.125 in time.slept
    assert len(server.lists(POD_PATH)) == 1


@pytest.mark.parametrize(
    "failing",
    [
        error_line(500, "StorageReadError", "corrupt object has been deleted"),
        error_line(666, "", "unexpected"),
        b'{"type":"ERROR","object":{"kind":"Pod"}}\n',
    ],
    ids=["an object that could not be read", "unknown code", "no Status"],
)
async def test_after_an_error_that_is_not_retryable_everything_is_compared(
    server: ScriptedServer, connection: Connection, failing: bytes
) -> None:
    server.on(
        POD_PATH,
        json_answer(listed(10, pod("corrupt", 4), pod("kept", 5))),
        json_answer(listed(12, pod("kept", 5), pod("a", 11))),
    )
    server.on_watch(POD_PATH, stream(failing), stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
        await observed.until_state("watching")
    assert observed.told[2:] == [("VANISHED", "corrupt", "4"), ("ADDED", "a", "11")]
    assert [(gap.from_version, gap.to_version) for gap in observed.gaps] == [("10", "12")]
    relist = server.lists(POD_PATH)[1].query
    assert (relist["resourceVersion"], relist["resourceVersionMatch"]) == ("10", "NotOlderThan")


async def test_errors_that_do_not_pass_lead_to_a_list_in_the_end(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(11, pod("a", 11))))
    failing = error_line(500, "InternalError", "etcdserver: no leader")
    server.on_watch(POD_PATH, *[stream(failing)] * 3, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    assert len(server.watches(POD_PATH)) >= 3
    assert observed.told == [("ADDED", "a", "11")]


async def test_empty_watches_back_off_and_do_not_relist(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, *[stream()] * 8, stream(SCRIPT[11], hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.changes)
    waits = [seconds for seconds in time.slept if seconds < 60]
    assert waits == pytest.approx([0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 22.5, 22.5])
    assert len(server.lists(POD_PATH)) == 1
    assert any(e.problem and e.problem.code == "empty-watch" for e in observed.coverage())


@pytest.mark.parametrize("refusal", [status_answer(500), answer(503, b"busy", "text/plain")])
async def test_a_server_error_backs_off_and_goes_on(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on(POD_PATH, refusal, json_answer(listed(10)))
    server.on_watch(POD_PATH, refusal, stream(SCRIPT[11], hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.changes)
    assert [seconds for seconds in time.slept if seconds < 60] == pytest.approx([0.6, 1.2])
    assert any(e.problem and e.problem.code == "server-error" for e in observed.coverage())
    assert observed.gaps == []


async def test_retry_after_is_honoured(server: ScriptedServer, connection: Connection) -> None:
    slow_down = status_answer(429, "TooManyRequests", Retry_After="17")
    server.on(POD_PATH, slow_down, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
    assert 17 * 1.125 in time.slept


async def test_a_bookmark_moves_the_position_and_the_next_watch_starts_there(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(bookmark(40)), stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(server.watches(POD_PATH)) == 2 and seen.all)
    assert [each.resource_version for each in observed.positions] == ["10", "40"]
    assert [each.version for each in server.watches(POD_PATH)] == [10, 40]
    assert all(300 <= int(w.query["timeoutSeconds"]) <= 600 for w in server.watches(POD_PATH))
    assert all(w.query["allowWatchBookmarks"] == "true" for w in server.watches(POD_PATH))

"""resourceVersions are decimal numbers of any length; what is none is taken as it comes, flagged.

What a server promises (events in order, none twice) is held against what it sends: client-go's
RetryWatcher leaves "skips those with lower or equal RV" to the server, we do not.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.sequence import LATE, NOT_COMPARABLE
from eventstream.objects.versions import is_comparable, is_newer, is_resumable
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, bookmark, image, line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import ScriptedServer, json_answer, stream

HUGE = 2**64


@given(st.integers(min_value=1), st.integers(min_value=1))
def test_versions_are_ordered_as_the_numbers_they_are(one: int, other: int) -> None:
    assert is_newer(str(one), str(other)) is (one > other)


def test_versions_of_any_length_are_ordered() -> None:
    assert is_newer("1" + "0" * 9999, "9" * 9999) is True
    assert is_newer("10", "9") is True


@pytest.mark.parametrize(
    "version", ["", "0", "007", "abc", "-1", "+1", "1.0", " 1", "\u0661", "\u00b2"]
)
def test_what_is_no_such_number_has_no_order(version: str) -> None:
    assert not is_comparable(version)
    assert is_newer(version, "5") is None
    assert is_newer("5", version) is None


def test_nothing_and_zero_are_no_places_to_go_on_from() -> None:
    assert [is_resumable(version) for version in ("", "0", "abc", "7")] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("low", "high"), [(9, 10), (99, 100), (HUGE, HUGE + 1)])
async def test_the_position_grows_past_a_power_of_ten_and_past_64_bits(
    server: ScriptedServer, connection: Connection, low: int, high: int
) -> None:
    server.on_watch(
        POD_PATH,
        stream(line("ADDED", pod("a", low)), line("ADDED", pod("b", high))),
        stream(hold=True),
    )
    async with reflecting(connection, saved=Saved(str(low - 1), [])) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 2)
    assert [each.version for each in server.watches(POD_PATH)] == [low - 1, high]
    assert [each.after.flags for each in observed.changes] == [(), ()]


@pytest.mark.parametrize("version", ["abc", "007"])
async def test_versions_without_order_are_taken_as_they_come_and_flagged(
    server: ScriptedServer, connection: Connection, version: str
) -> None:
    odd = pod("odd", 1)
    odd["metadata"]["resourceVersion"] = version
    server.on(POD_PATH, json_answer(listed(10)))
    later = line("ADDED", pod("b", 12))
    server.on_watch(
        POD_PATH, stream(line("ADDED", pod("a", 11)), line("ADDED", odd), later), stream(hold=True)
    )
    async with reflecting(connection) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 2)
    assert observed.told == [("ADDED", "a", "11"), ("ADDED", "odd", version), ("ADDED", "b", "12")]
    assert [each.after.flags for each in observed.changes] == [(), (NOT_COMPARABLE,), ()]
    assert server.watches(POD_PATH)[1].query["resourceVersion"] == "12"
    assert observed.gaps == []


async def test_a_list_of_versions_without_order_is_watched_from_as_it_says(
    server: ScriptedServer, connection: Connection
) -> None:
    content = listed(10, pod("a", 1))
    content["metadata"]["resourceVersion"] = "abc"
    content["items"][0]["metadata"]["resourceVersion"] = "xyz"
    server.on(POD_PATH, json_answer(content))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        told = await observed.until_state("watching")
    assert server.watches(POD_PATH)[0].query["resourceVersion"] == "abc"
    assert observed.changes[0].after.flags == (NOT_COMPARABLE,)
    assert told.unordered


async def test_an_object_without_order_that_is_sent_again_is_told_once(
    server: ScriptedServer, connection: Connection
) -> None:
    odd = pod("odd", 1)
    odd["metadata"]["resourceVersion"] = "abc"
    added, deleted = line("ADDED", odd), line("DELETED", odd)
    server.on_watch(POD_PATH, stream(added, added, deleted, deleted, bookmark(20), hold=True))
    async with reflecting(connection, saved=Saved("10", [])) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == [("ADDED", "odd", "abc"), ("DELETED", "odd", "abc")]


async def test_what_a_server_sends_again_is_told_once(
    server: ScriptedServer, connection: Connection
) -> None:
    """A server or proxy that begins each watch at the beginning, whatever it was asked for."""
    script = [
        line("ADDED", pod("a", 11)),
        line("MODIFIED", pod("a", 12)),
        line("ADDED", pod("b", 13)),
        line("DELETED", pod("a", 14)),
    ]
    repeated = [script[2], script[3]]
    server.on_watch(
        POD_PATH, stream(*script), stream(*repeated, line("ADDED", pod("c", 15)), hold=True)
    )
    async with reflecting(connection, saved=Saved("10", [])) as observed:
        await observed.until(lambda seen: len(seen.changes) == 5)
    assert [version for _, _, version in observed.told] == ["11", "12", "13", "14", "15"]
    assert observed.gaps == []


async def test_late_news_of_a_known_object_is_told_flagged_and_moves_no_position(
    server: ScriptedServer, connection: Connection
) -> None:
    late, gone = line("MODIFIED", pod("a", 15)), line("DELETED", pod("b", 5))
    server.on_watch(POD_PATH, stream(bookmark(20), late, gone), stream(hold=True))
    saved = Saved("10", [image("a", 7), image("b", 8)])
    async with reflecting(connection, saved=saved) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 2)
    assert observed.told == [("MODIFIED", "a", "15"), ("DELETED", "b", "5")]
    assert {each.after.flags for each in observed.changes} == {(LATE,)}
    assert server.watches(POD_PATH)[1].version == 20


async def test_an_unknown_object_at_a_passed_version_means_that_more_may_be_missing(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(21, pod("a", 15), pod("b", 16))))
    server.on_watch(
        POD_PATH, stream(bookmark(20), line("ADDED", pod("a", 15)), hold=True), stream(hold=True)
    )
    clock = VirtualClock(eager=60).clock()
    async with reflecting(connection, saved=Saved("10", []), clock=clock) as observed:
        await observed.until(lambda seen: len(seen.changes) == 2)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("20", "21")
    assert any(e.problem and e.problem.code == "out-of-order" for e in observed.coverage())


async def test_a_bookmark_that_is_no_place_or_was_passed_moves_nothing(
    server: ScriptedServer, connection: Connection
) -> None:
    zero = bookmark(0)
    server.on_watch(POD_PATH, stream(bookmark(20), zero, bookmark(15)), stream(hold=True))
    async with reflecting(connection, saved=Saved("10", [])) as observed:
        await observed.until(lambda _: len(server.watches(POD_PATH)) == 2)
    assert [each.resource_version for each in observed.positions] == ["20"]
    assert server.watches(POD_PATH)[1].version == 20


@pytest.mark.parametrize("version", ["", "0"])
async def test_a_list_that_no_watch_can_go_on_from_is_polled(
    server: ScriptedServer, connection: Connection, version: str
) -> None:
    def at(*names: str, label: str) -> dict[str, object]:
        content = listed(0, *[pod(name, 0) for name in names])
        content["metadata"]["resourceVersion"] = version
        for item in content["items"]:
            item["metadata"]["resourceVersion"] = version
            item["metadata"]["labels"] = {"of": label}
        return content

    first, second = at("a", "gone", label="one"), at("a", "new", label="two")
    server.on(POD_PATH, json_answer(first), json_answer(first), json_answer(second))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        for _ in range(2):
            await observed.until_state("polling", "not-watchable")
            await observed.until(lambda _: time.asleep == 1)
            time.advance(60)
        await observed.until(lambda seen: len(seen.changes) == 5)
        told = await observed.until_state("polling", "not-watchable")
    assert told.objects == 2
    assert [(kind, name) for kind, name, _ in observed.told[2:]] == [
        ("VANISHED", "gone"),
        ("MODIFIED", "a"),
        ("ADDED", "new"),
    ]
    assert server.watches(POD_PATH) == []
    assert observed.gaps == []

"""When history is gone, everything is listed again, by uid, and the gap is owned up to."""

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, error_line, image, line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import Answer, ScriptedServer, json_answer, status_answer, stream

AS_EVENT = stream(error_line(410, "Expired", "too old resource version: 11 (99)"))
AS_ETCD = stream(
    error_line(500, "", "etcdserver: mvcc: required revision has been compacted"),
)
AS_STATUS = status_answer(410, "Expired", "too old resource version: 11 (99)")


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        (AS_EVENT, "too old resource version"),
        (AS_STATUS, "too old resource version"),
        (AS_ETCD, "revision has been compacted"),
    ],
    ids=["ERROR event", "HTTP status", "etcd's own words"],
)
async def test_after_410_a_relist_tells_what_vanished_behind_a_gap(
    server: ScriptedServer, connection: Connection, gone: Answer, reason: str
) -> None:
    before = json_answer(listed(10, pod("stays", 4), pod("goes", 5), pod("moves", 6)))
    after = json_answer(listed(99, pod("stays", 4), pod("moves", 70), pod("new", 80)))
    server.on(POD_PATH, before, after)
    server.on_watch(POD_PATH, stream(line("MODIFIED", pod("moves", 11))), gone, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock().clock()) as observed:
        await observed.until(lambda _: any(w.version == 99 for w in server.watches(POD_PATH)))
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version) == ("11", "99")
    assert gap.since <= gap.at
    assert reason in gap.reason
    start = observed.all.index(gap)
    relisted = [each for each in observed.changes if observed.all.index(each) > start]
    assert [(each.type, each.after.metadata.name) for each in relisted] == [
        ("VANISHED", "goes"),
        ("MODIFIED", "moves"),
        ("ADDED", "new"),
    ]
    assert all(each.relisted for each in relisted)
    position = observed.positions[-1]
    assert (position.resource_version, position.listed, position.objects) == ("99", True, 3)


async def test_deleted_and_made_anew_in_the_gap_is_two_objects(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(
        POD_PATH,
        json_answer(listed(10, pod("web-0", 5, "old"))),
        json_answer(listed(99, pod("web-0", 50, "new"))),
    )
    server.on_watch(POD_PATH, AS_EVENT, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 2)
    assert [(each.type, each.after.uid) for each in observed.changes] == [
        ("EXISTING", "old"),
        ("VANISHED", "old"),
        ("ADDED", "new"),
    ]


async def test_a_version_refused_right_after_its_list_is_not_asked_for_in_a_hot_loop(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, *[json_answer(listed(version)) for version in range(10, 16)])
    server.on_watch(POD_PATH, *[AS_STATUS] * 5, stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: len(seen.positions) == 6)
    assert [wait for wait in time.slept if wait < 60] == pytest.approx([0.6, 1.2, 2.4, 4.8, 9.6])


async def test_an_idle_type_is_listed_without_delay_when_its_history_goes(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)), json_answer(listed(20, pod("a", 15))))
    server.on_watch(POD_PATH, stream(hold=True), AS_EVENT, stream(hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("watching")
        time.advance(90)
        await observed.until(lambda seen: seen.changes)
    assert observed.told == [("ADDED", "a", "15")]


async def test_a_saved_position_is_resumed_without_a_list(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on_watch(POD_PATH, stream(line("DELETED", pod("a", 12)), hold=True))
    saved = Saved("11", [image("a", 7)])
    async with reflecting(connection, saved=saved) as observed:
        await observed.until(lambda seen: seen.changes)
    assert observed.told == [("DELETED", "a", "12")]
    assert observed.changes[0].before == image("a", 7)
    assert server.lists(POD_PATH) == []
    assert server.watches(POD_PATH)[0].version == 11


@pytest.mark.parametrize(
    "refusal",
    [
        AS_EVENT,
        AS_STATUS,
        status_answer(500, message='resourceVersion: Invalid value: "11"'),
    ],
    ids=["ERROR event", "HTTP status", "invalid"],
)
async def test_a_saved_position_that_is_refused_is_compared_with_a_list(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on(POD_PATH, json_answer(listed(99, pod("b", 50))))
    server.on_watch(POD_PATH, refusal, stream(hold=True))
    saved = Saved("11", [image("a", 7)], at=500.0)
    async with reflecting(connection, saved=saved, clock=VirtualClock().clock()) as observed:
        await observed.until(lambda seen: seen.positions)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version, gap.since) == ("11", "99", 500.0)
    assert observed.told == [("VANISHED", "a", "7"), ("ADDED", "b", "50")]


async def test_images_saved_without_a_position_are_compared_with_a_list(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(99)))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, saved=Saved("", [image("a", 7)])) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == [("VANISHED", "a", "7")]
    assert len(observed.gaps) == 1

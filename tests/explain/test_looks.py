"""Traces that may change by what happens elsewhere are looked at often, and never too many."""

from collections import Counter

from eventstream.explain.engine.tracelog import GLANCES_A_SECOND, Looks, TraceLog
from eventstream.explain.vocabulary.records import Usual
from eventstream.explain.world.writes import ObjectLog
from tests.store.samples import trace as sample

TICKS_A_SECOND = 5


def looked_at(many: int, seconds: int) -> list[list[str]]:
    """Which of so many crashing Pods' traces are looked at, second by second."""
    logs = {
        f"t-{number}": TraceLog(f"t-{number}", ObjectLog("uid"), None) for number in range(many)
    }
    looks = Looks(logs)
    found: list[list[str]] = []
    for trace in logs.values():
        _look(looks, trace, 0.0)
    for second in range(seconds):
        found.append([])
        for tick in range(TICKS_A_SECOND):
            now = second + tick / TICKS_A_SECOND
            for key in sorted(looks.come_due(now)):
                found[-1].append(key)
                _look(looks, logs[key], now)
    return found


def _look(looks: Looks, trace: TraceLog, now: float) -> None:
    record = sample(trace.id, state="stalled", diagnosis="crash-loop")
    looks.again(trace, looks.next(record, now), now)


def test_few_are_looked_at_every_other_second() -> None:
    counts = Counter(key for second in looked_at(10, 20) for key in second)
    assert set(counts.values()) == {9}
    assert len(counts) == 10


def test_of_many_so_many_a_second_are_looked_at_and_none_is_left_out() -> None:
    many, turn = 10 * GLANCES_A_SECOND, 10
    seconds = looked_at(many, 6 * turn)
    settled = seconds[2 * turn :]
    assert max(map(len, settled)) < 2 * GLANCES_A_SECOND
    assert sum(map(len, settled)) < 1.25 * GLANCES_A_SECOND * len(settled)
    for start in range(0, 5 * turn, turn // 2):  # Each within one and a half turns.
        within = seconds[start : start + turn * 3 // 2 + 1]
        assert len({key for second in within for key in second}) == many


def test_who_is_not_looked_at_any_more_makes_room_for_others() -> None:
    logs = {
        f"t-{number}": TraceLog(f"t-{number}", ObjectLog("uid"), None) for number in range(5000)
    }
    looks = Looks(logs)
    for each in logs.values():
        _look(looks, each, 0.0)
    for each in list(logs.values())[1:]:
        looks.end(each)
    assert looks.next(sample("t-0", state="stalled", diagnosis="crash-loop"), 10.0) == 12.0
    assert looks.next(sample("t-0", state="stalled", diagnosis="image-pull-failed"), 10.0) is None


def test_who_waits_is_looked_at_before_the_wait_is_overdue_as_its_node_may_be_lost() -> None:
    usual = Usual("kubelet/start", "kubelet", "for a Pod to start", 0, None, None, 60.0, True)
    waits = sample("t-0", state="running", holder="kubelet", waiting_since=0.0, usual=usual)
    looks = Looks({})
    assert looks.next(waits, 10.0) == 25.0
    assert looks.next(waits, 50.0) == 60.001

"""Coverage is told when it changes, and now and then to say that the watch is alive."""

import pytest

from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery
from eventstream.objects.observations import Gap, Problem
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import PODS, image
from tests.kubeapi.observing import Observed

BAD = Problem("server-error", "it failed", "", "")


async def test_a_busy_watch_is_told_of_every_five_seconds_at_most() -> None:
    observed, time = Observed(), VirtualClock()
    report = CoverageReport(PODS, Delivery(PODS, observed.take), time.clock())
    await report.tell("watching")
    for _ in range(21):
        await report.heard("7", time.time)
        time.advance(0.5)
    told = observed.coverage()
    assert [each.at - told[0].at for each in told] == [0, 5, 10]
    assert told[-1].last_contact == told[-1].at


async def test_what_has_changed_since_is_told_when_asked_and_only_then() -> None:
    observed, time = Observed(), VirtualClock()
    delivery = Delivery(PODS, observed.take)
    report = CoverageReport(PODS, delivery, time.clock())
    await report.refresh()
    assert observed.all == []
    await report.tell("watching")
    await report.refresh()
    await delivery.change("ADDED", image("a", 11), time.time)
    report.last_event = time.time
    await report.heard("11", time.time)
    time.advance(1)
    await report.refresh()
    await report.refresh()
    first, second = observed.coverage()
    assert (first.objects, first.resource_version, first.last_event) == (0, "", None)
    assert (second.objects, second.resource_version) == (1, "11")
    assert (second.last_event, second.lag, second.at) == (first.at, 0.0, first.at + 1)
    await report.tell("backing-off", BAD, 0.8)
    await delivery.change("ADDED", image("b", 12), time.time)
    await report.refresh()
    assert len(observed.coverage()) == 3


async def test_a_sink_that_is_slow_shows_as_lag() -> None:
    observed, time = Observed(), VirtualClock()
    report = CoverageReport(PODS, Delivery(PODS, observed.take), time.clock())
    arrived = time.time
    time.advance(7)
    await report.heard("11", arrived)
    assert [each.lag for each in observed.coverage()] == [7.0]


async def test_gaps_are_counted_and_the_latest_told_with_their_bounds() -> None:
    observed, time = Observed(), VirtualClock()
    report = CoverageReport(PODS, Delivery(PODS, observed.take), time.clock())
    gaps = [Gap(PODS, str(n), str(n + 1), 1.0 * n, n + 0.5, "compacted") for n in range(5)]
    for gap in gaps:
        report.missed(gap)
    await report.tell("watching")
    (told,) = observed.coverage()
    assert (told.gap_count, told.gaps) == (5, tuple(gaps[-3:]))


async def test_an_error_stays_on_record_when_it_is_over() -> None:
    observed, time = Observed(), VirtualClock()
    report = CoverageReport(PODS, Delivery(PODS, observed.take), time.clock())
    await report.tell("backing-off", BAD, 0.8)
    time.advance(1)
    await report.tell("backing-off", BAD, 1.6)
    time.advance(2)
    await report.tell("watching")
    told = observed.coverage()[-1]
    assert (told.problem, told.errors, told.last_error) == (None, 2, BAD)
    assert told.last_error_at == told.at - 2


async def test_what_changed_is_told_at_once_and_what_did_not_is_not() -> None:
    observed, time = Observed(), VirtualClock()
    delivery = Delivery(PODS, observed.take, [image("a", 1)])
    report = CoverageReport(PODS, delivery, time.clock())
    await report.tell("watching")
    await report.tell("watching")
    await report.tell("backing-off", BAD, 0.8)
    await report.tell("backing-off", BAD, 1.6)
    await report.tell("watching")
    told = observed.coverage()
    assert [each.state for each in told] == ["watching", "backing-off", "backing-off", "watching"]
    assert [each.retry_at for each in told[::3]] == [None, None]
    waits = [each.retry_at - each.at for each in told if each.retry_at is not None]
    assert waits == pytest.approx([0.8, 1.6])
    assert {each.objects for each in told} == {1}

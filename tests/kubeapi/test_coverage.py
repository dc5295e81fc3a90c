"""Coverage is told when it changes, and now and then to say that the watch is alive."""

import pytest

from eventstream.kubeapi.coverage import CoverageReport
from eventstream.kubeapi.delivery import Delivery
from eventstream.objects.observations import Problem
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

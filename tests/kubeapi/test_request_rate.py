"""A server in trouble is asked less and less, and never faster than it wishes.

client-go: TestReflectorListAndWatchInitConnBackoff, TestBackoffOnTooManyRequests,
TestNoRelistOnTooManyRequests.
"""

from itertools import pairwise

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Reply
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH
from tests.kubeapi.observing import Observed, reflecting

MINUTE = 60.0
START = VirtualClock().time
BUSY = Reply(429, times=1000, reason="TooManyRequests", retry_after=5)
BROKEN = Reply(500, times=1000, reason="InternalError")
STARTING = Reply(503, times=1000, reason="ServiceUnavailable")


def attempts(observed: Observed, start: float) -> list[float]:
    """When each attempt that failed within the first minute was told of, in seconds."""
    told = [each.at - start for each in observed.coverage() if each.retry_at is not None]
    return [at for at in told if at <= MINUTE]


async def failing(
    cluster: PracticeCluster, connection: Connection
) -> tuple[Observed, VirtualClock]:
    """Watch Pods for two minutes, from a version known, on a clock that does not wait."""
    time, observed = VirtualClock(eager=60), Observed()
    start = time.time
    saved = Saved(str(cluster.store.newest_revision()), [])
    async with reflecting(connection, observed=observed, saved=saved, clock=time.clock()):
        await observed.until(lambda seen: time.time - start > 2 * MINUTE)
    return observed, time


@pytest.mark.parametrize("reply", [BUSY, BROKEN, STARTING], ids=["429", "500", "503"])
async def test_refusals_for_a_minute_are_few_and_lead_to_no_list(
    practice: PracticeCluster, practice_connection: Connection, reply: Reply
) -> None:
    practice.faults.reply(POD_PATH, Reply(**vars(reply)))
    observed, time = await failing(practice, practice_connection)
    tried = attempts(observed, START)
    assert 4 <= len(tried) <= 8
    waits = [wait for wait in time.slept if wait < MINUTE]
    assert all(later >= earlier * 0.9 for earlier, later in pairwise(waits))
    assert min(waits) >= (5 if reply.retry_after else 0.4)
    assert not observed.positions


async def test_watches_that_end_at_once_for_a_minute_are_few(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    practice.faults.end_at_once(POD_PATH, times=1000)
    observed, _ = await failing(practice, practice_connection)
    assert 4 <= len(attempts(observed, START)) <= 8
    problems = {each.problem.code for each in observed.coverage() if each.problem}
    assert problems == {"empty-watch"}
    assert not observed.gaps


async def test_a_server_that_is_down_for_a_minute_is_asked_a_few_times_and_resumed(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    time, observed = VirtualClock(eager=60), Observed()
    saved = Saved(str(practice.store.newest_revision()), [])
    async with reflecting(practice_connection, observed=observed, saved=saved, clock=time.clock()):
        await observed.until_state("watching")
        await practice.down()
        start = time.time
        await observed.until(lambda _: time.time - start > MINUTE)
        await practice.up()
        await observed.until_state("watching")
    assert 4 <= len(attempts(observed, start)) <= 9
    problems = {each.problem.code for each in observed.coverage() if each.problem}
    assert problems <= {"unreachable", "empty-watch"}
    assert "unreachable" in problems
    assert not observed.gaps
    assert not observed.positions

"""A type that is read in another version from now on goes on as the same one."""

import dataclasses

import pytest

from eventstream.kubeapi import watcher
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from eventstream.objects.observations import Observation, Removed
from eventstream.objects.resource import Resource
from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Reply
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import decoded
from tests.kubeapi.observing import Observed, watching
from tests.kubeapi.sites import (
    DISCOVERED_EVERY,
    METRICS,
    OLD_PATH,
    OLD_SITES,
    POD_METRICS,
    SITES,
    as_resource,
    delete_definition,
    delete_site,
    discover_again,
    names,
    put_definition,
    put_site,
    states,
    watched,
)


class Refusing(Observed):
    """Refuses so many times to take that a type is over."""

    refusals = 0

    async def take(self, observation: Observation) -> None:
        if isinstance(observation, Removed) and self.refusals:
            self.refusals -= 1
            raise OSError("the disk is full")
        await super().take(observation)


async def test_a_type_is_watched_in_its_stored_version_and_moves_with_it(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    put_definition(practice, stored="v1beta1")
    put_site(practice, "a", OLD_SITES)
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, OLD_SITES))
        assert states(observed, SITES) == []
        put_definition(practice, stored="v1")
        await observed.until(lambda seen: watched(seen, SITES))
        put_site(practice, "b")
        await observed.until(lambda seen: len(names(seen, SITES)) == 2)
    assert [(each.resource, each.successor) for each in observed.removed] == [(OLD_SITES, SITES)]
    assert names(observed, OLD_SITES) == [("EXISTING", "a")]
    assert names(observed, SITES) == [("EXISTING", "a"), ("ADDED", "b")]
    after = observed.all[observed.all.index(observed.removed[0]) + 1 :]
    assert not [each for each in after if each.resource == OLD_SITES]


async def test_a_version_that_is_no_longer_served_gives_way_to_one_that_is(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    put_definition(practice, stored="v1")
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, SITES))
        put_definition(practice, stored="v1", served="v1beta1")
        await observed.until(lambda seen: watched(seen, OLD_SITES))
    assert [(each.resource, each.successor) for each in observed.removed] == [(SITES, OLD_SITES)]
    assert "read in version v1beta1" in observed.removed[0].reason


async def test_what_a_change_of_version_hides_is_told_behind_a_gap(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    put_definition(practice, stored="v1beta1")
    for name in ("a", "b", "c"):
        put_site(practice, name, OLD_SITES)
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, OLD_SITES))
        practice.faults.reply(OLD_PATH, Reply(503, times=1000))
        practice.faults.drop(OLD_PATH)
        await observed.until(lambda seen: states(seen, OLD_SITES)[-1] == "backing-off")
        put_site(practice, "b")
        delete_site(practice, "c")
        put_definition(practice, stored="v1")
        await observed.until(lambda seen: watched(seen, SITES))
    assert [each.successor for each in observed.removed] == [SITES]
    assert sorted(names(observed, SITES)) == [
        ("EXISTING", "a"),
        ("MODIFIED", "b"),
        ("VANISHED", "c"),
    ]
    (gap,) = observed.gaps
    assert "read in version v1 from now on" in gap.reason


async def test_a_type_that_moves_and_goes_at_once_is_told_to_be_gone_under_its_old_name(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    put_definition(practice, stored="v1beta1")
    put_site(practice, "a", OLD_SITES)
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, OLD_SITES))
        put_definition(practice, stored="v1")
        delete_definition(practice)
        await observed.until(lambda seen: seen.removed)
        put_definition(practice, stored="v1")
        await observed.until(lambda seen: watched(seen, SITES))
    gone = [each for each in observed.removed if each.resource == OLD_SITES]
    assert len(gone) == 1


async def test_what_the_sink_refuses_of_a_move_is_told_with_the_next_attempt(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    put_definition(practice, stored="v1beta1")
    put_site(practice, "a", OLD_SITES)
    observed = Refusing()
    time = VirtualClock(eager=60)
    async with watching(practice_connection, observed=observed, clock=time.clock()):
        await observed.until(lambda seen: watched(seen, OLD_SITES))
        observed.refusals = 2
        put_definition(practice, stored="v1")
        await observed.until(lambda seen: watched(seen, SITES))
    assert observed.refusals == 0
    assert [(each.resource, each.successor) for each in observed.removed] == [(OLD_SITES, SITES)]
    assert names(observed, SITES) == [("EXISTING", "a")]


async def test_an_older_version_that_an_earlier_run_read_is_gone_on_from(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    old = Resource("autoscaling", "v2beta2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
    new = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
    content = {"apiVersion": "autoscaling/v2beta2", "kind": new.kind}
    metadata = {"name": "a", "namespace": "shop", "uid": "uid-a", "resourceVersion": "1"}
    saved = {old.key: Saved("1", [decoded(old, content | {"metadata": metadata})], 5.0)}
    async with watching(practice_connection, saved=saved) as observed:
        await observed.until(lambda seen: watched(seen, new))
    assert [(each.resource, each.successor) for each in observed.removed] == [(old, new)]
    assert names(observed, new) == [("VANISHED", "a")]


async def test_a_built_in_type_moves_with_the_version_that_is_served(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    monkeypatch.setattr(watcher, "SLOW_REDISCOVERIES", 1)
    types = practice.store.types
    budgets, jobs = types.find("policy/v1/poddisruptionbudgets"), types.find("batch/v1/jobs")
    assert budgets is not None
    assert jobs is not None
    older = dataclasses.replace(budgets, version="v1beta1")
    types.remove(budgets)
    types.remove(jobs)
    types.add(older)
    time = VirtualClock()
    async with watching(practice_connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, as_resource(older)))
        assert states(observed, as_resource(jobs)) == ["gone"]
        types.remove(older)
        types.add(budgets)
        types.add(jobs)
        await discover_again(observed, time)
        await observed.until(lambda seen: watched(seen, as_resource(budgets)))
        await observed.until(lambda seen: watched(seen, as_resource(jobs)))
    assert [(each.resource, each.successor) for each in observed.removed] == [
        (as_resource(older), as_resource(budgets))
    ]


async def test_a_type_that_left_while_nobody_watched_is_told_to_have_left_by_two_answers(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    monkeypatch.setattr(watcher, "SLOW_REDISCOVERIES", 1)
    gone = Resource("metrics.example.com", "v1", "samples", "Sample")
    content = {"apiVersion": gone.api_version, "kind": gone.kind}
    metadata = {"name": "a", "namespace": "shop", "uid": "uid-a", "resourceVersion": "1"}
    jobs = practice.store.types.find("batch/v1/jobs")
    assert jobs is not None
    practice.store.types.add(METRICS)  # Its server is away, so that nobody knows what it has.
    practice.faults.away.add("metrics.k8s.io/v1beta1")
    saved = {
        POD_METRICS.key: Saved("1", [], 5.0),
        gone.key: Saved("1", [decoded(gone, content | {"metadata": metadata})], 5.0),
        as_resource(jobs).key: Saved("1", [], 5.0),
    }
    time = VirtualClock()
    async with watching(practice_connection, saved=saved, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, as_resource(jobs)))
        assert not observed.removed
        await discover_again(observed, time)
        await observed.until(lambda seen: seen.removed)
        await discover_again(observed, time)
    assert [(each.resource, each.successor) for each in observed.removed] == [(gone, None)]
    assert "no longer offers samples.metrics.example.com" in observed.removed[0].reason

"""Custom types come and go while a cluster is watched, by their definitions or by discovery."""

import asyncio
import dataclasses
from typing import Any

import pytest

from eventstream.kubeapi import watcher
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.custom_types import CustomTypes
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.served import Discovery, ServedType
from eventstream.objects.observations import Coverage, Observation, Removed
from eventstream.objects.resource import Resource
from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Reply
from practicecluster.resources import ResourceType
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import decoded, definition
from tests.kubeapi.observing import Observed, watching

GROUP = "stable.example.com"
FOLLOWED = frozenset({"get", "list", "watch"})
SITES = Resource(GROUP, "v1", "websites", "Website")
OLD_SITES = Resource(GROUP, "v1beta1", "websites", "Website")
OLD_PATH = OLD_SITES.path
METRICS = ResourceType("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", verbs=("get", "list"))
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")


def put_definition(
    cluster: PracticeCluster, plural: str = "websites", *, stored: str = "v1", served: str = ""
) -> None:
    """Write a CRD of versions v1beta1 and v1; `served` limits which of them are."""
    content = definition(1, established=True, plural=plural)
    for version in content["spec"]["versions"]:
        version["storage"] = version["name"] == stored
        version["served"] = served in ("", version["name"])
    crds = cluster.store.types.find(CRDS.key)
    assert crds is not None
    cluster.store.put(crds, content)


def delete_definition(cluster: PracticeCluster, plural: str = "websites") -> None:
    crds = cluster.store.types.find(CRDS.key)
    assert crds is not None
    cluster.store.delete(crds, definition(1, established=True, plural=plural))


def put_site(cluster: PracticeCluster, name: str, resource: Resource = SITES) -> None:
    served = cluster.store.types.find(resource.key)
    assert served is not None
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    content: dict[str, Any] = {"apiVersion": resource.api_version, "kind": "Website"}
    cluster.store.put(served, content | {"metadata": metadata, "spec": {"replicas": 1}})


def delete_site(cluster: PracticeCluster, name: str) -> None:
    served = cluster.store.types.find(SITES.key)
    assert served is not None
    content = {"apiVersion": SITES.api_version, "kind": "Website"}
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    cluster.store.delete(served, content | {"metadata": metadata})


def as_resource(served: ResourceType) -> Resource:
    return Resource(
        served.group, served.version, served.plural, served.kind, namespaced=served.namespaced
    )


def states(observed: Observed, resource: Resource) -> list[str]:
    return [each.state for each in observed.coverage(resource)]


def watched(observed: Observed, resource: Resource) -> bool:
    return states(observed, resource)[-1:] == ["watching"]


def names(observed: Observed, resource: Resource) -> list[tuple[str, str]]:
    changes = [each for each in observed.changes if each.resource == resource]
    return [(each.type, each.after.metadata.name) for each in changes]


class Refusing(Observed):
    """Refuses so many times to take that a type is over."""

    refusals = 0

    async def take(self, observation: Observation) -> None:
        if isinstance(observation, Removed) and self.refusals:
            self.refusals -= 1
            raise OSError("the disk is full")
        await super().take(observation)


DISCOVERED_EVERY = 61.0
"""Unlike any other wait, so that it can be told from them."""


async def discover_again(observed: Observed, time: VirtualClock) -> None:
    """Wait until all that was due is discovered, then let it be due again."""
    rounds = (time.time - VirtualClock().time) // DISCOVERED_EVERY
    await observed.until(lambda _: time.slept.count(DISCOVERED_EVERY) > rounds)
    time.advance(DISCOVERED_EVERY)


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


async def test_many_types_added_and_deleted_at_once_leave_nothing_behind(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    plurals = [f"kinds{number}" for number in range(60)]
    resources = {Resource(GROUP, "v1", plural, "Website") for plural in plurals}

    def are_watched(seen: Observed) -> bool:
        return all(watched(seen, each) for each in resources)

    def are_removed(seen: Observed) -> bool:
        return {each.resource for each in seen.removed} == resources

    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, CRDS))
        tasks = []
        for _ in range(3):
            for plural in plurals:
                put_definition(practice, plural)
            await observed.until(are_watched)
            for plural in plurals:
                delete_definition(practice, plural)
            await observed.until(are_removed)
            observed.all.clear()
            tasks.append(len(asyncio.all_tasks()))
        open_to_us = practice.faults.end("/apis/stable.example.com")
    assert tasks[2] <= tasks[0] + 2
    assert open_to_us == 0


async def test_with_roles_in_one_namespace_alone_custom_types_come_from_discovery(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    practice.access.namespace = "shop"
    put_definition(practice)
    put_site(practice, "a")
    time = VirtualClock()
    async with watching(practice_connection, namespace="shop", clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, SITES))
        put_site(practice, "b")
        await observed.until(lambda seen: len(names(seen, SITES)) == 2)
        put_definition(practice, "backups")
        await discover_again(observed, time)
        backups = Resource(GROUP, "v1", "backups", "Website")
        await observed.until(lambda seen: watched(seen, backups))
        delete_definition(practice, "backups")
        for _ in range(2):
            await discover_again(observed, time)
        await observed.until(lambda seen: seen.removed)
    assert names(observed, SITES) == [("EXISTING", "a"), ("ADDED", "b")]
    assert [each.resource for each in observed.removed] == [backups]
    told = [each for each in observed.all if isinstance(each, Coverage)]
    assert not [each for each in told if each.state == "forbidden"]
    assert states(observed, CRDS) == ["gone"]


async def test_where_definitions_are_forbidden_discovery_stands_in_until_they_are_not(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    practice.access.forbidden.add("customresourcedefinitions.apiextensions.k8s.io")
    put_definition(practice)
    put_site(practice, "a")
    time = VirtualClock()
    async with watching(practice_connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, SITES))
        told = observed.coverage(CRDS)[-1]
        practice.access.forbidden.clear()
        time.advance(60)
        await observed.until(lambda seen: watched(seen, CRDS))
        delete_definition(practice)
        await observed.until(lambda seen: seen.removed)
    assert told.state == "forbidden"
    assert told.problem is not None
    assert 'resources: ["customresourcedefinitions"]' in told.problem.rule
    assert names(observed, SITES)[0] == ("EXISTING", "a")
    assert [each.resource for each in observed.removed] == [SITES]


async def test_an_aggregated_type_that_only_lists_is_reported_and_never_asked_for(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    practice.store.types.add(METRICS)
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: states(seen, POD_METRICS))
        told = observed.coverage(POD_METRICS)
    assert [each.state for each in told] == ["gone"]
    assert told[0].problem is not None
    assert told[0].problem.code == "not-watchable"


async def test_an_aggregated_type_that_can_be_watched_is(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    practice.store.types.add(ResourceType("route.openshift.io", "v1", "routes", "Route"))
    practice.store.types.add(
        ResourceType("oauth.openshift.io", "v1", "oauthaccesstokens", "OAuthAccessToken")
    )
    routes = Resource("route.openshift.io", "v1", "routes", "Route")
    tokens = Resource("oauth.openshift.io", "v1", "oauthaccesstokens", "OAuthAccessToken")
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, routes) and states(seen, tokens))
        told = observed.coverage(tokens)[-1]
    assert told.problem is not None
    assert (told.state, told.problem.code) == ("gone", "left-out")


async def test_a_type_whose_own_server_is_away_is_still_there(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    monkeypatch.setattr(watcher, "SLOW_REDISCOVERIES", 1)
    practice.store.types.add(ResourceType("route.openshift.io", "v1", "routes", "Route"))
    routes = Resource("route.openshift.io", "v1", "routes", "Route")
    put_site(practice, "a", routes)
    time = VirtualClock()

    def has_come(seen: Observed) -> bool:
        time.advance(1)
        return len(names(seen, routes)) == 2

    async with watching(practice_connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, routes))
        practice.faults.away.add("route.openshift.io/v1")
        practice.faults.drop("/apis/route.openshift.io/")
        await observed.until(lambda seen: states(seen, routes)[-1] == "backing-off")
        for _ in range(3):
            await discover_again(observed, time)
        practice.faults.heal()
        put_site(practice, "b", routes)
        await observed.until(has_come)
    assert names(observed, routes) == [("EXISTING", "a"), ("ADDED", "b")]
    assert not observed.removed
    assert not observed.gaps


async def test_a_type_whose_own_server_was_away_at_first_is_watched_once_it_answers(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    practice.store.types.add(ResourceType("route.openshift.io", "v1", "routes", "Route"))
    practice.faults.away.add("route.openshift.io/v1")
    routes = Resource("route.openshift.io", "v1", "routes", "Route")
    time = VirtualClock()
    async with watching(practice_connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, CRDS))
        practice.faults.heal()
        await discover_again(observed, time)
        await observed.until(lambda seen: watched(seen, routes))


def served(*resources: Resource, unknown: str = "") -> Discovery:
    types = {each.key: ServedType(each, FOLLOWED) for each in resources}
    return Discovery(types, frozenset({unknown} - {""}))


def test_discovery_alone_takes_the_preferred_version_and_what_is_in_scope() -> None:
    types = CustomTypes(namespaced=True)
    everywhere = Resource(GROUP, "v1", "planets", "Planet", namespaced=False)
    pods = Resource("", "v1", "pods", "Pod")
    types.discover(served(SITES, OLD_SITES, everywhere, pods))
    assert types.wanted() == {SITES}


def test_a_type_is_gone_once_two_discoveries_in_a_row_do_not_name_it() -> None:
    types = CustomTypes(namespaced=True)
    found = []
    for answer in (served(SITES), served(), served(SITES), served(), served()):
        types.discover(answer)
        found.append(types.wanted())
    assert found == [{SITES}, {SITES}, {SITES}, {SITES}, set()]


def test_a_type_is_not_gone_while_its_own_server_can_not_be_asked() -> None:
    types = CustomTypes(namespaced=True)
    types.discover(served(SITES, OLD_SITES))
    for answer in [served(OLD_SITES, unknown=SITES.api_version)] * 3:
        types.discover(answer)
        assert types.wanted() == {SITES}
    types.discover(served(OLD_SITES))
    assert types.wanted() == {OLD_SITES}


def test_a_deleted_definition_is_not_revived_by_what_discovery_still_tells() -> None:
    types = CustomTypes(namespaced=False)
    types.discover(served(SITES))
    assert types.wanted() == set()
    types.define("uid", GROUP, "websites", SITES)
    types.definitions_are_known = True
    assert types.wanted() == {SITES}
    types.undefine("uid")
    types.discover(served(SITES))
    assert types.wanted() == set()


@pytest.mark.parametrize("established", [None, SITES])
def test_a_definition_says_alone_whether_its_type_is_watched(established: Resource | None) -> None:
    types = CustomTypes(namespaced=False)
    types.discover(served(OLD_SITES))
    types.define("uid", GROUP, "websites", established)
    types.definitions_are_known = True
    assert types.wanted() == ({established} if established else set())

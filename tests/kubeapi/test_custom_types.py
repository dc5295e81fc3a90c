"""Custom types come and go while a cluster is watched, by their definitions or by discovery."""

import asyncio

import pytest

from eventstream.kubeapi import watcher
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.custom_types import CustomTypes
from eventstream.kubeapi.discovery import API_SERVICES
from eventstream.kubeapi.served import Discovery, ServedType
from eventstream.objects.observations import Coverage
from eventstream.objects.resource import Resource
from practicecluster.cluster import PracticeCluster
from practicecluster.resources import ResourceType
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.observing import Observed, watching
from tests.kubeapi.sites import (
    DISCOVERED_EVERY,
    FOLLOWED,
    GROUP,
    METRICS,
    OLD_SITES,
    POD_METRICS,
    SITES,
    delete_definition,
    discover_again,
    names,
    put_definition,
    put_site,
    states,
    watched,
)


async def test_what_an_apiservice_adds_is_watched_within_a_minute(
    practice: PracticeCluster, practice_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "REDISCOVERY_SECONDS", DISCOVERED_EVERY)
    time = VirtualClock()
    routes = Resource("route.openshift.io", "v1", "routes", "Route")
    services = practice.store.types.find(API_SERVICES.key)
    assert services is not None
    async with watching(practice_connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, CRDS) and watched(seen, API_SERVICES))
        practice.store.types.add(ResourceType("route.openshift.io", "v1", "routes", "Route"))
        content = {"apiVersion": API_SERVICES.api_version, "kind": "APIService"}
        metadata = {"name": "v1.route.openshift.io", "uid": "uid-service"}
        practice.store.put(services, content | {"metadata": metadata})
        await observed.until(lambda seen: names(seen, API_SERVICES))
        await discover_again(observed, time)
        await observed.until(lambda seen: watched(seen, routes))


def served(*resources: Resource, unknown: str = "") -> Discovery:
    types = {each.key: ServedType(each, FOLLOWED) for each in resources}
    return Discovery(types, frozenset({unknown} - {""}))


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
    routes = Resource("route.openshift.io", "v1", "routes", "Route")
    tokens = Resource("oauth.openshift.io", "v1", "oauthaccesstokens", "OAuthAccessToken")
    projects = Resource("project.openshift.io", "v1", "projects", "Project", namespaced=False)
    left = tokens, projects
    for each in left:
        names = each.group, each.version, each.plural, each.kind
        practice.store.types.add(ResourceType(*names, namespaced=each.namespaced))
    async with watching(practice_connection) as observed:
        await observed.until(lambda seen: watched(seen, routes) and states(seen, projects))
        await observed.until(lambda seen: states(seen, tokens))
        told = [observed.coverage(each)[-1] for each in left]
    assert [each.state for each in told] == ["gone", "gone"]
    assert [each.problem.code for each in told if each.problem] == ["left-out", "left-out"]


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

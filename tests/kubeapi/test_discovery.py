"""What is wanted is matched with what is served; what is left out says why."""

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS, custom_resource, version_priority
from eventstream.kubeapi.discovery import (
    EVENTS,
    LEASES,
    NEW_EVENTS,
    WANTED,
    Plan,
    plan,
    read_all,
)
from eventstream.kubeapi.served import Served, ServedType
from eventstream.objects.images import Image, Metadata
from eventstream.objects.resource import Resource
from tests.kubeapi.cluster import serve_types
from tests.kubeapi.objects import POD_PATH, PODS, crd
from tests.kubeapi.scripted import ScriptedServer, answer, json_answer, status_answer

READ = frozenset({"get", "list", "watch"})


def served(*resources: Resource, verbs: frozenset[str] = READ) -> dict[str, ServedType]:
    return {each.key: ServedType(each, verbs) for each in resources}


ALL: Served = served(*(each for types in WANTED for each in types))


def keys(resources: object) -> set[str]:
    assert isinstance(resources, dict)
    return {resource.key for resource in resources}


async def planned(connection: Connection) -> Plan:
    found = await read_all(connection)
    return plan(None, None) if found is None else plan(found.types, None, found.unknown)


def test_no_secret_and_no_config_map_is_ever_asked_for() -> None:
    assert not {"secrets", "configmaps"} & {each.plural for types in WANTED for each in types}


def test_of_several_versions_the_best_served_one_is_watched() -> None:
    only_v1 = {key: each for key, each in ALL.items() if not key.startswith("autoscaling/v2")}
    assert "autoscaling/v2/horizontalpodautoscalers" in keys(plan(ALL, None).watched)
    assert "autoscaling/v1/horizontalpodautoscalers" in keys(plan(only_v1, None).watched)


def test_leases_are_those_of_nodes_and_events_have_one_name() -> None:
    watched = plan(ALL, None).watched
    assert watched[LEASES] == "kube-node-lease"
    assert EVENTS in watched
    assert NEW_EVENTS not in watched


def test_what_is_not_served_or_not_watchable_is_left_out_with_the_reason() -> None:
    nodes = served(Resource("", "v1", "nodes", "Node"), verbs=frozenset({"list"}))
    made = plan(served(PODS) | nodes, None)
    reasons = {resource.key: problem.code for resource, problem in made.left_out.items()}
    assert keys(made.watched) == {"v1/pods"}
    assert reasons["v1/nodes"] == "not-watchable"
    assert reasons["apps/v1/deployments"] == "not-served"
    assert len(made.watched) + len(made.left_out) == len(WANTED)


def test_within_a_namespace_only_its_paths_are_asked_for() -> None:
    made = plan(ALL, "shop")
    assert set(made.watched.values()) == {"shop"}
    assert all(resource.namespaced for resource in made.watched)
    assert {problem.code for problem in made.left_out.values()} == {"out-of-scope"}
    assert {"v1/nodes", CRDS.key, LEASES.key} <= keys(made.left_out)


async def test_aggregated_discovery_takes_two_requests(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, POD_PATH, "/apis/apps/v1/deployments")
    del server.requests[:]
    made = await planned(connection)
    assert keys(made.watched) == {"v1/pods", "apps/v1/deployments"}
    assert [each.path for each in server.requests] == ["/api", "/apis"]


async def test_plain_discovery_is_understood_and_a_group_that_can_not_be_asked_is_not_absent(
    server: ScriptedServer, connection: Connection
) -> None:
    pods = {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list", "watch"]}
    server.on("/api", json_answer({"kind": "APIVersions", "versions": ["v1"]}))
    server.on("/api/v1", json_answer({"kind": "APIResourceList", "resources": [pods]}))
    named = [{"groupVersion": f"{name}/v1"} for name in ("apps", "batch", "policy")]
    groups = [{"name": "any", "versions": named}]
    server.on("/apis", json_answer({"kind": "APIGroupList", "groups": groups}))
    server.on("/apis/apps/v1", answer(503, b"service unavailable", "text/plain"))
    server.on("/apis/batch/v1", status_answer(404, "NotFound"))
    made = await planned(connection)
    apps = {each.key for types in WANTED for each in types if each.group == "apps"}
    assert keys(made.watched) == {"v1/pods"} | apps
    assert "batch/v1/jobs" in keys(made.left_out)


async def test_a_server_that_forbids_discovery_is_asked_for_everything(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on("/api", status_answer(403, "Forbidden"))
    made = await planned(connection)
    assert len(made.watched) == len(WANTED)


def test_a_custom_type_is_watched_once_established_in_its_stored_version() -> None:
    assert custom_resource(crd(established=False)) is None
    expected = Resource("stable.example.com", "v1", "websites", "Website")
    assert custom_resource(crd()) == expected


def test_a_stored_version_that_is_not_served_gives_way_to_the_best_that_is() -> None:
    versions = [("v3", False, True), ("v2beta1", True, False), ("v1", True, False)]
    chosen = custom_resource(crd(versions=versions))
    assert chosen is not None
    assert chosen.version == "v1"
    assert custom_resource(crd(versions=versions[:1])) is None


def test_a_definition_that_does_not_fit_is_not_watched_and_does_no_harm() -> None:
    assert custom_resource(Image("v1", CRDS.kind, Metadata(), spec={"group": 7})) is None


def test_versions_are_preferred_as_kubernetes_prefers_them() -> None:
    ordered = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "foo"]
    assert sorted(sorted(ordered), key=version_priority, reverse=True) == ordered

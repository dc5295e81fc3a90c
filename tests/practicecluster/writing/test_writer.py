"""What a write does to the store, and what is refused: without HTTP, at a fixed time."""

import copy
from random import Random
from typing import Any

import pytest

from practicecluster.base_namespaces import create_base_namespaces
from practicecluster.statuses import ApiError
from practicecluster.store import Store
from practicecluster.writing.deletion import DeleteOptions
from practicecluster.writing.writer import Asked, Writer
from tests.practicecluster.objects import served, website_crd

JsonObject = dict[str, Any]
NOW = 1795392457.0
DEPLOYMENTS, PODS, MAPS = "apps/v1/deployments", "v1/pods", "v1/configmaps"


@pytest.fixture
def writer() -> Writer:
    store = Store()
    create_base_namespaces(store)
    return Writer(store, now=lambda: NOW, chance=Random(1))


def asked(writer: Writer, resource: str, name: str = "", **more: Any) -> Asked:
    kind = served(writer.store, resource)
    return Asked(kind, "default" if kind.namespaced else None, name, **more)


def deployment(name: str = "web", **spec: Any) -> JsonObject:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def pod(name: str = "p", **spec: Any) -> JsonObject:
    return {
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx:1"}], **spec},
    }


def create(writer: Writer, resource: str, thing: JsonObject, **more: Any) -> JsonObject:
    return writer.create(asked(writer, resource, **more), thing)


def refusal(call: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value


def causes(error: ApiError) -> list[str]:
    return [cause["field"] for cause in (error.details or {})["causes"]]


def test_a_new_object_has_what_the_server_gives(writer: Writer) -> None:
    made = create(writer, DEPLOYMENTS, deployment(), manager="kubectl-create")
    metadata, spec = made["metadata"], made["spec"]
    assert metadata["generation"] == 1
    assert metadata["creationTimestamp"] == "2026-11-23T00:07:37Z"
    assert metadata["uid"]
    assert metadata["resourceVersion"] == str(writer.store.newest_revision())
    assert spec["replicas"] == 1
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    assert spec["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    assert [entry["manager"] for entry in metadata["managedFields"]] == ["kubectl-create"]


def test_what_an_update_may_not_change_stays(writer: Writer) -> None:
    made = create(writer, DEPLOYMENTS, deployment())
    sent = copy.deepcopy(made)
    sent["status"] = {"replicas": 7}
    sent["metadata"] |= {"creationTimestamp": "2001-01-01T00:00:00Z", "generation": 99}
    sent["spec"]["replicas"] = 3
    after = writer.update(asked(writer, DEPLOYMENTS, "web"), sent)
    assert "status" not in after
    assert after["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    assert after["metadata"]["generation"] == 2
    status = asked(writer, DEPLOYMENTS, "web", subresource="status")
    sent = {**after, "spec": {**after["spec"], "replicas": 9}, "status": {"replicas": 3}}
    again = writer.update(status, copy.deepcopy(sent))
    assert again["spec"]["replicas"] == 3
    assert again["status"] == {"replicas": 3}
    assert again["metadata"]["generation"] == 2


def test_a_write_that_changes_nothing_is_none(writer: Writer) -> None:
    made = create(writer, DEPLOYMENTS, deployment())
    before = writer.store.newest_revision()
    again = writer.update(asked(writer, DEPLOYMENTS, "web"), copy.deepcopy(made))
    assert writer.store.newest_revision() == before
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_dry_run_answers_and_stores_nothing(writer: Writer) -> None:
    made = create(writer, DEPLOYMENTS, deployment(), dry_run=True)
    assert made["spec"]["replicas"] == 1
    assert not writer.store.cache("deployments.apps").objects


def test_an_update_of_an_older_version_conflicts(writer: Writer) -> None:
    made = create(writer, MAPS, {"metadata": {"name": "m"}, "data": {"a": "1"}})
    changed = {**made, "data": {"a": "2"}}
    writer.update(asked(writer, MAPS, "m"), copy.deepcopy(changed))
    error = refusal(lambda: writer.update(asked(writer, MAPS, "m"), {**made, "data": {}}))
    assert (error.code, error.reason) == (409, "Conflict")
    assert str(error).startswith('Operation cannot be fulfilled on configmaps "m"')


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"replicas": -1}, ["spec.replicas"]),
        ({"selector": {"matchLabels": {"app": "other"}}}, ["spec.template.metadata.labels"]),
        ({"strategy": {"type": "Never"}}, ["spec.strategy"]),
        ({"progressDeadlineSeconds": 5, "minReadySeconds": 5}, ["spec.progressDeadlineSeconds"]),
        ({"template": {"metadata": {"labels": {"app": "web"}}}}, ["spec.template.spec.containers"]),
    ],
)
def test_what_is_invalid_is_said_field_by_field(
    writer: Writer, change: JsonObject, fields: list[str]
) -> None:
    error = refusal(lambda: create(writer, DEPLOYMENTS, deployment(**change)))
    assert (error.code, error.reason) == (422, "Invalid")
    assert causes(error) == fields
    assert str(error).startswith('Deployment.apps "web" is invalid: ')


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ({"metadata": {"name": "x"}, "apiVersion": "v2"}, "does not match the expected API"),
        ({"metadata": {"name": "x"}, "kind": "Secret"}, "cannot be handled as a ConfigMap"),
        ({"metadata": {"name": "x", "namespace": "other"}}, "does not match the namespace"),
        ({"metadata": {"name": "x"}, "data": {"a": 1}}, "cannot unmarshal number into Go"),
        ({"metadata": {"name": "x", "resourceVersion": "1"}}, "should not be set on objects"),
        ([], "is not an object"),
    ],
)
def test_what_is_no_such_object_is_refused(writer: Writer, thing: Any, said: str) -> None:
    error = refusal(lambda: create(writer, MAPS, thing))
    assert error.code == 400
    assert said in str(error)


def test_unknown_fields_are_refused_said_or_passed_over(writer: Writer) -> None:
    thing = {"metadata": {"name": "x"}, "dat": {"a": "1"}}
    error = refusal(lambda: create(writer, MAPS, thing, validation="Strict"))
    assert 'strict decoding error: unknown field "dat"' in str(error)
    warned = asked(writer, MAPS, validation="Warn", dry_run=True)
    assert "dat" not in writer.create(warned, thing)
    assert warned.warnings == ['unknown field "dat"']
    ignored = asked(writer, MAPS, validation="Ignore")
    writer.create(ignored, thing)
    assert not ignored.warnings


def test_there_is_one_of_a_name_and_only_where_the_namespace_is(writer: Writer) -> None:
    create(writer, MAPS, {"metadata": {"name": "m"}})
    again = refusal(lambda: create(writer, MAPS, {"metadata": {"name": "m"}}))
    assert (again.code, again.reason) == (409, "AlreadyExists")
    elsewhere = Asked(served(writer.store, MAPS), "nowhere")
    error = refusal(lambda: writer.create(elsewhere, {"metadata": {"name": "m"}}))
    assert str(error) == 'namespaces "nowhere" not found'


def test_a_stateful_set_mounts_what_its_claims_give(writer: Writer) -> None:
    thing = deployment("db", serviceName="db", volumeClaimTemplates=[{"metadata": {"name": "d"}}])
    thing["kind"] = "StatefulSet"
    container = thing["spec"]["template"]["spec"]["containers"][0]
    container["volumeMounts"] = [{"name": "d", "mountPath": "/d"}]
    assert create(writer, "apps/v1/statefulsets", thing)["spec"]["serviceName"] == "db"
    thing = deployment(template=thing["spec"]["template"], selector=thing["spec"]["selector"])
    unknown = causes(refusal(lambda: create(writer, DEPLOYMENTS, thing)))
    assert unknown == ["spec.template.spec.containers[0].volumeMounts[0].name"]


def test_a_name_is_made_up(writer: Writer) -> None:
    made = create(writer, MAPS, {"metadata": {"generateName": "web-"}})
    assert len(made["metadata"]["name"]) == len("web-") + 5


def test_a_bound_pod_is_given_time_and_one_without_a_node_none(writer: Writer) -> None:
    create(writer, PODS, pod("waiting"))
    _, gone = writer.delete(asked(writer, PODS, "waiting"), DeleteOptions())
    assert gone
    create(writer, PODS, pod("running", nodeName="n1"))
    last, gone = writer.delete(asked(writer, PODS, "running"), DeleteOptions())
    assert not gone
    assert last["metadata"]["deletionGracePeriodSeconds"] == 30
    assert last["metadata"]["deletionTimestamp"] == "2026-11-23T00:08:07Z"
    _, gone = writer.delete(asked(writer, PODS, "running"), DeleteOptions(grace=0))
    assert gone


def test_a_finalizer_keeps_an_object_until_it_is_taken_away(writer: Writer) -> None:
    create(writer, MAPS, {"metadata": {"name": "m", "finalizers": ["example.com/hold"]}})
    marked, gone = writer.delete(asked(writer, MAPS, "m"), DeleteOptions())
    assert not gone
    assert marked["metadata"]["deletionTimestamp"]
    marked["metadata"].pop("finalizers")
    writer.update(asked(writer, MAPS, "m"), marked)
    assert not writer.store.cache("configmaps").objects


def test_a_propagation_policy_becomes_a_finalizer(writer: Writer) -> None:
    create(writer, DEPLOYMENTS, deployment())
    marked, _ = writer.delete(asked(writer, DEPLOYMENTS, "web"), DeleteOptions(policy="Foreground"))
    assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]


def test_a_precondition_names_the_object_that_is_meant(writer: Writer) -> None:
    create(writer, MAPS, {"metadata": {"name": "m"}})
    options = DeleteOptions(uid="another")
    assert refusal(lambda: writer.delete(asked(writer, MAPS, "m"), options)).code == 409


def test_a_namespace_waits_for_its_finalizer_and_takes_nothing_more(writer: Writer) -> None:
    create(writer, "v1/namespaces", {"metadata": {"name": "shop"}})
    last, gone = writer.delete(asked(writer, "v1/namespaces", "shop"), DeleteOptions())
    assert not gone
    assert last["status"] == {"phase": "Terminating"}
    late = Asked(served(writer.store, MAPS), "shop")
    error = refusal(lambda: writer.create(late, {"metadata": {"name": "m"}}))
    assert error.code == 403
    assert "because it is being terminated" in str(error)


def test_a_quota_is_charged_and_refuses_what_is_beyond(writer: Writer) -> None:
    quotas = asked(writer, "v1/resourcequotas")
    writer.create(quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}})
    status = asked(writer, "v1/resourcequotas", "q", subresource="status")
    counted = {"hard": {"pods": "1"}, "used": {"pods": "0"}}
    writer.patch(status, lambda now: {**now, "status": counted})
    create(writer, PODS, pod("one"))
    used = writer.current(asked(writer, "v1/resourcequotas", "q"))["status"]["used"]
    assert used == {"pods": "1"}
    error = refusal(lambda: create(writer, PODS, pod("two")))
    assert str(error) == (
        'pods "two" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, '
        "limited: pods=1"
    )


def test_a_limit_range_gives_defaults_and_bounds(writer: Writer) -> None:
    limit = {"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "2"}}
    ranges = {"metadata": {"name": "l"}, "spec": {"limits": [limit]}}
    create(writer, "v1/limitranges", ranges)
    made = create(writer, PODS, pod("one"))
    resources = made["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}
    large = pod("two")
    large["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "3"}}
    error = refusal(lambda: create(writer, PODS, large))
    assert "maximum cpu usage per Container is 2, but limit is 3" in str(error)


def test_most_of_a_pod_never_changes(writer: Writer) -> None:
    made = create(writer, PODS, pod())
    made["spec"]["containers"][0]["image"] = "nginx:2"
    after = writer.update(asked(writer, PODS, "p"), copy.deepcopy(made))
    after["spec"]["nodeName"] = "n1"
    error = refusal(lambda: writer.update(asked(writer, PODS, "p"), after))
    assert causes(error) == ["spec"]


def test_an_apply_owns_what_it_lists_and_gives_up_what_it_leaves_out(writer: Writer) -> None:
    first = {"metadata": {"name": "m"}, "data": {"a": "1", "b": "2"}}
    _, created = writer.apply(asked(writer, MAPS, "m", manager="me"), first)
    assert created
    second = {"metadata": {"name": "m"}, "data": {"a": "1"}}
    after, created = writer.apply(asked(writer, MAPS, "m", manager="me"), second)
    assert not created
    assert after["data"] == {"a": "1"}
    theirs = {"metadata": {"name": "m"}, "data": {"a": "9"}}
    other = asked(writer, MAPS, "m", manager="you")
    error = refusal(lambda: writer.apply(other, theirs))
    assert (error.code, causes(error)) == (409, [".data.a"])
    forced = asked(writer, MAPS, "m", manager="you", force=True)
    after, _ = writer.apply(forced, theirs)
    assert after["data"] == {"a": "9"}
    owners = {entry["manager"] for entry in after["metadata"]["managedFields"]}
    assert owners == {"you"}


def _website(version: JsonObject, writer: Writer) -> None:
    definition = website_crd(established=True)
    definition["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": version}
    definition.pop("status")
    create(writer, "apiextensions.k8s.io/v1/customresourcedefinitions", definition)


def test_a_definition_is_served_at_once_and_its_schema_enforced(writer: Writer) -> None:
    spec = {
        "type": "object",
        "required": ["host"],
        "properties": {
            "host": {"type": "string", "pattern": "^[a-z.]+$", "maxLength": 9},
            "replicas": {"type": "integer", "minimum": 1, "default": 2},
            "mode": {"type": "string", "enum": ["a", "b"]},
        },
    }
    _website({"type": "object", "properties": {"spec": spec}}, writer)
    websites = "stable.example.com/v1/websites"
    made = create(writer, websites, {"metadata": {"name": "w"}, "spec": {"host": "a.b", "x": 1}})
    assert made["spec"] == {"host": "a.b", "replicas": 2}
    bad = {"metadata": {"name": "v"}, "spec": {"host": 5, "replicas": 0, "mode": "z"}}
    error = refusal(lambda: create(writer, websites, bad))
    assert sorted(causes(error)) == ["spec.host", "spec.mode", "spec.replicas"]
    none = {"metadata": {"name": "v"}, "spec": {}}
    assert causes(refusal(lambda: create(writer, websites, none))) == ["spec.host"]


def test_a_list_without_items_is_not_kept_or_is_null_where_there_is_always_one(
    writer: Writer,
) -> None:
    policies = "networking.k8s.io/v1/networkpolicies"
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    policy = create(writer, policies, {"metadata": {"name": "shut"}, "spec": spec})
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    roles = "rbac.authorization.k8s.io/v1/clusterroles"
    role = create(writer, roles, {"metadata": {"name": "none"}, "rules": []})
    assert role["rules"] is None


def test_a_replacement_is_where_its_path_says_though_it_says_nothing(writer: Writer) -> None:
    """As Helm replaces the Secret that it keeps of a release."""
    made = create(writer, MAPS, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
    body = {"metadata": {"name": "settings"}, "data": {"a": "2"}}
    after = writer.update(asked(writer, MAPS, "settings"), body)
    assert after["metadata"]["namespace"] == "default"
    stored = writer.store.cache(asked(writer, MAPS).served.storage).objects
    assert [each.content()["data"] for each in stored.values() if each.name == "settings"] == [
        {"a": "2"}
    ]
    assert after["metadata"]["uid"] == made["metadata"]["uid"]

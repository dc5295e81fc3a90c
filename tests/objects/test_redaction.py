"""Values are withheld unless a list allows them, and a withheld change still shows."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.changes import FieldChange, diff
from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.images import Image
from eventstream.objects.redaction import Redactor
from eventstream.objects.resource import Resource
from tests.objects.recorded import (
    DEPLOYMENT,
    EVENT,
    KEY,
    POD,
    SECRET,
    WEBSITE,
    decoder,
    text,
    thing,
)

CANARY = "canary-9Vt"


def website(**fields: Any) -> Image:
    version = "stable.example.com/v1"
    return decoder().image(WEBSITE, text(thing("Website", version, **fields)))


def test_equal_values_are_hidden_alike_within_an_installation_only() -> None:
    one, again, other = Redactor(KEY), Redactor(KEY), Redactor(b"another key")
    assert one.hide("hunter2") == again.hide("hunter2") != one.hide("hunter3")
    assert one.hide("hunter2") != other.hide("hunter2")
    assert one.digest(b"x") == again.digest(b"x") != other.digest(b"x")


@given(st.text())
def test_what_is_hidden_stays_as_it_is(value: str) -> None:
    hidden = Redactor(KEY).hide(value)
    assert Redactor(b"another").hide(hidden) == hidden
    assert len(hidden) == 19


def test_a_custom_resource_shows_numbers_booleans_and_its_shape() -> None:
    image = website(spec={"size": 3, "on": True, "ratio": 0.5, "host": "a", "list": ["b", 2, None]})
    hidden = Redactor(KEY).hide
    assert image.spec == {
        "size": 3,
        "on": True,
        "ratio": 0.5,
        "host": hidden("a"),
        "list": [hidden("b"), 2, None],
    }


def test_a_custom_resource_shows_its_phase_and_conditions() -> None:
    ready = {"type": "Ready", "status": "False", "reason": "NoDb", "message": "password=x1"}
    status = {"phase": "Waiting", "conditions": [ready | {"extra": "e"}, "odd"], "url": "u"}
    image = website(status=status)
    hidden = Redactor(KEY).hide
    shown = ready | {"message": "password=" + hidden("x1"), "extra": hidden("e")}
    assert image.status == {
        "phase": "Waiting",
        "conditions": [shown, hidden("odd")],
        "url": hidden("u"),
    }


@pytest.mark.parametrize("phase", ["hunter2", "a" * 41, "ghp_1", "Über"])
def test_a_phase_that_is_no_plain_word_is_hidden(phase: str) -> None:
    assert website(status={"phase": phase}).status["phase"].startswith("hidden:")


def test_other_fields_of_a_custom_resource_show_as_hidden_changes() -> None:
    before = website(data={"key": CANARY}, extra="x")
    after = website(data={"key": "changed"}, extra="x", more=[1])
    assert CANARY.encode() not in encode(before)
    assert diff(before, after) == (
        FieldChange("data", hidden=True),
        FieldChange("more", hidden=True),
    )
    assert diff(before, website(data={"key": CANARY}, extra="x")) == ()
    assert decoder().image(WEBSITE, encode(after)) == after


def test_the_order_of_keys_is_no_change() -> None:
    assert website(data={"a": 1, "b": 2}) == website(data={"b": 2, "a": 1})


@pytest.mark.parametrize(
    "content",
    [
        thing("Secret", data={"password": CANARY}, stringData={"x": CANARY}, type=CANARY),
        thing("Secret", spec={"a": CANARY}, status=CANARY, data=CANARY),
        {"kind": "Secret", "data": {"password": CANARY}},
    ],
)
def test_nothing_of_a_secret_is_kept_but_its_metadata(content: dict[str, Any]) -> None:
    image = decoder().image(SECRET, text(content))
    assert (image.spec, image.status, image.other) == (None, None, None)
    assert CANARY.encode() not in encode(image)


def test_not_even_the_keys_of_a_secret_are_kept() -> None:
    content = thing("Secret", data={CANARY: "x"})
    fields: dict[str, Any] = {"f:data": {f"f:{CANARY}": {}}}
    content["metadata"]["managedFields"] = [{"manager": "a", "fieldsV1": fields}]
    assert CANARY.encode() not in encode(decoder().image(SECRET, text(content)))


@pytest.mark.parametrize("mirror", ["b3ee776d3cbb61719d94eb9dbf2093c6", CANARY])
@pytest.mark.parametrize("resource", [POD, WEBSITE, Resource("", "v1", "configmaps", "ConfigMap")])
def test_annotations_keep_keys_and_only_allowed_values(resource: Resource, mirror: str) -> None:
    content = thing(resource.kind)
    content["metadata"]["annotations"] = {
        "deployment.kubernetes.io/revision": "4",
        "kubectl.kubernetes.io/last-applied-configuration": CANARY,
        "kubernetes.io/config.mirror": mirror,
        "pod.kubernetes.io/index": "x" * 254,
    }
    shown = decoder().image(resource, text(content)).metadata.annotations
    assert shown == {
        "deployment.kubernetes.io/revision": "4",
        "kubectl.kubernetes.io/last-applied-configuration": Redactor(KEY).hide(CANARY),
        "kubernetes.io/config.mirror": mirror if mirror != CANARY else Redactor(KEY).hide(CANARY),
        "pod.kubernetes.io/index": Redactor(KEY).hide("x" * 254),
    }


def test_annotations_of_a_template_are_withheld_too() -> None:
    spec = {"template": {"metadata": {"annotations": {"a": CANARY}, "labels": {"l": "shown"}}}}
    image = decoder().image(DEPLOYMENT, text(thing("Deployment", "apps/v1", spec=spec)))
    assert image.spec.template.metadata.annotations == {"a": Redactor(KEY).hide(CANARY)}
    assert image.spec.template.metadata.labels == {"l": "shown"}


def test_a_digest_that_the_cluster_claims_is_not_believed() -> None:
    spec = {"x-baton-digest": CANARY, "template": {"spec": {"x-baton-digest": CANARY}}}
    content = thing("Deployment", "apps/v1", spec=spec, **{"x-baton-flags": [CANARY + "!"]})
    image = decoder().image(DEPLOYMENT, text(content))
    assert CANARY.encode() not in encode(image)
    assert (len(image.spec.digest), image.flags) == (16, ())


def test_a_change_of_what_is_not_kept_shows_as_hidden() -> None:
    def pod(value: str) -> Image:
        env = [{"name": "E", "value": value}]
        return decoder().image(POD, text(thing(spec={"containers": [{"name": "c", "env": env}]})))

    assert diff(pod("a"), pod("b")) == (FieldChange("spec", hidden=True),)
    assert diff(pod("a"), pod("a")) == ()


def test_an_error_of_the_watch_is_scrubbed() -> None:
    status = {"kind": "Status", "code": 500, "reason": "X", "message": "token=abc1 " + "y" * 2000}
    watched = decoder().event(POD, text({"type": "ERROR", "object": status}))
    assert (watched.type, watched.code, watched.reason) == ("ERROR", 500, "X")
    assert "abc1" not in watched.message
    assert len(watched.message) <= 1024


# A canary at every place of each kind whose value no list allows to be shown.
HIDDEN_IN_CONTAINER = {
    "env": [{"name": "A", "value": CANARY}, {"valueFrom": {"secretKeyRef": {"key": CANARY}}}],
    "envFrom": [{"secretRef": {"name": CANARY}}],
    "command": ["sh", "-c", CANARY],
    "args": [CANARY],
    "workingDir": CANARY,
    "volumeMounts": [{"mountPath": CANARY, "subPath": CANARY}],
    "livenessProbe": {"exec": {"command": [CANARY]}, "httpGet": {"path": CANARY}},
    "readinessProbe": {"httpGet": {"httpHeaders": [{"value": CANARY}]}},
    "lifecycle": {"postStart": {"exec": {"command": [CANARY]}}},
    "terminationMessagePath": CANARY,
    "securityContext": {"seLinuxOptions": {"user": CANARY}},
    "ports": [{"name": "http", "hostIP": CANARY, "unheardOf": CANARY}],
}
HIDDEN_IN_POD = {
    "volumes": [{"name": CANARY, "csi": {"volumeAttributes": {"x": CANARY}}, "nfs": CANARY}],
    "imagePullSecrets": [{"name": CANARY}],
    "hostAliases": [{"hostnames": [CANARY]}],
    "dnsConfig": {"searches": [CANARY]},
    "tolerations": [{"value": CANARY}],
    "affinity": {"x": [CANARY]},
    "hostname": CANARY,
    "unheardOf": {CANARY: CANARY},
}
HIDDEN_IN_POD_STATUS = {
    "hostIP": CANARY,
    "resourceClaimStatuses": [{"name": "gpu", "unheardOf": CANARY}],
    "containerStatuses": [
        {
            "name": "c",
            "imageID": CANARY,
            "containerID": CANARY,
            "state": {"terminated": {"exitCode": 1, "message": CANARY, "containerID": CANARY}},
            "lastState": {"terminated": {"message": CANARY}, "waiting": {"x": CANARY}},
        },
        {
            "name": "d",
            "state": {"waiting": {"reason": "R", "message": f"https://u:{CANARY}@host"}},
            "lastState": {"waiting": {"message": f"token={CANARY}"}},
        },
    ],
    "conditions": [{"type": "Ready", "status": "True", "message": f"token={CANARY}"}],
    "message": f"password: {CANARY}",
    "unheardOf": CANARY,
}
HIDDEN_IN_METADATA = {
    "annotations": {"example.com/a": CANARY},
    "selfLink": CANARY,
    "managedFields": [
        {
            "manager": "m",
            "fieldsV1": {
                f'k:{{"name":"{CANARY}}}"}}': {"f:x": {}},
                f'k:{{"ip":"{CANARY}"}}': {},
                f'v:"{CANARY}\\""': {},
            },
        },
        {"manager": "n", "fieldsV1": {"f:a": CANARY}},
        {"manager": "o", "fieldsV1": CANARY},
        {"manager": "p", "fieldsV1": {CANARY: {}}},
    ],
    "unheardOf": {"x": CANARY},
}
TEMPLATE = {
    "metadata": {"annotations": {"a": CANARY}, "unheardOf": CANARY},
    "spec": HIDDEN_IN_POD | {"containers": [HIDDEN_IN_CONTAINER]},
}
HIDDEN_IN_EVENT = {
    "involvedObject": {"kind": "Pod", "unheardOf": CANARY},
    "related": {"name": CANARY},
    "message": f"dial https://user:{CANARY}@host",
    "note": CANARY,
    "unheardOf": CANARY,
}
CUSTOM = {
    "spec": {"a": CANARY, "b": [{"c": [CANARY]}]},
    "status": {"x": CANARY, "conditions": [{"type": "T", "extra": CANARY}], "phase": CANARY},
    "data": {"d": CANARY},
    "top": CANARY,
}


def subset(places: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    chosen = st.sets(st.sampled_from(sorted(places)))
    return chosen.map(lambda keys: {key: places[key] for key in sorted(keys)})


METADATA = subset(HIDDEN_IN_METADATA)


def planted(resource: Resource, metadata: dict[str, Any], fields: dict[str, Any]) -> None:
    content = thing(resource.kind, resource.api_version, **fields)
    content["metadata"] |= metadata
    plain = Decoder(KEY).image(resource, text(content))
    watched = Decoder(KEY).event(resource, text({"type": "ADDED", "object": content})).image
    assert watched == plain
    assert CANARY.encode() not in encode(plain)
    assert CANARY.encode() not in msgspec.json.encode(plain)
    # Read loosely, by way of a field of the wrong type, it hides no less.
    content["metadata"] |= {"labels": 5, "generation": "x"}
    odd = Decoder(KEY).image(resource, text(content))
    assert odd.flags
    assert CANARY.encode() not in encode(odd)
    assert CANARY not in repr(odd.flags)


@given(METADATA, subset(HIDDEN_IN_POD), subset(HIDDEN_IN_CONTAINER), subset(HIDDEN_IN_POD_STATUS))
def test_a_canary_in_a_pod_is_never_kept(
    metadata: dict[str, Any],
    spec: dict[str, Any],
    container: dict[str, Any],
    status: dict[str, Any],
) -> None:
    containers = {"containers": [container], "initContainers": [container]}
    planted(POD, metadata, {"spec": spec | containers, "status": status})
    planted(POD, metadata, {"spec": spec | containers | {"priority": "x"}, "status": status})


@given(METADATA, subset(TEMPLATE))
def test_a_canary_in_a_deployment_is_never_kept(
    metadata: dict[str, Any], template: dict[str, Any]
) -> None:
    status = {"conditions": [{"type": "Available", "message": f"secret={CANARY}"}], "x": CANARY}
    spec = {"template": template, "replicas": 1, "unheardOf": CANARY}
    planted(DEPLOYMENT, metadata, {"spec": spec, "status": status})
    planted(DEPLOYMENT, metadata, {"spec": spec | {"replicas": "x"}, "status": [CANARY]})


@given(METADATA, subset(HIDDEN_IN_EVENT))
def test_a_canary_in_an_event_is_never_kept(
    metadata: dict[str, Any], fields: dict[str, Any]
) -> None:
    planted(EVENT, metadata, {"involvedObject": {"kind": "Pod"}} | fields)
    planted(EVENT, metadata, {"involvedObject": {"kind": "Pod"}} | fields | {"count": "x"})


@given(METADATA, subset(CUSTOM))
def test_a_canary_in_a_custom_resource_is_never_kept(
    metadata: dict[str, Any], fields: dict[str, Any]
) -> None:
    planted(WEBSITE, metadata, fields)


def ended(reason: str, message: str) -> Any:
    """What is kept of a container's end, from a Pod whose every list of containers has it."""
    status = {"name": "c", "state": {"terminated": {"reason": reason, "message": message}}}
    lists = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
    content = thing("Pod", "v1", status={key: [status] for key in lists})
    kept = Decoder(KEY).image(POD, text(content)).status
    every = (
        *kept.container_statuses,
        *kept.init_container_statuses,
        *kept.ephemeral_container_statuses,
    )
    [found] = {container.state.terminated for container in every}
    return found


def test_of_an_end_only_a_runtimes_own_message_is_kept_and_that_is_scrubbed() -> None:
    assert ended("StartError", "exec: /bin/serve: not found").message.endswith("not found")
    assert CANARY not in ended("ContainerCannotRun", f"pull https://u:{CANARY}@host").message
    assert ended("Error", f"password {CANARY}").message is None


def test_the_messages_of_a_container_that_looks_at_a_pod_are_scrubbed_too() -> None:
    waits = {"waiting": {"reason": "ErrImagePull", "message": f"https://u:{CANARY}@host"}}
    content = thing("Pod", "v1", status={"ephemeralContainerStatuses": [{"state": waits}]})
    assert CANARY.encode() not in encode(Decoder(KEY).image(POD, text(content)))


TRACKING = "argocd.argoproj.io/tracking-id"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("shop:apps/Deployment:shop/web", True),
        ("team_shop:/Service:shop/web-1.a", True),
        ("shop:rbac.authorization.k8s.io/ClusterRole:/system:web", True),
        ("token=hunter2-hunter2", False),
        ("shop:apps/Deployment:shop/web password", False),
        ("shop:apps/Deployment:shop/" + "a" * 300, False),
    ],
)
def test_of_a_tracking_id_only_names_are_kept(value: str, kept: bool) -> None:
    thing = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"annotations": {TRACKING: value}},
    }
    image = Decoder(b"k").image(
        Resource("", "v1", "configmaps", "ConfigMap"), msgspec.json.encode(thing)
    )
    shown = (image.metadata.annotations or {})[TRACKING]
    assert (shown == value) is kept
    assert kept or value not in shown

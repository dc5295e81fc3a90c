"""What becomes of an object on its way in, kind by kind: what the server sets, keeps and counts.

Sources: https://github.com/kubernetes/kubernetes/tree/master/pkg/registry, the files `strategy.go`.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from practicecluster.resources import ResourceType
from practicecluster.stored import JsonObject
from practicecluster.writing.openshift import rules as openshift
from practicecluster.writing.quantities import canonical

_COUNTED = frozenset(
    [
        "deployments.apps",
        "replicasets.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "jobs.batch",
        "cronjobs.batch",
        "replicationcontrollers",
        openshift.DEPLOYMENT_CONFIGS,
        "pods",
        "poddisruptionbudgets.policy",
        "ingresses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "flowschemas.flowcontrol.apiserver.k8s.io",
        "priorityclasses.scheduling.k8s.io",
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        "runtimeclasses.node.k8s.io",
    ]
)
"""The built-in types whose generation is counted."""
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX, _NAME_MOST = 5, 63
_QUANTITIES = frozenset(
    {
        "limits",
        "requests",
        "capacity",
        "allocatable",
        "hard",
        "used",
        "default",
        "defaultRequest",
        "max",
        "min",
    }
)


def counted(served: ResourceType) -> bool:
    """Return whether objects of a type have a generation."""
    return served.custom or served.group_resource in _COUNTED


def desired(served: ResourceType, thing: JsonObject) -> str:
    """Return what raises an object's generation when it changes."""
    left = {name: each for name, each in thing.items() if name not in {"metadata", "status"}}
    if served.custom and not served.has_status and "status" in thing:
        left["status"] = thing["status"]
    if served.group_resource == "deployments.apps":
        left["annotations"] = thing["metadata"].get("annotations")
    return json.dumps(left, sort_keys=True)


def name_from(prefix: str, chance: Random) -> str:
    """Return a name made up from a `generateName`."""
    suffix = "".join(chance.choices(_ALPHABET, k=_SUFFIX))
    return prefix[: _NAME_MOST - _SUFFIX] + suffix


def prepare(served: ResourceType, thing: JsonObject, uid: str, chance: Random) -> None:
    """Set what a new object gets from the server."""
    if served.has_status and served.group_resource not in _KEEP_STATUS:
        thing.pop("status", None)
    if served.group_resource in _EMPTY:
        thing["status"] = dict(_EMPTY[served.group_resource])
    if counted(served):
        thing["metadata"]["generation"] = 1
    _canonical(thing)
    found = _PREPARE.get(served.group_resource)
    if found is not None:
        found(thing, uid, chance)


_KEEP_STATUS = frozenset({"nodes"})
_EMPTY: dict[str, JsonObject] = {
    "customresourcedefinitions.apiextensions.k8s.io": {
        "conditions": None,
        "acceptedNames": {"plural": "", "kind": ""},
    },
    openshift.DEPLOYMENT_CONFIGS: openshift.NEW_STATUS,
    "daemonsets.apps": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "replicasets.apps": {"replicas": 0},
    "replicationcontrollers": {"replicas": 0},
    "statefulsets.apps": {"replicas": 0, "availableReplicas": 0},
}
"""The status of a new object, where its type's fields are always written."""


def _canonical(value: JsonObject) -> None:
    """Write quantities as the server writes them."""
    for name, each in value.items():
        if name in _QUANTITIES and isinstance(each, dict):
            _canonical_numbers(each)
        elif isinstance(each, dict):
            if name != "fieldsV1":  # There names stand for fields, and nothing for a value.
                _canonical(each)
        elif isinstance(each, list):
            for item in each:
                if isinstance(item, dict):
                    _canonical(item)


def _canonical_numbers(value: JsonObject) -> None:
    for name, each in value.items():
        if isinstance(each, (str, int, float)):
            try:
                value[name] = canonical(each)
            except ValueError:
                continue  # Validation says what is wrong with it.
        elif isinstance(each, dict):
            _canonical(each)


def _pod(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    thing["status"] = {"phase": "Pending", "qosClass": _quality(thing["spec"])}


def _quality(spec: JsonObject) -> str:
    """Return a Pod's quality of service.

    Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/helper/qos/qos.go
    """
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    found = [each.get("resources") or {} for each in containers]
    if not any(each.get("limits") or each.get("requests") for each in found):
        return "BestEffort"
    names = {"cpu", "memory"}
    if all(
        names <= (each.get("limits") or {}).keys()
        and all(each["limits"][n] == (each.get("requests") or {}).get(n) for n in names)
        for each in found
    ):
        return "Guaranteed"
    return "Burstable"


def _namespace(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    thing["spec"] = {"finalizers": ["kubernetes"]}
    thing["status"] = {"phase": "Active"}


def _job(thing: JsonObject, uid: str, chance: Random) -> None:
    del chance
    spec = thing["spec"]
    if spec.get("manualSelector"):
        return
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    name = thing["metadata"]["name"]
    labels |= {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    thing["metadata"].setdefault("labels", dict(labels))
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _service(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid
    spec = thing["spec"]
    thing["status"] = {"loadBalancer": {}}
    if spec["type"] == "ExternalName":
        return
    address = spec.get("clusterIP") or f"10.96.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    spec["clusterIP"], spec["clusterIPs"] = address, [address]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["type"] in {"NodePort", "LoadBalancer"}:
        for port in spec.get("ports") or ():
            port.setdefault("nodePort", chance.randrange(30000, 32768))


def _claim(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    thing["status"] = {"phase": "Pending"}
    _protect(thing, "kubernetes.io/pvc-protection")


def _volume(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    thing["status"] = {"phase": "Pending"}
    _protect(thing, "kubernetes.io/pv-protection")


def _protect(thing: JsonObject, finalizer: str) -> None:
    finalizers = thing["metadata"].get("finalizers") or []
    if finalizer not in finalizers:
        thing["metadata"]["finalizers"] = [*finalizers, finalizer]


def _secret(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    thing.pop("stringData", None)


def _daemonset(thing: JsonObject, uid: str, chance: Random) -> None:
    del uid, chance
    noted = thing["metadata"].get("annotations") or {}
    thing["metadata"]["annotations"] = {**noted, _TEMPLATE: "1"}


_TEMPLATE = "deprecated.daemonset.template.generation"
_PREPARE: dict[str, Callable[[JsonObject, str, Random], None]] = {
    "daemonsets.apps": _daemonset,
    openshift.DEPLOYMENT_CONFIGS: openshift.prepare,
    "jobs.batch": _job,
    "namespaces": _namespace,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "pods": _pod,
    "secrets": _secret,
    "services": _service,
}
_OWN = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
    "resourceVersion",
    "managedFields",
)
"""Metadata that is the server's alone."""
_KEPT_BY_STATUS = ("labels", "ownerReferences", "finalizers", "annotations")


def keep(served: ResourceType, before: JsonObject, after: JsonObject, subresource: str) -> None:
    """Put back into `after` what such a request may not change."""
    if subresource == "status":
        kept = [name for name in {*before, *after} if name not in {"status", "metadata"}]
    elif served.has_status:
        kept = ["status"]
    else:
        kept = []
    wanted = after.get("status")
    for name in kept:
        if name in before:
            after[name] = before[name]
        else:
            after.pop(name, None)
    metadata, was = after["metadata"], before["metadata"]
    own: tuple[str, ...] = _OWN
    if subresource == "status":
        own += _KEPT_BY_STATUS if served.custom else ("labels", "ownerReferences", "finalizers")
    for name in own:
        metadata.pop(name, None)
        if name in was:
            metadata[name] = was[name]
    _canonical(after if subresource != "status" else {"status": after.get("status")})
    if not subresource:
        _keep_of_type(served, before, after, wanted)


def _keep_of_type(
    served: ResourceType, before: JsonObject, after: JsonObject, wanted: Any
) -> None:  # fmt: skip
    """Put back what the type's own rules keep; `wanted` is the status that was sent."""
    if served.group_resource == "services":
        _keep_addresses(before, after)
    if served.group_resource == openshift.DEPLOYMENT_CONFIGS:
        openshift.keep(before, after, wanted)


def _keep_addresses(before: JsonObject, after: JsonObject) -> None:
    was, now = before["spec"], after["spec"]
    for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if name in was and not now.get(name):
            now[name] = was[name]


def count(served: ResourceType, before: JsonObject, after: JsonObject) -> None:
    """Give an object the next generation where what is desired of it changed."""
    moved = desired(served, before) != desired(served, after)
    if served.group_resource == openshift.DEPLOYMENT_CONFIGS:
        moved |= openshift.raised(before, after)
    if counted(served) and moved:
        after["metadata"]["generation"] = int(before["metadata"].get("generation", 0)) + 1
    noted = before["metadata"].get("annotations") or {}
    if served.group_resource == "daemonsets.apps" and _TEMPLATE in noted:
        moved = before["spec"].get("template") != after["spec"].get("template")
        number = str(int(noted[_TEMPLATE]) + moved)
        after["metadata"].setdefault("annotations", {})[_TEMPLATE] = number

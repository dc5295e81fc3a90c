"""Subresources that are more than a view of the object: scale, binding, eviction, finalize.

Sources: https://github.com/kubernetes/kubernetes/tree/master/pkg/registry/core/pod/storage and
https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/apps/deployment/storage/storage.go
"""

from typing import Any

from practicecluster.copying import copied
from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError, bad_request
from practicecluster.stored import JsonObject
from practicecluster.writing import deletion
from practicecluster.writing.admission import objects
from practicecluster.writing.answers import conflict, too_many_requests
from practicecluster.writing.openshift.rules import DEPLOYMENT_CONFIGS
from practicecluster.writing.problems import invalid, unprocessable
from practicecluster.writing.times import stamp
from practicecluster.writing.validation import selected
from practicecluster.writing.writer import Asked, Writer

SCALED = frozenset(
    {"deployments.apps", "replicasets.apps", "statefulsets.apps", "replicationcontrollers"}
)
_SCALE_TYPE = ResourceType("autoscaling", "v1", "scales", "Scale")
_EVICTED = "Eviction API: evicting"


def selector_text(selector: Any) -> str:
    """Return a label selector as a text, as Scale has it."""
    if not isinstance(selector, dict):
        return ""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        selector = {"matchLabels": selector}
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for each in selector.get("matchExpressions") or ():
        values = ",".join(each.get("values") or ())
        key, operator = each.get("key"), each.get("operator")
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": f"{key}",
                "DoesNotExist": f"!{key}",
            }.get(str(operator), "")
        )
    return ",".join(parts)


def _at(thing: Any, path: str) -> Any:
    for name in path.strip(".").split("."):
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing


def _put(thing: JsonObject, path: str, value: Any) -> None:
    *above, last = path.strip(".").split(".")
    for name in above:
        thing = thing.setdefault(name, {})
    thing[last] = value


def scale_of(served: ResourceType, thing: JsonObject) -> JsonObject:
    """Return the Scale of an object."""
    paths = served.scale or (".spec.replicas", ".status.replicas", "")
    metadata = thing["metadata"]
    shown = {
        name: metadata[name]
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if name in metadata
    }
    selector = _at(thing, paths[2]) if paths[2] else None
    text = selector if isinstance(selector, str) else ""
    if served.group_resource in SCALED:
        text = selector_text(thing["spec"].get("selector"))
    status: JsonObject = {"replicas": _at(thing, paths[1]) or 0}
    if text:
        status["selector"] = text
    scale: JsonObject = {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": shown,
        "spec": {"replicas": _at(thing, paths[0]) or 0},
        "status": status,
    }
    return scale | _scale_of_config(thing) if served.group_resource == DEPLOYMENT_CONFIGS else scale


def _scale_of_config(thing: JsonObject) -> JsonObject:
    """Return the Scale of a DeploymentConfig, which is of an older version.

    Source: https://github.com/openshift/openshift-apiserver,
    pkg/apps/apiserver/registry/deployconfig/etcd/etcd.go
    """
    selector = {
        **(thing["spec"].get("selector") or {}),
        "deploymentconfig": thing["metadata"]["name"],
    }
    text = selector_text({"matchLabels": selector})
    status = {"replicas": thing["status"]["replicas"], "selector": selector, "targetSelector": text}
    return {"apiVersion": "extensions/v1beta1", "status": status}


def rescale(writer: Writer, asked: Asked, scale: Any) -> JsonObject:
    """Give an object as many replicas as a Scale says, and return its Scale."""
    if not isinstance(scale, dict):
        raise bad_request("the body of the request is not a Scale")
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request("Scale: spec.replicas is not an integer")
    if replicas < 0:
        told = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise unprocessable(_SCALE_TYPE, asked.name, [told])
    before = writer.current(asked)
    metadata = scale.get("metadata") or {}
    version = metadata.get("resourceVersion")
    if version and version != before["metadata"]["resourceVersion"]:
        raise conflict(asked.served, asked.name)
    if asked.served.group_resource == DEPLOYMENT_CONFIGS:
        after = copied(before)
        after["spec"]["replicas"] = replicas
        after["metadata"]["generation"] += int(after["spec"] != before["spec"])
        if after != before:
            store(writer, asked, after)
        return scale_of(asked.served, after if asked.dry_run else writer.current(asked))
    path = (asked.served.scale or (".spec.replicas",))[0]

    def change(thing: JsonObject) -> JsonObject:
        _put(thing, path, replicas)
        return thing

    return scale_of(asked.served, writer.patch(asked, change))


def bind(writer: Writer, asked: Asked, binding: Any) -> None:
    """Put a Pod on a node; raises ApiError 409 where it is on one already, or leaving."""
    target = binding.get("target") if isinstance(binding, dict) else None
    node = (target or {}).get("name")
    if not node:
        raise bad_request("the binding names no node")
    pod = writer.current(asked)
    if pod["metadata"].get("deletionTimestamp"):
        why = f"pod {asked.name} is being deleted, cannot be assigned to a host"
        raise conflict(asked.served, asked.name, why)
    if pod["spec"].get("nodeName"):
        why = f'pod {asked.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        raise conflict(asked.served, asked.name, why)
    pod["spec"]["nodeName"] = node
    told = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": stamp(writer.now()),
    }
    others = [each for each in pod["status"].get("conditions", ()) if each["type"] != told["type"]]
    pod["status"]["conditions"] = [*others, told]
    store(writer, asked, pod)


def store(writer: Writer, asked: Asked, thing: JsonObject) -> None:
    """Write an object of which managedFields tell nothing new."""
    if not asked.dry_run:
        writer.store.put(asked.served, thing)


def evict(writer: Writer, asked: Asked, eviction: Any) -> None:
    """Delete a Pod where its budgets allow; raises ApiError 429 where they don't.

    Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go
    """
    pod = writer.current(asked)
    body = (eviction or {}).get("deleteOptions") or {} if isinstance(eviction, dict) else {}
    options = deletion.parse_options(body, {})
    running = (pod.get("status") or {}).get("phase") not in {"Succeeded", "Failed", "Pending"}
    if running and not pod["metadata"].get("deletionTimestamp"):
        _spend(writer, asked, pod)
        marked = copied(pod)
        conditions = marked["status"].setdefault("conditions", [])
        told = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "EvictionByEvictionAPI",
            "message": _EVICTED,
            "lastProbeTime": None,
            "lastTransitionTime": stamp(writer.now()),
        }
        conditions[:] = [*(c for c in conditions if c["type"] != told["type"]), told]
        store(writer, asked, marked)
    writer.delete(asked, options)


def _spend(writer: Writer, asked: Asked, pod: JsonObject) -> None:
    """Take a disruption from the budgets that cover a Pod."""
    labels = pod["metadata"].get("labels") or {}
    budgets = [
        each
        for each in objects(writer.store, "poddisruptionbudgets.policy", asked.namespace)
        if each["spec"].get("selector") is not None and selected(each["spec"]["selector"], labels)
    ]
    if len(budgets) > 1:
        raise ApiError(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.",
        )
    for budget in budgets:
        status = budget.get("status") or {}
        name = budget["metadata"]["name"]
        if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
            text = f"The disruption budget {name} is still being processed by the server."
            raise too_many_requests(_CANNOT, [{"reason": "DisruptionBudget", "message": text}])
        allowed = status.get("disruptionsAllowed", 0)
        if allowed < 1:
            needs, has = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
            text = (
                f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
            )
            raise too_many_requests(_CANNOT, [{"reason": "DisruptionBudget", "message": text}])
        _count(writer, budget, asked.name, asked.dry_run)


_CANNOT = "Cannot evict pod as it would violate the pod's disruption budget."


def _count(writer: Writer, budget: JsonObject, pod: str, dry_run: bool) -> None:
    served = writer.store.types.find("policy/v1/poddisruptionbudgets")
    assert served is not None  # noqa: S101 - It is built in.
    metadata = budget["metadata"]
    asked = Asked(
        served,
        metadata["namespace"],
        metadata["name"],
        "status",
        manager="kube-apiserver",
        dry_run=dry_run,
    )

    def change(thing: JsonObject) -> JsonObject:
        status = thing.setdefault("status", {})
        status["disruptionsAllowed"] = status.get("disruptionsAllowed", 0) - 1
        status.setdefault("disruptedPods", {})[pod] = stamp(writer.now())
        return thing

    writer.patch(asked, change)


def finalize(writer: Writer, asked: Asked, body: Any) -> JsonObject:
    """Set a namespace's own finalizers; without any left it is gone once its objects are."""
    before = writer.current(asked)
    finalizers = ((body.get("spec") or {}) if isinstance(body, dict) else {}).get(
        "finalizers"
    ) or []
    after = copied(before)
    after["spec"] = {**(after.get("spec") or {}), "finalizers": list(finalizers)}
    leaving = "deletionTimestamp" in after["metadata"]
    if leaving and not finalizers and not after["metadata"].get("finalizers"):
        writer.remove(asked, after)
        return after
    store(writer, asked, after)
    return after

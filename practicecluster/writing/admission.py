"""What the built-in admission plugins of a real server do to a request, in their order.

NamespaceLifecycle, LimitRanger, ServiceAccount, Priority, DefaultTolerationSeconds and
DefaultStorageClass are here; ResourceQuota is in `quota`, since it charges what it lets in.
https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.stored import JsonObject, key_of
from practicecluster.writing.answers import denied, no_namespace, terminating
from practicecluster.writing.quantities import amount
from practicecluster.writing.strategies import name_from

_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS = 300
_TOKEN_SECONDS = 3607
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - A directory.
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
_KEPT_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})


def objects(store: Store, storage: str, namespace: str | None = None) -> Iterator[JsonObject]:
    """Yield what is stored of a type, in a namespace or everywhere."""
    for stored in list(store.cache(storage).objects.values()):
        if namespace is None or stored.namespace == namespace:
            yield stored.content()


def found(store: Store, storage: str, namespace: str | None, name: str) -> JsonObject | None:
    """Return one object, None where it is not there."""
    stored = store.cache(storage).objects.get(key_of(namespace, name))
    return stored.content() if stored is not None else None


def check_namespace(store: Store, served: ResourceType, namespace: str, name: str) -> None:
    """Raise ApiError where nothing can be created in that namespace."""
    there = found(store, "namespaces", None, namespace)
    if there is None:
        raise no_namespace(namespace)
    if "deletionTimestamp" in there["metadata"]:
        raise terminating(served, name, namespace)


def check_deletion(served: ResourceType, name: str) -> None:
    """Raise ApiError 403 for a namespace that no cluster does without."""
    if served.group_resource == "namespaces" and name in _KEPT_NAMESPACES:
        raise denied(served, name, "this namespace may not be deleted")


def admit(
    store: Store, served: ResourceType, namespace: str | None, thing: JsonObject, chance: Random
) -> None:
    """Change a new object as the mutating plugins do; raises ApiError 403 for what they refuse."""
    if served.group_resource == "persistentvolumeclaims":
        _storage_class(store, thing)
    if served.group_resource == "pods" and namespace is not None:
        _limits(store, served, namespace, thing)
        _account(thing, chance)
        _tolerations(thing["spec"])
        _priority(store, served, thing)


def _storage_class(store: Store, claim: JsonObject) -> None:
    spec = claim["spec"]
    if spec.get("storageClassName") is not None or spec.get("volumeName"):
        return
    classes = [
        each
        for each in objects(store, "storageclasses.storage.k8s.io")
        if (each["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    ]
    if classes:
        newest = max(classes, key=lambda each: each["metadata"]["creationTimestamp"])
        spec["storageClassName"] = newest["metadata"]["name"]


def _containers(spec: JsonObject) -> list[JsonObject]:
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]


def _limits(store: Store, served: ResourceType, namespace: str, pod: JsonObject) -> None:
    """Give containers the defaults of LimitRanges, and hold them against their bounds."""
    faults: list[str] = []
    for limit_range in objects(store, "limitranges", namespace):
        for limit in limit_range.get("spec", {}).get("limits") or ():
            if limit.get("type") != "Container":
                continue
            for container in _containers(pod["spec"]):
                _default(container, limit)
                faults += _beyond(container.get("resources") or {}, limit)
    if faults:
        said = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
        raise denied(served, pod["metadata"]["name"], said)


def _default(container: JsonObject, limit: JsonObject) -> None:
    resources = container.setdefault("resources", {})
    given = bool(resources.get("limits"))
    limits = {**(limit.get("default") or {}), **(resources.get("limits") or {})}
    requests = {**(limit.get("defaultRequest") or {}), **(resources.get("requests") or {})}
    if given:  # A limit that was asked for is the request too, before any default.
        requests |= {
            name: value
            for name, value in resources["limits"].items()
            if name not in (resources.get("requests") or {})
        }
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests


def _beyond(resources: JsonObject, limit: JsonObject) -> Iterator[str]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, most in (limit.get("max") or {}).items():
        has = limits.get(name)
        if has is None:
            yield f"maximum {name} usage per Container is {most}.  No limit is specified"
        elif amount(has) > amount(most):
            yield f"maximum {name} usage per Container is {most}, but limit is {has}"
    for name, least in (limit.get("min") or {}).items():
        has = requests.get(name)
        if has is None:
            yield f"minimum {name} usage per Container is {least}.  No request is specified"
        elif amount(has) < amount(least):
            yield f"minimum {name} usage per Container is {least}, but request is {has}"


def _account(pod: JsonObject, chance: Random) -> None:
    """Let a Pod run as its namespace's default account, with a token for the API.

    Source: https://github.com/kubernetes/kubernetes/blob/master/plugin/pkg/admission/serviceaccount/admission.go
    """
    spec = pod["spec"]
    account = spec.get("serviceAccountName") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    if spec.get("automountServiceAccountToken") is False:
        return
    mounted = [
        mount.get("mountPath")
        for container in _containers(spec)
        for mount in container.get("volumeMounts") or ()
    ]
    if _TOKEN_PATH in mounted:
        return
    name = name_from("kube-api-access-", chance)
    spec["volumes"] = [*(spec.get("volumes") or ()), {"name": name, "projected": _token()}]
    for container in _containers(spec):
        mount = {"name": name, "readOnly": True, "mountPath": _TOKEN_PATH}
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]


def _token() -> JsonObject:
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": _TOKEN_SECONDS, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
        ],
        "defaultMode": 0o644,
    }


def _tolerations(spec: JsonObject) -> None:
    has: list[Any] = list(spec.get("tolerations") or ())
    for key in _TOLERATED:
        if not any(
            each.get("key") in {key, None, ""} and each.get("effect") in {"NoExecute", None, ""}
            for each in has
        ):
            has.append(
                {
                    "key": key,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": _TOLERATED_SECONDS,
                }
            )
    spec["tolerations"] = has


def _priority(store: Store, served: ResourceType, pod: JsonObject) -> None:
    spec = pod["spec"]
    name = spec.get("priorityClassName")
    value, preempts = 0, "PreemptLowerPriority"
    if name in _SYSTEM_PRIORITIES:
        value = _SYSTEM_PRIORITIES[name]
    elif name:
        known = found(store, "priorityclasses.scheduling.k8s.io", None, name)
        if known is None:
            raise denied(
                served, pod["metadata"]["name"], f"no PriorityClass with name {name} was found"
            )
        value, preempts = int(known.get("value", 0)), known.get("preemptionPolicy", preempts)
    else:
        for each in objects(store, "priorityclasses.scheduling.k8s.io"):
            if each.get("globalDefault"):
                spec["priorityClassName"] = each["metadata"]["name"]
                value, preempts = int(each.get("value", 0)), each.get("preemptionPolicy", preempts)
    spec["priority"] = value
    spec.setdefault("preemptionPolicy", preempts)

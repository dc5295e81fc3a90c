"""The plugin ResourceQuota: what a new object would use, and whether the namespace may.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/resourcequota/controller.go
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.stored import JsonObject
from practicecluster.writing.admission import objects
from practicecluster.writing.answers import denied
from practicecluster.writing.quantities import amount, canonical, total

_COUNTED = {
    "configmaps": "configmaps",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "replicationcontrollers": "replicationcontrollers",
    "resourcequotas": "resourcequotas",
    "secrets": "secrets",
    "services": "services",
}
_COMPUTE = {"cpu", "memory", "ephemeral-storage"}


class Charge(NamedTuple):
    """A quota with what it has used once the request is through."""

    quota: JsonObject
    used: dict[str, str]


def usage(name: str, thing: JsonObject) -> dict[str, str]:
    """Return what an object of a type such as `pods` counts for, by quotas' names for it."""
    found = {f"count/{name}": "1"}
    if name in _COUNTED:
        found[_COUNTED[name]] = "1"
    kind = _USES.get(name)
    return found | kind(thing["spec"]) if kind is not None else found


def _pod(spec: JsonObject) -> dict[str, str]:
    found = {"pods": "1"}
    for kind, sums in pod_sums(spec).items():
        for resource, value in sums.items():
            found[f"{kind}.{resource}"] = value
            if kind == "requests" and resource in _COMPUTE:
                found[resource] = value
    return found


def _claim(spec: JsonObject) -> dict[str, str]:
    asked = (spec.get("resources") or {}).get("requests") or {}
    return {"requests.storage": canonical(asked["storage"])} if "storage" in asked else {}


def _service(spec: JsonObject) -> dict[str, str]:
    found = {}
    if spec.get("type") in {"NodePort", "LoadBalancer"}:
        found["services.nodeports"] = str(len(spec.get("ports") or ()))
    if spec.get("type") == "LoadBalancer":
        found["services.loadbalancers"] = "1"
    return found


_USES: dict[str, Callable[[JsonObject], dict[str, str]]] = {
    "persistentvolumeclaims": _claim,
    "pods": _pod,
    "services": _service,
}


def pod_sums(spec: JsonObject) -> dict[str, dict[str, str]]:
    """Return a Pod's requests and limits: of all containers, or of the largest init container."""
    found: dict[str, dict[str, str]] = {}
    for kind in ("requests", "limits"):
        sums: dict[str, str] = {}
        for container in spec.get("containers") or ():
            for name, value in ((container.get("resources") or {}).get(kind) or {}).items():
                sums[name] = total([sums.get(name, "0"), value])
        for container in spec.get("initContainers") or ():
            for name, value in ((container.get("resources") or {}).get(kind) or {}).items():
                if amount(value) > amount(sums.get(name, "0")):
                    sums[name] = canonical(value)
        found[kind] = sums
    return found


def counts(thing: JsonObject) -> bool:
    """Return whether an object still uses what it counts for: a Pod until it has ended."""
    return (thing.get("status") or {}).get("phase") not in {"Failed", "Succeeded"}


def _missing(quota: JsonObject, spec: JsonObject) -> Iterator[str]:
    """Yield which resources containers must give for a quota that limits them."""
    hard = quota.get("spec", {}).get("hard") or {}
    for name in sorted(hard):
        kind, _, resource = name.partition(".") if "." in name else ("requests", "", name)
        if kind not in {"requests", "limits"} or resource not in _COMPUTE:
            continue
        lacking = [
            each["name"]
            for each in spec.get("containers") or ()
            if resource not in ((each.get("resources") or {}).get(kind) or {})
        ]
        if lacking:
            yield f"{name} for: {','.join(lacking)}"


def charges(store: Store, served: ResourceType, namespace: str, thing: JsonObject) -> list[Charge]:
    """Return what each quota of the namespace will have used; raises ApiError 403 beyond it."""
    uses = usage(served.group_resource, thing)
    found = []
    for quota in objects(store, "resourcequotas", namespace):
        hard = (quota.get("status") or {}).get("hard") or {}
        if quota["spec"].get("scopes") or quota["spec"].get("scopeSelector"):
            continue
        touched = {name: value for name, value in uses.items() if name in hard}
        name = quota["metadata"]["name"]
        if served.group_resource == "pods":
            missing = list(_missing(quota, thing["spec"]))
            if missing:
                why = f"failed quota: {name}: must specify {'; '.join(missing)}"
                raise denied(served, thing["metadata"]["name"], why)
        if not touched:
            continue
        used = {**((quota.get("status") or {}).get("used") or {})}
        _check_room(served, thing, quota, touched)
        used |= {each: total([used.get(each, "0"), value]) for each, value in touched.items()}
        found.append(Charge(quota, used))
    return found


def _check_room(
    served: ResourceType, thing: JsonObject, quota: JsonObject, touched: dict[str, str]
) -> None:
    """Raise ApiError 403 where a quota would be exceeded."""
    hard, used = quota["status"]["hard"], quota["status"].get("used") or {}
    beyond = sorted(
        each
        for each, value in touched.items()
        if amount(value) > 0 and amount(used.get(each, "0")) + amount(value) > amount(hard[each])
    )
    if beyond:
        asked = ",".join(f"{each}={touched[each]}" for each in beyond)
        has = ",".join(f"{each}={used.get(each, '0')}" for each in beyond)
        most = ",".join(f"{each}={hard[each]}" for each in beyond)
        name = quota["metadata"]["name"]
        why = f"exceeded quota: {name}, requested: {asked}, used: {has}, limited: {most}"
        raise denied(served, thing["metadata"]["name"], why)

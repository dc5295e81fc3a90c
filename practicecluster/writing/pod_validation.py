"""What a Pod's spec must have, in a Pod and in a template, and what of a Pod may change.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
"""

from collections.abc import Iterator, Sequence
from typing import Any

from practicecluster.copying import copied
from practicecluster.stored import JsonObject
from practicecluster.writing.names import label_faults, labels_faults
from practicecluster.writing.problems import (
    Wrong,
    duplicate,
    forbidden_field,
    invalid,
    required,
    unsupported,
)
from practicecluster.writing.quantities import QuantityError, amount

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_PULLS = ("Always", "IfNotPresent", "Never")
_PORTS = 65536
_ANY_RESTART = ("Always", "OnFailure", "Never")
_CHANGES_SAY = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def pod_faults(thing: JsonObject) -> Iterator[Wrong]:
    """Yield what a Pod has wrong."""
    yield from _spec(thing.get("spec") or {}, "spec", _ANY_RESTART)


def template_faults(
    template: JsonObject, *, restart: Sequence[str], at: str = "spec.template", whole: bool = True
) -> Iterator[Wrong]:
    """Yield what a workload's template has wrong; `restart` are the policies it may have.

    Where it is not looked at as a `whole`, only labels and policy count.
    """
    labels = (template.get("metadata") or {}).get("labels") or {}
    yield from labels_faults(f"{at}.labels", labels)
    spec = template.get("spec") or {}
    if whole:
        yield from _spec(spec, f"{at}.spec", restart)
    else:
        yield from _restarts(spec, f"{at}.spec", restart)


def _spec(spec: JsonObject, at: str, restart: Sequence[str]) -> Iterator[Wrong]:
    if not spec.get("containers"):
        yield required(f"{at}.containers")
    yield from _restarts(spec, at, restart)
    volumes = {each.get("name") for each in spec.get("volumes") or ()}
    for i, volume in enumerate(spec.get("volumes") or ()):
        yield from label_faults(f"{at}.volumes[{i}].name", str(volume.get("name") or ""))
    seen: set[Any] = set()
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(kind) or ()):
            place = f"{at}.{kind}[{i}]"
            name = container.get("name")
            if name in seen:
                yield duplicate(f"{place}.name", name)
            seen.add(name)
            yield from _container(container, place, volumes)


def _restarts(spec: JsonObject, at: str, restart: Sequence[str]) -> Iterator[Wrong]:
    policy = spec.get("restartPolicy")
    if policy not in restart:
        yield unsupported(f"{at}.restartPolicy", policy, list(restart))


def _container(container: JsonObject, at: str, volumes: set[Any]) -> Iterator[Wrong]:
    yield from label_faults(f"{at}.name", str(container.get("name") or ""))
    image = container.get("image")
    if not image:
        yield required(f"{at}.image")
    elif image != image.strip():
        yield invalid(f"{at}.image", image, "must not have leading or trailing whitespace")
    pull = container.get("imagePullPolicy")
    if image and pull not in _PULLS:
        yield unsupported(f"{at}.imagePullPolicy", pull, list(_PULLS))
    yield from _places(container, at, volumes)
    for name in _PROBES:
        probe = container.get(name)
        if isinstance(probe, dict) and not any(handler in probe for handler in _HANDLERS):
            yield required(f"{at}.{name}", "must specify a handler type")
    yield from _resources(container.get("resources") or {}, f"{at}.resources")


def _places(container: JsonObject, at: str, volumes: set[Any]) -> Iterator[Wrong]:
    """Yield what the items of a container's lists have wrong."""
    for i, port in enumerate(container.get("ports") or ()):
        number = port.get("containerPort")
        if not (isinstance(number, int) and 0 < number < _PORTS):
            where = f"{at}.ports[{i}].containerPort"
            yield invalid(where, number, "must be between 1 and 65535, inclusive")
    for i, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("name") not in volumes:
            yield Wrong("FieldValueNotFound", f"{at}.volumeMounts[{i}].name", mount.get("name"))
    for i, variable in enumerate(container.get("env") or ()):
        if variable.get("value") and variable.get("valueFrom"):
            where = f"{at}.env[{i}].valueFrom"
            yield invalid(where, "", "may not be specified when `value` is not empty")


def _resources(resources: JsonObject, at: str) -> Iterator[Wrong]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    wrong = False
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, value in amounts.items():
            try:
                if amount(value) < 0:
                    yield invalid(
                        f"{at}.{kind}[{name}]", value, "must be greater than or equal to 0"
                    )
            except QuantityError as error:
                wrong = True
                yield invalid(f"{at}.{kind}[{name}]", value, str(error))
    for name, value in requests.items():
        if not wrong and name in limits and amount(value) > amount(limits[name]):
            detail = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid(f"{at}.requests", value, detail)


def pod_changes(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    """Yield that more of a Pod changed than may."""
    was, now = _fixed(before["spec"]), _fixed(after["spec"])
    if len(before["spec"].get("containers", ())) != len(after["spec"].get("containers", ())):
        yield forbidden_field("spec.containers", "pod updates may not add or remove containers")
        return
    kept = before["spec"].get("tolerations") or []
    if any(each not in (after["spec"].get("tolerations") or []) for each in kept):
        yield forbidden_field(
            "spec.tolerations",
            "existing toleration can not be modified except its tolerationSeconds",
        )
    if was != now:
        yield forbidden_field("spec", _CHANGES_SAY)


def _fixed(spec: JsonObject) -> JsonObject:
    """Return a Pod's spec without what may change."""
    found = copied(spec)
    for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"):
        found.pop(name, None)
    found.pop("schedulingGates", None)
    for kind in ("initContainers", "containers"):
        for container in found.get(kind) or ():
            container.pop("image", None)
    return found

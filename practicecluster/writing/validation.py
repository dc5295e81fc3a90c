"""What the built-in types ask of their objects, and which of their fields may never change.

Sources: https://github.com/kubernetes/kubernetes/tree/master/pkg/apis, the files
`validation/validation.go` of `core`, `apps`, `batch` and `autoscaling`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from practicecluster.stored import JsonObject
from practicecluster.writing.names import annotations_faults, labels_faults, name_faults
from practicecluster.writing.openshift import rules as openshift
from practicecluster.writing.pod_validation import pod_changes, pod_faults, template_faults
from practicecluster.writing.problems import (
    Wrong,
    forbidden_field,
    invalid,
    required,
    unsupported,
)
from practicecluster.writing.quantities import QuantityError, amount

Rule = Callable[[JsonObject], Iterator[Wrong]]
Change = Callable[[JsonObject, JsonObject], Iterator[Wrong]]
_NEGATIVE = "must be greater than or equal to 0"
_IMMUTABLE = "field is immutable"


def faults(group_resource: str, thing: JsonObject) -> Iterator[Wrong]:
    """Yield what an object has wrong, its metadata first."""
    metadata = thing["metadata"]
    yield from name_faults(group_resource, metadata)
    yield from labels_faults("metadata.labels", metadata.get("labels") or {})
    yield from annotations_faults("metadata.annotations", metadata.get("annotations") or {})
    rule = _RULES.get(group_resource)
    if rule is not None:
        yield from rule(thing)


def change_faults(group_resource: str, before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    """Yield which changes of an object its type does not allow."""
    rule = _CHANGES.get(group_resource)
    if rule is not None:
        yield from rule(before, after)


def _negative(spec: JsonObject, *names: str) -> Iterator[Wrong]:
    for name in names:
        value = spec.get(name)
        if isinstance(value, int) and value < 0:
            yield invalid(f"spec.{name}", value, _NEGATIVE)


def selected(selector: JsonObject | None, labels: JsonObject) -> bool:
    """Return whether a label selector fits labels; one that selects nothing fits all."""
    selector = selector or {}
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions") or ():
        key, values = each.get("key"), each.get("values") or []
        fits = {
            "In": key in labels and labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }.get(each.get("operator", ""), False)
        if not fits:
            return False
    return True


def _workload(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    yield from _negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    selector = spec.get("selector") or {}
    if not selector:
        yield required("spec.selector")
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield invalid("spec.selector", selector, "empty selector is invalid for deployment")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if selector and not selected(selector, labels):
        yield invalid(
            "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"
        )
    # Of a StatefulSet's template the server checks no more: its claims give volumes of their own,
    # and what is wrong with a Pod is said when one is to be created. So has it the function
    # ValidatePodTemplateSpecForStatefulSet of pkg/apis/apps/validation/validation.go.
    whole = thing["kind"] != "StatefulSet"
    yield from template_faults(template, restart=("Always",), whole=whole)


def _deployment(thing: JsonObject) -> Iterator[Wrong]:
    yield from _workload(thing)
    spec = thing["spec"]
    strategy = spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling:
        yield forbidden_field(
            "spec.strategy.rollingUpdate",
            "may not be specified when strategy `type` is 'Recreate'",
        )
    elif strategy.get("type") not in {"Recreate", "RollingUpdate"}:
        yield unsupported("spec.strategy", strategy.get("type"), ["Recreate", "RollingUpdate"])
    elif rolling and _zero(rolling.get("maxUnavailable")) and _zero(rolling.get("maxSurge")):
        yield invalid(
            "spec.strategy.rollingUpdate.maxUnavailable",
            rolling.get("maxUnavailable"),
            "may not be 0 when `maxSurge` is 0",
        )
    deadline, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds", 0)
    if isinstance(deadline, int) and deadline <= ready:
        yield invalid(
            "spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"
        )


def _zero(value: Any) -> bool:
    return value in (0, "0%", None)


def _replication_controller(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    yield from _negative(spec, "replicas", "minReadySeconds")
    if not spec.get("selector"):
        yield required("spec.selector")
    yield from template_faults(spec.get("template") or {}, restart=("Always",))


def _job(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    yield from _negative(
        spec, "parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished"
    )
    yield from template_faults(spec.get("template") or {}, restart=("OnFailure", "Never"))
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        yield required("spec.completions", "when completion mode is Indexed")


def _cronjob(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    schedule = str(spec.get("schedule") or "")
    if not schedule:
        yield required("spec.schedule")
    elif not schedule.startswith("@") and len(schedule.split()) != 5:
        count = len(schedule.split())
        yield invalid(
            "spec.schedule",
            schedule,
            f"expected exactly 5 fields, found {count}: {schedule.split()}",
        )
    kinds = ["Allow", "Forbid", "Replace"]
    if spec.get("concurrencyPolicy") not in kinds:
        yield unsupported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), kinds)
    template = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    yield from template_faults(
        template, restart=("OnFailure", "Never"), at="spec.jobTemplate.spec.template"
    )


def _service(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    if (
        not spec.get("ports")
        and spec.get("type") != "ExternalName"
        and spec.get("clusterIP") != "None"
    ):
        yield required("spec.ports")
    many = len(spec.get("ports") or ()) > 1
    for i, port in enumerate(spec.get("ports") or ()):
        number = port.get("port")
        if not (isinstance(number, int) and 0 < number < 65536):
            yield invalid(f"spec.ports[{i}].port", number, "must be between 1 and 65535, inclusive")
        if many and not port.get("name"):
            yield required(f"spec.ports[{i}].name")


def _autoscaler(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    least, most = spec.get("minReplicas"), spec.get("maxReplicas")
    if isinstance(least, int) and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if not isinstance(most, int) or most < 1:
        yield invalid("spec.maxReplicas", most or 0, "must be greater than 0")
    elif isinstance(least, int) and most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")


def _budget(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")


def _quota(thing: JsonObject) -> Iterator[Wrong]:
    for name, value in ((thing.get("spec") or {}).get("hard") or {}).items():
        try:
            if amount(value) < 0:
                yield invalid(f"spec.hard[{name}]", value, _NEGATIVE)
        except QuantityError as error:
            yield invalid(f"spec.hard[{name}]", value, str(error))


def _claim(thing: JsonObject) -> Iterator[Wrong]:
    spec = thing["spec"]
    if not spec.get("accessModes"):
        yield required("spec.accessModes", "at least 1 access mode is required")
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        yield required("spec.resources[storage]")


def _same(*names: str) -> Change:
    """Return a rule that these fields of the spec never change."""

    def rule(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
        for name in names:
            was, now = (thing.get("spec", {}).get(name) for thing in (before, after))
            if was != now:
                yield invalid(f"spec.{name}", now, _IMMUTABLE)

    return rule


_STATEFULSET_MAY_CHANGE = frozenset(
    {
        "minReadySeconds",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
        "replicas",
        "revisionHistoryLimit",
        "template",
        "updateStrategy",
    }
)


def _statefulset_changes(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    was, now = (
        {k: v for k, v in thing["spec"].items() if k not in _STATEFULSET_MAY_CHANGE}
        for thing in (before, after)
    )
    if was != now:
        yield forbidden_field(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
            "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
            "'minReadySeconds' are forbidden",
        )


def _job_changes(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    yield from _same("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex")(
        before, after
    )
    waits = before["spec"].get("suspend") and not (before.get("status") or {}).get("startTime")
    if not waits and before["spec"].get("template") != after["spec"].get("template"):
        yield invalid("spec.template", after["spec"].get("template"), _IMMUTABLE)
    if before["spec"].get("completionMode") != "Indexed":
        yield from _same("completions")(before, after)


def _service_changes(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    was, now = before["spec"].get("clusterIP"), after["spec"].get("clusterIP")
    kinds = {before["spec"].get("type"), after["spec"].get("type")}
    if was and was != now and "ExternalName" not in kinds:
        yield invalid("spec.clusterIPs[0]", [now], "may not change once set")


def _fixed_data(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    if before.get("immutable") and any(
        before.get(name) != after.get(name) for name in ("data", "binaryData", "immutable")
    ):
        yield forbidden_field("data", "field is immutable when `immutable` is set")


def _fixed_type(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    if before.get("type") != after.get("type"):
        yield invalid("type", after.get("type"), _IMMUTABLE)
    yield from _fixed_data(before, after)


def _fixed_role(before: JsonObject, after: JsonObject) -> Iterator[Wrong]:
    if before.get("roleRef") != after.get("roleRef"):
        yield invalid("roleRef", after.get("roleRef"), "cannot change roleRef")


_RULES: dict[str, Rule] = {
    "cronjobs.batch": _cronjob,
    "daemonsets.apps": _workload,
    "deployments.apps": _deployment,
    openshift.DEPLOYMENT_CONFIGS: openshift.faults,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "jobs.batch": _job,
    "persistentvolumeclaims": _claim,
    "poddisruptionbudgets.policy": _budget,
    "pods": pod_faults,
    "replicasets.apps": _workload,
    "replicationcontrollers": _replication_controller,
    "resourcequotas": _quota,
    "services": _service,
    "statefulsets.apps": _workload,
}
_CHANGES: dict[str, Change] = {
    "clusterrolebindings.rbac.authorization.k8s.io": _fixed_role,
    "configmaps": _fixed_data,
    "daemonsets.apps": _same("selector"),
    "deployments.apps": _same("selector"),
    "jobs.batch": _job_changes,
    "persistentvolumeclaims": _same("accessModes", "storageClassName"),
    "pods": pod_changes,
    "replicasets.apps": _same("selector"),
    "rolebindings.rbac.authorization.k8s.io": _fixed_role,
    "secrets": _fixed_type,
    "services": _service_changes,
    "statefulsets.apps": _statefulset_changes,
}

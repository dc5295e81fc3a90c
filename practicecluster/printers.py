"""The columns of the built-in types that people look at, as kube-apiserver prints them.

After https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

from typing import Any

from practicecluster.durations import age
from practicecluster.other_printers import OTHER_PRINTERS
from practicecluster.pod_printer import POD_PRINTER
from practicecluster.printing import Column, JsonObject, Printer

_NAME = Column("Name", format="name")
_AGE = Column("Age")
_TEMPLATE_COLUMNS = (
    Column("Containers", priority=1),
    Column("Images", priority=1),
    Column("Selector", priority=1),
)
_ROLE_LABEL = "node-role.kubernetes.io/"


def _age(content: JsonObject, now: float) -> str:
    return age(content["metadata"].get("creationTimestamp"), now)


def _template_cells(spec: JsonObject) -> list[str]:
    containers = spec["template"]["spec"].get("containers") or []
    return [
        ",".join(container["name"] for container in containers),
        ",".join(container.get("image", "") for container in containers),
        _selector(spec.get("selector") or {}),
    ]


def _selector(selector: JsonObject) -> str:
    terms = [f"{key}={text}" for key, text in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        values = ",".join(sorted(expression.get("values") or []))
        term = {"Exists": "{0}", "DoesNotExist": "!{0}", "In": "{0} in ({1})"}
        form = term.get(expression["operator"], "{0} notin ({1})")
        terms.append(form.format(expression["key"], values))
    return ",".join(terms) or "<none>"


def _deployment(content: JsonObject, now: float) -> list[Any]:
    spec, status = content["spec"], content.get("status") or {}
    return [
        content["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _age(content, now),
        *_template_cells(spec),
    ]


def _replicaset(content: JsonObject, now: float) -> list[Any]:
    spec, status = content["spec"], content.get("status") or {}
    return [
        content["metadata"]["name"],
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _age(content, now),
        *_template_cells(spec),
    ]


def _deployment_config(content: JsonObject, now: float) -> list[Any]:
    """Return the cells of an OpenShift DeploymentConfig, whose age is not shown.

    Source: https://github.com/openshift/openshift-apiserver, pkg/apps/printers/internalversion
    """
    del now
    spec, status, seen = content["spec"], content.get("status") or {}, set()
    for trigger in spec.get("triggers") or ():
        params = trigger.get("imageChangeParams") or {}
        if trigger["type"] == "ConfigChange":
            seen.add("config")
        elif params.get("automatic"):
            seen.add(f"image({params['from']['name']})")
    return [
        content["metadata"]["name"],
        status.get("latestVersion", 0),
        f"{spec['replicas']}{' (during test)' if spec.get('test') else ''}",
        status.get("updatedReplicas", 0),
        ",".join(sorted(seen)),
    ]


def _controller(content: JsonObject, now: float) -> list[Any]:
    selector = {"matchLabels": content["spec"].get("selector") or {}}
    return _replicaset({**content, "spec": {**content["spec"], "selector": selector}}, now)


def _event(content: JsonObject, now: float) -> list[Any]:
    subject = content.get("involvedObject") or {}
    source = content.get("source") or {}
    series = content.get("series") or {}
    first = content.get("firstTimestamp") or content.get("eventTime")
    last = series.get("lastObservedTime") or content.get("lastTimestamp") or first
    component = source.get("component") or content.get("reportingComponent")
    instance = source.get("host") or content.get("reportingInstance")
    return [
        age(last, now),
        content.get("type", ""),
        content.get("reason", ""),
        f"{subject.get('kind', '').lower()}/{subject.get('name', '')}",
        subject.get("fieldPath", ""),
        ", ".join(part for part in (component, instance) if part),
        content.get("message", "").strip(),
        age(first, now),
        series.get("count") or content.get("count") or 1,
        content["metadata"]["name"],
    ]


def _node_status(content: JsonObject) -> str:
    conditions = content["status"].get("conditions") or []
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), "Unknown")
    words = [{"True": "Ready", "False": "NotReady"}.get(ready, "NotReady")]
    if not any(one["type"] == "Ready" for one in conditions):
        words = ["Unknown"]
    if content["spec"].get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _node(content: JsonObject, now: float) -> list[Any]:
    metadata, facts = content["metadata"], content["status"].get("nodeInfo") or {}
    labels = metadata.get("labels") or {}
    roles = [key.removeprefix(_ROLE_LABEL) for key in labels if key.startswith(_ROLE_LABEL)]
    addresses = content["status"].get("addresses") or []
    address = {one["type"]: one["address"] for one in reversed(addresses)}
    return [
        metadata["name"],
        _node_status(content),
        ",".join(sorted(roles)) or "<none>",
        _age(content, now),
        facts.get("kubeletVersion", ""),
        address.get("InternalIP", "<none>"),
        address.get("ExternalIP", "<none>"),
        facts.get("osImage") or "<unknown>",
        facts.get("kernelVersion") or "<unknown>",
        facts.get("containerRuntimeVersion") or "<unknown>",
    ]


def _namespace(content: JsonObject, now: float) -> list[Any]:
    return [content["metadata"]["name"], content["status"]["phase"], _age(content, now)]


PRINTERS = {
    "pods": POD_PRINTER,
    "deployments.apps": Printer(
        (
            _NAME,
            Column("Ready"),
            Column("Up-to-date"),
            Column("Available"),
            _AGE,
            *_TEMPLATE_COLUMNS,
        ),
        _deployment,
    ),
    "replicasets.apps": Printer(
        (
            _NAME,
            Column("Desired", "integer"),
            Column("Current", "integer"),
            Column("Ready", "integer"),
            _AGE,
            *_TEMPLATE_COLUMNS,
        ),
        _replicaset,
    ),
    "deploymentconfigs.apps.openshift.io": Printer(
        (
            _NAME,
            Column("Revision"),
            Column("Desired"),
            Column("Current"),
            Column("Triggered By"),
        ),
        _deployment_config,
    ),
    "replicationcontrollers": Printer(
        (
            _NAME,
            Column("Desired", "integer"),
            Column("Current", "integer"),
            Column("Ready", "integer"),
            _AGE,
            *_TEMPLATE_COLUMNS,
        ),
        _controller,
    ),
    "events": Printer(
        (
            Column("Last Seen"),
            Column("Type"),
            Column("Reason"),
            Column("Object"),
            Column("Subobject", priority=1),
            Column("Source", priority=1),
            Column("Message"),
            Column("First Seen", priority=1),
            Column("Count", "integer", priority=1),
            Column("Name", priority=1, format="name"),
        ),
        _event,
    ),
    "nodes": Printer(
        (
            _NAME,
            Column("Status"),
            Column("Roles"),
            _AGE,
            Column("Version"),
            Column("Internal-IP", priority=1),
            Column("External-IP", priority=1),
            Column("OS-Image", priority=1),
            Column("Kernel-Version", priority=1),
            Column("Container-Runtime", priority=1),
        ),
        _node,
    ),
    "namespaces": Printer((_NAME, Column("Status"), _AGE), _namespace),
    **OTHER_PRINTERS,
}

"""The columns of further built-in types that exercises and people at a terminal look at.

After https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

from datetime import datetime
from typing import Any

from practicecluster.durations import age, duration
from practicecluster.printing import Column, JsonObject, Printer

_NAME = Column("Name", format="name")
_AGE = Column("Age")
_COUNTS = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)
_ENDS = (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended"))


def _name_and_age(content: JsonObject, now: float) -> tuple[str, str]:
    metadata = content["metadata"]
    return metadata["name"], age(metadata.get("creationTimestamp"), now)


def _parts(content: JsonObject) -> tuple[JsonObject, JsonObject]:
    return content.get("spec") or {}, content.get("status") or {}


def _pairs(labels: JsonObject | None) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else "<none>"


def _statefulset(content: JsonObject, now: float) -> list[Any]:
    spec, status = _parts(content)
    name, old = _name_and_age(content, now)
    return [name, f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}", old]


def _daemonset(content: JsonObject, now: float) -> list[Any]:
    spec, status = _parts(content)
    name, old = _name_and_age(content, now)
    selector = spec["template"]["spec"].get("nodeSelector")
    return [name, *(status.get(count, 0) for count in _COUNTS), _pairs(selector), old]


def _job(content: JsonObject, now: float) -> list[Any]:
    spec, status = _parts(content)
    name, old = _name_and_age(content, now)
    true = {one["type"] for one in status.get("conditions") or () if one["status"] == "True"}
    stands = next((word for type_, word in _ENDS if type_ in true), "Running")
    if stands == "Running" and content["metadata"].get("deletionTimestamp"):
        stands = "Terminating"
    done, parallel = status.get("succeeded", 0), spec.get("parallelism") or 0
    wanted = str(spec["completions"]) if spec.get("completions") is not None else "1"
    if spec.get("completions") is None and parallel > 1:
        wanted = f"1 of {parallel}"
    return [name, stands, f"{done}/{wanted}", _took(status, now), old]


def _took(status: JsonObject, now: float) -> str:
    began, ended = status.get("startTime"), status.get("completionTime")
    if not began:
        return ""
    until = datetime.fromisoformat(ended).timestamp() if ended else now
    return duration(until - datetime.fromisoformat(began).timestamp())


def _cronjob(content: JsonObject, now: float) -> list[Any]:
    spec, status = _parts(content)
    name, old = _name_and_age(content, now)
    last = status.get("lastScheduleTime")
    return [
        name,
        spec.get("schedule", ""),
        spec.get("timeZone") or "<none>",
        str(bool(spec.get("suspend"))).capitalize(),
        len(status.get("active") or ()),
        age(last, now) if last else "<none>",
        old,
    ]


def _service(content: JsonObject, now: float) -> list[Any]:
    spec, _ = _parts(content)
    name, old = _name_and_age(content, now)
    outside = ",".join(spec.get("externalIPs") or ()) or spec.get("externalName")
    return [
        name,
        spec.get("type") or "ClusterIP",
        spec.get("clusterIP") or "<none>",
        outside or "<none>",
        ",".join(_port(each) for each in spec.get("ports") or ()) or "<none>",
        old,
        _pairs(spec.get("selector")),
    ]


def _port(port: JsonObject) -> str:
    of_node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{of_node}/{port.get('protocol', 'TCP')}"


def _quota(content: JsonObject, now: float) -> list[Any]:
    _, status = _parts(content)
    name, old = _name_and_age(content, now)
    used = status.get("used") or {}
    told: dict[bool, list[str]] = {False: [], True: []}
    for each, hard in sorted((status.get("hard") or {}).items()):
        told[each.startswith("limits.")].append(f"{each}: {used.get(each, 0)}/{hard}")
    return [name, ", ".join(told[False]), ", ".join(told[True]), old]


def _budget(content: JsonObject, now: float) -> list[Any]:
    spec, status = _parts(content)
    name, old = _name_and_age(content, now)
    least, most = (spec.get(bound, "N/A") for bound in ("minAvailable", "maxUnavailable"))
    return [name, str(least), str(most), status.get("disruptionsAllowed", 0), old]


def _numbers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "integer") for name in names)


OTHER_PRINTERS = {
    "statefulsets.apps": Printer((_NAME, Column("Ready"), _AGE), _statefulset),
    "daemonsets.apps": Printer(
        (
            _NAME,
            *_numbers("Desired", "Current", "Ready", "Up-to-date", "Available"),
            Column("Node Selector"),
            _AGE,
        ),
        _daemonset,
    ),
    "jobs.batch": Printer(
        (_NAME, Column("Status"), Column("Completions"), Column("Duration"), _AGE), _job
    ),
    "cronjobs.batch": Printer(
        (
            _NAME,
            Column("Schedule"),
            Column("Timezone"),
            Column("Suspend"),
            *_numbers("Active"),
            Column("Last Schedule"),
            _AGE,
        ),
        _cronjob,
    ),
    "services": Printer(
        (
            _NAME,
            Column("Type"),
            Column("Cluster-IP"),
            Column("External-IP"),
            Column("Port(s)"),
            _AGE,
            Column("Selector", priority=1),
        ),
        _service,
    ),
    "resourcequotas": Printer((_NAME, Column("Request"), Column("Limit"), _AGE), _quota),
    "poddisruptionbudgets.policy": Printer(
        (
            _NAME,
            Column("Min Available"),
            Column("Max Unavailable"),
            *_numbers("Allowed Disruptions"),
            _AGE,
        ),
        _budget,
    ),
}

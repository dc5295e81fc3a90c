"""Writes how clients put built-in objects into protobuf, from checkouts of Kubernetes' API.

    scripts/practice_wire.py API_CHECKOUT MACHINERY_CHECKOUT

The checkouts are those of kubernetes/api and kubernetes/apimachinery. What is taken from their
`generated.proto` files is each message's field numbers; `practicecluster/writing/wire.json` has one
entry a message, whose fields are "name form" by their number. A form is one of `wire.py`'s letters
or a message; `[` before it is a list, `{` a map from texts to these.
"""

import json
import re
import sys
from pathlib import Path

WHERE = Path(__file__).parent.parent / "practicecluster/writing/wire.json"
FILES = [
    "core/v1",
    "apps/v1",
    "batch/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "policy/v1",
    "networking/v1",
    "rbac/v1",
    "storage/v1",
    "scheduling/v1",
    "coordination/v1",
    "discovery/v1",
    "events/v1",
    "certificates/v1",
    "node/v1",
]
MACHINERY = {
    "pkg/apis/meta/v1": "meta.v1",
    "pkg/api/resource": "resource",
    "pkg/runtime": "runtime",
    "pkg/util/intstr": "intstr",
}
FORMS = {
    "string": "s",
    "int32": "i",
    "int64": "i",
    "bool": "b",
    "double": "d",
    "bytes": "y",
    "meta.v1.Time": "T",
    "meta.v1.MicroTime": "M",
    "meta.v1.FieldsV1": "R",
    "intstr.IntOrString": "I",
    "resource.Quantity": "Q",
    "runtime.RawExtension": "R",
}
ROOTS = [
    "core.v1.Binding",
    "core.v1.ConfigMap",
    "core.v1.Endpoints",
    "core.v1.Event",
    "core.v1.LimitRange",
    "core.v1.Namespace",
    "core.v1.Node",
    "core.v1.PersistentVolumeClaim",
    "core.v1.PersistentVolume",
    "core.v1.Pod",
    "core.v1.PodTemplate",
    "core.v1.ReplicationController",
    "core.v1.ResourceQuota",
    "core.v1.Secret",
    "core.v1.ServiceAccount",
    "core.v1.Service",
    "apps.v1.ControllerRevision",
    "apps.v1.DaemonSet",
    "apps.v1.Deployment",
    "apps.v1.ReplicaSet",
    "apps.v1.StatefulSet",
    "autoscaling.v1.Scale",
    "autoscaling.v1.HorizontalPodAutoscaler",
    "autoscaling.v2.HorizontalPodAutoscaler",
    "batch.v1.CronJob",
    "batch.v1.Job",
    "policy.v1.PodDisruptionBudget",
    "policy.v1.Eviction",
    "networking.v1.Ingress",
    "networking.v1.IngressClass",
    "networking.v1.NetworkPolicy",
    "rbac.v1.ClusterRole",
    "rbac.v1.ClusterRoleBinding",
    "rbac.v1.Role",
    "rbac.v1.RoleBinding",
    "storage.v1.StorageClass",
    "scheduling.v1.PriorityClass",
    "coordination.v1.Lease",
    "discovery.v1.EndpointSlice",
    "events.v1.Event",
    "node.v1.RuntimeClass",
    "meta.v1.DeleteOptions",
]


def short(name: str, package: str) -> str:
    """Return a message's name as the file has it."""
    name = name.lstrip(".")
    for long, brief in (
        ("k8s.io.apimachinery.pkg.apis.", ""),
        ("k8s.io.apimachinery.pkg.api.", ""),
        ("k8s.io.apimachinery.pkg.util.", ""),
        ("k8s.io.apimachinery.pkg.", ""),
        ("k8s.io.api.", ""),
    ):
        if name.startswith(long):
            return brief + name.removeprefix(long)
    return name if name in FORMS else f"{package}.{name}"


def messages(text: str, package: str) -> dict[str, dict[str, str]]:
    """Return the messages of a file, each with its fields by number."""
    found: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if head := re.match(r"message (\w+) \{", line):
            fields = found[f"{package}.{head[1]}"] = {}
        field = re.match(
            r"  (optional|repeated|map<string, ?([\w.]+)>) ?([\w.]+)? (\w+) = (\d+)", line
        )
        if field:
            label, value, kind, name, number = field.groups()
            form = short(value or kind, package)
            sign = "{" if value else "[" if label == "repeated" else ""
            fields[number] = f"{name} {sign}{FORMS.get(form, form)}"
    return found


def main() -> int:
    """Write the file."""
    api, machinery = (Path(each) for each in sys.argv[1:3])
    every: dict[str, dict[str, str]] = {}
    for folder in FILES:
        text = (api / folder / "generated.proto").read_text()
        every |= messages(text, folder.replace("/", "."))
    for folder, package in MACHINERY.items():
        every |= messages((machinery / folder / "generated.proto").read_text(), package)
    kept: dict[str, dict[str, str]] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in kept:
            continue
        kept[name] = {
            number: each
            for number, each in every[name].items()
            if len(below := each.split()[1].lstrip("[{")) == 1 or below in every
        }
        forms = (each.split()[1].lstrip("[{") for each in kept[name].values())
        waiting += [form for form in forms if len(form) > 1]
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(kept[name], separators=(',', ':'))}"
        for name in sorted(kept)
    )
    WHERE.write_text("{\n" + lines + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes what the practice cluster knows of the built-in kinds' fields, from the Python client.

`practicecluster/writing/schemas.json` has one entry a type: its fields with their types, and which
must be there. A field's type is `s`tring, `i`nteger, `n`umber, `b`oolean, `x` for an integer or a
string, `*` for what may be anything, or another type's name; `[` before it is a list, `{` a map of
these, `!` after it says that the field must be there.
"""

import json
import sys
import types
import typing
from datetime import datetime
from pathlib import Path
from typing import Any, Union

from kubernetes.client import models
from pydantic import BaseModel

WHERE = Path(__file__).parent.parent / "practicecluster/writing/schemas.json"
ROOTS = [
    "V1Binding",
    "V1ConfigMap",
    "V1Endpoints",
    "CoreV1Event",
    "EventsV1Event",
    "V1LimitRange",
    "V1Namespace",
    "V1Node",
    "V1PersistentVolumeClaim",
    "V1PersistentVolume",
    "V1Pod",
    "V1PodTemplate",
    "V1ReplicationController",
    "V1ResourceQuota",
    "V1Secret",
    "V1ServiceAccount",
    "V1Service",
    "V1APIService",
    "V1ControllerRevision",
    "V1DaemonSet",
    "V1Deployment",
    "V1ReplicaSet",
    "V1StatefulSet",
    "V1HorizontalPodAutoscaler",
    "V2HorizontalPodAutoscaler",
    "V1CronJob",
    "V1Job",
    "V1CertificateSigningRequest",
    "V1IngressClass",
    "V1Ingress",
    "V1IPAddress",
    "V1NetworkPolicy",
    "V1ServiceCIDR",
    "V1PodDisruptionBudget",
    "V1ClusterRoleBinding",
    "V1ClusterRole",
    "V1RoleBinding",
    "V1Role",
    "V1CSIDriver",
    "V1CSINode",
    "V1CSIStorageCapacity",
    "V1StorageClass",
    "V1VolumeAttachment",
    "V1VolumeAttributesClass",
    "V1MutatingWebhookConfiguration",
    "V1ValidatingAdmissionPolicy",
    "V1ValidatingAdmissionPolicyBinding",
    "V1ValidatingWebhookConfiguration",
    "V1CustomResourceDefinition",
    "V1PriorityClass",
    "V1Lease",
    "V1RuntimeClass",
    "V1EndpointSlice",
    "V1DeviceClass",
    "ResourceV1ResourceClaim",
    "V1ResourceClaimTemplate",
    "V1ResourceSlice",
    "V1FlowSchema",
    "V1PriorityLevelConfiguration",
    "V1Scale",
    "V1Eviction",
    "V1DeleteOptions",
]
SCALARS: dict[Any, str] = {str: "s", int: "i", float: "n", bool: "b", datetime: "s"}


def name_of(model: type[BaseModel]) -> str:
    """Return the type's name as Kubernetes has it, the API's version before it."""
    return model.__name__


def written(hint: Any) -> str:
    """Return a field's type as the file has it."""
    origin, below = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        told = [each for each in below if each is not type(None)]
        return written(told[0]) if len(told) == 1 else "x"
    if origin is typing.Annotated:
        return written(below[0])
    if origin is list:
        return "[" + written(below[0])
    if origin is dict:
        form = written(below[1])
        return "*" if form == "*" else "{" + form  # A map to anything is raw JSON.
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return name_of(hint)
    return SCALARS.get(hint, "*")


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Return a type's fields by their JSON names; those that must be there end with `!`."""
    if model is models.V1JSONSchemaProps:
        return {}  # A schema of schemas, which the server keeps as it is.
    hints = typing.get_type_hints(model)
    return {
        str(field.serialization_alias or name): written(hints[name])
        + ("!" if field.is_required() else "")
        for name, field in sorted(model.model_fields.items())
    }


def reached(name: str, found: dict[str, Any]) -> None:
    """Add a type, and all that its fields have."""
    if name in found:
        return
    found[name] = described(getattr(models, name))
    for field in found[name].values():
        below = field.strip("[{!")
        if len(below) > 1:
            reached(below, found)


def main() -> int:
    """Write the file."""
    found: dict[str, Any] = {}
    for root in ROOTS:
        reached(root, found)
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(found[name], separators=(',', ':'))}"
        for name in sorted(found)
    )
    WHERE.write_text("{\n" + lines + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Kubernetes JSON for tests, as small as it can be."""

import json
from collections.abc import Sequence
from typing import Any

from eventstream.kubeapi.crds import CRDS
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
POD_PATH = "/api/v1/pods"


def pod(name: str, version: int, uid: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid or f"uid-{name}",
            "resourceVersion": str(version),
        },
    }


def listed(version: int, *items: dict[str, Any], next_page: str = "") -> dict[str, Any]:
    metadata = {"resourceVersion": str(version)}
    if next_page:
        metadata["continue"] = next_page
    return {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": list(items)}


def line(type_: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": type_, "object": item}).encode() + b"\n"


def bookmark(version: int, initial_end: str = "") -> bytes:
    """A bookmark; `initial_end` is the annotation that may end the initial state."""
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if initial_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": initial_end}
    return line("BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": metadata})


def error_line(code: int, reason: str, message: str, **details: Any) -> bytes:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    said = {"code": code, "reason": reason, "message": message, "details": details}
    return line("ERROR", status | said)


def decoded(resource: Resource, content: dict[str, Any]) -> Image:
    """The image of an object, as a run before this one may have saved it."""
    image = Decoder(b"key").event(resource, line("ADDED", content)).image
    assert image is not None
    return image


def image(name: str, version: int) -> Image:
    return decoded(PODS, pod(name, version))


def crd(*, established: bool = True, versions: Sequence[tuple[str, bool, bool]] = ()) -> Image:
    """The image of a CRD; `versions` are (name, served, storage)."""
    content = definition(1, established=established)
    if versions:
        names = ("name", "served", "storage")
        content["spec"]["versions"] = [dict(zip(names, v, strict=True)) for v in versions]
    return decoded(CRDS, content)


def definition(version: int, *, established: bool, plural: str = "websites") -> dict[str, Any]:
    """A CustomResourceDefinition of group stable.example.com with an old and a stored version."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.stable.example.com",
            "uid": f"uid-{plural}",
            "resourceVersion": str(version),
        },
        "spec": {
            "group": "stable.example.com",
            "names": {"plural": plural, "kind": "Website"},
            "scope": "Namespaced",
            "versions": [
                {"name": "v1beta1", "served": True, "storage": False},
                {"name": "v1", "served": True, "storage": True},
            ],
        },
        "status": {
            "conditions": [{"type": "Established", "status": "True" if established else "False"}]
        },
    }

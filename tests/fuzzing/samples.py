"""Sound objects of every kind that Baton knows, with every field that its structs name.

They are made from the structs themselves, so that a new field is fuzzed from its first day.
"""

import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from eventstream.objects.cluster_kinds import EventFacts, RevisionFacts
from eventstream.objects.images import Metadata
from eventstream.objects.kinds import BUILT_IN

STAMP = "2026-11-23T00:07:01Z"
UID = "6f1f3b54-0000-4000-8000-000000000001"
_WORDS = {
    "uid": UID,
    "name": "web",
    "namespace": "shop",
    "kind": "ReplicaSet",
    "apiVersion": "apps/v1",
    "resourceVersion": "1001",
    "phase": "Running",
    "status": "True",
    "type": "Ready",
    "image": "registry.example/web:1",
    "manager": "kube-controller-manager",
    "operation": "Update",
    "message": "back-off 10s restarting failed container",
    "reason": "BackOff",
}
_OWN = frozenset({"x-baton-digest", "x-baton-flags"})
_PLURALS = {"NetworkPolicy": "networkpolicies"}


def types_watched() -> list[tuple[str, str, str]]:
    """Each (apiVersion, plural, kind) to fuzz: those with structs, Events, and custom ones."""
    known = [(group, kind) for group, kind in BUILT_IN]
    known += [("", "Event"), ("events.k8s.io", "Event"), ("apps", "ControllerRevision")]
    known += [("", "Secret"), ("", "ConfigMap"), ("stable.example.com", "Website")]
    # Types of others may have the names of Kubernetes' own kinds, and some do.
    known += [("example.com", kind) for _, kind in (*BUILT_IN, ("", "Event"), ("", "Secret"))]
    return [
        (f"{group}/v1" if group else "v1", _PLURALS.get(kind, f"{kind.lower()}s"), kind)
        for group, kind in known
    ]


def sample(api_version: str, kind: str) -> dict[str, Any]:
    """A sound object of this kind with every field that is read."""
    group = api_version.rpartition("/")[0]
    whole: dict[str, Any] = {"apiVersion": api_version, "kind": kind}
    whole["metadata"] = _struct(Metadata)
    parts = BUILT_IN.get((group, kind))
    if parts is not None:
        whole |= {"spec": _struct(parts[0]), "status": _struct(parts[1])}
    elif kind == "Event":
        whole |= _struct(EventFacts)
        whole["regarding"] = whole["involvedObject"]
    elif kind == "ControllerRevision":
        whole |= _struct(RevisionFacts)
    else:
        whole |= _CUSTOM
    return whole


_CUSTOM: dict[str, Any] = {
    "spec": {"size": 3, "template": {"metadata": {"labels": {"a": "b"}}}, "hosts": ["a", "b"]},
    "status": {
        "phase": "Ready",
        "observedGeneration": 2,
        "conditions": [{"type": "Ready", "status": "True", "message": "fine"}],
    },
    "data": {"key": "value"},
}


def _struct(struct: Any) -> dict[str, Any]:
    return {
        field.encode_name: _of(field.type, field.encode_name)
        for field in msgspec.structs.fields(struct)
        if field.encode_name not in _OWN
    }


def _of(type_: Any, name: str) -> Any:
    origin, of = get_origin(type_), get_args(type_)
    if origin in {Union, types.UnionType, Annotated}:
        return _of(of[0], name)
    if origin is tuple or origin is list:
        return [_of(of[0], "name")]
    if origin is dict:
        return {"app": _of(of[1], "value")}
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _struct(type_)
    if type_ is msgspec.Raw:
        return {"f:spec": {"f:replicas": {}}}
    plain: dict[Any, Callable[[], Any]] = {
        bool: lambda: True,
        int: lambda: 2,
        float: lambda: 1.5,
        str: lambda: STAMP if name.lower().endswith(("time", "timestamp")) else _text(name),
    }
    return plain[type_]()


def _text(name: str) -> str:
    return _WORDS.get(name, "web")

"""Tells small histories of a cluster in the API's own JSON, for table tests of single rules.

Each write goes through the same decoding as a live one. Field management is kept the way the API
server keeps it: fields that a writer sets move to its entry, a mere removal leaves no entry
behind, and deletions and bindings are written by nobody.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.judging import Judge
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import ChangeType, Observation, Position
from eventstream.objects.resource import Resource
from tests.explain.tapes import Result, fold

Json = dict[str, Any]

START = 1_800_000_000.0
KCM = "kube-controller-manager"
_LISTED = (("Namespace", "v1"), ("CustomResourceDefinition", "apiextensions.k8s.io/v1"))
"""Cluster-wide kinds that a story's reader may list, whether or not there are any."""
_MAY_LIST = {
    "Pod": "v1",
    "ReplicaSet": "apps/v1",
    "Deployment": "apps/v1",
    "Event": "v1",
    "Node": "v1",
    "ResourceQuota": "v1",
}
_PARTS = ("metadata", "spec", "status")
UNNUMBERED = (
    "APIService",
    "HorizontalPodAutoscaler",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Service",
)
"""Kinds whose specs the API server does not number by generation."""


def stamp(at: float) -> str:
    """A Kubernetes timestamp, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Story:
    """One cluster's history, a write a second unless `wait` says otherwise."""

    def __init__(self, *listed: str, judge: Judge | None = None) -> None:
        """A story whose reader has `listed` these kinds, too, whether or not there are any.

        Custom resources are read by conventions alone, or as `judge` knows them.
        """
        self.at = START
        self.version = 1000
        self.shown: list[Observation] = []
        self._decoder = Decoder(b"stories", judge=judge)
        self._known: dict[str, Inventory] = {}
        more = [(kind, _MAY_LIST[kind]) for kind in listed]
        for kind, api_version in (*_LISTED, *more):
            self._inventory({"kind": kind, "apiVersion": api_version})

    def wait(self, seconds: float) -> None:
        """Let time pass without a write."""
        self.at += seconds

    def exists(self, thing: Json) -> Json:
        """The object was there when watching began."""
        return self._write("EXISTING", thing)

    def create(self, thing: Json, by: str = "", **how: str) -> Json:
        """The object is created; `by` is the field manager (none: nobody is named)."""
        if by:
            fields: Json = {key: thing[key] for key in _PARTS if key in thing}
            self._manage(thing, {}, fields, by, **how)
        thing["metadata"].setdefault("creationTimestamp", stamp(self.at))
        return self._write("ADDED", thing)

    def change(self, thing: Json, patch: Json, by: str = "", **how: str) -> Json:
        """The object is merged with `patch`; None removes a field, lists are replaced."""
        before = copy.deepcopy(thing)
        _merge(thing, patch)
        self._manage(thing, before, patch, by, **how)
        if "spec" in patch and thing["kind"] not in UNNUMBERED:
            thing["metadata"]["generation"] = before["metadata"].get("generation", 1) + 1
        return self._write("MODIFIED", thing)

    def mark(
        self, thing: Json, grace: int | None = None, finalizers: list[str] | None = None
    ) -> Json:
        """A deletion is asked for, and something holds the object."""
        metadata = thing["metadata"]
        metadata["deletionTimestamp"] = stamp(self.at + (grace or 0))
        metadata["deletionGracePeriodSeconds"] = grace or 0
        metadata["generation"] = metadata.get("generation", 1) + 1
        if finalizers:
            metadata["finalizers"] = finalizers
        return self._write("MODIFIED", thing)

    def delete(self, thing: Json) -> Json:
        """The object is gone; the watch delivers it as it was last stored."""
        return self._write("DELETED", thing)

    def stop(self, pod: Json, by: str = "kubelet") -> Json:
        """A bound Pod ends as a kubelet ends it: stopped, grace period 0, gone."""
        status = [{"name": "c", "state": {"terminated": {"exitCode": 0}}}]
        self.change(
            pod, {"status": {"phase": "Succeeded", "containerStatuses": status}}, by, sub="status"
        )
        pod["metadata"]["deletionGracePeriodSeconds"] = 0
        self._write("MODIFIED", pod)
        return self.delete(pod)

    def tell(
        self,
        about: Json,
        reason: str,
        message: str,
        component: str,
        count: int = 1,
        **more: str,
    ) -> None:
        """A Kubernetes Event about an object; `more` are further fields of it."""
        metadata = about["metadata"]
        event: Json = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"e{self.version}",
                "namespace": "shop",
                "uid": f"e{self.version}",
            },
            "involvedObject": {
                "kind": about["kind"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "reason": reason,
            "message": message,
            "type": "Warning",
            "source": {"component": component},
            "count": count,
        }
        self._write("ADDED", event | more)

    def told(self) -> Result:
        """What the engine says of it all."""
        return fold(self.shown)

    def last(self, thing: Json) -> Step:
        """The step of the object's newest write."""
        return self.step(thing, -1)

    def step(self, thing: Json, number: int) -> Step:
        """The step of one of the object's writes, counted from 0 in the order of versions."""
        uid = thing["metadata"]["uid"]
        found = [step for step in self.told().steps.values() if step.object.uid == uid]
        return sorted(found, key=lambda step: int(step.resource_version))[number]

    def trace(self, thing: Json) -> Trace:
        """The newest trace whose root is the object."""
        uid = thing["metadata"]["uid"]
        found = [trace for trace in self.told().traces.values() if trace.root.uid == uid]
        return max(found, key=lambda trace: (trace.started, not trace.existing))

    def _manage(
        self,
        thing: Json,
        before: Json,
        patch: Json,
        by: str,
        sub: str = "",
        op: str = "Update",
    ) -> None:
        entries: list[Json] = thing["metadata"].setdefault("managedFields", [])
        if sub != "status":
            patch = {key: value for key, value in patch.items() if key != "status"}
        set_, gone = _fields(patch, before)
        for entry in entries:
            if (entry["manager"], entry.get("subresource", "")) != (by, sub):
                _subtract(entry["fieldsV1"], set_)
            _subtract(entry["fieldsV1"], gone)
        entries[:] = [entry for entry in entries if entry["fieldsV1"]]
        if not by or not set_:
            return
        for entry in entries:
            if (entry["manager"], entry.get("subresource", "")) == (by, sub):
                _merge(entry["fieldsV1"], set_)
                entry["time"] = stamp(self.at)
                return
        new = {"manager": by, "operation": op, "apiVersion": thing["apiVersion"]}
        new |= {"time": stamp(self.at), "fieldsType": "FieldsV1", "fieldsV1": set_}
        entries.append(new | ({"subresource": sub} if sub else {}))

    def _number(self, thing: Json) -> None:
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)

    def _inventory(self, thing: Json) -> Inventory:
        kind, api_version = thing["kind"], thing["apiVersion"]
        group, _, version = api_version.rpartition("/")
        plural = kind.lower() + "s"
        key = f"{api_version}/{plural}"
        if key not in self._known:
            resource = Resource(group, version, plural, kind)
            self._known[key] = Inventory(resource)
            self.shown.append(Position(resource, "1", self.at, listed=True))
        return self._known[key]

    def _write(self, type_: ChangeType, thing: Json) -> Json:
        self._number(thing)
        inventory = self._inventory(thing)
        image = self._decoder.image(inventory.resource, json.dumps(thing).encode())
        self.shown.append(inventory.apply(type_, image, self.at))
        self.at += 1.0
        return thing


def _merge(into: Json, patch: Json) -> None:
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def _fields(patch: Json, before: Json) -> tuple[Json, Json]:
    """fieldsV1 of what a patch sets anew, and of what it takes away."""
    set_: Json = {}
    gone: Json = {}
    fresh: Json
    lost: Json
    for key, value in patch.items():
        if key in ("name", "namespace", "uid", "managedFields", "creationTimestamp", "generation"):
            continue
        name, was = f"f:{key}", before.get(key)
        if value is None:
            gone[name] = {}
        elif isinstance(value, dict):
            below, lost = _fields(value, was if isinstance(was, dict) else {})
            set_ |= {name: below} if below or not value else {}
            gone |= {name: lost} if lost else {}
        elif key in ("conditions", "ownerReferences"):
            by = "type" if key == "conditions" else "uid"
            old: Json = {item[by]: item for item in was or ()}
            new: Json = {item[by]: item for item in value}
            fresh = {json_key(by, k): {} for k, item in new.items() if old.get(k) != item}
            lost = {json_key(by, k): {} for k in old.keys() - new.keys()}
            set_ |= {name: fresh} if fresh else {}
            gone |= {name: lost} if lost else {}
        elif key == "finalizers":
            fresh = {f'v:"{item}"': {} for item in value if item not in (was or ())}
            lost = {f'v:"{item}"': {} for item in was or () if item not in value}
            set_ |= {name: fresh} if fresh else {}
            gone |= {name: lost} if lost else {}
        elif value != was:
            set_[name] = {}
    return set_, gone


def json_key(name: str, value: str) -> str:
    """The key by which fieldsV1 tells elements of a list apart."""
    return "k:" + json.dumps({name: value}, separators=(",", ":"))


def _subtract(fields: Json, taken: Json) -> None:
    for key, below in taken.items():
        if key not in fields:
            continue
        if below and fields[key]:
            _subtract(fields[key], below)
        if not below or not fields[key]:
            del fields[key]

"""An object as the store keeps it: its JSON bytes, made once, and the little that selectors need.

Decoded objects are several times the size of their JSON, and most requests only hand bytes on.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from practicecluster import autoscaler_versions
from practicecluster.event_versions import EVENTS_STORAGE, to_group_version
from practicecluster.resources import ResourceType
from practicecluster.selection import selectable_fields

JsonObject = dict[str, Any]


def key_of(namespace: str | None, name: str) -> str:
    """Return the key under which an object is kept; keys sort as etcd sorts them."""
    return f"{namespace}/{name}" if namespace else name


class Stored:
    """One version of one object. `body` is its JSON without kind and apiVersion."""

    __slots__ = ("_converted", "body", "fields", "key", "labels", "name", "namespace", "revision")

    def __init__(self, storage: str, content: JsonObject, revision: int) -> None:
        """Take a decoded object; its resourceVersion is set to `revision` in the bytes."""
        metadata = content["metadata"]
        self.name: str = metadata["name"]
        self.namespace: str | None = metadata.get("namespace")
        self.key = key_of(self.namespace, self.name)
        self.revision = revision
        self.labels: Mapping[str, str] = metadata.get("labels") or {}
        self.fields: Mapping[str, str] = selectable_fields(storage, content)
        fields = {
            name: field for name, field in content.items() if name not in {"kind", "apiVersion"}
        }
        fields["metadata"] = {**metadata, "resourceVersion": str(revision)}
        self.body = msgspec.json.encode(fields)
        self._converted: bytes | None = None

    def content(self) -> JsonObject:
        """Return the object decoded afresh, without kind and apiVersion."""
        decoded: JsonObject = msgspec.json.decode(self.body)
        return decoded

    def at(self, storage: str, revision: int) -> "Stored":
        """Return the same object as of a later version, as a watch shows one that is gone."""
        return Stored(storage, self.content(), revision)

    def shown_body(self, served: ResourceType) -> bytes:
        """Return the JSON in the version of `served`, without kind and apiVersion."""
        if served.storage == autoscaler_versions.STORAGE:
            return self._older(served)
        if served.storage != EVENTS_STORAGE or not served.group:
            return self.body
        if self._converted is None:
            self._converted = msgspec.json.encode(to_group_version(self.content()))
        return self._converted

    def _older(self, served: ResourceType) -> bytes:
        if served.api_version != autoscaler_versions.OLDER:
            return self.body
        if self._converted is None:
            older = autoscaler_versions.to_older(self.content())
            self._converted = msgspec.json.encode(older)
        return self._converted

    def shown(self, served: ResourceType) -> bytes:
        """Return the whole object's JSON as `served` shows it."""
        head = f'{{"kind":"{served.kind}","apiVersion":"{served.api_version}",'.encode()
        return head + self.shown_body(served)[1:]

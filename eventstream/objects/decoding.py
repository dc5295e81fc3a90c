"""Bytes of the API to narrow, redacted images: decoding decides the cost of a watch.

A line is read once into its envelope, then each part goes straight into the struct of its kind;
nothing else of it is ever turned into a Python object. What does not fit is decoded loosely and
flagged, never skipped: a cluster may hold any object at all.
"""

from typing import Any, Literal

import msgspec

from eventstream.objects.cluster_kinds import EventFacts, RevisionFacts
from eventstream.objects.images import Image, Metadata
from eventstream.objects.kinds import BUILT_IN, Kinds
from eventstream.objects.loosely import read_loosely, read_metadata
from eventstream.objects.managed_fields import normalize
from eventstream.objects.parts import PartDecoder
from eventstream.objects.redaction import Redactor
from eventstream.objects.resource import Resource
from eventstream.objects.toplevel import read_event, read_revision

_BOOKMARK_END = "k8s.io/initial-events-end"


class DecodeError(ValueError):
    """A line or page that is not what the API documents; the message says where and how."""


class WatchEvent(msgspec.Struct, frozen=True):
    """One line of a watch. `image` for ADDED, MODIFIED and DELETED; `version` also for BOOKMARK.

    For ERROR, `code`, `reason` and `message` are the Status's. `initial_events_end` marks the
    bookmark that ends a WatchList's initial state.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    version: str = ""
    image: Image | None = None
    code: int = 0
    reason: str = ""
    message: str = ""
    initial_events_end: bool = False


class ListPage(msgspec.Struct, frozen=True):
    """One page of a list: its resourceVersion, the token of the next page ("" on the last)."""

    version: str
    continue_token: str
    images: tuple[Image, ...]


class _Line(msgspec.Struct):
    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: msgspec.Raw


class _Object(msgspec.Struct):
    metadata: Metadata
    api_version: str = msgspec.field(name="apiVersion", default="")
    kind: str = ""
    spec: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    status: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class _Status(msgspec.Struct):
    code: int = 0
    reason: str = ""
    message: str = ""


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct):
    metadata: _ListMeta
    kind: str = ""
    items: list[msgspec.Raw] | None = None


_line = msgspec.json.Decoder(_Line)
_object = msgspec.json.Decoder(_Object)
_status = msgspec.json.Decoder(_Status, strict=False)
_list = msgspec.json.Decoder(_List)


class Decoder:
    """Decodes for one installation; `key` keys the digests of what is withheld."""

    def __init__(self, key: bytes) -> None:
        self._redactor = Redactor(key)
        self._parts = PartDecoder(self._redactor)

    def event(self, resource: Resource, line: bytes) -> WatchEvent:
        """Decode one line of a watch; raises DecodeError when it is no WatchEvent at all.

        An object that does not fit its kind's struct is decoded loosely and flagged.
        """
        try:
            envelope = _line.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError(
                f"{resource.key}: not a WatchEvent ({error}): {_start(line)}"
            ) from error
        if envelope.type == "ERROR":
            return self._error(envelope.object)
        if envelope.type == "BOOKMARK":
            metadata = self._bookmark(resource, envelope.object)
            ends = (metadata.annotations or {}).get(_BOOKMARK_END) == "true"
            return WatchEvent("BOOKMARK", metadata.resource_version, initial_events_end=ends)
        image = self.image(resource, envelope.object)
        return WatchEvent(envelope.type, image.metadata.resource_version, image)

    def page(self, resource: Resource, body: bytes) -> ListPage:
        """Decode one list answer; raises DecodeError when it is no list (a Table, HTML, …)."""
        try:
            answer = _list.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError(f"{resource.key}: not a list ({error}): {_start(body)}") from error
        if not answer.kind.endswith("List"):
            raise DecodeError(f"{resource.key}: a {answer.kind or 'nameless kind'}, not a list")
        images = tuple(self.image(resource, item) for item in answer.items or ())
        return ListPage(answer.metadata.resource_version, answer.metadata.continue_, images)

    def image(self, resource: Resource, raw: msgspec.Raw | bytes) -> Image:
        """The narrow, redacted image of one object's JSON; raises DecodeError if it is none."""
        try:
            wire = _object.decode(raw)
            self._settle_metadata(wire.metadata)
            if wire.metadata.uid:
                return self._image(resource, raw, wire)
        except (msgspec.ValidationError, UnicodeDecodeError):
            pass  # Read again without a struct: read_loosely flags what was wrong.
        except msgspec.DecodeError as error:
            raise DecodeError(f"{resource.key}: an object is not JSON ({error})") from error
        return read_loosely(resource, bytes(raw), self._redactor, self._settle_metadata)

    def _image(self, resource: Resource, raw: msgspec.Raw | bytes, wire: _Object) -> Image:
        kind = wire.kind or resource.kind
        version = wire.api_version or resource.api_version
        if kind == "Event":
            facts = read_event(raw, self._redactor)
            return Image("v1", kind, wire.metadata, facts)
        if kind == "ControllerRevision":
            return Image(version, kind, wire.metadata, read_revision(raw, self._redactor))
        structs = BUILT_IN.get((resource.group, kind))
        if structs is None:
            spec = self._parts.plain(wire.spec, self._redactor.spec)
            status = self._parts.plain(wire.status, self._redactor.status)
            return Image(version, kind, wire.metadata, spec, status)
        return self._built_in(structs, version, kind, wire)

    def _built_in(self, structs: Kinds, version: str, kind: str, wire: _Object) -> Image:
        spec, spec_flags = self._parts.spec(structs[0], wire.spec)
        status, status_flags = self._parts.status(structs[1], wire.status)
        return Image(version, kind, wire.metadata, spec, status, spec_flags + status_flags)

    def _settle_metadata(self, metadata: Metadata) -> None:
        """Redact in place, before anybody else sees the struct: a copy would double its cost."""
        if metadata.annotations:
            hidden = self._redactor.annotations(metadata.annotations)
            msgspec.structs.force_setattr(metadata, "annotations", hidden)
        for entry in metadata.managed_fields:
            msgspec.structs.force_setattr(entry, "fields", normalize(bytes(entry.fields)))

    def _error(self, raw: msgspec.Raw) -> WatchEvent:
        try:
            status = _status.decode(raw)
        except msgspec.DecodeError:
            return WatchEvent("ERROR", message=f"an ERROR event without a Status: {_start(raw)}")
        return WatchEvent(
            "ERROR", code=status.code, reason=status.reason, message=status.message[:500]
        )

    def _bookmark(self, resource: Resource, raw: msgspec.Raw) -> Metadata:
        try:
            return _object.decode(raw).metadata
        except msgspec.ValidationError:
            return read_metadata(resource, bytes(raw))


def encode(image: Image) -> bytes:
    """Kubernetes JSON of an image, which `Decoder.image` reads back to the same image."""
    if isinstance(image.spec, EventFacts | RevisionFacts):
        content = msgspec.json.encode(image.spec)[1:]
        head = msgspec.json.encode(msgspec.structs.replace(image, spec=None))[:-1]
        return head + (b"," if content != b"}" else b"") + content
    return msgspec.json.encode(image)


def _start(raw: Any) -> str:
    return repr(bytes(raw)[:80])

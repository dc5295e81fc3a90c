"""Bytes of the API to narrow, redacted images: decoding decides the cost of a watch.

A line is read once into its envelope, then each part goes straight into the struct of its kind;
nothing else of it is ever turned into a Python object. What does not fit is read loosely and
flagged, never skipped: a cluster may hold any object at all.
"""

from typing import Any, Literal

import msgspec

from eventstream.objects.bounds import LARGE, bounded_metadata, bounded_part
from eventstream.objects.cluster_kinds import EventFacts, RevisionFacts
from eventstream.objects.envelopes import (
    UNREADABLE,
    DecodeError,
    Line,
    Object,
    OddObject,
    Page,
    Status,
    UsualLine,
    read_envelope,
    why,
)
from eventstream.objects.health.judging import Judge
from eventstream.objects.health.records import Health
from eventstream.objects.images import Image
from eventstream.objects.kinds import BUILT_IN, Kinds
from eventstream.objects.loosely import REPAIRED, fit, read_flags, read_metadata, repaired
from eventstream.objects.managed_fields import reports_as_spec
from eventstream.objects.metadata import MetadataSettler
from eventstream.objects.parts import PartDecoder
from eventstream.objects.redaction import INITIAL_EVENTS_END, Redactor
from eventstream.objects.resource import Resource
from eventstream.objects.toplevel import UsualEventLine, read_event, read_revision
from eventstream.objects.uids import is_sound

__all__ = ["DecodeError", "Decoder", "ListPage", "WatchEvent", "encode"]

Flags = tuple[str, ...]


class WatchEvent(msgspec.Struct, frozen=True):
    """One line of a watch. `image` for ADDED, MODIFIED and DELETED; `version` also for BOOKMARK.

    For ERROR, `code`, `reason` and `message` are the Status's, and `retry_after` is after how
    many seconds it asks to be tried again, 0 where it does not. `initial_events_end` marks the
    bookmark that ends a WatchList's initial state. `size` is how many bytes the line had.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    version: str = ""
    image: Image | None = None
    code: int = 0
    reason: str = ""
    message: str = ""
    initial_events_end: bool = False
    retry_after: int = 0
    size: int = 0


class ListPage(msgspec.Struct, frozen=True):
    """One page of a list: its resourceVersion, the token of the next page ("" on the last)."""

    version: str
    continue_token: str
    images: tuple[Image, ...]


_usual = msgspec.json.Decoder(UsualLine)
_usual_event = msgspec.json.Decoder(UsualEventLine)
_line = msgspec.json.Decoder(Line)
_object = msgspec.json.Decoder(Object)
_any = msgspec.json.Decoder()
_odd = msgspec.json.Decoder(OddObject)
_page = msgspec.json.Decoder(Page)


class Decoder:
    """Decodes for one installation; `key` keys the digests of what is withheld.

    Without `messages` no message of an object is kept. `judge` says how a custom resource stands;
    without one the conventions do.
    """

    def __init__(self, key: bytes, *, messages: bool = True, judge: Judge | None = None) -> None:
        self._redactor = Redactor(key, messages=messages)
        self._judge = judge or Judge({})
        self._parts = PartDecoder(self._redactor)
        self._metadata = MetadataSettler(self._redactor)

    def event(self, resource: Resource, line: bytes) -> WatchEvent:
        """Decode one line of a watch; raises DecodeError when it is no WatchEvent at all.

        An object that does not fit its kind's struct is decoded loosely and flagged.
        """
        structs = BUILT_IN.get((resource.group, resource.kind))
        seen: WatchEvent | None = None
        try:
            if len(line) > LARGE:
                pass  # Not all of it may be kept.
            elif structs is not None:
                seen = self._usual_object(structs, resource, line)
            elif resource.kind == "Event" and not resource.group:
                seen = self._usual_event(line)
        except UNREADABLE:
            pass  # Read again below, for what is unusual about it.
        return seen if seen is not None else self._any_event(resource, line)

    def _usual_object(self, structs: Kinds, resource: Resource, line: bytes) -> WatchEvent | None:
        usual = _usual.decode(line)
        wire = usual.object
        if wire.kind != resource.kind or not is_sound(wire.metadata.uid) or wire.flags:
            return None
        version = wire.api_version or resource.api_version
        image = self._built_in(structs, resource.kind, wire, version)
        return WatchEvent(usual.type, wire.metadata.resource_version, image, size=len(line))

    def _usual_event(self, line: bytes) -> WatchEvent | None:
        usual = _usual_event.decode(line)
        told = usual.object
        sound = told.kind == "Event" and is_sound(told.metadata.uid) and not told.flags
        if not sound or not told.involved_object.kind:
            return None
        metadata = self._metadata.settled(told.metadata)
        image = Image("v1", "Event", metadata, told.facts(self._redactor))
        return WatchEvent(usual.type, metadata.resource_version, image, size=len(line))

    def _any_event(self, resource: Resource, line: bytes) -> WatchEvent:
        envelope, flags = read_envelope(_line, line, f"{resource.key}: not a WatchEvent")
        if envelope.type == "ERROR":
            return self._error(resource, envelope.object)
        if envelope.type == "BOOKMARK":
            return self._bookmark(resource, envelope.object)
        image = self.image(resource, envelope.object)
        if flags:
            image = msgspec.structs.replace(image, flags=flags + image.flags)
        version = image.metadata.resource_version
        return WatchEvent(envelope.type, version, image, size=len(line))

    def page(self, resource: Resource, body: bytes) -> ListPage:
        """Decode one list answer; raises DecodeError when it is no list (a Table, HTML, …)."""
        answer, flags = read_envelope(_page, body, f"{resource.key}: not a list")
        if not answer.kind.endswith("List"):
            raise DecodeError(f"{resource.key}: a {answer.kind[:60] or 'nameless kind'}, no list")
        images = [self.image(resource, item) for item in answer.items or ()]
        if flags:  # Which of the objects was repaired is not known.
            images = [msgspec.structs.replace(i, flags=flags + i.flags) for i in images]
        return ListPage(answer.metadata.resource_version, answer.metadata.continue_, tuple(images))

    def image(self, resource: Resource, raw: msgspec.Raw | bytes) -> Image:
        """The narrow, redacted image of one object's JSON; raises DecodeError if it is none."""
        try:
            return self._read(resource, raw)
        except UNREADABLE as error:
            sound = repaired(bytes(raw))
            if sound is None:
                raise DecodeError(
                    f"{resource.key}: an object is not JSON ({why(error)})"
                ) from error
        try:
            image = self._read(resource, sound)
        except UNREADABLE as error:
            raise DecodeError(f"{resource.key}: an object cannot be read ({why(error)})") from error
        return msgspec.structs.replace(image, flags=(REPAIRED, *image.flags))

    def _read(self, resource: Resource, raw: msgspec.Raw | bytes) -> Image:
        flags: Flags = ()
        try:
            wire = _object.decode(raw)
        except msgspec.ValidationError:
            wire, flags = self._odd(resource, raw)
        else:
            if not is_sound(wire.metadata.uid):
                wire, flags = self._odd(resource, raw)
        if wire.kind == "Table":
            raise DecodeError(f"{resource.key}: a Table, not an object")
        if wire.kind and resource.kind and wire.kind != resource.kind:
            flags = (*flags, f"kind: not {resource.kind}")
        large = len(raw) > LARGE
        if large:
            wire.metadata, more = bounded_metadata(wire.metadata, self._redactor.hide)
            flags += more
        image = self._image(resource, raw, wire)
        if large and isinstance(image.spec, EventFacts | RevisionFacts):
            content, more = bounded_part(image.spec, "content")
            image, flags = msgspec.structs.replace(image, spec=content), flags + more
        if flags or wire.flags:
            found = dict.fromkeys((*read_flags(wire.flags), *flags, *image.flags))
            image = msgspec.structs.replace(image, flags=tuple(found))
        return image

    def _odd(self, resource: Resource, raw: msgspec.Raw | bytes) -> tuple[Object, Flags]:
        """The parts of an object whose envelope is not as documented, and what is wrong with it."""
        flags: Flags = ()
        try:
            odd = _odd.decode(raw)
        except msgspec.ValidationError:
            msgspec.json.decode(raw)  # Raises what `image` repairs, if it is not even JSON.
            odd, flags = OddObject(), ("not an object",)
        metadata, wrong = read_metadata(resource, odd.metadata)
        names = (odd.api_version, odd.kind)
        version, kind = (name if isinstance(name, str) else "" for name in names)
        return Object(metadata, version, kind, odd.spec, odd.status), flags + wrong

    def _image(self, resource: Resource, raw: msgspec.Raw | bytes, wire: Object) -> Image:
        kind = resource.kind if wire.kind in ("", resource.kind) else wire.kind
        version = self._metadata.word(wire.api_version or resource.api_version)
        structs = BUILT_IN.get((resource.group, kind))
        if structs is not None:
            return self._built_in(structs, kind, wire, version)
        metadata = self._metadata.settled(wire.metadata)
        if (resource.group, kind) == ("", "Secret"):
            bare = msgspec.structs.replace(metadata, managed_fields=())
            return Image(version, kind, bare)
        if kind == "Event" and resource.group in ("", "events.k8s.io"):
            facts, flags = read_event(raw, self._redactor)
            return Image("v1", kind, metadata, facts, flags=flags)
        if kind == "ControllerRevision" and resource.group == "apps":
            revision, flags = read_revision(raw, self._redactor, self._parts.template)
            return Image(version, kind, metadata, revision, flags=flags)
        return self._custom(resource, raw, Image(version, kind, metadata), wire)

    def _built_in(self, structs: Kinds, kind: str, wire: Object, version: str) -> Image:
        spec, flags = self._parts.spec(structs[0], wire.spec)
        status, more = self._parts.status(structs[1], wire.status)
        metadata = self._metadata.settled(wire.metadata)
        version = self._metadata.word(version)
        return Image(version, kind, metadata, spec, status, flags=flags + more)

    def _custom(
        self, resource: Resource, raw: msgspec.Raw | bytes, image: Image, wire: Object
    ) -> Image:
        """A kind without structs: redacted values, and digests of what else it holds.

        How it stands is judged before anything of it is hidden; a recording brings that along.
        """
        health = wire.health or self._health(resource, raw, image, wire)
        shows = self._judge.shows(resource.group, image.kind)
        spec, flags = self._parts.plain(wire.spec, self._redactor.spec, "spec")
        status, more = self._parts.plain(
            wire.status, lambda value: self._redactor.status(value, shows), "status"
        )
        other = self._parts.others(raw)
        if other and len(raw) > LARGE:
            other, cut = bounded_part(other, "other fields")
            more += cut
        names = image.api_version, image.kind, image.metadata
        told = self._redactor.health(health) if health is not None else None
        return Image(*names, spec, status, other, told, flags + more)

    def _health(
        self, resource: Resource, raw: msgspec.Raw | bytes, image: Image, wire: Object
    ) -> Health | None:
        try:
            if self._judge.reads_all(resource.group, image.kind):
                found = msgspec.json.decode(raw)
            else:
                spec = msgspec.json.decode(wire.spec)
                status = msgspec.json.decode(wire.status)
                metadata = wire.metadata
                named = {"generation": metadata.generation, "annotations": metadata.annotations}
                found = {"kind": image.kind, "metadata": named, "spec": spec, "status": status}
        except RecursionError:
            return None  # What is nested so deeply is flagged where it is kept.
        if not isinstance(found, dict):
            return None
        found.setdefault("kind", image.kind)  # A list may say it once, for all that it has.
        if b'"observedGeneration"' in bytes(wire.status) and reports_as_spec(image.metadata):
            found = _unnumbered(found)
        return self._judge(resource.group, image.kind, found)

    def _error(self, resource: Resource, raw: msgspec.Raw) -> WatchEvent:
        value, _ = read_envelope(_any, raw, f"{resource.key}: an ERROR that is not JSON")
        status, flags = fit(Status, value, "status")
        if flags and not (status.code or status.message):
            return WatchEvent("ERROR", message="an ERROR event without a Status")
        message = self._redactor.text(status.message)  # The server's own, of no object.
        return WatchEvent(
            "ERROR",
            code=status.code,
            reason=self._redactor.text(status.reason),
            message=message,
            retry_after=status.details.retry_after_seconds if status.details else 0,
        )

    def _bookmark(self, resource: Resource, raw: msgspec.Raw) -> WatchEvent:
        metadata = self.image(resource, raw).metadata
        if not metadata.resource_version:
            raise DecodeError(f"{resource.key}: a bookmark without a resourceVersion")
        ends = (metadata.annotations or {}).get(INITIAL_EVENTS_END) == "true"
        return WatchEvent("BOOKMARK", metadata.resource_version, initial_events_end=ends)


def _unnumbered(found: dict[str, Any]) -> dict[str, Any]:
    """The object without its generation, where what it observed is older than each report."""
    metadata = found.get("metadata")
    bare = metadata if isinstance(metadata, dict) else {}
    return found | {"metadata": bare | {"generation": 0}}


def encode(image: Image) -> bytes:
    """Kubernetes JSON of an image, which `Decoder.image` reads back to the same image."""
    top_level: list[Any] = []
    if isinstance(image.spec, EventFacts | RevisionFacts):
        top_level.append(image.spec)
        image = msgspec.structs.replace(image, spec=None)
    if image.other:
        top_level.append(image.other)
        image = msgspec.structs.replace(image, other=None)
    if not top_level:
        return msgspec.json.encode(image)
    parts = [msgspec.json.encode(part)[1:-1] for part in (image, *top_level)]
    return b"{" + b",".join(part for part in parts if part) + b"}"

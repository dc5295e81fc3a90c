"""Reads and writes recordings ("tapes"): the same observations as a live watch, from a file.

A tape has one JSON object a line, in order of arrival: `t` (unix seconds), `resource`, `type`
(LIST or a WatchEvent's) and `object`. A line that cannot be read is reported with its number,
and the rest goes on.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from eventstream.expressions import expression
from eventstream.objects.decoding import DecodeError, Decoder, encode
from eventstream.objects.envelopes import UNREADABLE, read_envelope
from eventstream.objects.images import Image
from eventstream.objects.inventory import Inventory
from eventstream.objects.kinds import OTHER_FORMS
from eventstream.objects.numbers import is_time
from eventstream.objects.observations import Change, Gap, Observation, Position, Removed
from eventstream.objects.resource import Resource
from eventstream.tapelines import BadLine, Reading

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8; it is no part of the first line."""

_FORMS_OF_EVENTS = ("v1/events", "events.k8s.io/v1/events")
_SMALLER = (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9))
_LONGEST_RESOURCE = 400
_RESOURCE = expression(r"(?:(?P<group>[\w.-]+)/)?(?P<version>\w+)/(?P<plural>[\w.-]+)")


class _Line(msgspec.Struct):
    t: float
    resource: str
    type: str
    object: msgspec.Raw


class _KindOnly(msgspec.Struct):
    kind: str = ""


_line = msgspec.json.Decoder(_Line)
_kind = msgspec.json.Decoder(_KindOnly)


class TapeReader:
    """Turns a tape's lines into observations, keeping what is known to exist as it goes.

    Where a tape has Events in both forms, the one that comes first is used: they are the same
    objects. So are OpenShift's Projects and its Namespaces, of which the latter are used. A second
    list of a resource is a relist, with the gap before it; so is there one before a change of an
    object that a whole list did not have. `reading` bounds what is read.
    """

    def __init__(self, decoder: Decoder, reading: Reading | None = None) -> None:
        self._decoder = decoder
        self.reading = reading or Reading()
        self._known: dict[str, Inventory] = {}
        self._reached: dict[str, Position] = {}
        self._listed: set[str] = set()
        self._form_of_events = ""

    def read(self, path: Path) -> Iterator[tuple[int, list[Observation] | BadLine]]:
        """Yield each line's number with what it shows, or with why it cannot be used.

        Raises TapeError where there is no such file.
        """
        for number, read in self.reading.read(path):
            if isinstance(read, BadLine):
                yield number, read
                continue
            line = read.removeprefix(_BYTE_ORDER_MARK) if number == 1 else read
            if number > 1 or line.strip():
                yield number, self._observe(number, line)

    def _observe(self, number: int, line: bytes) -> list[Observation] | BadLine:
        try:
            entry, flags = read_envelope(_line, line, "not a line of a tape")
            _check_time(entry.t)
            if entry.resource in _FORMS_OF_EVENTS:
                self._form_of_events = self._form_of_events or entry.resource
                if entry.resource != self._form_of_events:
                    return []
            if entry.resource.partition("/")[0] in OTHER_FORMS:
                return []
            return self._take(entry, flags)
        except DecodeError as error:
            return BadLine.told(number, str(error))

    def _take(self, entry: _Line, flags: tuple[str, ...]) -> list[Observation]:
        inventory = self._inventory(entry)
        resource = inventory.resource
        if entry.type == "LIST":
            return self._list(inventory, entry, flags)
        line = b'{"type":"%s","object":%s}' % (entry.type.encode(), bytes(entry.object))
        watched = self._decoder.event(resource, line)
        if watched.type == "ERROR":
            raise DecodeError(f"{resource.key}: ERROR {watched.code} {watched.message}")
        reached = Position(resource, watched.version, entry.t)
        before = self._reached.get(resource.key)
        self._reached[resource.key] = reached
        if watched.type == "BOOKMARK" or watched.image is None:
            return [reached]
        image = _flagged(watched.image, flags)
        change = inventory.apply(watched.type, image, entry.t, watched.size)
        if before is None or resource.key not in self._listed or not _unheard_of(change):
            return [change]
        bounds = before.resource_version, watched.version, before.at, entry.t
        return [Gap(resource, *bounds, "The recording does not have what came before."), change]

    def _list(
        self, inventory: Inventory, entry: _Line, flags: tuple[str, ...]
    ) -> list[Observation]:
        resource = inventory.resource
        page = self._decoder.page(resource, bytes(entry.object))
        before = self._reached.get(resource.key)
        images = [_flagged(image, flags) for image in page.images]
        changes = inventory.replace(images, entry.t, first=before is None)
        position = Position(resource, page.version, entry.t, listed=True, objects=len(inventory))
        self._reached[resource.key] = position
        self._listed.add(resource.key)
        if before is None or before.resource_version == page.version:
            return [*changes, position]
        bounds = before.resource_version, page.version, before.at, entry.t
        return [Gap(resource, *bounds, "The recording lists it anew."), *changes, position]

    def _inventory(self, entry: _Line) -> Inventory:
        known = self._known.get(entry.resource)
        if known is None or not known.resource.kind:
            resource = _resource(entry)
            self._bound_kinds(known)
            known = self._known[entry.resource] = Inventory(resource, known or ())
        return known

    def _bound_kinds(self, known: Inventory | None) -> None:
        """Raise DecodeError for a further kind where there are too many."""
        most = self.reading.kinds
        if known is None and most is not None and len(self._known) >= most:
            self.reading.other_kinds += 1
            raise DecodeError(f"of one kind more than the {most} that are read")


def _unheard_of(change: Change) -> bool:
    """Whether a watch changes or ends an object of which it never said that it was made."""
    return change.type in ("MODIFIED", "DELETED") and change.before is None


def _check_time(at: float) -> None:
    """Raise DecodeError for what is no time in unix seconds."""
    if is_time(at):
        return
    likely = next((word for word, size in _SMALLER if is_time(at / size) and at > size), "")
    told = f", likely in {likely}" if likely else ""
    raise DecodeError(f"t is {at:.15g}{told}; a tape has unix seconds, between 1970 and 2200")


def _flagged(image: Image, flags: tuple[str, ...]) -> Image:
    """The image with the flags of its line, which the object alone does not show any more."""
    return msgspec.structs.replace(image, flags=flags + image.flags) if flags else image


def _resource(entry: _Line) -> Resource:
    name = _RESOURCE.fullmatch(entry.resource)
    if name is None or len(entry.resource) > _LONGEST_RESOURCE:
        raise DecodeError(f"not a resource, such as apps/v1/deployments: {entry.resource[:80]!r}")
    try:
        kind = _kind.decode(entry.object).kind
    except UNREADABLE:
        kind = ""  # Said by a later line; what is wrong with this one its decoding tells.
    if entry.type == "LIST":
        kind = kind.removesuffix("List")
    return Resource(name["group"] or "", name["version"], name["plural"], kind)


class TapeWriter:
    """Writes observations as a tape. What it is given is redacted already, so the tape is too.

    It holds what is known to exist, since a relist tells only what changed and a LIST line all.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._known: dict[str, dict[str, Image]] = {}

    def write(self, observation: Observation) -> None:
        """Append one observation; the objects of a list are written together, as one LIST line."""
        if isinstance(observation, Change):
            self._change(observation)
        elif isinstance(observation, Position):
            self._position(observation)
        elif isinstance(observation, Removed):
            self._known.pop(observation.resource.key, None)

    def note(self, observation: Observation) -> None:
        """Keep in mind what an observation shows to exist, without a line of its own."""
        if isinstance(observation, Change):
            self._note(observation)
        elif isinstance(observation, Removed):
            self._known.pop(observation.resource.key, None)

    def _note(self, change: Change) -> None:
        known = self._known.setdefault(change.resource.key, {})
        if change.type in ("DELETED", "VANISHED"):
            known.pop(change.after.uid, None)
        else:
            known[change.after.uid] = change.after

    def _change(self, change: Change) -> None:
        self._note(change)
        if not change.relisted and change.type != "EXISTING":
            self._line(change.at, change.resource, change.type, encode(change.after))

    def _position(self, position: Position) -> None:
        resource, version = position.resource, msgspec.json.encode(position.resource_version)
        if not position.listed:
            body = b'{"metadata":{"resourceVersion":%s}}' % version
            self._line(position.at, resource, "BOOKMARK", body)
            return
        names = resource.kind.encode(), resource.api_version.encode()
        head = b'{"kind":"%sList","apiVersion":"%s","metadata":{"resourceVersion":%s},"items":['
        items = b",".join(encode(image) for image in self._known.get(resource.key, {}).values())
        self._line(position.at, resource, "LIST", head % (*names, version) + items + b"]}")

    def _line(self, at: float, resource: Resource, type_: str, body: bytes) -> None:
        head = b'{"t":%s,"resource":"%s","type":"%s","object":'
        names = resource.key.encode(), type_.encode()
        self._file.write(head % (msgspec.json.encode(at), *names) + body + b"}\n")
        self._file.flush()

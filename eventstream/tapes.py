"""Reads and writes recordings ("tapes"): the same observations as a live watch, from a file.

A tape has one JSON object a line, in order of arrival: `t` (unix seconds), `resource`, `type`
(LIST or a WatchEvent's) and `object`. A line that cannot be read is reported with its number,
and the rest goes on.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from eventstream.objects.decoding import DecodeError, Decoder, encode
from eventstream.objects.images import Image
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change, Observation, Position, Removed
from eventstream.objects.resource import Resource

_SECOND_FORM_OF_EVENTS = "events.k8s.io/v1/events"


class TapeError(ValueError):
    """A tape that cannot be read at all; the message says which file and why."""


class BadLine(msgspec.Struct, frozen=True):
    """A line of a tape that was passed over: its number, from 1, and what is wrong with it."""

    number: int
    reason: str


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

    Where a tape has Events in both forms, `v1` is used: they are the same objects.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._known: dict[str, Inventory] = {}
        self._listed: set[str] = set()
        self._has_core_events = False

    def read(self, path: Path) -> Iterator[tuple[int, list[Observation] | BadLine]]:
        """Yield each line's number with what it shows, or with why it cannot be used.

        Raises TapeError where there is no such file.
        """
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield number, self._observe(number, line)
        except OSError as error:
            raise TapeError(f"{path}: cannot be read ({error.strerror or error})") from error

    def _observe(self, number: int, line: bytes) -> list[Observation] | BadLine:
        try:
            entry = _line.decode(line)
            return self._take(entry)
        except (msgspec.DecodeError, DecodeError, UnicodeDecodeError) as error:
            return BadLine(number, str(error))

    def _take(self, entry: _Line) -> list[Observation]:
        if entry.resource == "v1/events":
            self._has_core_events = True
        elif entry.resource == _SECOND_FORM_OF_EVENTS and self._has_core_events:
            return []
        inventory = self._inventory(entry)
        resource = inventory.resource
        if entry.type == "LIST":
            page = self._decoder.page(resource, bytes(entry.object))
            first = resource.key not in self._listed
            self._listed.add(resource.key)
            changes = inventory.replace(page.images, entry.t, first=first)
            position = Position(
                resource, page.version, entry.t, listed=True, objects=len(inventory)
            )
            return [*changes, position]
        line = b'{"type":"%s","object":%s}' % (entry.type.encode(), bytes(entry.object))
        watched = self._decoder.event(resource, line)
        if watched.type == "BOOKMARK":
            return [Position(resource, watched.version, entry.t)]
        if watched.image is None or watched.type == "ERROR":
            raise DecodeError(f"{resource.key}: {watched.type} {watched.message}".strip())
        return [inventory.apply(watched.type, watched.image, entry.t)]

    def _inventory(self, entry: _Line) -> Inventory:
        known = self._known.get(entry.resource)
        if known is None or not known.resource.kind:
            kind = _kind.decode(entry.object).kind
            kind = kind.removesuffix("List") if entry.type == "LIST" else kind
            known = self._known[entry.resource] = Inventory(_resource(entry.resource, kind))
        return known


def _resource(key: str, kind: str) -> Resource:
    api_version, _, plural = key.rpartition("/")
    group, _, version = api_version.rpartition("/")
    return Resource(group, version, plural, kind)


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

    def _change(self, change: Change) -> None:
        known = self._known.setdefault(change.resource.key, {})
        if change.type in ("DELETED", "VANISHED"):
            known.pop(change.after.uid, None)
        else:
            known[change.after.uid] = change.after
        if not change.relisted and change.type != "EXISTING":
            self._line(change.at, change.resource, change.type, encode(change.after))

    def _position(self, position: Position) -> None:
        resource, version = position.resource, position.resource_version.encode()
        if not position.listed:
            body = b'{"metadata":{"resourceVersion":"%s"}}' % version
            self._line(position.at, resource, "BOOKMARK", body)
            return
        names = resource.kind.encode(), resource.api_version.encode()
        head = b'{"kind":"%sList","apiVersion":"%s","metadata":{"resourceVersion":"%s"},"items":['
        items = b",".join(encode(image) for image in self._known.get(resource.key, {}).values())
        self._line(position.at, resource, "LIST", head % (*names, version) + items + b"]}")

    def _line(self, at: float, resource: Resource, type_: str, body: bytes) -> None:
        head = b'{"t":%.6f,"resource":"%s","type":"%s","object":'
        self._file.write(head % (at, resource.key.encode(), type_.encode()) + body + b"}\n")
        self._file.flush()

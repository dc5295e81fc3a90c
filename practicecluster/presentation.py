"""How an object is put into an answer: as itself, as its metadata only, or as a row of a Table.

A client chooses by its Accept header:
https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from practicecluster.bookmarks import bookmark, bookmark_metadata
from practicecluster.changes import StoredChange, watch_line
from practicecluster.resources import ResourceType
from practicecluster.stored import JsonObject, Stored
from practicecluster.tables import partial_metadata, printer_of, table

_META = "meta.k8s.io/v1"


class Presentation(Protocol):
    """One way of showing the objects of one type."""

    def one(self, stored: Stored) -> bytes:
        """Return the answer to a get."""

    def many(self, objects: Sequence[Stored], list_meta: JsonObject) -> bytes:
        """Return the answer to a list."""

    def change(self, change: StoredChange) -> bytes:
        """Return the line of a watch for a change that a watch without selectors sees."""

    def line(self, change_type: str, stored: Stored) -> bytes:
        """Return a line of a watch for any other case."""

    def bookmark(self, revision: int, *, initial_end: bool) -> bytes:
        """Return the line of a bookmark; `initial_end` marks the end of the initial objects."""


class AsObjects:
    """Objects as they are; their bytes are shared by all requests."""

    def __init__(self, served: ResourceType) -> None:
        self._served = served

    def one(self, stored: Stored) -> bytes:
        """Return the object's JSON."""
        return stored.shown(self._served)

    def many(self, objects: Sequence[Stored], list_meta: JsonObject) -> bytes:
        """Return a List; items of built-in types bear no kind and apiVersion, as in reality."""
        served = self._served
        shown = Stored.shown if served.custom else Stored.shown_body
        items = b",".join(shown(stored, served) for stored in objects)
        head = msgspec.json.encode(
            {"kind": served.list_kind, "apiVersion": served.api_version, "metadata": list_meta}
        )
        return head[:-1] + b',"items":[' + items + b"]}\n"

    def change(self, change: StoredChange) -> bytes:
        """Return the change's own line, made once for all watches."""
        return change.line(self._served)

    def line(self, change_type: str, stored: Stored) -> bytes:
        """Return a line with the object's JSON."""
        return watch_line(change_type, stored.shown(self._served))

    def bookmark(self, revision: int, *, initial_end: bool) -> bytes:
        """Return an object of the type that says nothing but a resourceVersion."""
        shown = bookmark(self._served, revision, initial_end=initial_end)
        return watch_line("BOOKMARK", msgspec.json.encode(shown))


class AsMetadata:
    """PartialObjectMetadata: what metadata-only informers ask for."""

    def one(self, stored: Stored) -> bytes:
        """Return a PartialObjectMetadata."""
        return msgspec.json.encode(partial_metadata(stored))

    def many(self, objects: Sequence[Stored], list_meta: JsonObject) -> bytes:
        """Return a PartialObjectMetadataList."""
        return msgspec.json.encode(
            {
                "kind": "PartialObjectMetadataList",
                "apiVersion": _META,
                "metadata": list_meta,
                "items": [partial_metadata(stored) for stored in objects],
            }
        )

    def change(self, change: StoredChange) -> bytes:
        """Return a line with the changed object's metadata."""
        return self.line(change.type, change.after)

    def line(self, change_type: str, stored: Stored) -> bytes:
        """Return a line with the object's metadata."""
        return watch_line(change_type, self.one(stored))

    def bookmark(self, revision: int, *, initial_end: bool) -> bytes:
        """Return metadata that says nothing but a resourceVersion."""
        metadata = bookmark_metadata(revision, initial_end=initial_end)
        shown = {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": metadata}
        return watch_line("BOOKMARK", msgspec.json.encode(shown))


class AsTable:
    """Rows with the columns that kubectl prints; a watch names the columns once.

    `included` is the query parameter includeObject: Metadata, Object or None. `clock` gives the
    time in unix seconds, for ages.
    """

    def __init__(self, served: ResourceType, included: str, clock: Callable[[], float]) -> None:
        self._served = served
        self._included = included
        self._clock = clock
        self._printer = printer_of(served)
        self._named = False

    def one(self, stored: Stored) -> bytes:
        """Return a Table of one row."""
        return self._table([stored], {"resourceVersion": str(stored.revision)}, columns=True)

    def many(self, objects: Sequence[Stored], list_meta: JsonObject) -> bytes:
        """Return a Table of all rows."""
        return self._table(objects, list_meta, columns=True)

    def change(self, change: StoredChange) -> bytes:
        """Return a line with a Table of one row."""
        return self.line(change.type, change.after)

    def line(self, change_type: str, stored: Stored) -> bytes:
        """Return a line with a Table of one row."""
        metadata = {"resourceVersion": str(stored.revision)}
        shown = self._table([stored], metadata, columns=not self._named)
        self._named = True
        return watch_line(change_type, shown)

    def bookmark(self, revision: int, *, initial_end: bool) -> bytes:
        """Return a line with a Table without rows."""
        metadata = bookmark_metadata(revision, initial_end=initial_end)
        return watch_line("BOOKMARK", self._table([], metadata, columns=False))

    def _table(self, objects: Sequence[Stored], metadata: JsonObject, *, columns: bool) -> bytes:
        rows = [self._row(stored) for stored in objects]
        return msgspec.json.encode(table(self._printer, rows, metadata, columns=columns))

    def _row(self, stored: Stored) -> JsonObject:
        row: JsonObject = {"cells": self._printer.cells(stored.content(), self._clock())}
        if self._included == "Object":
            row["object"] = msgspec.Raw(stored.shown(self._served))
        elif self._included == "Metadata":
            row["object"] = partial_metadata(stored)
        return row


def presentation_for(
    served: ResourceType, accept: str, included: str, clock: Callable[[], float]
) -> Presentation:
    """Return the first form in an Accept header that this server has; objects as they are else."""
    for media_type in accept.split(","):
        _, *parameters = (part.strip() for part in media_type.split(";"))
        wanted = dict(parameter.partition("=")[::2] for parameter in parameters)
        if wanted.get("g") == "meta.k8s.io" and wanted.get("v") == "v1":
            if wanted.get("as") == "Table":
                return AsTable(served, included, clock)
            if wanted.get("as", "").startswith("PartialObjectMetadata"):
                return AsMetadata()
    return AsObjects(served)

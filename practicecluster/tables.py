"""Tables: the rows and columns that kubectl prints, made by the server.

https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from collections.abc import Sequence
from typing import Any

from practicecluster.durations import age
from practicecluster.printers import PRINTERS
from practicecluster.printing import Column, JsonObject, Printer
from practicecluster.resources import PrinterColumn, ResourceType
from practicecluster.stored import Stored

_META = "meta.k8s.io/v1"
_NAME = Column("Name", format="name")


def partial_metadata(stored: Stored) -> JsonObject:
    """Return the object's PartialObjectMetadata."""
    metadata = stored.content()["metadata"]
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": metadata}


def table(
    printer: Printer, rows: Sequence[JsonObject], metadata: JsonObject, *, columns: bool
) -> JsonObject:
    """Return a Table of finished rows; `columns` says whether it names them."""
    definitions = [column.definition() for column in printer.columns] if columns else None
    return {
        "kind": "Table",
        "apiVersion": _META,
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": list(rows),
    }


def printer_of(served: ResourceType) -> Printer:
    """Return how objects of a type are printed: name and age where nothing else is known."""
    if served.custom:
        return _custom_printer(served.columns)
    return PRINTERS.get(served.storage, _NAME_AND_AGE)


def _value_at(content: JsonObject, path: str) -> Any:
    """Return what a plain JSONPath (`.spec.replicas`) finds, None where it finds nothing."""
    found: Any = content
    for part in path.strip("{}").strip(".").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _custom_printer(wanted: Sequence[PrinterColumn]) -> Printer:
    if not wanted:
        return _NAME_AND_AGE
    columns = [
        _NAME,
        *(Column(column.name, column.type, priority=column.priority) for column in wanted),
    ]

    def cells(content: JsonObject, now: float) -> list[Any]:
        found = [(column.type, _value_at(content, column.path)) for column in wanted]
        shown = [age(cell, now) if kind == "date" else cell for kind, cell in found]
        return [content["metadata"]["name"], *shown]

    return Printer(tuple(columns), cells)


def _name_and_age(content: JsonObject, now: float) -> list[Any]:
    metadata = content["metadata"]
    return [metadata["name"], age(metadata.get("creationTimestamp"), now)]


_NAME_AND_AGE = Printer((_NAME, Column("Age")), _name_and_age)

"""What a printer of Table rows is: its columns, and the cells of one object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column; priority 1 is shown by `kubectl get -o wide` only."""

    name: str
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> JsonObject:
        """Return the column as a Table defines it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True)
class Printer:
    """`cells` takes a decoded object and the time now in unix seconds, and returns its row."""

    columns: tuple[Column, ...]
    cells: Callable[[JsonObject, float], list[Any]]

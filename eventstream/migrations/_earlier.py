"""Rows of an earlier Baton, which wrote to SQLite alone: nowhere else is one to tell anew."""

from collections.abc import Callable
from typing import Any

Fill = Callable[[Any, Any], None]


def of_sqlite(fill: Fill) -> Fill:
    """What does as `fill` in a database that an earlier Baton may have written to."""

    def filled(apps: Any, schema: Any) -> None:
        if schema.connection.vendor == "sqlite":
            fill(apps, schema)

    return filled

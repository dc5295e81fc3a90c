"""How a record becomes a line: as text, or as an object of JSON.

The JSON's fields are `time` (RFC 3339, UTC), `level`, `logger`, `message` and, where there is such,
`cluster`, `traceback` and `repeated` (how many more times it was said than it is shown).
"""

import datetime as dt
import logging
from typing import Any

from pythonjsonlogger.msgspec import MsgspecFormatter

from eventstream.objects.messages import withheld
from eventstream.plain import plain

REPEATED = "repeated"
"""A record's attribute: that many more were alike, and were not shown."""

_about = {"cluster": ""}


def about(cluster: str) -> None:
    """Name the cluster that all lines are about from now on."""
    _about["cluster"] = cluster


def shown(text: str) -> str:
    """Return what a log may say of `text`: no credential, and nothing that a terminal obeys."""
    return "\n".join(withheld(plain(line)) for line in text.split("\n"))


class Text(logging.Formatter):
    """A line for a person."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it if there is one."""
        cluster = _about["cluster"]
        return shown((f"[{cluster}] " if cluster else "") + super().format(record))


class Json(MsgspecFormatter):
    """An object of JSON a line."""

    def __init__(self) -> None:
        renamed = {"levelname": "level", "name": "logger", "exc_info": "traceback"}
        super().__init__("%(levelname)s %(name)s %(message)s", rename_fields=renamed)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return its fields as they are shown."""
        fields = {key: shown(v) if isinstance(v, str) else v for key, v in log_data.items()}
        fields["level"] = fields["level"].lower()
        return fields | ({"cluster": shown(_about["cluster"])} if _about["cluster"] else {})

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Begin with the time."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        log_data["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        super().add_fields(log_data, record, message_dict)

"""The log: text for a person, or JSON for a machine, and in both what happens often is said once.

Credentials are hidden in each line, whatever wrote it, and nothing in one is obeyed by a terminal.
"""

from typing import Any

from eventstream.logs import lines

FORMATS = ("text", "json")


def configuration(format_: str, level: str) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes, for one of FORMATS."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "eventstream.logs.lines.Text"},
            "json": {"()": "eventstream.logs.lines.Json"},
        },
        "handlers": {
            "console": {"class": "eventstream.logs.sparing.Sparing", "formatter": format_},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # One line for every request drowns what a person needs to see.
            "daphne": {"level": "WARNING"},
            "django.channels.server": {"level": "WARNING"},
        },
    }


def about(cluster: str) -> None:
    """Say in each line from now on which cluster it is about, "" for none."""
    lines.about(cluster)

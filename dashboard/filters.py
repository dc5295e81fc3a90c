"""Which traces the reader asked for: from the address to a filter of history, and back.

The address is the only place where it is kept, so that a filtered page can be shared, reloaded
and followed live.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from dashboard import actors
from eventstream import history

TEXT_MOST = 200
STATES = ("running", "stalled", "complete", "superseded", "unknown")
_FIELDS = ("namespace", "kind", "actor", "state", "text")


class Choice(msgspec.Struct, frozen=True):
    """One selection: its `name` in the address, its options as (value, words)."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


def from_query(query: Mapping[str, str]) -> history.Filter:
    """Return the filter that an address asks for; what it does not name is not filtered by."""
    asked = {name: query.get(name, "").strip()[:TEXT_MOST] or None for name in _FIELDS}
    return history.Filter(**asked, background=query.get("background") == "1")


def to_query(wanted: history.Filter, **more: str) -> str:
    """Return the query string of `wanted` with `more` added, "" when it asks for nothing."""
    asked = {name: getattr(wanted, name) for name in _FIELDS if getattr(wanted, name)}
    if wanted.background:
        asked["background"] = "1"
    return urlencode(asked | more)


def narrows(wanted: history.Filter) -> bool:
    """Whether `wanted` can hide a trace that is not in the background."""
    return any(getattr(wanted, name) for name in _FIELDS)


def selects(wanted: history.Filter, offered: history.FilterChoices) -> list[Choice]:
    """Return the selections of the filter bar, each offering also what is chosen already."""
    return [
        _choice("namespace", offered.namespaces, wanted.namespace),
        _choice("kind", offered.kinds, wanted.kind),
        _choice("actor", offered.actors, wanted.actor, words=actors.label),
        _choice("state", STATES, wanted.state),
    ]


def _choice(
    name: str, values: Sequence[str], chosen: str | None, words: Callable[[str], str] = str
) -> Choice:
    listed = list(values) if not chosen or chosen in values else [chosen, *values]
    options = [(value, words(value)) for value in listed]
    if len(values) >= history.CHOICES_MOST:
        options.append(("", "others: search by name"))
    return Choice(name, name, tuple(options), chosen or "")

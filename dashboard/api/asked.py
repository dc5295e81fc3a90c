"""What may be asked of each address of the API: its query, as types that check it."""

from typing import Annotated, TypeVar, get_args

import msgspec
from django.http import QueryDict

from dashboard.api import types
from eventstream import history
from eventstream.explain.vocabulary.records import TraceState

Text = Annotated[str, msgspec.Meta(max_length=200)]
Cursor = Annotated[str, msgspec.Meta(max_length=400)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]

_T = TypeVar("_T", bound=msgspec.Struct)


class BadQueryError(ValueError):
    """What is asked is not what the address takes; the message says why."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address that takes no query."""


class _Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    namespace: Text | None = None
    kind: Text | None = None
    actor: Text | None = None
    state: TraceState | None = None
    text: Text | None = None
    background: bool = False

    @property
    def filter(self) -> history.Filter:
        """The same as history takes it; "" asks for all, as null does."""
        return history.Filter(
            self.namespace or None,
            self.kind or None,
            self.actor or None,
            self.state,
            self.text,
            self.background,
        )


class Traces(_Filter, frozen=True):
    """Which traces: see `manage.py explain` for the words; `text` is looked for in names."""

    limit: Limit = 100
    cursor: Cursor | None = None


class Watch(_Filter, frozen=True):
    """What to watch: traces that match, or one `trace` with its steps.

    `since` is the `watch` of a list, or the id of the last event; without it only what comes.
    """

    trace: Text | None = None
    since: Cursor | None = None


class Steps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a trace."""

    limit: Limit = 100
    cursor: Cursor | None = None


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which writes; `text` is looked for in the names of objects and namespaces."""

    namespace: Text | None = None
    kind: Text | None = None
    actor: Text | None = None
    text: Text | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class Objects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which objects, by their exact names."""

    namespace: Text | None = None
    kind: Text | None = None
    name: Annotated[str, msgspec.Meta(max_length=253)] | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class Outlook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which object: by its `type` as kubectl names it (`deploy`, `websites.example.com`)."""

    type: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    namespace: Text | None = None


def query(given: QueryDict, type_: type[_T]) -> _T:
    """Return what a query asks for; raises BadQueryError.

    A `kind` may be spelled as for kubectl: `deploy`, `deployments`, `websites`.
    """
    twice = [name for name, values in given.lists() if len(values) > 1]
    if twice:
        raise BadQueryError(f"{twice[0][:40]!r} is given more than once.")
    if any("\0" in text for each in given.items() for text in each):
        raise BadQueryError("A query holds no NUL.")
    named = given.dict()
    kind = str(given.get("kind") or "")
    if kind[:1].islower():
        named["kind"] = next((_kind(each) for each in types.called(kind)), kind)
    try:
        return msgspec.convert(named, type_, strict=False)
    except msgspec.ValidationError as error:
        raise BadQueryError(f"The query can't be read: {error}. {_takes(type_)}") from error


def _kind(type_: history.WatchedType) -> str:
    return type_.name.partition(".")[0]


def _takes(type_: type[msgspec.Struct]) -> str:
    """What an address takes, with the words that a state may be."""
    words = ", ".join(get_args(TraceState))
    names = [f"{name} ({words})" if name == "state" else name for name in type_.__struct_fields__]
    return f"This address takes {', '.join(names)}." if names else "This address takes no query."

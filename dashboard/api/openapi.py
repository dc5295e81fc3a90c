"""Describes the API as OpenAPI 3.1, out of the declarations and types that answer it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from dashboard import prefix
from dashboard.api import asked, documents, events
from dashboard.api.declared import OPERATIONS, WATCH, Operation
from dashboard.api.problems import ROOT, TYPE
from eventstream.version import VERSION

_REF = "#/components/schemas/{name}"
_PROBLEMS = {
    400: "The query is not what this address takes.",
    401: "Nobody known asks: sign in, or send a token of the cluster.",
    403: "It is for somebody else.",
    404: "There is none, or none that you may see.",
    429: "Too many tokens that are not known, or too much is open: ask later.",
    503: "What you may see, or what there is, is not known now: ask later.",
}
_ABOUT = """\
What Baton's pages show, for programs, read-only.

Each answer holds what the account that asks may list **and** watch in the cluster. A claim that
draws on more is withheld, and says so. In modes `token` and `oidc` a program sends a token of the
cluster as `Authorization: Bearer …`; in mode `local` nothing. What goes wrong is a problem as of
RFC 9457.
"""


def document() -> bytes:
    """Return the description as JSON; its addresses are below the prefix that is asked for."""
    return _encoded(prefix.root())


@cache
def _encoded(root: str) -> bytes:
    return msgspec.json.encode(described() | {"servers": [{"url": root or "/"}]})


@cache
def described() -> dict[str, Any]:
    """Return the description but for where it is served."""
    answers = [each.answers for each in OPERATIONS]
    types = [*dict.fromkeys(answers), documents.Problem, *events.SENT]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(types, schemas, strict=True))
    paths = {_path(each): {"get": _operation(each, by_type[each.answers])} for each in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Baton", "version": VERSION, "description": _ABOUT},
        "security": [{}, {"token": []}],
        "paths": paths | {WATCH: {"get": _watch()}},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _path(operation: Operation) -> str:
    parts = (f"{{{name}}}" if (name := _named(part)) else part for part in _parts(operation))
    return f"{ROOT}{'/'.join(parts)}".rstrip("/")


def _parameters(operation: Operation) -> list[str]:
    return [name for part in _parts(operation) if (name := _named(part))]


def _parts(operation: Operation) -> list[str]:
    return operation.path.split("/")


def _named(part: str) -> str:
    """What a part of a path is called that Django converts, "" for any other."""
    return part.strip("<>").partition(":")[2]


def _operation(operation: Operation, schema: dict[str, Any]) -> dict[str, Any]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _parameters(operation)
    ]
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*named, *_query(operation.asks)],
        "responses": {
            "200": {
                "description": operation.summary,
                "content": {"application/json": {"schema": schema}},
            }
        }
        | _problems(missing=operation.finds),
    }


def _watch() -> dict[str, Any]:
    listed = "\n".join(f"- `{name}`: {means}" for name, means in events.MEANINGS.items())
    last = {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "The id of the last event that was taken in; a browser sends it by itself.",
        "schema": {"type": "string", "maxLength": 400},
    }
    return {
        "operationId": "watch",
        "summary": "changes as they come, as server-sent events",
        "description": f"The data of each event is JSON, by the name of the event:\n{listed}",
        "parameters": [*_query(asked.Watch), last],
        "responses": {
            "200": {
                "description": "Events, until the server ends them by `end`.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        }
        | _problems(missing=True),
    }


def _query(type_: type[msgspec.Struct]) -> Iterator[dict[str, Any]]:
    """The parameters of a query, which its type has as fields."""
    (_,), components = msgspec.json.schema_components([type_], ref_template=_REF)
    own = components[type_.__name__]
    for name, schema in own.get("properties", {}).items():
        needed = name in own.get("required", ())
        yield {"name": name, "in": "query", "required": needed, "schema": _bare(schema)}


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is not null then."""
    kept = dict(schema)
    if (some := kept.pop("anyOf", None)) is not None:
        (only,) = [each for each in some if each != {"type": "null"}]
        kept |= only
    if kept.get("enum") and None in kept["enum"]:
        kept["enum"] = [each for each in kept["enum"] if each is not None]
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept


def _problems(*, missing: bool) -> dict[str, Any]:
    content = {TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {
        str(status): {"description": why, "content": content}
        for status, why in _PROBLEMS.items()
        if missing or status != 404
    }

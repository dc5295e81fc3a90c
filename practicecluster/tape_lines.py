"""One line of a tape: its form, and what is said about a line that does not have it."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from practicecluster.crds import CRD_PLURAL, served_types
from practicecluster.stored import JsonObject

LineType = Literal["LIST", "ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
_Form = TypeVar("_Form")
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Version = Annotated[str, msgspec.Meta(pattern="^[0-9]+$")]
_Resource = Annotated[str, msgspec.Meta(pattern="^([^/]+/)?[^/]+/[^/]+$")]


class _Metadata(msgspec.Struct, rename="camel"):
    name: _Text
    resource_version: _Version
    namespace: str | None = None
    uid: str = ""
    labels: dict[str, str] | None = None


class _Object(msgspec.Struct):
    """What every object on a tape must have."""

    metadata: _Metadata


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: _Version


class _Bookmark(msgspec.Struct):
    """All that a bookmark says."""

    metadata: _ListMetadata


class _List(msgspec.Struct):
    """What every List on a tape must have."""

    kind: Annotated[str, msgspec.Meta(pattern="List$")]
    metadata: _ListMetadata
    items: list[dict[str, Any]] | None = None


class TapeLine(msgspec.Struct, frozen=True):
    """A recorded line: `t` is its arrival in unix seconds, `resource` like apps/v1/replicasets."""

    t: float
    resource: _Resource
    type: LineType
    object: JsonObject


@dataclass(frozen=True)
class TapeProblem:
    """A line that could not be played, and why."""

    tape: str
    line: int
    why: str

    def __str__(self) -> str:
        """Return a sentence for people."""
        return (
            f"tape {self.tape}, line {self.line}: {self.why}. The line is left out, the rest is "
            "played; record the tape again or mend the line."
        )


def parse_line(text: bytes) -> TapeLine:
    """Return the line; raises ValueError, which says what is wrong with it and where."""
    try:
        line = msgspec.json.decode(text, type=TapeLine)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error}") from error
    except msgspec.ValidationError as error:
        raise ValueError(f"not a tape's line: {error}") from error
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if line.type == "LIST":
        listed = _convert(line.object, _List, "the List")
        for number, item in enumerate(listed.items or [], start=1):
            _convert(item, _Object, f"item {number} of the List")
    elif line.type == "BOOKMARK":
        _convert(line.object, _Bookmark, "the bookmark")
    else:
        _convert(line.object, _Object, "the object")
        if line.resource.endswith(f"/{CRD_PLURAL}"):
            _check_crd(line.object)
    return line


def _check_crd(crd: JsonObject) -> None:
    try:
        served_types(crd)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the CRD can't be read: {error!r}") from error


def _convert(content: JsonObject, into: type[_Form], what: str) -> _Form:
    try:
        return msgspec.convert(content, type=into)
    except msgspec.ValidationError as error:
        raise ValueError(f"{what} can't be played: {error}") from error

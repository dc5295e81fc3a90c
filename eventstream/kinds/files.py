"""Reads the files that declare kinds, and says where one is wrong: file, line, and what.

A file is YAML, and holds a `Declaration`, or several as documents of one file. The shipped ones
lie in `declared/`, with examples beside them; `--kinds DIR` adds a user's, which go before.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from eventstream.documents import DocumentError, Lines, converted, documents
from eventstream.objects.health.declared import Declaration, DeclaredKind, ExpressionError, Rule

SHIPPED = Path(__file__).parent / "declared"
EXAMPLES = ".examples.yaml"
_Kinds = dict[tuple[str, str], DeclaredKind]


class KindFileError(DocumentError):
    """A file that declares no kind; the message names file, line and field."""


def shipped() -> _Kinds:
    """The kinds that come with Baton, by (group, kind)."""
    return _read(_files(SHIPPED), shipped=True)


def read_kinds(directory: Path) -> _Kinds:
    """The kinds that the files of `directory` declare, below it too; raises KindFileError.

    It may be a single file.
    """
    paths = [directory] if directory.is_file() else _files(directory)
    if not paths:
        raise KindFileError(f"{directory}: there is no *.yaml below it")
    return _read(paths, shipped=False)


def _read(paths: list[Path], *, shipped: bool) -> _Kinds:
    found: _Kinds = {}
    for path in paths:
        for declaration, line in _declarations(path, shipped=shipped):
            kind = DeclaredKind(declaration)
            if not shipped:
                _read_expressions(kind, path, line)
            for name in declaration.kinds:
                key = declaration.group, name
                if key in found:
                    raise KindFileError(f"{path}, line {line}: {name} is declared already")
                found[key] = kind
    return found


def _files(directory: Path) -> list[Path]:
    """The files below a directory that may declare kinds."""
    return [
        path
        for path in sorted((*directory.rglob("*.yaml"), *directory.rglob("*.yml")))
        # A mounted ConfigMap has each file a second time, below a directory `..2026_11_29…`.
        if not any(part.startswith(".") for part in path.relative_to(directory).parts)
        and not path.name.endswith(EXAMPLES)
        and path.is_file()
    ]


def _declarations(path: Path, *, shipped: bool) -> list[tuple[Declaration, Lines]]:
    found = documents(path, KindFileError, shipped=shipped)
    return [(_declaration(*each, path), each[1]) for each in found]


def _declaration(value: Any, lines: Lines, path: Path) -> Declaration:
    declaration = converted(value, Declaration, path, lines, _hint, KindFileError)
    for field, place, why in _empty_words(declaration):
        raise KindFileError(f"{path}, line {lines.of((field, place))}: {why}")
    return declaration


def _hint(what: str, unknown: str, steps: tuple[str | int, ...]) -> str:
    """What probably went wrong, where that is a usual slip."""
    if unknown:
        type_ = Rule if steps[:1] == ("rules",) else Declaration
        close = get_close_matches(
            unknown, [field.encode_name for field in msgspec.structs.fields(type_)], 1
        )
        return f"; perhaps {close[0]} is meant" if close else ""
    if what.startswith("Expected `array`"):
        return "; a list stands in [ ]"
    if what.startswith("Invalid enum value") and steps[-1:] == ("is",):
        return "; it is complete, progressing, failed, suspended or unknown"
    if not steps and what.startswith("Expected `object`"):
        return "; a file holds group, kinds and source, and rules"
    if what.startswith("Expected `str`, got `object`"):
        return "; a text with a colon and a space in it has to stand in quotes, or after >-"
    if what.startswith("Expected `str`, got `"):
        return "; an expression has to stand in quotes where YAML would take it for a value"
    return ""


def _empty_words(declaration: Declaration) -> Iterator[tuple[str, int, str]]:
    """What fits the schema and would mean nothing: its field, its place there, and why."""
    if not declaration.kinds:
        yield "kinds", 0, "kinds names none"
    for place, path in enumerate(declaration.shows):
        if not path.startswith("status."):
            yield "shows", place, f"shows: {path} is no path below status, as status.phase is"


def _read_expressions(kind: DeclaredKind, path: Path, lines: Lines) -> None:
    try:
        kind.read()
    except ExpressionError as error:
        raise KindFileError(f"{path}, line {lines.of(error.path)}: {error}") from error

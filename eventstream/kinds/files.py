"""Reads the files that declare kinds, and says where one is wrong: file, line, and what.

A file is YAML, and holds a `Declaration`, or several as documents of one file. The shipped ones
lie in `declared/`, with examples beside them; `--kinds DIR` adds a user's, which go before.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

from eventstream.objects.health.declared import Declaration, DeclaredKind, ExpressionError, Rule

SHIPPED = Path(__file__).parent / "declared"
EXAMPLES = ".examples.yaml"
_BYTES_MOST = 1 << 20
_Kinds = dict[tuple[str, str], DeclaredKind]


class KindFileError(ValueError):
    """A file that declares no kind; the message names file, line and field."""


def shipped() -> _Kinds:
    """The kinds that come with Baton, by (group, kind)."""
    return read_kinds(SHIPPED)


def read_kinds(directory: Path) -> _Kinds:
    """The kinds that the files of `directory` declare, below it too; raises KindFileError.

    It may be a single file.
    """
    found: _Kinds = {}
    paths = [directory] if directory.is_file() else _files(directory)
    if not paths:
        raise KindFileError(f"{directory}: there is no *.yaml below it")
    for path in paths:
        for declaration, line in _declarations(path):
            kind = _compiled(declaration, path, line)
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


def _declarations(path: Path) -> list[tuple[Declaration, "_Lines"]]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise KindFileError(f"{path}: cannot be read ({error.strerror})") from error
    if len(text) > _BYTES_MOST:
        raise KindFileError(f"{path}: larger than {_BYTES_MOST >> 20} MiB")
    try:
        nodes = [*yaml.compose_all(text, yaml.SafeLoader)]
        values = [*yaml.safe_load_all(text)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or str(error)
        quoted = what.startswith("expected <block end>")
        hint = "; what begins with a quote has to be quoted whole, or to stand after >-"
        raise KindFileError(f"{path}{where}: no YAML: {what}{hint * quoted}") from error
    found = [(node, value) for node, value in zip(nodes, values, strict=True) if value is not None]
    seen: set[int] = set()
    for node, _ in found:
        _refuse_doubles(node, path, seen)
    return [(_declaration(value, path, _Lines(node)), _Lines(node)) for node, value in found]


def _refuse_doubles(node: Any, path: Path, seen: set[int]) -> None:
    """YAML takes the last of two fields of one name, and says nothing.

    Each node is looked at once: an alias stands for one again, which may lie around it.
    """
    if id(node) in seen:
        return
    seen.add(id(node))
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    names = set[str]()
    for key, below in pairs:
        if key.value in names:
            line = key.start_mark.line + 1
            raise KindFileError(f"{path}, line {line}: {key.value} stands here a second time")
        names.add(key.value)
        _refuse_doubles(below, path, seen)
    for below in node.value if isinstance(node, yaml.SequenceNode) else ():
        _refuse_doubles(below, path, seen)


class _Lines:
    """Where the fields of a document stand."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def __str__(self) -> str:
        return str(self.of(()))

    def of(self, path: tuple[str | int, ...]) -> int:
        """The line, from 1, of the field at `path`, or of what is closest above it."""
        node = self._node
        line: int = node.start_mark.line
        for step in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                if step >= len(node.value):
                    break
                node = node.value[step]
                line = node.start_mark.line
                continue
            pairs = node.value if isinstance(node, yaml.MappingNode) else ()
            pair = next((pair for pair in pairs if pair[0].value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        return line + 1


def _declaration(value: Any, path: Path, lines: _Lines) -> Declaration:
    try:
        declaration = msgspec.convert(value, Declaration)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        steps = _steps(where.rstrip("`"))
        unknown = what.rpartition("field `")[2].rstrip("`") if "unknown field" in what else ""
        line = lines.of((*steps, unknown) if unknown else steps)
        field = f" ({'.'.join(map(str, steps))})" if steps else ""
        hint = _hint(what, unknown, steps)
        raise KindFileError(f"{path}, line {line}: {what}{field}{hint}") from error
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


def _steps(path: str) -> tuple[str | int, ...]:
    """The steps of a path as msgspec writes it: `.rules[1].when`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return tuple(int(part) if part.isdecimal() else part for part in parts if part)


def _compiled(declaration: Declaration, path: Path, lines: _Lines) -> DeclaredKind:
    try:
        return DeclaredKind(declaration)
    except ExpressionError as error:
        raise KindFileError(f"{path}, line {lines.of(error.path)}: {error}") from error

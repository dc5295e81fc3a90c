"""Reads the files that declare kinds, and says where one is wrong: file, line, and what.

A file is YAML, and holds a `Declaration`, or several as documents of one file. The shipped ones
lie in `declared/`, with examples beside them; `--kinds DIR` adds a user's, which go before.
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from eventstream.objects.health.declared import Declaration, DeclaredKind, ExpressionError

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
    """The kinds that the files of `directory` declare, below it too; raises KindFileError."""
    found: _Kinds = {}
    for path in sorted(directory.rglob("*.yaml")):
        # A mounted ConfigMap has each file a second time, below a directory `..2026_11_29…`.
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if hidden or path.name.endswith(EXAMPLES) or not path.is_file():
            continue
        for declaration, line in _declarations(path):
            kind = _compiled(declaration, path, line)
            for name in declaration.kinds:
                key = declaration.group, name
                if key in found:
                    raise KindFileError(f"{path}, line {line}: {name} is declared already")
                found[key] = kind
    return found


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
        raise KindFileError(f"{path}{where}: no YAML: {what}") from error
    return [
        (_declaration(value, path, _Lines(node)), _Lines(node))
        for node, value in zip(nodes, values, strict=True)
    ]


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
        return msgspec.convert(value, Declaration)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        steps = _steps(where.rstrip("`"))
        unknown = what.rpartition("field `")[2].rstrip("`") if "unknown field" in what else ""
        line = lines.of((*steps, unknown) if unknown else steps)
        field = f" ({'.'.join(map(str, steps))})" if steps else ""
        raise KindFileError(f"{path}, line {line}: {what}{field}") from error


def _steps(path: str) -> tuple[str | int, ...]:
    """The steps of a path as msgspec writes it: `.rules[1].when`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return tuple(int(part) if part.isdecimal() else part for part in parts if part)


def _compiled(declaration: Declaration, path: Path, lines: _Lines) -> DeclaredKind:
    try:
        return DeclaredKind(declaration)
    except ExpressionError as error:
        field = next(step for step in reversed(error.path) if isinstance(step, str))
        line = lines.of(error.path)
        raise KindFileError(f"{path}, line {line}: {field} is no CEL: {error}") from error

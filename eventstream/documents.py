"""Reads files of YAML into structs, and says where one is wrong: file, line, and what.

Of everything that an administrator writes by hand: what YAML would pass over in silence, as a
field that stands twice, is an error.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

BYTES_MOST = 1 << 20
_OURS = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C, where it is built; nesting without end would crash it, which no file of ours has."""

_T = TypeVar("_T")
Path_ = tuple[str | int, ...]
"""The way to a field within a document."""
Hint = Callable[[str, str, Path_], str]
"""What probably went wrong, given what msgspec says, the unknown field or "", and where."""


class DocumentError(ValueError):
    """A file that can't be used as it is; the message names file, line and field."""


def documents(
    path: Path, error: type[DocumentError] = DocumentError, *, shipped: bool = False
) -> list[tuple[Any, "Lines"]]:
    """Return what each document of a file holds, and where it stands; raises `error`.

    Files that come with Baton are `shipped`: they are read ten times as fast.
    """
    try:
        text = path.read_bytes()
    except OSError as reason:
        raise error(f"{path}: cannot be read ({reason.strerror})") from reason
    if len(text) > BYTES_MOST:
        raise error(f"{path}: larger than {BYTES_MOST >> 20} MiB")
    try:
        loader = _OURS if shipped else yaml.SafeLoader
        nodes = [*yaml.compose_all(text, loader)]
        values = [*yaml.load_all(text, loader)]  # nosec B506 - safe ones
    except (yaml.YAMLError, ValueError, RecursionError) as reason:
        mark = getattr(reason, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(reason, "problem", None) or str(reason)
        quoted = what.startswith("expected <block end>")
        hint = "; what begins with a quote has to be quoted whole, or to stand after >-"
        raise error(f"{path}{where}: no YAML: {what}{hint * quoted}") from reason
    found = [(node, value) for node, value in zip(nodes, values, strict=True) if value is not None]
    seen: set[int] = set()
    for node, _ in found:
        _refuse_doubles(node, path, seen, error)
    return [(value, Lines(node)) for node, value in found]


def converted(
    value: Any,
    type_: type[_T],
    path: Path,
    lines: "Lines",
    hint: Hint,
    error: type[DocumentError] = DocumentError,
) -> _T:
    """Return a document as a struct; raises `error`."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as reason:
        what, _, where = str(reason).partition(" - at `$")
        steps = _steps(where.rstrip("`"))
        unknown = what.rpartition("field `")[2].rstrip("`") if "unknown field" in what else ""
        line = lines.of((*steps, unknown) if unknown else steps)
        field = f" ({'.'.join(map(str, steps))})" if steps else ""
        raise error(f"{path}, line {line}: {what}{field}{hint(what, unknown, steps)}") from reason


def _refuse_doubles(node: Any, path: Path, seen: set[int], error: type[DocumentError]) -> None:
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
            raise error(f"{path}, line {line}: {key.value} stands here a second time")
        names.add(key.value)
        _refuse_doubles(below, path, seen, error)
    for below in node.value if isinstance(node, yaml.SequenceNode) else ():
        _refuse_doubles(below, path, seen, error)


class Lines:
    """Where the fields of a document stand."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def __str__(self) -> str:
        return str(self.of(()))

    def of(self, path: Path_) -> int:
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


def _steps(path: str) -> Path_:
    """The steps of a path as msgspec writes it: `.rules[1].when`."""
    parts = path.replace("[", ".").replace("]", "").split(".")
    return tuple(int(part) if part.isdecimal() else part for part in parts if part)

"""Keeps files and functions small enough to be read at once, because nothing else does."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_TEMPLATE_COLUMNS = 120
SUFFIXES = {".py", ".js", ".css", ".html"}
VENDORED = "vendor"
WITHIN_TEXT = frozenset(
    {"a", "b", "bdi", "button", "canvas", "code", "i", "input", "kbd", "label", "noscript"}
    | {"output", "progress", "select", "span", "svg", "time", "use"}
)
"""Elements that may stand in a sentence, several on a line; each other one begins a line."""

_STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}")
_VARIABLE = re.compile(r"\{\{.*?\}\}")
_BEGINS = re.compile(r"<([a-z][a-z0-9]*)")
_TOUCHES = re.compile(r"(?:</[a-z0-9]+|/|<input [^<>]*)><[a-z]")


def tracked_files(root: Path) -> list[Path]:
    """Every file of ours that git tracks or would track, vendored ones left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    paths = [root / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and VENDORED not in path.parts]


def complaints(path: Path) -> Iterator[str]:
    """One sentence for each file or function of `path` that is too long."""
    source = path.read_text(encoding="utf-8")
    lines = source.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{path}: {lines} lines; split it, {MAX_FILE_LINES} is the limit"
    if path.suffix == ".html":
        yield from _crowded_lines(path, source)
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: {node.name} has {length} lines; "
                    f"split it, {MAX_FUNCTION_LINES} is the limit"
                )


def _crowded_lines(path: Path, source: str) -> Iterator[str]:
    """One sentence for each line of a template that is too long or begins too many elements."""
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > MAX_TEMPLATE_COLUMNS:
            yield (
                f"{path}:{number}: {len(line)} columns; "
                f"break the line, {MAX_TEMPLATE_COLUMNS} is the limit"
            )
        if _crowded(line):
            yield f"{path}:{number}: more than one element begins here; give each its own line"


def _crowded(line: str) -> bool:
    """Whether two elements begin in `line` that stand in no sentence.

    Those are two that no sentence holds, or any that begins where another ends.
    """
    drawn = _VARIABLE.sub("x", _STATEMENT.sub("", line))
    apart = [name for name in _BEGINS.findall(drawn) if name not in WITHIN_TEXT]
    return len(apart) > 1 or bool(_TOUCHES.search(drawn))


def main() -> int:
    """Print each complaint; 1 if there was any, else 0."""
    root = Path(__file__).resolve().parent.parent
    paths = sorted(path for path in tracked_files(root) if path.suffix in SUFFIXES)
    found = [complaint for path in paths for complaint in complaints(path)]
    print("\n".join(found) or f"sizes: {len(paths)} files within the limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

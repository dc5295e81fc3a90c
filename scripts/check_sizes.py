"""Keeps files and functions small enough to be read at once, because nothing else does."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
SUFFIXES = {".py", ".js", ".css", ".html"}
VENDORED = "vendor"


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


def main() -> int:
    """Print each complaint; 1 if there was any, else 0."""
    root = Path(__file__).resolve().parent.parent
    paths = sorted(path for path in tracked_files(root) if path.suffix in SUFFIXES)
    found = [complaint for path in paths for complaint in complaints(path)]
    print("\n".join(found) or f"sizes: {len(paths)} files within the limits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

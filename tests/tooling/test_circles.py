"""No modules of the engine import each other in a circle, not even for their types alone."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

INSIDE = "eventstream.explain"


def imports(modules: dict[str, Path], name: str) -> set[str]:
    """The modules of the engine that this one imports, wherever in its text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules[name].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            each = {f"{node.module}.{alias.name}" for alias in node.names} & modules.keys()
            found |= each or {node.module} & modules.keys()
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules.keys()
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A way around in a circle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def engine() -> dict[str, Path]:
    """The engine's modules by name."""
    files = (ROOT / INSIDE.replace(".", "/")).rglob("*.py")
    parts = {file: file.relative_to(ROOT).with_suffix("").parts for file in files}
    return {".".join(part).removesuffix(".__init__"): file for file, part in parts.items()}


def test_the_engine_has_no_circle_of_modules() -> None:
    modules = engine()
    assert f"{INSIDE}.world.writes" in modules
    graph = {name: imports(modules, name) - {name} for name in modules}
    assert graph[f"{INSIDE}.world.world"] >= {f"{INSIDE}.world.writes", f"{INSIDE}.world.notes"}
    assert circle(graph) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str](), "e": {"a"}}
    assert set(circle(graph)) == {"b", "c"}
    assert circle(graph | {"c": {"d"}}) == []

"""No modules of the engine import each other in a circle, and none is one function for another."""

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


def lonely(sources: dict[str, str], graph: dict[str, set[str]]) -> list[str]:
    """The modules that are a single function, which only one other module asks for."""
    found = []
    for name, source in sources.items():
        own = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        asking = [other for other, asked in graph.items() if name in asked]
        if len(own) == 1 and isinstance(own[0], ast.FunctionDef) and len(asking) == 1:
            found.append(name)
    return found


def test_no_module_of_the_engine_is_a_single_function_for_one_other() -> None:
    modules = engine()
    sources = {name: file.read_text() for name, file in modules.items()}
    graph = {name: imports(modules, name) - {name} for name in modules}
    assert lonely(sources, graph) == [], "let it stand where it is asked for, or with its like"


def test_a_single_function_for_one_other_is_found() -> None:
    sources = {"a": "def f(): ...", "b": "def g(): ...\ndef h(): ...", "c": "class C: ..."}
    graph = {"a": set[str](), "b": {"a"}, "c": {"b"}}
    assert lonely(sources, graph) == ["a"]
    assert lonely(sources, graph | {"c": {"a", "b"}}) == []

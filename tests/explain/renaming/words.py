"""Renames the words of the engine's sentences while it is imported.

What is renamed are texts with a space in them, and the texts of f-strings. What stays as it is are
texts that something is compared with, matched against or looked up by: the words of Kubernetes. So
whoever decides by a sentence of ours no longer finds its words.
"""

import ast
import importlib.machinery
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import CodeType, ModuleType

ROOM = "eventstream.explain"

_ASKS = frozenset(
    {
        *("compile", "startswith", "endswith", "removeprefix", "removesuffix", "partition"),
        *("rpartition", "split", "search", "match", "fullmatch", "get", "sub", "find", "notes"),
        *("all_notes", "getattr", "strftime", "join", "expression"),
    }
)
"""Functions whose arguments are no text of ours, but what a text is looked through for."""

_TABLES = re.compile(r"_?[A-Z][A-Z_]*")
"""Names of constants: tables of Kubernetes' words and of ours alike, so that they stay."""


def renamed(text: str) -> str:
    """`text` with the letters of each word turned round."""
    return re.sub(r"[A-Za-z]{2,}", lambda word: word[0][::-1], text)


class Renaming(ast.NodeTransformer):
    """Renames what is said, and leaves what is asked for."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """What is compared stays."""
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """What a text is looked through for stays; what something is made of is renamed."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        node.func = self.visit(node.func)
        if name not in _ASKS:
            node.args = [self.visit(argument) for argument in node.args]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Tables stay."""
        first = node.targets[0]
        table = isinstance(first, ast.Name) and _TABLES.fullmatch(first.id)
        return node if table else self.generic_visit(node)

    visit_AnnAssign = ast.NodeTransformer.generic_visit  # noqa: N815

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """The texts between the values of an f-string."""
        for value in node.values:
            if isinstance(value, ast.Constant):
                value.value = renamed(str(value.value))
            else:
                self.visit(value)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """A value may hold texts; how it is formatted is none."""
        node.value = self.visit(node.value)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A text with a space is a sentence, or a part of one."""
        if isinstance(node.value, str) and " " in node.value.strip():
            return ast.copy_location(ast.Constant(renamed(node.value)), node)
        return node


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """The code of the source, renamed: what was compiled before has other words."""
        path = self.get_filename(fullname)
        tree = ast.fix_missing_locations(Renaming().visit(ast.parse(self.get_data(path), path)))
        code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        return code


class Finder(MetaPathFinder):
    """Finds the modules of the engine and loads them renamed; not the vocabulary, which is data."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module's spec, with our loader."""
        if not fullname.startswith(ROOM) or fullname.startswith(f"{ROOM}.vocabulary"):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def install() -> None:
    """From now on, import the engine renamed; nothing of it may have been imported."""
    assert not any(name.startswith(ROOM) for name in sys.modules), "the engine is imported already"
    sys.meta_path.insert(0, Finder())

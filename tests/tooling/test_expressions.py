"""Each regular expression is made in one place, runs in linear time, and stands hostile text."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboard
import eventstream
from eventstream import expressions
from eventstream.expressions import LONGEST, expression, possessive
from eventstream.objects.messages import scrub
from eventstream.objects.redaction import MESSAGE_LIMIT, Redactor
from tests.objects.hostile import hostile

ROOT = Path(__file__).parents[2]
MAKERS = {"re", "re2", "regex", "sre_compile", "fnmatch", "glob"}
"""What would make an expression elsewhere."""

ONE_PLACE = "eventstream/expressions.py"
SIZE = 100_000


def sources() -> Iterator[Path]:
    for room in ("eventstream", "dashboard"):
        yield from sorted((ROOT / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name.partition(".")[0]) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module.partition(".")[0]


def made_elsewhere(path: Path, content: str) -> list[str]:
    found = [(line, name) for line, name in imported(ast.parse(content)) if name in MAKERS]
    name = path.relative_to(ROOT).as_posix()
    return [] if name == ONE_PLACE else [f"{name}:{line} imports {what}" for line, what in found]


def test_expressions_are_made_in_one_place_only() -> None:
    assert [each for path in sources() for each in made_elsewhere(path, path.read_text())] == []


@pytest.mark.parametrize("content", ["import re", "from re import compile", "import re2 as linear"])
def test_one_made_elsewhere_would_be_found(content: str) -> None:
    path = ROOT / "dashboard" / "odd.py"
    assert made_elsewhere(path, content) == [f"dashboard/odd.py:1 imports {content.split()[1]}"]


def everywhere() -> list[expressions.Expression[str] | expressions.Expression[bytes]]:
    """Every expression of the product: those of all its modules."""
    for package in (eventstream, dashboard):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and module.name != "dashboard.asgi":
                importlib.import_module(module.name)
    return list(expressions.ALL)


EXPRESSIONS = everywhere()


def test_there_are_as_many_as_the_source_makes() -> None:
    calls = sum(
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "expression"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
    )
    assert len(EXPRESSIONS) >= calls > 60


@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: repr(each.pattern)[:60])
def test_an_expression_stands_its_own_hostile_text(
    each: expressions.Expression[str] | expressions.Expression[bytes],
) -> None:
    # An expression that goes back over what it read would take hours for one of these; this one
    # cannot. Each text has the parts of the expression itself, repeated and never finished.
    texts = list(hostile(each.pattern, SIZE))
    assert texts
    for text in texts:
        if isinstance(each.pattern, bytes):
            ask: expressions.Expression[bytes] = each
            for found in (ask.search(text.encode()), ask.fullmatch(text.encode())):
                assert found is None or found.end() >= 0
        else:
            plain: expressions.Expression[str] = each
            found_in = plain.search(text)
            assert found_in is None or found_in.end() <= LONGEST
            assert plain.fullmatch(text) is None or len(text) <= LONGEST


def test_a_message_made_of_any_expressions_hostile_text_is_cut_and_comes_out_whole() -> None:
    redactor = Redactor(b"tests")
    for each in EXPRESSIONS[::3]:
        for text in list(hostile(each.pattern, SIZE))[:3]:
            assert len(redactor.message(text)) <= MESSAGE_LIMIT


@pytest.mark.parametrize("text", ["--password" * 5_000, "--" + "pass" * 12_000, "-" * 50_000])
def test_the_message_that_held_everything_for_minutes_is_read_once(text: str) -> None:
    asked: list[str] = []

    def hide(value: str) -> str:
        asked.append(value)
        return ""

    assert len(scrub(text, hide)) <= LONGEST
    assert sum(map(len, asked)) <= LONGEST


def test_the_generator_of_hostile_text_finds_what_holds_a_backtracking_expression() -> None:
    # Ten times the text costs the standard library about a hundred times the steps.
    texts = list(hostile(r"--[\w-]*(?:pass|token)\s+", 200))
    assert any(text.count("-") > 150 or text.count("pass") > 20 for text in texts)


@pytest.mark.parametrize("pattern", [rb"a*", rb"(?:a|b)+", rb"a{2,}b", rb"[a+]+", rb"a*+b+"])
def test_one_that_may_give_back_is_refused_where_none_may(pattern: bytes) -> None:
    with pytest.raises(ValueError, match="may give back"):
        possessive(pattern)


def test_one_that_gives_nothing_back_is_made() -> None:
    assert possessive(rb'"(?:[^"\\]++|\\.)*+"').match(rb'"a\"b"') is not None


def test_what_is_not_linear_does_not_compile_and_says_so_in_an_error_alone() -> None:
    script = "from eventstream.expressions import expression; expression(r'(?<=a)b')"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"try:\n {script.replace('; ', chr(10) + ' ')}\nexcept Exception as e: print(e)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "invalid perl operator" in done.stdout
    assert done.stderr == ""


def test_a_long_text_is_read_to_a_bound() -> None:
    late = "x" * LONGEST + "needle"
    assert expression("needle").search(late) is None
    assert expression("x*needle").fullmatch(late) is None
    assert expression(rb"needle", whole=True).search(late.encode()) is not None
    assert re.search("needle", late) is not None

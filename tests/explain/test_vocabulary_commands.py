"""Every command that Baton shows is built by one function, and its guards hold for all of them."""

import ast
import shlex
from pathlib import Path

import pytest

from eventstream.explain.vocabulary.commands import WORD_MOST, events, export, line, within

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["$(reboot)", "a;reboot", "a b", "`id`", "x'y\"z", "Ä", "~", "*"])
def test_a_name_reaches_the_program_as_one_word(name: str) -> None:
    made = line("get", "pod", name, options=("-n", name, "-o", "yaml"))
    assert shlex.split(made) == ["kubectl", "get", "pod", name, "-n", name, "-o", "yaml"]


def test_a_name_that_begins_with_a_dash_stands_where_nothing_is_an_option() -> None:
    assert line("get", "pod", "-A", options=within("-n")) == "kubectl get -n -n -- pod -A"
    assert line("rollout resume", "--all") == "kubectl rollout resume -- --all"


@pytest.mark.parametrize(
    "word",
    [
        "",
        "a\nreboot",
        "a\x1b[2J",
        "a\x9b31m",
        "a\u202eb",
        "a\u200bb",
        "a\u00a0b",
        "x" * (WORD_MOST + 1),
    ],
)
def test_what_can_not_be_typed_or_would_deceive_gives_no_command(word: str) -> None:
    assert line("get", "pod", word) == ""
    assert line("get", word, "web") == ""
    assert line("logs", "web", options=("-c", word)) == ""
    assert events("web", name=word) == ""


def test_the_longest_name_gives_one() -> None:
    assert line("get", "pod", "x" * WORD_MOST).endswith("x")


def test_a_name_can_not_end_a_condition_of_a_selector() -> None:
    made = shlex.split(events("web", kind="Pod", name="a,type=x\\"))
    assert made[-1] == "involvedObject.kind=Pod,involvedObject.name=a\\,type\\=x\\\\"


def test_events_about_what_is_cluster_scoped_are_in_the_namespace_default() -> None:
    assert events(None, uid="u") == (
        "kubectl get events -n default --field-selector involvedObject.uid=u"
    )


def test_the_program_is_a_word_of_its_own() -> None:
    assert line("get", "pod", "web", program="oc") == "oc get pod web"


def test_what_sets_a_variable_is_quoted_like_any_word() -> None:
    assert export("KUBECONFIG", "/tmp/a b") == "export KUBECONFIG='/tmp/a b'"
    assert export("KUBECONFIG", "/tmp/a\nb") == ""


def test_nothing_else_quotes_for_a_shell() -> None:
    quoting = [
        path.relative_to(ROOT).as_posix()
        for room in ("eventstream", "dashboard")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and any(name.name == "shlex" for name in node.names)
    ]
    assert quoting == ["eventstream/explain/vocabulary/commands.py"]

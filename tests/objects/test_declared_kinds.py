"""The kinds that come with Baton are judged as their examples say, and each rule is tried."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from eventstream.kinds.files import EXAMPLES, SHIPPED, shipped
from eventstream.objects.health.declared import DeclaredKind
from eventstream.objects.health.judging import Judge

FILES = sorted(path for path in SHIPPED.glob("*.yaml") if not path.name.endswith(EXAMPLES))
ABSENT: tuple[dict[str, Any], ...] = (
    {},
    {"status": {}},
    {"spec": {}, "status": {}},
    {"metadata": {}, "spec": {}},
)


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """How the object of an example stands; its message counts where one is given."""

    state: str
    message: str | None = None


class Example(msgspec.Struct, forbid_unknown_fields=True):
    """An object of a declared kind, made for this."""

    kind: str
    expect: Expected
    object: dict[str, Any]

    @property
    def group(self) -> str:
        return str(self.object["apiVersion"].rpartition("/")[0])


@lru_cache(maxsize=1)
def judge() -> Judge:
    return Judge(shipped())


@lru_cache(maxsize=256)
def examples(path: Path) -> tuple[Example, ...]:
    beside = path.with_name(path.stem + EXAMPLES)
    return tuple(msgspec.convert(yaml.safe_load(beside.read_bytes()), list[Example]))


def every() -> list[Any]:
    return [
        pytest.param(one, id=f"{path.stem}-{one.kind}-{number}")
        for path in FILES
        for number, one in enumerate(examples(path))
    ]


def declarations(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_bytes()) if one is not None]


def declared(one: dict[str, Any]) -> DeclaredKind:
    found = judge().kind(*_named(one))
    assert found is not None
    assert found.declaration.source == one["source"]
    return found


@pytest.mark.parametrize("one", every())
def test_an_example_stands_as_it_says(one: Example) -> None:
    assert one.object["kind"] == one.kind
    assert judge().kind(one.group, one.kind) is not None
    found = judge()(one.group, one.kind, one.object)
    assert found is not None
    assert found.state == one.expect.state
    if one.expect.message is not None:
        assert found.message == one.expect.message


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_declaration_has_an_example_of_each_state_that_its_rules_give(path: Path) -> None:
    for one in declarations(path):
        kind = declared(one)
        states = {
            example.expect.state
            for example in examples(path)
            if judge().kind(example.group, example.kind) is kind
        }
        assert states, f"{one['group']} {one['kinds']} has no example"
        assert {rule["is"] for rule in one.get("rules", ())} <= states, one["kinds"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_declaration_names_where_its_fields_are_documented(path: Path) -> None:
    for one in declarations(path):
        assert one["source"].startswith("https://")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_expression_of_a_declaration_can_be_read(path: Path) -> None:
    for one in declarations(path):
        declared(one).read()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_rule_breaks_on_an_object_without_fields(path: Path) -> None:
    for one in declarations(path):
        for found in ABSENT:
            said = declared(one).judge(found)
            assert isinstance(said, str) or not said.by.startswith("rule "), (one["kinds"], said)


def test_each_file_of_examples_lies_beside_what_it_is_of() -> None:
    found = {path.name for path in SHIPPED.glob(f"*{EXAMPLES}")}
    assert found == {path.stem + EXAMPLES for path in FILES}


def _named(one: dict[str, Any]) -> tuple[str, str]:
    """A group and kind that are this declaration's, where it stands for many."""
    group, kind = one["group"], one["kinds"][0]
    return group.replace("*", "any"), "Any" if kind == "*" else kind


def test_an_application_waits_for_the_hooks_that_its_sync_runs() -> None:
    hooks = [
        {"group": "batch", "kind": "Job", "namespace": "shop", "name": name, "hookPhase": phase}
        for name, phase in (("migrate", "Running"), ("check", "Succeeded"))
    ]
    plain = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    state = {"phase": "Running", "syncResult": {"resources": [*hooks, plain]}}
    found = judge()("argoproj.io", "Application", {"status": {"operationState": state}})
    assert found is not None
    assert found.waits_for == ("Job.batch/shop/migrate",)
    over = {"operationState": state | {"phase": "Succeeded"}, "resources": []}
    after = judge()("argoproj.io", "Application", {"status": over})
    assert after is not None
    assert after.waits_for == ()


@pytest.mark.parametrize(
    ("ready", "by"), [("1 of 2 completed", ""), ("terminated", "condition Ready is False")]
)
def test_what_another_field_says_is_not_given_as_a_conditions_words(ready: str, by: str) -> None:
    told = {"type": "Ready", "status": "False", "reason": "UpdateError", "message": ready}
    status = {"phase": "Failed", "failureMessage": "terminated", "conditions": [told]}
    found = judge()("cluster.x-k8s.io", "Machine", {"status": status})
    assert found is not None
    assert (found.state, found.message, found.by) == ("failed", "terminated", by)

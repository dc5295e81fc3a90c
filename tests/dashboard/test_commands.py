"""Commands that show the same: they only read, name what they are about, and are safe to paste."""

import shlex

import pytest

from dashboard.commands import for_step
from eventstream.explain.vocabulary.records import ObjectRef
from tests.dashboard import scenes


@pytest.mark.parametrize(
    ("api_version", "kind", "namespace", "resource", "where"),
    [
        ("apps/v1", "Deployment", "web", "deployment.v1.apps", ["-n", "web"]),
        ("v1", "Pod", "web", "pod", ["-n", "web"]),
        ("v1", "Node", None, "node", []),
        ("stable.example.com/v1", "CronTab", "web", "crontab.v1.stable.example.com", ["-n", "web"]),
    ],
)
def test_an_object_is_asked_for_by_its_kind_version_and_group(
    api_version: str, kind: str, namespace: str | None, resource: str, where: list[str]
) -> None:
    obj = ObjectRef(api_version, kind, namespace, "x", "uid-1")
    get, events = for_step(scenes.step("t", 1, obj, "client"))
    assert shlex.split(get.line)[:4] == ["kubectl", "get", resource, "x"]
    assert shlex.split(get.line)[4:-3] == where
    asked = shlex.split(events.line)
    assert asked[-1] == "involvedObject.uid=uid-1"
    assert asked[3:5] == ["-n", namespace or "default"], "those of cluster-scoped ones are there"


def test_what_is_gone_is_not_asked_for_but_its_events_are() -> None:
    gone = scenes.step("t", 1, scenes.ref("Pod", "p"), "kubelet", change_type="DELETED")
    (events,) = for_step(gone)
    assert "events" in events.line


@pytest.mark.parametrize("name", ["-A", "--all", "-o=yaml"])
def test_a_name_that_begins_with_a_dash_is_no_option(name: str) -> None:
    get, _ = for_step(scenes.step("t", 1, ObjectRef("v1", "Pod", "web", name, "u"), "client"))
    words = shlex.split(get.line)
    assert words[words.index("--") + 1 :] == ["pod", name]


@pytest.mark.parametrize("name", ["a\x1b[2J", "a\nreboot", "a\u202eb", "\x9b31m"])
def test_what_a_terminal_would_obey_gives_no_command(name: str) -> None:
    named = ObjectRef("v1", "Pod", "web", name, name)
    assert for_step(scenes.step("t", 1, named, "client")) == []


def test_the_same_can_be_had_for_oc() -> None:
    step = scenes.step("t", 1, scenes.ref("Pod", "p"), "kubelet")
    theirs = [command.line for command in for_step(step, "oc")]
    assert theirs == [command.line.replace("kubectl", "oc", 1) for command in for_step(step)]


def test_a_name_can_not_end_the_command() -> None:
    evil = ObjectRef("v1", "Pod", "$(id)", "x; rm -rf ~ #'`", "u' || true")
    for command in for_step(scenes.step("t", 1, evil, "client")):
        words = shlex.split(command.line)
        assert words[0] == "kubectl"
        assert {"$(id)"} <= set(words)
        assert not {";", "rm", "||"} & set(words)

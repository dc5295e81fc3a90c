"""The commands that people paste into a shell: right, and harmless whatever things are called."""

import shlex

import pytest

from eventstream.explain.vocabulary import commands
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change
from tests.explain.stories import Json, Story
from tests.explain.things import deployment, job, node, pod, website


def written(thing: Json) -> Write:
    story = Story()
    story.exists(thing)
    change = next(shown for shown in story.shown if isinstance(shown, Change))
    write = World().add(change, base=True)
    assert write is not None
    return write


PLAIN = [
    (commands.describe(written(pod())), "kubectl describe pod web-1-a -n shop"),
    (commands.describe(written(node())), "kubectl describe node node-1"),
    (
        commands.describe(written(website())),
        "kubectl describe websites.stable.example.com shopfront -n shop",
    ),
    (commands.read(written(deployment())), "kubectl get deployment web -n shop -o yaml"),
    (
        commands.events_of(written(pod())),
        (
            "kubectl get events -n shop --field-selector "
            "involvedObject.kind=Pod,involvedObject.name=web-1-a"
        ),
    ),
    (commands.logs(written(pod()), "c"), "kubectl logs web-1-a -n shop -c c"),
    (
        commands.previous_logs(written(pod()), "c"),
        "kubectl logs web-1-a -n shop -c c --previous",
    ),
    (commands.resume(written(deployment())), "kubectl rollout resume deployment web -n shop"),
    (
        commands.resume(written(job())),
        """kubectl patch job once -n shop --type=merge -p '{"spec":{"suspend":false}}'""",
    ),
    (commands.named("resourcequota", None, "q"), "kubectl describe resourcequota q"),
]


@pytest.mark.parametrize(("command", "expected"), PLAIN)
def test_plain_names_stand_as_they_are(command: str, expected: str) -> None:
    assert command == expected


HOSTILE = ["$(reboot)", "a;reboot", "a b", "`id`", "x'y\"z", "Ä", "a|b", "~", "*"]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_plain_reaches_kubectl_as_one_word(name: str) -> None:
    one = pod(None, name)
    one["metadata"]["namespace"] = name
    write = written(one)
    assert shlex.split(commands.describe(write)) == ["kubectl", "describe", "pod", name, "-n", name]
    assert shlex.split(commands.previous_logs(write, name))[-2:] == [name, "--previous"]
    assert shlex.split(commands.events_of(write))[-1].endswith(f"involvedObject.name={name}")


@pytest.mark.parametrize("name", ["-A", "--all"])
def test_a_name_that_begins_with_a_dash_is_no_option(name: str) -> None:
    write = written(pod(None, name))
    made = shlex.split(commands.describe(write))
    assert made == ["kubectl", "describe", "-n", "shop", "--", "pod", name]
    made = shlex.split(commands.previous_logs(write, name))
    assert made == ["kubectl", "logs", "-n", "shop", "-c", name, "--previous", "--", name]


def test_a_kind_is_no_option_and_nothing_that_a_terminal_obeys() -> None:
    one = pod()
    one["kind"] = "-A"
    assert commands.describe(written(one)) == "kubectl describe -n shop -- -a web-1-a"
    one["kind"] = "a\x1b[2J"
    assert commands.describe(written(one)) == ""


@pytest.mark.parametrize("name", ["a\nreboot", "a\x1b[2J", "a\u202eb", ""])
def test_what_cannot_be_typed_safely_gives_no_command(name: str) -> None:
    write = written(pod(None, name))
    made = (commands.describe, commands.read, commands.events_of, commands.resume)
    assert [give(write) for give in made] == ["", "", "", ""]
    assert commands.named("resourcequota", "shop", name) == ""
    assert commands.previous_logs(written(pod()), name or "\n") == ""

"""A trace is complete only where a rule or a stated convention says so; else it is `unknown`."""

from typing import Any

import pytest

from tests.explain.stories import KCM, Story

Json = dict[str, Any]


def thing(kind: str, api_version: str = "v1", **parts: Any) -> Json:
    """An object of that kind with a spec and a status as given."""
    metadata = {"name": "one", "namespace": "shop", "uid": "u-1", "generation": 1}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def stands(of: Json) -> tuple[str, str]:
    """State and sentence of the trace of an object that a client has created."""
    story = Story("Event")
    trace = story.trace(story.create(of, by="kubectl-create"))
    return trace.state, trace.summary


@pytest.mark.parametrize(
    ("of", "state", "says"),
    [
        (thing("LimitRange"), "unknown", "Baton does not know when a LimitRange is done."),
        (thing("Namespace", status={"phase": "Active"}), "complete", "Namespace one is active."),
        (thing("Namespace"), "unknown", "Namespace one does not tell its phase."),
        (
            thing(
                "PersistentVolumeClaim",
                spec={"volumeName": "pv-1"},
                status={"phase": "Bound"},
            ),
            "complete",
            "PersistentVolumeClaim one is bound to pv-1.",
        ),
        (
            thing("PersistentVolumeClaim", status={"phase": "Pending"}),
            "running",
            "Waiting for the persistent volume controller: a volume for PersistentVolumeClaim one.",
        ),
        (
            thing("ResourceQuota", spec={"hard": {"pods": "2"}}, status={"hard": {"pods": "2"}}),
            "complete",
            "ResourceQuota one is in force.",
        ),
        (
            thing("ControllerRevision", "apps/v1"),
            "complete",
            "ControllerRevision one is stored; nobody has to act on it.",
        ),
        (
            thing("Deployment", "example.org/v1"),
            "running",
            "Waiting for the custom controller: a custom controller to act on Deployment one.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_done_is_said_by_its_own_kind(of: Json, state: str, says: str) -> None:
    assert stands(of) == (state, says)


def acted_on(status: Json) -> tuple[str, str]:
    """State and sentence of a custom resource whose controller reported `status`."""
    story = Story()
    widget = story.create(thing("Widget", "example.org/v1", spec={"size": 1}), by="kubectl-create")
    story.change(widget, {"status": status}, by="operator", sub="status")
    trace = story.trace(widget)
    return trace.state, trace.summary


def test_a_custom_resource_is_complete_by_its_condition() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert acted_on(ready) == ("complete", "Widget one was acted on. Its condition Ready is True.")


def test_a_custom_resource_that_tells_nothing_known_is_unknown() -> None:
    state, says = acted_on({"replicas": 3})
    assert state == "unknown"
    assert says == (
        "Baton does not know when a Widget is done. "
        "Nothing in its status is read by a convention, and it owns nothing that would tell."
    )


def test_an_unknown_trace_settles_once_it_is_quiet() -> None:
    story = Story()
    limits = story.create(thing("LimitRange"), by="kubectl-create")
    story.wait(60)
    story.create({**thing("LimitRange"), "metadata": {"name": "two", "uid": "u-2"}}, by=KCM)
    assert story.trace(limits).settled

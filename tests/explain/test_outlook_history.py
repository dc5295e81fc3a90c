"""What failed below a custom resource before that one was asked for, or was well, is history."""

import pytest

from tests.explain.stories import Json, Story, stamp
from tests.explain.things import condition, thing

API = "example.com/v1"
FAILED = {"phase": "Failed", "message": "it could not"}
RUN = thing("BackupRun", "old", API, thing("Plan", "nightly", API), spec={}, status=FAILED)
JOB = thing(
    "Job", "old", "batch/v1", thing("Plan", "nightly", API),
    spec={"completions": 1}, status={"failed": 1, "conditions": [condition("Failed", "True")]},
)  # fmt: skip
POD = thing(
    "Pod", "old", "v1", thing("Plan", "nightly", API), spec={}, status={"phase": "Failed"}
)  # fmt: skip


def plan(status: Json) -> Json:
    return thing("Plan", "nightly", API, spec={"schedule": "0 1 * * *"}, status=status)


@pytest.mark.parametrize("kept", [RUN, JOB, POD], ids=["run", "job", "pod"])
def test_a_run_that_failed_before_is_no_answer_to_what_is_asked_for_now(kept: Json) -> None:
    story = Story()
    owner = story.exists(plan({"conditions": [condition("Ready", "True")]}))
    story.exists(kept)
    story.wait(60)
    story.change(owner, {"spec": {"schedule": "0 2 * * *"}}, "kubectl-edit")
    story.wait(1)
    news = {"conditions": [condition("Ready", "True", "Scheduled")]}
    story.change(owner, {"status": news}, "planner", sub="status")
    assert story.trace(owner).state == "complete"


def test_a_run_that_fails_since_holds_it_up() -> None:
    story = Story()
    owner = story.exists(plan({"conditions": [condition("Ready", "True")]}))
    story.change(owner, {"spec": {"schedule": "0 2 * * *"}}, "kubectl-edit")
    story.wait(1)
    news = {"conditions": [condition("Ready", "True", "Scheduled")]}
    story.change(owner, {"status": news}, "planner", sub="status")
    run = story.create(thing("BackupRun", "new", API, owner, spec={}), "planner")
    story.change(run, {"status": FAILED}, "planner", sub="status")
    assert story.trace(owner).state == "stalled"


@pytest.mark.parametrize(("later", "state"), [(60, "complete"), (-60, "stalled")])
def test_a_part_that_failed_counts_unless_its_owner_came_to_be_ready_after_it(
    later: int, state: str
) -> None:
    story = Story()
    owner = story.create(plan({}), "kubectl-create")
    part = story.create(thing("Part", "a", API, owner, spec={}), "planner")
    failed = condition("Ready", "False", "ExitError")
    failed["lastTransitionTime"] = stamp(story.at)
    story.change(part, {"status": {"conditions": [failed]}}, "planner", sub="status")
    ready = condition("Ready", "True") | {"lastTransitionTime": stamp(story.at + later)}
    story.wait(90)
    story.change(owner, {"status": {"conditions": [ready]}}, "planner", sub="status")
    assert story.trace(owner).state == state


@pytest.mark.parametrize(
    ("later", "state"),
    [
        ({"metadata": {"labels": {"team": "a"}}}, "stalled"),
        ({"status": {"conditions": [condition("Ready", "True", "Scheduled")]}}, "complete"),
    ],
)
def test_only_what_its_owner_reports_makes_a_failure_one_that_it_knew_of(
    later: Json, state: str
) -> None:
    story = Story()
    owner = story.exists(plan({"conditions": [condition("Ready", "True")]}))
    run = story.create(thing("BackupRun", "new", API, owner, spec={}), "planner")
    story.change(run, {"status": FAILED}, "planner", sub="status")
    assert story.trace(owner).state == "stalled"
    story.change(owner, later, "planner", sub="status" if "status" in later else "")
    assert story.trace(owner).state == state

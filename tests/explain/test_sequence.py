"""The sixteen documented steps, and who did what, on recordings of a real cluster."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Step
from eventstream.management.output import expand
from tests.explain.tapes import Result, fold, observations

TRUTH = Path(__file__).parent / "truth"


@pytest.fixture(scope="module")
def create() -> Result:
    return fold(observations("create"))


def parts(result: Result) -> list[Step]:
    """Each step's request, store and broadcast."""
    return [part for step in result.steps.values() for part in expand(step)]


def documented(steps: list[Step]) -> set[int]:
    return {number for step in steps for number in step.documented}


def test_the_deployments_trace_holds_all_sixteen_steps(create: Result) -> None:
    [trace] = [trace for trace in create.traces.values() if trace.root.kind == "Deployment"]
    inside = [part for part in parts(create) if part.trace == trace.id]
    assert documented(inside) == set(range(1, 17))
    assert trace.state == "complete"
    assert trace.summary == "3 of 3 Pods available after 725 ms."
    assert trace.holder is None
    assert [(stage.name, stage.state) for stage in trace.stages][-1] == ("available", "done")


def test_each_of_the_three_pods_goes_through_steps_7_to_16(create: Result) -> None:
    pods = {step.object.uid for step in create.of("Pod")}
    assert len(pods) == 3
    for uid in pods:
        own = [part for part in parts(create) if part.object.uid == uid]
        assert documented(own) == set(range(7, 17))


def test_each_step_is_caused_by_one_of_the_same_trace_and_one_began_it(create: Result) -> None:
    for trace in create.traces.values():
        if trace.background:
            continue
        inside = {s.id: s for s in create.steps.values() if s.trace == trace.id}
        roots = [step for step in inside.values() if step.cause is None]
        assert [root.id for root in roots] == [trace.root_step]
        for step in inside.values():
            assert set(step.causes[:1]) <= inside.keys()


def test_the_replicaset_controller_tells_what_it_compared(create: Result) -> None:
    made = [step for step in create.of("Pod") if step.rule == "made-for-owner"]
    assert [step.what.split(" and created")[0] for step in made] == [
        "The ReplicaSet controller compared 3 desired Pods with 0 that exist"
    ] * 3
    assert [step.what.rsplit(", ", 1)[1] for step in made] == [
        "number 1 of 3.",
        "number 2 of 3.",
        "number 3 of 3.",
    ]
    assert all(step.loop and (step.loop.desired, step.loop.current) == (3, 0) for step in made)


def test_wherever_a_controller_acts_it_observes_compares_and_acts(create: Result) -> None:
    for step in create.steps.values():
        if step.actor not in ("client", "unknown") and step.verb != "renew":
            assert step.loop is not None, step.what
            assert all((step.loop.observe, step.loop.compare, step.loop.act))


def test_heartbeats_are_counted_and_not_listed(create: Result) -> None:
    beats = [step for step in create.steps.values() if step.verb == "renew"]
    nodes = {step.node for step in beats if step.object.kind == "Lease"}
    assert nodes == {"node-1", "hollow-1", "hollow-2"}
    assert sum(step.object.kind == "Pod" for step in beats) == 3
    assert sum(step.count for step in beats if step.object.kind == "Lease") == 6


@pytest.mark.parametrize("name", ["create", "operator"])
def test_every_row_of_the_ground_truth_has_its_step_with_the_right_actor(name: str) -> None:
    steps = fold(observations(name)).steps.values()
    by_version = {
        (step.object.uid, step.resource_version): step for step in steps if step.verb != "renew"
    }
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (TRUTH / f"{name}.truth.jsonl").read_text().splitlines()
    ]
    rows = [row for row in rows if "events" not in row["resource"]]
    assert rows
    for row in rows:
        step = by_version[row["uid"], row["resourceVersion"]]
        assert step.actor == row["actor"], step.what


def test_crd_cr_and_custom_controller_are_told_in_words() -> None:
    told = [step.what for step in fold(observations("operator")).of("Website")][:2]
    created = (
        "A client that calls itself kubectl-client-side-apply asked the API server to create "
        "Website shopfront."
    )
    finalizer = (
        "The custom controller kopf changed Website shopfront: metadata.finalizers set to "
        '["kopf.zalando.org/KopfFinalizerMarker"].'
    )
    assert told == [created, finalizer]

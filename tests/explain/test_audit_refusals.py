"""Requests that the API server refused become steps, though no watch shows them."""

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Step
from eventstream.management.output import expand
from tests.explain.audits import ask, by_controller, with_audit
from tests.explain.stories import Story
from tests.explain.tapes import Result, fold
from tests.explain.things import deployment, pod, replicaset


def refused(result: Result) -> list[Step]:
    found = [step for step in result.steps.values() if step.rule == "refused"]
    return sorted(found, key=lambda step: step.at)


def test_a_quotas_refusals_are_steps_of_the_trace_of_their_deployment() -> None:
    result = fold(with_audit("quota"))
    steps = [step for step in refused(result) if step.object.kind == "Pod"]
    assert len(steps) == 14
    assert {step.actor for step in steps} == {"replicaset-controller"}
    assert {result.traces[step.trace].title for step in steps} == {"deployment/capped"}
    assert all(step.cause in result.steps for step in steps)
    assert steps[0].what == (
        "The ReplicaSet controller asked to create pods capped-75995575c7-wxqst, "
        "which the API server refused: 403 Forbidden."
    )
    assert "exceeded quota: pods" in steps[0].why
    assert (steps[0].grades.what, steps[0].grades.who) == ("audited", "audited")
    assert expand(steps[0]) == (steps[0],)  # Nothing was stored, nothing broadcast.


def test_a_conflict_names_the_version_that_the_writer_had_seen() -> None:
    result = fold(with_audit("bad_image"))
    conflicts = [step for step in refused(result) if "409 Conflict" in step.what]
    assert conflicts
    for step in conflicts:
        assert step.cause in result.steps
        assert result.steps[step.cause].trace == step.trace


def test_a_trace_counts_the_refused_requests_in_it() -> None:
    result = fold(with_audit("quota"))
    for trace in result.traces.values():
        inside = [s for s in result.steps.values() if s.trace == trace.id and s.verb != "renew"]
        assert trace.steps == len(inside)


def test_what_never_came_to_be_has_a_trace_in_the_background() -> None:
    story = Story()
    story.exists(deployment("other"))
    denied = 'admission webhook "policy.example.com" denied the request: no latest tags'
    ask(
        story, deployment("web"), "create", user="ann", code=403, reason="Forbidden", message=denied
    )
    [step] = refused(story.told())
    assert (step.actor, step.actor_name, step.verb) == ("client", "kubectl", "create")
    assert step.what.startswith("ann, with kubectl, asked to create deployments web, which")
    assert step.why == f"{denied}."
    trace = story.told().traces[step.trace]
    assert (trace.title, trace.background, trace.steps) == ("deployment/web", True, 1)


@pytest.mark.parametrize("code", [400, 403, 409, 422, 429, 500])
def test_an_eviction_that_is_refused_is_a_step_of_the_pod(code: int) -> None:
    story = Story()
    web_pod = story.create(pod(), "kubectl-create")
    story.wait(1)
    ask(story, web_pod, "create", subresource="eviction", code=code)
    [step] = refused(story.told())
    assert (step.verb, step.object.uid) == ("evict", web_pod["metadata"]["uid"])
    assert step.cause == story.told().steps[step.cause or ""].id
    assert story.told().traces[step.trace].root.uid == web_pod["metadata"]["uid"]
    assert step.grades.why == "unknown"


def test_a_request_about_what_is_gone_already_is_no_refusal() -> None:
    story = Story()
    story.exists(pod())
    ask(story, pod(), "delete", code=404)
    assert refused(story.told()) == []


def test_a_refused_creation_belongs_to_the_owner_that_it_was_made_for() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    rs = story.create(replicaset(web), "kube-controller-manager")
    story.wait(1)
    who = by_controller("replicaset-controller")
    ask(story, pod(name="web-1-xyz"), "create", code=403, **who)
    [step] = refused(story.told())
    assert step.trace == story.last(rs).trace == story.last(web).trace
    assert step.cause == story.last(rs).id


def test_every_refused_request_is_told_and_counted_once_and_then_let_go() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    before = story.last(web)
    story.wait(1)
    for number in range(2000):
        ask(story, web, "patch", code=409, audit_id=f"many-{number}")
    engine, result = Engine("cluster"), Result()
    for observation in story.shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(story.at))
    assert result.steps[before.id] == before
    assert len(refused(result)) == 2000
    for late in (story.at + 20, story.at + 40):
        result.take(engine.tick(late))
    assert [trace.steps for trace in result.traces.values()] == [2001]
    assert len(engine._audit._refusals._waiting) == 0

"""After a restart what the audit log told still holds: nothing weaker, nothing told twice."""

from collections.abc import Sequence

import pytest

from eventstream.explain.audit.trail import BEHIND, CAUGHT_UP, KEPT
from eventstream.explain.engine.engine import Engine
from eventstream.explain.engine.tracelog import QUIET
from eventstream.explain.vocabulary.records import Step, StepUpsert, TraceUpsert
from eventstream.following.progress import AGAIN
from eventstream.objects.observations import AuditLog, AuditRecord, Change, Observation
from tests.explain.audits import ask, with_audit
from tests.explain.stories import Story
from tests.explain.tapes import LONG_AFTER, Result, fold, observations
from tests.explain.test_audit_stories import KOPF, operated
from tests.explain.test_restore import Stopped
from tests.explain.things import deployment, pod

TICK = 0.2
MUCH_LATER = 1000.0


def refused(stopped: Stopped) -> list[Step]:
    open_ = {id_ for id_, trace in stopped.result.traces.items() if not trace.settled}
    steps = stopped.result.steps.values()
    return [step for step in steps if step.rule == "refused" and step.trace in open_]


def restarted(stopped: Stopped, at: float, *, audited: bool = True) -> Engine:
    engine = Engine("cluster", audited=audited)
    open_ = [trace for trace in stopped.result.traces.values() if not trace.settled]
    kept = {
        id_ for id_, step in stopped.result.steps.items() if step.trace in {t.id for t in open_}
    }
    memos = [memo for id_, memo in stopped.memos.items() if id_ in kept]
    engine.restore(stopped.images(), memos, open_, at, refused=refused(stopped))
    return engine


def run(shown: Sequence[Observation], stops: set[int], *, again: float = AGAIN) -> Result:
    """Fold with restarts, each of which reads the last seconds of the audit log again."""
    engine, stopped, ticked = Engine("cluster"), Stopped(), 0.0
    for number, observation in enumerate(shown):
        at = observation.at
        if number in stops:
            stopped.note(engine.tick(at))
            engine = restarted(stopped, at)
            for earlier in shown[:number]:
                if isinstance(earlier, AuditRecord) and earlier.at >= at - again:
                    stopped.take(earlier, engine.apply(earlier))
        stopped.take(observation, engine.apply(observation))
        if at - ticked >= TICK:
            stopped.note(engine.tick(at))
            ticked = at
    stopped.note(engine.tick(max(o.at for o in shown) + LONG_AFTER))
    return stopped.result


def grade(step: Step) -> bool:
    return step.grades.who == "audited"


@pytest.mark.parametrize("name", ["create", "quota", "rolling_update", "operator", "self_heal"])
@pytest.mark.parametrize("every", [11, 31])
def test_with_restarts_every_step_and_trace_is_told_as_without(name: str, every: int) -> None:
    shown = with_audit(name)
    stops = set(range(25, len(shown), every))
    found, expected = run(shown, stops), run(shown, set())
    beats = {id_ for id_, step in expected.steps.items() if step.verb == "renew"}
    assert found.steps.keys() - beats == expected.steps.keys() - beats
    weaker = [
        (expected.steps[id_], found.steps[id_])
        for id_ in expected.steps.keys() - beats
        if (grade(found.steps[id_]), found.steps[id_].actor)
        != (grade(expected.steps[id_]), expected.steps[id_].actor)
    ]
    assert weaker == []
    counts = {id_: trace.steps for id_, trace in found.traces.items() if not trace.background}
    assert counts == {id_: t.steps for id_, t in expected.traces.items() if not t.background}


def halfway(name: str) -> tuple[Stopped, list[Observation]]:
    """A recording that was explained to its end, with its audit log, and then stopped."""
    shown, stopped, engine = with_audit(name), Stopped(), Engine("cluster")
    for observation in shown:
        stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(shown[-1].at))
    return stopped, shown


@pytest.mark.parametrize("name", ["create", "scale", "self_heal"])
@pytest.mark.parametrize("audited", [True, False])
def test_a_restart_downgrades_nothing_even_without_any_log(name: str, audited: bool) -> None:
    stopped, shown = halfway(name)
    before = {id_: step for id_, step in stopped.result.steps.items() if step.verb != "renew"}
    assert sum(map(grade, before.values())) > 20
    engine = restarted(stopped, shown[-1].at, audited=audited)
    engine.apply(ask(Story(), deployment("another"), "patch", at=shown[-1].at))
    events = [o for o in shown if isinstance(o, Change) and o.after.kind == "Event"]
    for event in events:  # Evidence that comes again has what rests on it decided again.
        stopped.take(event, engine.apply(event))
    stopped.note(engine.tick(shown[-1].at + 1))
    stopped.note(engine.tick(shown[-1].at + MUCH_LATER))
    for id_, step in before.items():
        assert stopped.result.steps[id_] == step


def test_refused_requests_that_are_read_again_are_neither_doubled_nor_moved() -> None:
    stopped, shown = halfway("quota")
    before = {step.id: step for step in refused(stopped)}
    counts = {id_: trace.steps for id_, trace in stopped.result.traces.items()}
    assert len(before) > 10
    engine = restarted(stopped, shown[-1].at)
    for observation in shown:
        if isinstance(observation, AuditRecord):
            stopped.take(observation, engine.apply(observation))
    told = engine.tick(shown[-1].at + 1)
    assert not [u for u in told if isinstance(u, StepUpsert) and u.step.rule == "refused"]
    stopped.note(told)
    assert {step.id: step for step in refused(stopped)} == before
    assert counts == {id_: trace.steps for id_, trace in stopped.result.traces.items()}


def test_a_trace_of_refused_requests_alone_still_settles_after_a_restart() -> None:
    shown = [o for o in with_audit("quota") if isinstance(o, AuditRecord) and o.refused]
    stopped, engine = Stopped(), Engine("cluster")
    for record in shown:
        stopped.take(record, engine.apply(record))
    stopped.note(engine.tick(shown[-1].at))
    counts = {id_: trace.steps for id_, trace in stopped.result.traces.items()}
    assert not any(trace.settled for trace in stopped.result.traces.values())
    engine = restarted(stopped, shown[-1].at)
    stopped.note(engine.tick(shown[-1].at + 1))
    stopped.note(engine.tick(shown[-1].at + MUCH_LATER))
    assert all(trace.settled for trace in stopped.result.traces.values())
    assert counts == {id_: trace.steps for id_, trace in stopped.result.traces.items()}
    assert engine.open_traces == 0


def behind(at: float, by: float) -> AuditLog:
    return AuditLog("/audit.log", "behind", at, reached=at - by)


def settled(engine: Engine, now: float) -> bool:
    return any(isinstance(u, TraceUpsert) and u.trace.settled for u in engine.tick(now))


def test_a_record_that_comes_late_still_upgrades_what_would_have_settled() -> None:
    shown, records = observations("create"), with_audit("create")
    engine, result = Engine("cluster"), Result()
    for observation in shown:
        result.take(engine.apply(observation))
    last = shown[-1].at
    late = last + 3 * QUIET
    for second in range(0, int(late - last), 5):
        engine.apply(behind(last + second, by=second + 60.0))
        result.take(engine.tick(last + second))
    assert not any(trace.settled for trace in result.traces.values() if not trace.background)
    for record in records:
        if isinstance(record, AuditRecord):
            result.take(engine.apply(record))
    engine.apply(behind(late, by=0.0))
    result.take(engine.tick(late))
    expected = fold(with_audit("create")).steps
    assert {id_: grade(step) for id_, step in result.steps.items()} == {
        id_: grade(step) for id_, step in expected.items()
    }
    for second in range(int(CAUGHT_UP) + 10):
        engine.apply(behind(late + second, by=0.0))
        result.take(engine.tick(late + second))
    assert all(trace.settled for trace in result.traces.values() if not trace.background)


def test_no_trace_waits_for_a_log_longer_than_requests_are_kept() -> None:
    engine, shown = Engine("cluster"), observations("create")
    for observation in shown:
        engine.apply(observation)
    last = shown[-1].at
    engine.apply(behind(last, by=last))
    assert not settled(engine, last + QUIET + 1)
    assert not settled(engine, last + KEPT - 30)
    engine.tick(last + KEPT + 1)
    assert settled(engine, last + KEPT + 10) or engine.open_traces == 0


def test_a_log_that_is_read_to_its_end_delays_nothing() -> None:
    engine, shown = Engine("cluster"), observations("create")
    for observation in shown:
        engine.apply(observation)
    last = shown[-1].at
    for second in range(0, int(QUIET) + 2, 2):
        engine.apply(behind(last + second, by=1.0))
    assert settled(engine, last + QUIET + 2)


def test_what_a_restart_reads_again_is_no_longer_than_a_trace_stays_open() -> None:
    assert AGAIN < CAUGHT_UP
    assert BEHIND + CAUGHT_UP <= QUIET


def stopped_story(story: Story) -> Stopped:
    """What is kept of a story's engine, all traces being open."""
    stopped, engine = Stopped(), Engine("cluster")
    for observation in story.shown:
        stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(story.at))
    return stopped


def test_a_request_that_is_read_again_is_not_taken_for_another_write() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    story.change(web, {"spec": {"replicas": 2}}, "kubectl", sub="scale")
    record = ask(story, web, "patch", user="ann", subresource="scale", field_manager="kubectl")
    story.change(web, {"spec": {"replicas": 3}}, "kubectl", sub="scale")  # The log omits this one.
    before = stopped_story(story)
    assert [grade(step) for step in before.result.of("Deployment")] == [False, True, False]
    engine = restarted(before, story.at)
    before.take(record, engine.apply(record))
    before.note(engine.tick(story.at + 1))
    assert [grade(step) for step in before.result.of("Deployment")] == [False, True, False]


def test_an_operator_that_was_known_by_its_deeds_is_known_after_a_restart() -> None:
    story = Story()
    operated(story)
    first, second = (story.exists(pod(name=name, node_name="")) for name in ("one", "two"))
    story.delete(first)
    ask(story, first, "delete", agent=KOPF)
    before = stopped_story(story)
    assert before.result.of("Pod")[-1].actor == "custom-controller"
    sites = {step.id for step in before.result.of("Website")}
    before.memos = {id_: memo for id_, memo in before.memos.items() if id_ not in sites}
    engine = restarted(before, story.at)
    shown = len(story.shown)
    story.delete(second)
    ask(story, second, "delete", agent=KOPF)
    for observation in story.shown[shown:]:
        before.take(observation, engine.apply(observation))
    before.note(engine.tick(story.at))
    told = [step for step in before.result.steps.values() if step.object.name == "two"]
    assert [step.actor for step in told] == ["custom-controller"]

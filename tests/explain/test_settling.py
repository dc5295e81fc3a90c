"""What the engine holds is bounded: settled traces are let go, and long ones are trimmed."""

from typing import TypeGuard

import pytest
from msgspec.structs import replace

from eventstream.explain.engine import engine as engine_module
from eventstream.explain.engine import limits
from eventstream.explain.engine.engine import Engine
from eventstream.explain.engine.tracelog import QUIET
from eventstream.explain.vocabulary.records import TraceUpsert
from eventstream.explain.world import world as world_module
from eventstream.objects.observations import Change, Observation, Removed
from tests.explain.tapes import NAMES, Result, fold, observations, streams

MUCH_LATER = 10_000.0


def settled_engine(name: str) -> tuple[Engine, Result]:
    engine, result = Engine("cluster"), Result()
    shown = observations(name)
    for observation in shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(shown[-1].at))
    result.take(engine.tick(shown[-1].at + MUCH_LATER))
    return engine, result


@pytest.mark.parametrize("name", NAMES)
def test_a_finished_trace_settles_and_leaves_only_what_exists(name: str) -> None:
    engine, result = settled_engine(name)
    open_states = {trace.state for trace in result.traces.values() if not trace.settled}
    assert open_states <= {"running", "stalled"}
    assert engine.open_traces == sum(not trace.settled for trace in result.traces.values())
    if not open_states:
        assert all(len(log.writes) <= 1 for log in engine._world.logs.values())
        assert not any(log.askers for log in engine._world.logs.values())
        assert not any(log.note_askers for log in engine._world.logs.values())
        assert not any(write.gone for log in engine._world.logs.values() for write in log.writes)


def test_settling_changes_no_step() -> None:
    _, result = settled_engine("create")
    assert result.steps == fold(observations("create")).steps


def test_a_trace_does_not_settle_before_its_quiet_time() -> None:
    engine, shown = Engine("cluster"), streams("create")
    last = max(o.at for key in ("apps/v1/deployments", "v1/pods") for o in shown[key])
    for observation in observations("create"):
        engine.apply(observation)
    traces = engine.tick(last + QUIET - 1)
    assert not any(isinstance(u, TraceUpsert) and u.trace.settled for u in traces)
    later = engine.tick(last + QUIET + 1)
    assert [u.trace.root.kind for u in later if isinstance(u, TraceUpsert) and u.trace.settled]


def test_of_a_settled_trace_each_object_keeps_one_write_at_most() -> None:
    engine = Engine("cluster")
    shown = observations("scale")
    for observation in shown:
        engine.apply(observation)
    engine.tick(shown[-1].at)
    before = sum(len(log.writes) for log in engine._world.logs.values())
    engine.tick(shown[-1].at + MUCH_LATER)
    after = sum(len(log.writes) for log in engine._world.logs.values())
    assert before > 60
    assert after <= len(engine._world.logs)


def test_events_about_what_is_forgotten_leave_little_when_they_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(world_module, "UNSEEN_KEPT", 2)
    engine, _ = settled_engine("self_heal")
    kept = len(engine._world.logs)
    notes = [each for each in observations("self_heal") if is_note(each)]
    assert len(notes) > 10
    late = [replace(note, at=MUCH_LATER, type="MODIFIED") for note in notes]
    for note in late:
        engine.apply(note)
    assert len(engine._world.logs) > kept + 2  # Of forgotten Pods: they may be late, too.
    for note in late:
        engine.apply(replace(note, type="DELETED"))
    assert len(engine._world.logs) == kept + 2
    for note in notes:
        engine.apply(replace(note, type="DELETED"))
    assert len(engine._world.logs) == kept + 2


def is_note(observation: Observation) -> TypeGuard[Change]:
    return isinstance(observation, Change) and observation.after.kind == "Event"


def test_a_trace_that_never_ends_keeps_a_bounded_number_of_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MEMBERS_KEPT", 10)
    engine, result = Engine("cluster"), Result()
    for observation in observations("crash_loop"):
        result.take(engine.apply(observation))
        result.take(engine.tick(observation.at))
    [trace] = [t for t in result.traces.values() if t.root.kind == "Deployment" and not t.existing]
    assert trace.state == "stalled"
    assert trace.steps == sum(
        s.trace == trace.id and s.verb != "renew" for s in result.steps.values()
    )
    assert all(len(open_.members) <= 11 for open_ in engine._traces.open.values())
    assert trace.cause.startswith("created by kubectl-create")


@pytest.mark.parametrize("name", ["self_heal", "bad_image"])
def test_where_many_traces_change_each_is_judged_once_a_second_and_ends_as_it_would(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def judged() -> tuple[int, Result]:
        engine, result, told = Engine("cluster"), Result(), 0
        shown = observations(name)
        due = shown[0].at
        for observation in shown:
            while due <= observation.at:
                upserts = engine.tick(due)
                told += sum(isinstance(upsert, TraceUpsert) for upsert in upserts)
                result.take(upserts)
                due += 0.2
            result.take(engine.apply(observation))
        result.take(engine.tick(due, whole=True))
        return told, result

    often, unhurried = judged()
    monkeypatch.setattr(engine_module, "_AT_ONCE", 0)
    seldom, busy = judged()
    assert seldom < often
    assert busy.traces == unhurried.traces
    assert busy.steps == unhurried.steps


def test_objects_of_a_type_that_left_are_gone() -> None:
    engine, result = Engine("cluster"), Result()
    shown = [o for o in observations("operator") if o.at < observations("operator")[0].at + 8]
    for observation in shown:
        result.take(engine.apply(observation))
    [website] = [o.resource for o in shown if o.resource.kind == "Website"][:1]
    result.take(engine.apply(Removed(website, shown[-1].at, "its CRD was deleted")))
    last = result.of("Website")[-1]
    assert (last.change_type, last.verb, last.actor) == ("VANISHED", "delete", "unknown")


def test_objects_of_a_type_that_has_another_version_now_go_on() -> None:
    engine, result = Engine("cluster"), Result()
    shown = [o for o in observations("operator") if o.at < observations("operator")[0].at + 8]
    for observation in shown:
        result.take(engine.apply(observation))
    told = result.of("Website")
    (seen,) = [o for o in shown if isinstance(o, Change) and o.resource.kind == "Website"][-1:]
    other = replace(seen.resource, version="v2")
    at = shown[-1].at
    result.take(engine.apply(Removed(seen.resource, at, "It is read in version v2.", other)))
    result.take(engine.apply(Change(other, "EXISTING", seen.after, at)))
    assert result.of("Website") == told
    gone = Change(other, "VANISHED", seen.after, at, seen.after, relisted=True)
    result.take(engine.apply(gone))
    assert result.of("Website")[-1].change_type == "VANISHED"

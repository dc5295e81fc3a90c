"""How a trace shows each documented step: never more than its steps do."""

from functools import cache

import msgspec
import pytest

from dashboard.sightings import GLYPHS, WORDS, Lesson, Sighting
from eventstream.explain.vocabulary.documented.creation import CREATION, FOLLOWING, START
from eventstream.explain.vocabulary.records import Step, Trace
from tests.explain.tapes import NAMES, Result, fold, observations


@cache
def result(name: str) -> Result:
    return fold(observations(name))


@cache
def recorded(name: str = "create", kind: str = "Deployment") -> tuple[Trace, tuple[Step, ...]]:
    """The first trace of a recording that began with the creation of such an object."""
    found = result(name)
    created = (
        trace
        for trace in found.traces.values()
        if trace.root.kind == kind and trace.root_step
        if found.steps[trace.root_step].verb == "create"
    )
    trace = min(created, key=lambda each: each.started)
    steps = (step for step in found.steps.values() if step.trace == trace.id)
    return trace, tuple(sorted(steps, key=lambda step: int(step.resource_version)))


def numbers(step: Step) -> set[int]:
    return {*step.documented, *step.documented_store, *step.documented_broadcast}


def running(trace: Trace) -> Trace:
    return msgspec.structs.replace(trace, state="running", ended=None, settled=False)


def states(lesson: Lesson) -> dict[int, str]:
    return {step.number or 0: lesson.of(step).state for step in CREATION}


def test_a_recorded_creation_shows_all_sixteen_each_by_its_grade() -> None:
    lesson = Lesson(*recorded())
    asked = {1, 4, 7, 9, 12, 13}
    expected = {
        number: "inferred" if number == 15 else "reported" if number in asked else "seen"
        for number in range(1, 17)
    }
    assert states(lesson) == expected


def test_what_the_server_did_is_told_of_the_server() -> None:
    lesson = Lesson(*recorded())
    told = [lesson.of(step).writes[0].text for step in CREATION[:3]]
    assert told[0].startswith("A client that calls itself kubectl-create asked the API server to")
    assert told[1:] == [
        "Deployment nginx is stored, at resourceVersion 16008.",
        "The ADDED event of Deployment nginx (16008) was received.",
    ]
    assert "The Lease of node node-1 is stored" in lesson.of(CREATION[15]).writes[0].text


def test_the_comparison_of_the_replicaset_controller_stands_beside_step_seven() -> None:
    seen = Lesson(*recorded()).of(CREATION[6])
    assert seen.loop is not None
    assert (seen.loop.desired, seen.loop.current, len(seen.writes)) == (3, 0, 3)


def test_parts_of_a_start_are_reported_by_events_or_cannot_be_seen_and_why() -> None:
    lesson = Lesson(*recorded())
    seen = {part.id.removeprefix("step-12-"): lesson.of(part) for part in START}
    assert {name: sighting.state for name, sighting in seen.items()} == {
        "network": "reported",
        "volumes": "unseen",
        "image": "reported",
        "init": "unseen",
        "container": "reported",
        "probes": "unseen",
    }
    assert seen["image"].why == "By Events Pulling and Pulled."
    assert seen["network"].writes[0].text.endswith("container nginx is being created.")
    assert "says nothing of it" in seen["volumes"].why


def test_a_pull_that_fails_leaves_what_comes_after_it_to_come_and_what_came_before_hidden() -> None:
    trace, steps = recorded("bad_image")
    stuck = tuple(step for step in steps if not {13, 15}.intersection(step.documented))
    lesson = Lesson(running(trace), stuck)
    seen = {part.id.removeprefix("step-12-"): lesson.of(part).state for part in START}
    assert (seen["network"], seen["volumes"], seen["image"]) == ("reported", "unseen", "reported")
    assert (seen["container"], lesson.of(CREATION[12]).state) == ("pending", "pending")


def test_what_follows_ends_with_condition_available() -> None:
    lesson = Lesson(*recorded())
    assert [lesson.of(step).state for step in FOLLOWING] == ["reported"] * 3
    available = lesson.of(FOLLOWING[2])
    assert "Available is now True" in available.writes[0].text
    assert len(available.writes) == 1


@pytest.mark.parametrize("reached", range(1, 17))
def test_nothing_is_told_of_a_step_before_it_came(reached: int) -> None:
    trace, steps = recorded()
    until = tuple(step for step in steps if not numbers(step) or max(numbers(step)) <= reached)
    found = states(Lesson(running(trace), until))
    assert all(found[number] == "pending" for number in range(reached + 1, 17))


def test_with_nothing_begun_everything_is_still_to_come() -> None:
    assert set(states(Lesson(None, ())).values()) == {"pending"}


def test_a_missing_step_that_a_later_one_requires_is_inferred() -> None:
    trace, steps = recorded()
    seen = Lesson(trace, tuple(step for step in steps if 9 not in step.documented)).of(CREATION[8])
    assert (seen.state, seen.grade, seen.writes) == ("inferred", "inferred", ())
    assert "requires it" in seen.why


def test_a_trace_that_began_otherwise_does_not_infer_what_came_before_it() -> None:
    trace, steps = recorded()
    later = tuple(step for step in steps if not {1, 4}.intersection(step.documented))
    lesson = Lesson(msgspec.structs.replace(trace, cause="changed by kubectl-set"), later)
    assert [lesson.of(step).state for step in CREATION[:7]] == ["absent"] * 6 + ["reported"]
    assert lesson.of(CREATION[0]).why == "This trace began otherwise: changed by kubectl-set."


def test_a_kubelet_that_reported_nothing_before_its_container_ran_cannot_be_seen_starting() -> None:
    trace, steps = recorded()
    seen = Lesson(trace, tuple(step for step in steps if 12 not in step.documented)).of(
        CREATION[11]
    )
    assert (seen.state, seen.why) == ("unseen", CREATION[11].hidden)


def test_kinds_that_may_not_be_watched_are_named_as_the_reason() -> None:
    trace, steps = recorded()
    blind = tuple(step for step in steps if step.object.kind != "Pod")
    lesson = Lesson(running(trace), blind, frozenset({"Pod"}))
    assert lesson.of(CREATION[8]).state == "unseen"
    assert lesson.of(CREATION[8]).why == "Baton does not watch objects of kind Pod."


def test_what_never_came_is_not_blamed_on_the_api() -> None:
    trace, steps = recorded()
    over = msgspec.structs.replace(trace, state="superseded", settled=True, summary="Overtaken.")
    early = tuple(step for step in steps if numbers(step) and max(numbers(step)) <= 6)
    assert Lesson(over, early).of(CREATION[12]) == Sighting("absent", why="Overtaken.")


def test_an_available_deployment_still_awaits_its_heartbeat() -> None:
    trace, steps = recorded()
    quiet = tuple(step for step in steps if 15 not in step.documented)
    assert Lesson(msgspec.structs.replace(trace, settled=False), quiet).of(CREATION[14]) == (
        Sighting("pending")
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_sighting_claims_more_than_its_writes(name: str) -> None:
    found = result(name)
    steps = sorted(found.steps.values(), key=lambda step: int(step.resource_version))
    for trace in found.traces.values():
        lesson = Lesson(trace, [step for step in steps if step.trace == trace.id])
        for documented in CREATION:
            seen = lesson.of(documented)
            for write in seen.writes:
                assert documented.number in numbers(found.steps[write.step])
            if seen.state == "seen":
                assert seen.grade in ("observed", "audited")


def test_every_state_has_a_word_and_a_glyph_of_its_own() -> None:
    assert WORDS.keys() == GLYPHS.keys()
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    assert Sighting("unseen").word == "can't be seen from the API"
    assert Sighting("seen", "observed", "+310 ms").word == "seen at +310 ms"

"""How the streams of one cluster interleave must not matter: not for a step, not for a trace."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.objects.observations import Observation
from tests.explain.tapes import LONG_AFTER, NAMES, Result, changes, fold, observations, streams


def interleaved(name: str, random: Random) -> list[Observation]:
    """The tape's streams in any order that keeps each stream's own."""
    left = {key: list(reversed(shown)) for key, shown in streams(name).items()}
    merged: list[Observation] = []
    while left:
        key = random.choice(sorted(left))
        # Runs of some length, so that whole streams also come long before or after others.
        for _ in range(random.choice((1, 1, 2, 5, 30, 1000))):
            merged.append(left[key].pop())
            if not left[key]:
                del left[key]
                break
    return merged


def assert_same(found: Result, expected: Result) -> None:
    assert found.steps.keys() == expected.steps.keys()
    for key, step in expected.steps.items():
        assert found.steps[key] == step
    assert found.traces == expected.traces


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_any_interleaving_of_the_streams_ends_the_same(name: str, random: Random) -> None:
    assert_same(fold(interleaved(name, random)), fold(observations(name)))


@settings(max_examples=10, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_what_comes_twice_changes_nothing(random: Random) -> None:
    once = observations("create")
    twice = [shown for observation in once for shown in [observation] * random.choice((1, 1, 2, 3))]
    assert_same(fold(twice), fold(once))


@pytest.mark.parametrize("name", NAMES)
def test_judging_often_ends_the_same_as_judging_once(name: str) -> None:
    engine, often = Engine("cluster"), Result()
    begun = observations(name)[0].at
    shown = [observation for observation in observations(name) if observation.at < begun + 25]
    for observation in shown:
        often.take(engine.apply(observation))
        often.take(engine.tick(observation.at))
    often.take(engine.tick(shown[-1].at + LONG_AFTER))
    assert_same(often, fold(shown))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_applied_between_the_parts_of_a_tick_ends_the_same(name: str) -> None:
    engine, between = Engine("cluster"), Result()
    begun = observations(name)[0].at
    shown = [observation for observation in observations(name) if observation.at < begun + 25]
    left = iter(shown)
    for observation in left:
        between.take(engine.apply(observation))
        for part in engine.ticking(observation.at):
            between.take(part)
            between.take(engine.apply(following) if (following := next(left, None)) else [])
    between.take(engine.tick(shown[-1].at + LONG_AFTER))
    assert_same(between, fold(shown))


def test_each_trace_is_a_part_of_its_own() -> None:
    engine, shown = Engine("cluster"), observations("create")
    for observation in shown:
        engine.apply(observation)
    parts = list(engine.ticking(shown[-1].at + LONG_AFTER))
    assert len(parts) > 2
    assert all(len(part) <= 1 for part in parts[1:-1])


def test_what_was_there_is_told_one_object_a_part() -> None:
    engine = Engine("cluster")
    shown = [each for each in changes("self_heal") if each.type == "EXISTING"]
    for change in shown:
        engine.apply(change)
    parts = list(engine.ticking(shown[-1].at + LONG_AFTER))
    assert len(parts) > sum(change.after.kind in {"Pod", "Deployment"} for change in shown) > 1
    assert all(len(part) <= 1 for part in parts[1:-1])

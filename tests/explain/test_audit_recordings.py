"""Who did what, scored against the ground truth of real recordings, without and with audit log."""

from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Step
from eventstream.objects.observations import AuditRecord, Observation
from scripts.accuracy import Score, explained, meets_aims, names, score, truth
from scripts.accuracy import observations as shown_of
from tests.explain.audits import all_streams, records, with_audit
from tests.explain.tapes import LONG_AFTER, NAMES, Result, fold, observations

SOME = ["operator", "quota", "self_heal"]


def interleaved(name: str, random: Random) -> list[Observation]:
    """Streams and audit log in any order that keeps each one's own."""
    left = [list(reversed(stream)) for stream in all_streams(name)]
    merged: list[Observation] = []
    while left:
        stream = random.choice(left)
        run = min(random.choice((1, 2, 30, 1000)), len(stream))
        merged.extend(stream.pop() for _ in range(run))
        left = [each for each in left if each]
    return merged


def assert_same(found: Result, expected: Result) -> None:
    assert found.steps == expected.steps
    assert found.traces == expected.traces


def audited(step: Step) -> list[str]:
    return [piece.text for piece in step.evidence if piece.source == "audit"]


def test_every_shipped_recording_is_scored() -> None:
    assert names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_its_step_and_no_actor_is_wrong(name: str) -> None:
    plain, complaints = score(name, audit=False)
    assert (plain.found, plain.wrong, plain.audited) == (plain.rows, 0, 0), complaints
    assert meets_aims(plain, audit=False)


@pytest.mark.parametrize("name", NAMES)
def test_with_an_audit_log_every_row_is_right_and_audited(name: str) -> None:
    with_log, complaints = score(name, audit=True)
    assert with_log.right == with_log.audited == with_log.rows, complaints
    assert meets_aims(with_log, audit=True)


def test_the_aims_are_missed_by_one_wrong_name_or_too_few_steps() -> None:
    good = Score(rows=100, found=100, right=98, wrong=0, unknown=2)
    assert meets_aims(good, audit=False)
    assert not meets_aims(good, audit=True)
    assert not meets_aims(good._replace(right=97, wrong=1), audit=False)
    assert not meets_aims(good._replace(found=98), audit=False)


@pytest.mark.parametrize("name", NAMES)
def test_each_version_is_joined_with_the_very_request_that_made_it(name: str) -> None:
    steps = explained(shown_of(name, audit=True))
    exact = 0
    for row in truth(name):
        [told] = audited(steps[row["uid"], row["resourceVersion"]])
        assert row["user"] in told
        assert row["userAgent"] in told
        if "such requests" not in told:  # One of several that overlapped and were alike.
            assert f"received {row['requestReceived']}" in told
            exact += 1
    assert exact >= 0.9 * len(truth(name))


@pytest.mark.parametrize("name", SOME)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_however_log_and_streams_interleave_the_result_is_the_same(
    name: str, random: Random
) -> None:
    assert_same(fold(interleaved(name, random)), fold(with_audit(name)))


@pytest.mark.parametrize("name", SOME)
def test_records_that_come_twice_change_nothing(name: str) -> None:
    twice = [shown for each in with_audit(name) for shown in (each, each)]
    assert_same(fold(twice), fold(with_audit(name)))


@pytest.mark.parametrize("name", ["create", "quota"])
def test_judging_often_ends_the_same_as_judging_once(name: str) -> None:
    engine, often = Engine("cluster"), Result()
    begun = with_audit(name)[0].at
    shown = [observation for observation in with_audit(name) if observation.at < begun + 10]
    for observation in shown:
        often.take(engine.apply(observation))
        often.take(engine.tick(observation.at))
    often.take(engine.tick(shown[-1].at + LONG_AFTER))
    assert_same(often, fold(shown))


def foreign(record: AuditRecord, how: str) -> AuditRecord:
    """A successful request that cannot have made any of the recording's versions."""
    changed: dict[str, object] = {
        "hours later": {"at": record.at + 3600, "received": record.received + 3600},
        "another namespace": {"namespace": "elsewhere"},
        "another resource": {"resource": msgspec.structs.replace(record.resource, group="x.io")},
        "another uid": {"uid": "another", "name": record.name or "another"},
    }[how]  # type: ignore[assignment]
    return msgspec.structs.replace(record, **changed)


@pytest.mark.parametrize(
    "how", ["hours later", "another namespace", "another resource", "another uid"]
)
def test_requests_that_were_about_something_else_change_nothing(how: str) -> None:
    shown = observations("self_heal")
    strange = [foreign(record, how) for record in records("self_heal") if not record.refused]
    engine, result = Engine("cluster"), Result()
    for observation in (*shown, *strange):
        result.take(engine.apply(observation))
    result.take(engine.tick(max(observation.at for observation in shown) + LONG_AFTER))
    assert_same(result, fold(shown))


@pytest.mark.parametrize("name", SOME)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False), share=st.floats(0, 1))
def test_a_log_with_holes_makes_no_actor_wrong(name: str, random: Random, share: float) -> None:
    kept = [
        each
        for each in with_audit(name)
        if not isinstance(each, AuditRecord) or random.random() < share
    ]
    steps = {(s.object.uid, s.resource_version): s for s in fold(kept).steps.values()}
    for row in truth(name):
        assert steps[row["uid"], row["resourceVersion"]].actor == row["actor"]
        for told in audited(steps[row["uid"], row["resourceVersion"]]):
            assert f"{row['user']} ({row['userAgent']})" in told

"""On the recordings of a real cluster: the right diagnosis soon, and taken back with its cause.

`first sign` is the first version or Event that says what is wrong, found here in the recording
itself and not by the rules.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace, TraceUpsert
from eventstream.objects.images import Image
from eventstream.objects.observations import Change
from tests.explain.tapes import observations

SOON = 5.0


class Case(NamedTuple):
    """A recording, its first sign, and what has to be said of which root."""

    tape: str
    sign: Callable[[Image], bool]
    code: str
    holder: str
    summary: str
    command: str


def waits_for(reason: str) -> Callable[[Image], bool]:
    def sign(image: Image) -> bool:
        statuses = getattr(image.status, "container_statuses", ())
        return any(s.state.waiting and s.state.waiting.reason == reason for s in statuses)

    return sign


def has_failed(image: Image) -> bool:
    statuses = getattr(image.status, "container_statuses", ())
    return any(s.restart_count and s.last_state.terminated for s in statuses)


def says(kind: str, type_: str, status: str) -> Callable[[Image], bool]:
    def sign(image: Image) -> bool:
        conditions = getattr(image.status, "conditions", ())
        return image.kind == kind and any((c.type, c.status) == (type_, status) for c in conditions)

    return sign


CASES = [
    Case(
        "bad_image",
        waits_for("ErrImagePull"),
        "image-not-found",
        "kubelet",
        "cannot get image bitnami/does-not-exist:9: the registry has no such image",
        "kubectl describe pod api-567bb75db6-",
    ),
    Case(
        "crash_loop",
        has_failed,
        "crash-loop",
        "kubelet",
        "Container crasher of Pod flaky-67b96dcb46-hvcqt exits with code 1 (Error); 1 restart",
        "kubectl logs flaky-67b96dcb46-hvcqt -n shop -c crasher",
    ),
    Case(
        "unschedulable",
        says("Pod", "PodScheduled", "False"),
        "unschedulable",
        "scheduler",
        "of 3 nodes, 1 has insufficient cpu (the Pod asks for 64) and 2 have a taint that the Pod "
        "does not tolerate; preempting other Pods would not help.",
        "kubectl describe pod big-",
    ),
    Case(
        "quota",
        says("ReplicaSet", "ReplicaFailure", "True"),
        "quota-exceeded",
        "replicaset-controller",
        "Pods of ReplicaSet capped-75995575c7 cannot be created: ResourceQuota pods limits "
        "pods to 2, with 2 used and 1 requested.",
        "kubectl describe resourcequota pods -n shop",
    ),
]


def judged(tape: str) -> list[tuple[float, Trace]]:
    """Each revision of a Deployment's trace with the recorded time at which it was judged."""
    found: list[tuple[float, Trace]] = []
    engine, now = Engine("cluster"), 0.0
    for observation in observations(tape):
        while now and now + 1.0 < observation.at:
            now += 1.0
            found.extend((now, u.trace) for u in engine.tick(now) if isinstance(u, TraceUpsert))
        now = max(now, observation.at)
        engine.apply(observation)
        found.extend((now, u.trace) for u in engine.tick(now) if isinstance(u, TraceUpsert))
    return [(at, trace) for at, trace in found if trace.root.kind == "Deployment"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tape)
def test_a_recorded_trouble_is_named_soon_with_its_evidence(case: Case) -> None:
    shown = [shown for shown in observations(case.tape) if isinstance(shown, Change)]
    sign = next(change.at for change in shown if case.sign(change.after))
    at, trace = next((at, trace) for at, trace in judged(case.tape) if trace.diagnosis)
    assert 0 <= at - sign <= SOON
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", case.code, case.holder)
    assert case.summary in trace.summary
    proof = [piece for piece in trace.diagnosis_evidence if piece.source != "sequence"]
    assert proof
    assert all(piece.grade in ("observed", "reported") for piece in proof)
    assert trace.command.startswith(case.command)


@pytest.mark.parametrize("tape", ["bad_image", "unschedulable", "quota"])
def test_it_is_taken_back_when_the_cause_goes(tape: str) -> None:
    last = {trace.id: trace for _, trace in judged(tape)}
    assert all(trace.diagnosis is None for trace in last.values())
    assert all((trace.diagnosis_evidence, trace.command) == ((), "") for trace in last.values())


def test_what_goes_on_failing_stays_told() -> None:
    _, trace = judged("crash_loop")[-1]
    assert (trace.diagnosis, trace.holder) == ("crash-loop", "kubelet")
    assert trace.summary.endswith("3 restarts so far, and the next attempt by about 00:11:49 UTC.")

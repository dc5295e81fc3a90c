"""What a step or trace is said to draw on is all that it draws on: else it reads the same."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from eventstream.explain.vocabulary.records import AUDIT, Step, Trace, source_name
from eventstream.objects.observations import Observation
from tests.explain.flow import Flow
from tests.explain.flows import nodes
from tests.explain.tapes import NAMES, fold, observations
from tests.explain.test_flows import FLOWS

EVENT = "Event@"
HIDDEN = (
    *("Event", "ResourceQuota.", "PodDisruptionBudget.", "PersistentVolumeClaim"),
    *("HorizontalPodAutoscaler.", "ControllerRevision.", "Job.", "Node"),
)


def told(step: Step) -> tuple[object, ...]:
    """All that a step claims."""
    return step.what, step.why, step.evidence, step.loop, step.actor, step.actor_name, step.rule


def stands(trace: Trace) -> tuple[object, ...]:
    """All that a trace claims."""
    proof = trace.diagnosis_evidence
    return trace.cause, trace.state, trace.summary, trace.diagnosis, trace.waiting_for, proof


def leaves_open(trace: Trace) -> bool:
    """Whether it says that what is not shown would tell: that nothing was found is no source."""
    return trace.holder == "unknown" or "Baton is not shown" in trace.summary


def without(kind: str, shown: Sequence[Observation]) -> list[Observation]:
    return [each for each in shown if each.resource.kind != kind]


def draws_on(kind: str, sources: tuple[str, ...] | None) -> bool:
    return sources is None or any(each.startswith(kind) for each in sources)


def compared(kind: str, shown: Sequence[Observation]) -> Iterator[tuple[Step | Trace, bool]]:
    """Each step and trace that is told without a kind too, and whether it reads the same then."""
    whole, less = fold(tuple(shown)), fold(tuple(without(kind, shown)))
    for id_, step in whole.steps.items():
        other = less.steps.get(id_)
        if other is not None:
            yield step, told(step) == told(other)
    for id_, trace in whole.traces.items():
        trace_ = less.traces.get(id_)
        if trace_ is not None:
            yield trace, stands(trace) == stands(trace_) or leaves_open(trace_)


@pytest.mark.parametrize("name", NAMES)
def test_what_draws_on_no_event_reads_the_same_without_them_on_tapes(name: str) -> None:
    found = list(compared("Event", observations(name)))
    assert found
    for each, same in found:
        assert same or draws_on(EVENT, each.sources), each


@pytest.mark.parametrize("kind", HIDDEN)
@pytest.mark.parametrize("tell", FLOWS, ids=lambda tell: tell.__name__)
def test_what_draws_on_nothing_of_a_kind_reads_the_same_without_it(
    tell: Callable[[Flow], None], kind: str
) -> None:
    flow = Flow()
    tell(flow)
    if any(each.resource.kind == kind.rstrip(".") for each in flow.shown):
        for each, same in compared(kind.rstrip("."), flow.shown):
            assert same or draws_on(kind, each.sources), each


@pytest.mark.parametrize("name", NAMES)
def test_each_cause_and_each_kind_of_evidence_is_a_source(name: str) -> None:
    steps = fold(observations(name)).steps
    for step in steps.values():
        assert step.sources is not None
        own = source_name(step.object.type, step.object.namespace)
        assert own not in step.sources
        for cause in step.causes:
            about = steps[cause].object
            assert source_name(about.type, about.namespace) in (own, *step.sources)
        said = {piece.source for piece in step.evidence}
        assert ("event" not in said) or draws_on(EVENT, step.sources)
        assert ("audit" not in said) or AUDIT in step.sources


def test_a_lost_node_is_a_source_and_one_in_order_is_none() -> None:
    flow = Flow()
    nodes.node_loss(flow)
    result = fold(tuple(flow.shown))
    lost = [step for step in result.steps.values() if draws_on("Node@", step.sources)]
    assert lost
    plain = fold(observations("create"))
    assert not [step for step in plain.of("Pod") if draws_on("Node@", step.sources)]

"""Who did what in flows that no recording holds, whatever is missing, late or in one burst."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES
from tests.conftest import Golden
from tests.explain.flow import APART, BURST, Flow, connected
from tests.explain.flows import (
    around,
    deletions,
    deployments,
    jobs,
    nodes,
    operators,
    pods,
    stateful,
)
from tests.explain.readable import readable
from tests.explain.tapes import fold
from tests.explain.test_interleavings import assert_same
from tests.explain.test_rules_interleavings import interleaved

GOLDEN = Path(__file__).parent / "golden" / "flows"
FLOWS = [
    tell
    for flows in (deployments, deletions, stateful, jobs, operators, around, nodes, pods)
    for tell in flows.FLOWS
]
HIDDEN = [
    (),
    ("events",),
    ("replicasets",),
    ("controllerrevisions",),
    ("nodes",),
    ("namespaces",),
    ("customresourcedefinitions",),
    ("events", "nodes"),
    ("events", "replicasets"),
    ("events", "controllerrevisions"),
]
Tell = Callable[[Flow], None]
flows = pytest.mark.parametrize("tell", FLOWS, ids=[tell.__name__ for tell in FLOWS])


def told(tell: Tell, pace: float) -> Flow:
    flow = Flow(pace)
    tell(flow)
    return flow


@flows
def test_each_write_of_a_flow_has_its_step_and_its_actor(tell: Tell) -> None:
    flow = told(tell, APART)
    wrong, unknown, missing = flow.judged(flow.shown)
    named = [(step.object.kind, step.object.name, step.why) for step in unknown]
    assert ([step.what for step in wrong], named, missing) == ([], flow.open, 0)


@flows
@pytest.mark.parametrize("pace", [APART, BURST])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_whatever_is_missing_no_actor_is_wrong(
    tell: Tell, pace: float, hidden: tuple[str, ...]
) -> None:
    flow = told(tell, pace)
    wrong, _, missing = flow.judged(flow.without(*hidden))
    assert ([(step.resource_version, step.what) for step in wrong], missing) == ([], 0)


@flows
@pytest.mark.parametrize("pace", [APART, BURST])
def test_events_that_come_late_make_no_actor_wrong(tell: Tell, pace: float) -> None:
    flow = told(tell, pace)
    assert flow.judged(flow.late_events()) == flow.judged(flow.shown)


@flows
@pytest.mark.parametrize("pace", [APART, BURST])
def test_the_tree_of_each_trace_is_connected(tell: Tell, pace: float) -> None:
    assert connected(told(tell, pace).told()) == []


@flows
def test_what_a_person_reads_of_a_flow_is_as_reviewed(tell: Tell, golden: Golden) -> None:
    golden(GOLDEN / f"{tell.__name__}.txt", readable(told(tell, APART).told()))


@flows
def test_every_step_of_a_flow_is_as_its_rule_is_documented(tell: Tell) -> None:
    for step in told(tell, APART).told().steps.values():
        rule = DOCUMENTED_RULES[step.rule]
        assert not rule.actors or step.actor in rule.actors, step
        assert step.source_url in rule.sources or step.rule == "undocumented", step


@flows
@settings(max_examples=8, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_any_interleaving_of_a_flow_ends_the_same(tell: Tell, random: Random) -> None:
    shown = told(tell, APART).shown
    assert_same(fold(interleaved(shown, random)), fold(shown))

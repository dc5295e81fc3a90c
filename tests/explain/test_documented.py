"""What is documented covers all that the engine says: each rule, actor, grade, verb and step."""

from typing import get_args

import pytest

from eventstream.explain.controllers.pod.disruptions import DISRUPTIONS
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.documented.creation import (
    CREATION,
    FOLLOWING,
    START,
    DocumentedStep,
)
from eventstream.explain.vocabulary.documented.operators import (
    BUILT_IN,
    LOOP,
    REQUEST,
    TYPE,
)
from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES, RULE_GROUPS
from eventstream.explain.vocabulary.documented.words import GRADES, VERBS, RuleName
from eventstream.explain.vocabulary.records import Grade, Step, Verb
from eventstream.explain.vocabulary.registry import ACTORS, MAKERS, STATUS_WRITERS
from eventstream.explain.vocabulary.sources import K8S
from eventstream.explain.world.writes import Verdict
from eventstream.management.output import expand
from tests.explain.tapes import NAMES, fold, observations

AROUND = (*START, *FOLLOWING, *TYPE, REQUEST, *LOOP, BUILT_IN)
EVERY_STEP = (*CREATION, *AROUND)
KUBERNETES = (
    "https://kubernetes.io/docs/",
    K8S,
)
SILENT = {"undocumented", "defect"}
"""Rules that claim nothing of Kubernetes, so their steps rest on no source."""


def test_a_verdict_can_carry_only_a_rule_that_is_documented() -> None:
    assert Verdict.__annotations__["rule"] == RuleName
    assert set(DOCUMENTED_RULES) == set(get_args(RuleName))


def test_every_rule_is_in_one_group_and_rests_on_kubernetes() -> None:
    listed = [rule for rules in RULE_GROUPS.values() for rule in rules]
    assert len(listed) == len(DOCUMENTED_RULES)
    for rule in listed:
        assert rule.sources, rule.name
        assert all(source.startswith(KUBERNETES) for source in rule.sources), rule.name
        assert set(rule.actors) <= set(ACTORS), rule.name
        assert rule.says.endswith("."), rule.name


def whole(name: str) -> list[Step]:
    return [part for step in fold(observations(name)).steps.values() for part in expand(step)]


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_a_recording_is_as_its_rule_is_documented(name: str) -> None:
    for step in whole(name):
        rule = DOCUMENTED_RULES[step.rule]
        assert not rule.actors or step.actor in rule.actors, step
        assert step.source_url in rule.sources or step.rule in SILENT, step


@pytest.mark.parametrize(
    ("rule", "actors", "sources"),
    [
        (
            "made-for-owner",
            {maker.actor for maker in MAKERS.values()},
            {maker.source_url for maker in MAKERS.values()},
        ),
        (
            "status-reported",
            {actor for actor, _ in STATUS_WRITERS.values()},
            {source for _, source in STATUS_WRITERS.values()},
        ),
        (
            "disrupted",
            {each.actor for each in DISRUPTIONS.values()},
            {each.source_url for each in DISRUPTIONS.values()},
        ),
    ],
)
def test_rules_that_look_into_a_table_name_all_that_it_holds(
    rule: str, actors: set[str], sources: set[str]
) -> None:
    documented = DOCUMENTED_RULES[rule]
    assert actors <= set(documented.actors)
    assert sources <= set(documented.sources)


def test_the_creation_of_a_deployment_has_sixteen_steps_that_a_recording_shows_all() -> None:
    assert [step.number for step in CREATION] == list(range(1, 17))
    shown = {number for step in whole("create") for number in step.documented}
    assert shown == set(range(1, 17))


@pytest.mark.parametrize("name", NAMES)
def test_who_takes_a_numbered_step_is_who_is_documented(name: str) -> None:
    for step in whole(name):
        for number in step.documented:
            expected = CREATION[number - 1].actor
            assert step.actor in {expected, "custom-controller"}, step
            assert step.actor == expected or number == 1, step


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step.id)
def test_a_documented_step_says_what_can_be_seen_of_it_and_what_not(step: DocumentedStep) -> None:
    assert step.actor in ACTORS
    assert step.source_url.startswith(KUBERNETES)
    assert all(text.endswith(".") for text in (step.happens, step.sees, step.hidden))
    assert set(step.rules) <= set(DOCUMENTED_RULES)


def test_every_entry_has_an_anchor_of_its_own() -> None:
    anchors = [step.id for step in EVERY_STEP]
    assert len(set(anchors)) == len(anchors)


def test_grades_verbs_and_diagnoses_are_all_that_a_record_can_carry() -> None:
    assert {grade.name for grade in GRADES} == set(get_args(Grade))
    assert {verb.name for verb in VERBS} == set(get_args(Verb))
    assert all(diagnosis.holder in ACTORS for diagnosis in DIAGNOSES.values())


def test_every_actor_says_what_it_looks_after_and_where_that_is_written() -> None:
    for actor in ACTORS.values():
        assert actor.looks_after.endswith("."), actor.id
        assert actor.source_url.startswith("https://"), actor.id


def test_a_heartbeat_of_a_pod_is_stored_and_sent_as_the_lease_that_it_is() -> None:
    beats = [step for step in whole("create") if step.rule == "heartbeat"]
    assert {step.object.kind for step in beats} == {"Pod", "Lease"}
    for beat in beats:
        for part in expand(beat)[1:]:
            assert f"Lease {beat.node}" in part.what, part

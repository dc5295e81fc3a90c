"""Who did what on recordings of real operators and of OpenShift, beside the ground truth."""

import pytest

from eventstream.explain.vocabulary.records import Step
from scripts.accuracy import explained, observations, operators, score

NAMES = operators()


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_its_step_and_no_actor_is_wrong(name: str) -> None:
    plain, complaints = score(name, audit=False)
    assert (plain.found, plain.wrong) == (plain.rows, 0), complaints
    assert plain.unknown <= 3, complaints


def test_few_writers_are_left_open() -> None:
    scores = [score(name, audit=False)[0] for name in NAMES]
    rows, unknown = sum(each.rows for each in scores), sum(each.unknown for each in scores)
    assert rows > 600
    assert unknown <= 0.015 * rows


@pytest.mark.parametrize("name", NAMES)
def test_with_an_audit_log_every_actor_is_right(name: str) -> None:
    with_log, complaints = score(name, audit=True)
    assert with_log.right == with_log.rows, complaints


def step(name: str, object_: str, version: str, *, audit: bool = False) -> Step:
    """The step of one version of an object."""
    steps = explained(observations(name, audit=audit))
    [found] = [
        step
        for (_, at), step in steps.items()
        if (step.object.name, at) == (object_, version) and step.verb not in ("store", "broadcast")
    ]
    return found


def test_a_deployers_pod_acts_for_its_deploymentconfig() -> None:
    scaled = step("dc_create", "web-1", "10442")
    assert (scaled.actor, scaled.actor_name) == ("custom-controller", "openshift-deploy")
    assert any("is what a Pod of DeploymentConfig web runs" in one.text for one in scaled.evidence)


def test_a_pod_that_names_its_owner_without_controller_belongs_to_the_topmost_resource() -> None:
    made = step("dc_create", "web-1-deploy", "10426")
    assert (made.actor, made.grades.who) == ("custom-controller", "inferred")


def test_a_write_that_raised_the_generation_is_no_status_report() -> None:
    plain = step("dc_create", "web", "10519")
    assert (plain.actor, plain.verb) == ("unknown", "update")
    logged = step("dc_create", "web", "10519", audit=True)
    assert (logged.actor, logged.verb, logged.subresource) == ("client", "update", "instantiate")


def test_an_event_of_an_earlier_pod_of_that_name_tells_of_no_later_one() -> None:
    assert step("sts_reuse", "db-0", "14322").actor == "garbage-collector"


def test_what_a_controller_fills_in_completes_the_clients_request() -> None:
    filled = step("tekton_fail", "alone", "4106")
    assert (filled.actor, filled.actor_name) == ("custom-controller", "tekton-controller")
    assert filled.trace == step("tekton_fail", "alone", "4101").trace

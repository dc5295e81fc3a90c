"""Who did what on recordings of real operators and of OpenShift, beside the ground truth."""

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Step, Trace, TraceUpsert
from eventstream.replaying import PassedOver, replay
from scripts.accuracy import OPERATORS, explained, observations, operators, score

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
    assert unknown <= 0.013 * rows


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


def traces(name: str, title: str) -> list[tuple[str, str, str]]:
    """Cause, state and summary of each trace of that title, as they began."""
    engine, found = Engine("tape"), dict[str, Trace]()
    for shown in replay(engine, OPERATORS / f"{name}.jsonl", b"key"):
        assert not isinstance(shown, PassedOver), shown
        for upsert in shown.upserts:
            if isinstance(upsert, TraceUpsert):
                found[upsert.trace.id] = upsert.trace
    own = [trace for trace in found.values() if trace.title == title]
    return [(t.cause, t.state, t.summary) for t in sorted(own, key=lambda trace: trace.started)]


def test_a_pod_whose_name_is_still_taken_waits_for_the_kubelet() -> None:
    *_, (cause, state, summary) = traces("sts_slow_stop", "statefulset/slow")
    assert cause.startswith("labels of its Pods changed by kubectl-client-side-apply")
    assert (state, summary) == ("running", "Waiting for the kubelet: Pod slow-1 to stop.")


def test_what_an_operator_sets_back_is_undone_by_it() -> None:
    [(cause, state, summary)] = traces("edns_delete", "deployment/external-dns-web")
    assert cause.startswith("scaled 1 → 3 by kubectl")
    assert (state, summary) == (
        "superseded",
        (
            "Undone by external-dns-operator: Deployment external-dns-web asks for what it asked "
            "for before."
        ),
    )


def test_a_kind_that_no_controller_reports_on_waits_for_nobody() -> None:
    [(_, state, summary)] = traces("tekton_pipeline", "task/build")
    assert state == "complete"
    assert summary == "Task build is stored; one of its kind is done by that."


def test_a_request_that_names_nobody_begins_a_trace_of_its_own() -> None:
    causes = [cause for cause, _, _ in traces("dc_create", "deploymentconfig/web")]
    assert causes[0].startswith("created by oc")
    assert causes[1].startswith("scaled 1 → 3 by oc")
    assert causes[2] == "changed by somebody whom the object does not name"


def test_a_deployers_pod_is_none_of_the_replicas() -> None:
    shown = explained(observations("dc_create", audit=False)).values()
    compared = [step.what for step in shown if step.actor == "replication-controller"]
    assert any("1 desired Pod with 0 that exist" in what for what in compared)
    assert not any("3 desired Pods with 3 that exist" in what for what in compared)


def test_a_status_that_one_alone_reports_is_its_own() -> None:
    assert [cause for cause, _, _ in traces("prom_create", "prometheus/main")] == [
        "created by kubectl-client-side-apply (a name the client chose)"
    ]

"""What a Pod or a claim waits for in what it owns, and what a custom resource's Events add."""

import pytest

from tests.explain.stories import Json, Story
from tests.explain.test_outlook_diagnoses import complete, rollout
from tests.explain.things import condition, definition, pod, thing, website

SCHEDULER = "kube-scheduler"
FULL = "0/2 nodes are available: 2 Insufficient cpu."


def refuse(story: Story, what: Json) -> None:
    refused = [condition("PodScheduled", "False", "Unschedulable", FULL)]
    story.change(what, {"status": {"conditions": refused}}, SCHEDULER)


def later(story: Story) -> None:
    story.wait(120)
    story.exists(thing("Namespace", "other"))


def test_a_drivers_executor_without_a_node_holds_up_what_runs() -> None:
    """As with Spark, whose driver makes the Pods of its executors and owns them."""
    story = Story()
    driver = story.create(pod(name="pi-driver"), "spark-submit")
    refuse(story, story.create(pod(driver, "pi-exec-1", ""), "okhttp"))
    later(story)
    trace = story.trace(driver)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "scheduler", "unschedulable")
    assert "Pod pi-exec-1" in trace.summary


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_an_executor_that_has_ended_may_have_been_replaced(phase: str) -> None:
    story = Story()
    driver = story.create(pod(name="pi-driver"), "spark-submit")
    worker = story.create(pod(driver, "pi-exec-1"), "okhttp")
    ended = {"status": {"phase": phase, "conditions": [condition("Ready", "False")]}}
    story.change(worker, ended, "kubelet")
    later(story)
    assert story.trace(driver).state == "complete"


def test_what_is_wrong_with_the_driver_comes_before_its_executors() -> None:
    story = Story()
    driver = story.create(pod(name="pi-driver"), "spark-submit")
    refuse(story, story.create(pod(driver, "pi-exec-1", ""), "okhttp"))
    ended = {"exitCode": 1, "reason": "Error"}
    failed = {
        "phase": "Failed",
        "conditions": [condition("Ready", "False")],
        "containerStatuses": [{"name": "c", "ready": False, "state": {"terminated": ended}}],
    }
    story.change(driver, {"status": failed}, "kubelet")
    later(story)
    assert story.trace(driver).diagnosis == "pod-failed"


def test_a_claim_waits_for_the_pod_that_fills_it() -> None:
    """As with an importer, whose Pod belongs to the claim."""
    story = Story()
    claim = thing("PersistentVolumeClaim", "disk", spec={}, status={"phase": "Bound"})
    made = story.create(claim, "kubectl-create")
    refuse(story, story.create(pod(made, "importer-disk", ""), "importer"))
    later(story)
    trace = story.trace(made)
    assert trace.diagnosis == "unschedulable"
    assert "Pod importer-disk" in trace.summary


def test_a_deployment_waits_for_pods_that_are_its_own() -> None:
    """As Flink's task managers are, which its job manager makes."""
    story = Story()
    web, rs, one = rollout(story)
    complete(story, web, rs, one)
    assert story.trace(web).state == "complete"
    own = pod(web, "taskmanager-1", "")
    refuse(story, story.create(own, "okhttp"))
    later(story)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    assert "Pod taskmanager-1" in trace.summary


STATUS, MORE = "could not get secret data", "AccessDenied: no such right"
ADDED = f"It says: {STATUS}; site-operator says: {MORE}."


@pytest.mark.parametrize(
    ("says", "kind", "ends"),
    [
        (MORE, "Warning", ADDED),
        (MORE, "Normal", f"It says: {STATUS}."),
        (STATUS, "Warning", f"It says: {STATUS}."),
        (f"error reconciling: {STATUS}", "Warning", f"It says: {STATUS}."),
    ],
)
def test_a_warning_that_says_more_than_the_status_is_told_with_it(
    says: str, kind: str, ends: str
) -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    failed = condition("Ready", "False", "SyncError", STATUS)
    story.change(site, {"status": {"conditions": [failed]}}, "site-operator")
    story.tell(site, "UpdateFailed", says, "site-operator", type=kind)
    later(story)
    trace = story.trace(site)
    assert trace.diagnosis == "not-ready"
    assert trace.summary.endswith(ends)


def test_a_warning_of_before_says_nothing_of_now() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    long_ago = "2027-01-15T07:00:00Z"
    story.tell(site, "UpdateFailed", MORE, "site-operator", type="Warning", lastTimestamp=long_ago)
    failed = condition("Ready", "False", "SyncError", STATUS)
    story.change(site, {"status": {"conditions": [failed]}}, "site-operator")
    later(story)
    assert story.trace(site).summary.endswith(f"It says: {STATUS}.")


def test_what_is_under_way_is_told_with_what_its_controller_warns_of() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    going = condition("Ready", "Unknown", "Progressing", "rolling out")
    story.change(site, {"status": {"conditions": [going]}}, "site-operator")
    story.tell(site, "UpdateFailed", MORE, "site-operator", type="Warning")
    trace = story.trace(site)
    assert trace.state == "running"
    assert trace.summary.endswith(f"rolling out; site-operator says: {MORE}.")
    assert any(source.startswith("Event@") for source in trace.sources or ())
    story.wait(1001)
    story.change(site, {"metadata": {"labels": {"a": "b"}}}, "kubectl-label")
    assert MORE not in story.trace(site).summary


@pytest.mark.parametrize(("own", "ends"), [("", "Page p1"), ("half of it is there", "Website")])
def test_what_says_nothing_leaves_the_word_to_what_it_owns(own: str, ends: str) -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    page = story.create(thing("Page", "p1", "stable.example.com/v1", site, spec={}), "operator")
    refuse(story, story.create(pod(page, "p1-a", ""), "operator"))
    said = condition("Ready", "False", "Failed", "the page is empty")
    story.change(page, {"status": {"conditions": [said]}}, "operator")
    if own:
        says = condition("Ready", "False", "Waiting", own)
        story.change(site, {"status": {"conditions": [says]}}, "operator")
    later(story)
    trace = story.trace(site)
    assert trace.diagnosis == "unschedulable"
    assert f"{ends} " in trace.summary.rpartition(" itself says: ")[0].rpartition(". ")[2] + " "


def test_what_is_said_on_several_lines_is_told_on_one() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    going = condition("Ready", "Unknown", "Progressing", "waits for:\n* Pod a\n\t* Pod b\n")
    story.change(site, {"status": {"conditions": [going]}}, "site-operator")
    story.tell(site, "UpdateFailed", "two errors:\n* one\n* two", "site-operator", type="Warning")
    told = "waits for: * Pod a * Pod b; site-operator says: two errors: * one * two."
    assert story.trace(site).summary.endswith(told)

"""What was asked for a moment ago is waited for since then, whatever the object says of before."""

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.test_outlook_stuck import autoscaler, later
from tests.explain.things import (
    condition,
    daemonset,
    definition,
    deployment,
    job,
    pod,
    statefulset,
    thing,
    website,
)

AGO = 3000.0


def budget() -> Json:
    selector = {"matchLabels": {"app": "web"}}
    spec = {"minAvailable": 2, "selector": selector}
    return thing("PodDisruptionBudget", "web", "policy/v1", spec=spec)


LISTED = [
    (deployment(), "deployment-controller"),
    (statefulset(), "statefulset-controller"),
    (budget(), "disruption-controller"),
    (website(), "custom-controller"),
]


def edited(story: Story, what: Json, fields: str, *, managed: bool = True) -> Json:
    """An object of long ago that was changed 2 s before it was listed, and is not answered yet."""
    then = stamp(story.at - AGO)
    metadata = what["metadata"] | {"generation": 2, "creationTimestamp": then}
    entries = [("kubectl-edit", "", fields, 2.0), ("operator", "status", "f:status", AGO - 5)]
    if managed:
        metadata["managedFields"] = [
            {
                "manager": manager,
                "operation": "Update",
                "subresource": part,
                "apiVersion": what["apiVersion"],
                "time": stamp(story.at - ago),
                "fieldsType": "FieldsV1",
                "fieldsV1": {name: {"f:any": {}}},
            }
            for manager, part, name, ago in entries
        ]
    status = {"observedGeneration": 1, "conditions": []}
    return story.exists(what | {"metadata": metadata, "status": status})


@pytest.mark.parametrize("managed", [True, False], ids=["dated", "not-dated"])
@pytest.mark.parametrize(("what", "actor"), LISTED)
def test_a_change_just_before_the_list_makes_nobody_silent(
    what: Json, actor: str, *, managed: bool
) -> None:
    story = Story()
    story.exists(definition())
    found = edited(story, what, "f:spec", managed=managed)
    later(story, 4)
    trace = story.trace(found)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", actor, None)
    later(story, 100)
    assert story.trace(found).state == "stalled"


def test_what_was_marked_since_is_no_newer_wish() -> None:
    """Only who wrote the desired state tells when it came to be as it is."""
    story = Story()
    found = edited(story, deployment(), "f:metadata")
    later(story, 4)
    assert story.trace(found).state == "stalled"


LIMIT = "the desired replica count is more than the maximum replica count"
ABLE, ACTIVE = condition("AbleToScale", "True"), condition("ScalingActive", "True")
LIMITED = condition("ScalingLimited", "True", "TooManyReplicas", LIMIT)
UNREAD = condition("ScalingActive", "False", "InvalidMetricSourceType", "unknown metric Foo")
SCALER = "horizontal-pod-autoscaler"

EDITS = [
    ([ABLE, ACTIVE, LIMITED], {"maxReplicas": 10}, (SCALER, SCALER)),
    ([ABLE, UNREAD], {"metrics": [{"type": "Resource"}]}, (SCALER, "client")),
    ([ABLE, ACTIVE], {"minReplicas": 8, "maxReplicas": 9}, (SCALER, SCALER)),
    ([ABLE, ACTIVE], {"minReplicas": 2}, (SCALER, None)),
]


@pytest.mark.parametrize(("said", "patch", "holders"), EDITS)
def test_an_autoscaler_that_was_changed_is_looked_at_before_its_status_counts(
    said: list[Json], patch: Json, holders: tuple[str, str | None]
) -> None:
    """For a while; what would be said again is not written, so then the status counts."""
    story = Story()
    scaler = story.exists(autoscaler(*said))
    later(story, 60)
    story.change(scaler, {"spec": patch}, "kubectl-edit")
    later(story, 10)
    first = story.trace(scaler)
    assert (first.state, first.holder) == ("running", holders[0])
    assert "maximum" not in first.summary
    later(story, 60)
    assert story.trace(scaler).holder == holders[1]
    assert "maximum" not in story.trace(scaler).summary


def listed(desired: int, **spec: int) -> Trace:
    """An autoscaler as it is found, where no change of it was seen."""
    story = Story()
    scaler = autoscaler(ABLE, ACTIVE, LIMITED, **spec)
    scaler["status"]["desiredReplicas"] = desired
    story.exists(scaler)
    later(story, 5)
    return story.trace(scaler)


@pytest.mark.parametrize(
    ("desired", "spec", "holder"),
    [
        (5, {"maxReplicas": 5}, "client"),
        (5, {"maxReplicas": 10}, SCALER),
        (5, {"maxReplicas": 3}, SCALER),
        (1, {"minReplicas": 2}, SCALER),
    ],
)
def test_an_autoscaler_is_at_its_maximum_only_where_it_wants_just_that(
    desired: int, spec: dict[str, int], holder: str
) -> None:
    assert listed(desired, **spec).holder == holder


def test_a_report_ends_the_wait_for_one() -> None:
    story = Story()
    scaler = story.exists(autoscaler(ABLE, ACTIVE, LIMITED))
    story.change(scaler, {"spec": {"maxReplicas": 10}}, "kubectl-edit")
    most = {"desiredReplicas": 10, "conditions": [ABLE, ACTIVE, LIMITED]}
    story.change(scaler, {"status": most}, KCM, sub="status")
    assert story.trace(scaler).diagnosis == "at-limit"


def test_what_is_asked_of_a_job_that_observes_no_generation_is_dated_by_the_list_alone() -> None:
    story = Story()
    then = stamp(story.at - AGO)
    once = job(suspend=False)
    once["metadata"] |= {"generation": 2, "creationTimestamp": then}
    rested = condition("Suspended", "True", "JobSuspended") | {"lastTransitionTime": then}
    story.exists(once | {"status": {"conditions": [rested]}})
    later(story, 4)
    assert (story.trace(once).state, story.trace(once).diagnosis) == ("running", None)


def daemon(story: Story, since_report: float, **status: int) -> Json:
    """A DaemonSet that lacks a Pod when it is listed, and of which its controller reported then."""
    agent = daemonset()
    agent["metadata"]["creationTimestamp"] = stamp(story.at - AGO)
    agent["metadata"]["managedFields"] = [
        {
            "manager": KCM,
            "operation": "Update",
            "subresource": "status",
            "apiVersion": "apps/v1",
            "time": stamp(story.at - since_report),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:status": {"f:desiredNumberScheduled": {}}},
        }
    ]
    agent["status"] = {"observedGeneration": 1, "desiredNumberScheduled": 1} | status
    return story.exists(agent)


@pytest.mark.parametrize(
    ("since_report", "status", "state"),
    [
        (2, {"currentNumberScheduled": 0}, "running"),
        (AGO, {"currentNumberScheduled": 0}, "stalled"),
        (AGO, {"currentNumberScheduled": 1}, "running"),
    ],
    ids=["it-reported-just-now", "it-was-long-silent", "what-it-counted-went-since"],
)
def test_who_reported_just_before_the_list_is_not_silent(
    since_report: float, status: dict[str, int], state: str
) -> None:
    story = Story()
    story.exists(pod(None, "other"))
    agent = daemon(story, since_report, **status)
    later(story, 4)
    assert story.trace(agent).state == state


@pytest.mark.parametrize("dated", [True, False])
def test_a_volume_that_was_released_just_now_is_not_long_in_going(*, dated: bool) -> None:
    """Without a time of its own it is waited for since it was seen so."""
    story = Story()
    claim_ref = {"namespace": "default", "name": "data"}
    spec = {"persistentVolumeReclaimPolicy": "Delete", "claimRef": claim_ref}
    disk = thing("PersistentVolume", "disk", spec=spec, status={"phase": "Released"})
    disk["metadata"]["creationTimestamp"] = stamp(story.at - AGO)
    if dated:
        disk["status"]["lastPhaseTransitionTime"] = stamp(story.at - 30)
    story.exists(disk)
    later(story, 5)
    assert story.trace(disk).state == "running"
    later(story, 40)
    assert story.trace(disk).state == ("stalled" if dated else "running")

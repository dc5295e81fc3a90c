"""How a custom resource stands by the conventions that operators share, table by table."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.health.conventions import by_convention
from eventstream.objects.health.records import Health, HealthState
from eventstream.objects.health.words import meaning, parts
from tests.objects.widgets import WIDGETS, Json, condition, judged, widget


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ([condition("Ready")], "complete: condition Ready is True"),
        ([condition("Ready", "Unknown")], "progressing: condition Ready is Unknown"),
        ([condition("Ready", "Unknown", "HeartbeatStopped")],
         "progressing: condition Ready is Unknown"),
        ([condition("Halted")], "suspended: condition Halted is True"),
        ([condition("ActivitiesHalted")], "failed: condition ActivitiesHalted is True"),
        ([condition("Ready", "False", "Pending")], "progressing: condition Ready is False"),
        ([condition("Ready", "False", "SyncError")], "failed: condition Ready is False"),
        ([condition("Ready", "False", "", "unable to reach it")],
         "failed: condition Ready is False"),
        ([condition("Ready"), condition("Reconciling")],
         "progressing: condition Reconciling is True"),
        ([condition("Ready"), condition("Synced", "False", "ReconcileError")],
         "failed: condition Synced is False"),
        ([condition("Available"), condition("Degraded")], "failed: condition Degraded is True"),
        ([condition("Available"), condition("Degraded", "False")],
         "complete: condition Available is True"),
        ([condition("Available"), condition("Progressing", "False", "AsExpected")],
         "complete: condition Available is True"),
        ([condition("Progressing", "True", "NewReplicaSetAvailable")],
         "complete: condition Progressing is True"),
        ([condition("Accepted", "False", "NotAllowedByListeners")],
         "failed: condition Accepted is False"),
        ([condition("Accepted", "False", "Pending")], "progressing: condition Accepted is False"),
        ([condition("Reconciled", "Unknown", "ReconciliationPaused")],
         "suspended: condition Reconciled is Unknown"),
        ([condition("Ready", "true"), condition("Error", "false")],
         "complete: condition Ready is True"),
        ([condition("Ready"), condition("ScalingLimited", "True", "TooFewReplicas")],
         "complete: condition Ready is True"),
        ([condition("Ready"), condition("BackupsDisabled"), condition("ErrorFree")],
         "complete: condition Ready is True"),
        ([condition("Ready", "Unknown", "NotFound", "who knows"),
          condition("Reconciled", "False", "ReconcileError", "no such value")],
         "failed: condition Reconciled is False"),
        ([condition("Ready", "False", "ReadyComponents", "All components ready"),
          condition("Pending", "True", "PendingComponents", "One of them waits")],
         "progressing: condition Pending is True"),
        ([condition("NotReady", "True", "", "no endpoint yet")],
         "progressing: condition NotReady is True"),
        ([condition("CatalogSourcesUnhealthy", "False")], "unknown: "),
        ([condition("ContinuousArchiving"), condition("Ready")],
         "complete: condition Ready is True"),
        ([condition("FailureDomainsReady"), condition("Ready")],
         "complete: condition Ready is True"),
        ([condition("ConflictResolved")], "complete: condition ConflictResolved is True"),
        ([condition("RedHatSSOReady")], "complete: condition RedHatSSOReady is True"),
        ([condition("Ready", "False") | {"severity": "Error"}], "failed: condition Ready is False"),
        ([condition("Ready"), condition("Scaled", "False", "Failed") | {"severity": "Info"}],
         "complete: condition Ready is True"),
        ([{"type": "ComparisonError", "message": "no access"}],
         "failed: condition ComparisonError is set"),
        ([condition("Paused"), condition("Ready")], "suspended: condition Paused is True"),
    ],
)  # fmt: skip
def test_conditions_say_how_an_object_stands(conditions: list[Json], says: str) -> None:
    assert judged({"conditions": conditions}) == says


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (None, "nothing"),
        ({}, "nothing"),
        ({"replicas": 3}, "unknown: "),
        ({"phase": "Running"}, "complete: status.phase is Running"),
        ({"phase": "Install Failed"}, "failed: status.phase is Install Failed"),
        ({"state": "in-progress"}, "progressing: status.state is in-progress"),
        ({"health": {"status": "Degraded"}}, "failed: status.health.status is Degraded"),
        ({"PostgresClusterStatus": "Running"}, "complete: status.PostgresClusterStatus is Running"),
        ({"readyToUse": True}, "complete: status.readyToUse is true"),
        ({"readyToUse": True, "error": {"message": "no snapshot"}}, "failed: status.error is set"),
        ({"replicas": 3, "readyReplicas": 2}, "progressing: status.readyReplicas is 2 of 3"),
        ({"replicas": 3, "readyReplicas": 3}, "complete: status.readyReplicas is 3 of 3"),
        ({"replicas": 2, "readyReplicas": 3}, "unknown: status.readyReplicas is 3 of 2"),
        ({"phase": "Monitoring"}, "unknown: status.phase is a word that nobody taught Baton"),
        ({"state": "Running", "error": "-"}, "complete: status.state is Running"),
        ({"ready": "true"}, "complete: status.ready is true"),
        ({"ready": "False"}, "progressing: status.ready is false"),
        ("Ready", "complete: status.status is Ready"),
        ({"conditions": [condition("Succeeded")],
          "retriesStatus": [{"conditions": [condition("Succeeded", "False", "Failed")]}]},
         "complete: condition Succeeded is True"),
        ({"active": False, "problems": ["no such output"]}, "failed: status.problems is set"),
        ({"active": True, "problems": []}, "unknown: "),
        ({"parents": [{"conditions": [condition("Accepted", "False", "NoMatchingParent")]}]},
         "failed: condition Accepted is False (status.parents.conditions)"),
    ],
)  # fmt: skip
def test_words_and_numbers_say_it_where_no_condition_does(status: Any, says: str) -> None:
    assert judged(status) == says


@pytest.mark.parametrize("kind", ["BackupJob", "NodeMaintenance", "ImageScan"])
def test_a_task_that_runs_is_not_done(kind: str) -> None:
    assert judged({"phase": "Running"}, kind=kind).startswith("progressing")
    assert judged({"phase": "Succeeded"}, kind=kind).startswith("complete")


@pytest.mark.parametrize("kind", ["OpsRequest", "BackupSession", "ActionSet", "Trial", "CrdScan"])
def test_what_is_asked_to_be_done_once_is_a_task_whatever_it_is_called(kind: str) -> None:
    assert judged({"state": "running"}, kind=kind).startswith("progressing")
    work = [condition("WaitForProgressing"), condition("Succeed")]
    assert judged({"phase": "Succeed", "conditions": work}, kind=kind).startswith("complete")
    assert judged({"phase": "Failed", "conditions": work[:1]}, kind=kind).startswith("failed")
    assert judged({"phase": "Running", "conditions": work[:1]}, kind=kind).startswith("progressing")
    assert judged({"phase": "Running"}, kind="WorkshopSession").startswith("complete")
    again = {"lastState": "Failed", "conditions": [condition("Progressing")]}
    assert judged(again, kind=kind).startswith("progressing")


def test_what_is_called_as_a_task_is_and_holds_as_long_as_it_exists_is_none() -> None:
    taken = {"conditions": [condition("Accepted")]}
    assert judged(taken, kind="ServiceExport").startswith("complete")
    assert judged(taken, kind="VolumeExport").startswith("progressing")


def test_a_newer_generation_than_the_one_seen_is_under_way() -> None:
    status = {"observedGeneration": 1, "conditions": [condition("Ready")]}
    assert judged(status, generation=2).startswith("progressing: status.observedGeneration is 1")
    old = {"conditions": [condition("Ready") | {"observedGeneration": 1}]}
    assert judged(old, generation=2) == (
        "progressing: condition Ready is of generation 1, metadata.generation 2"
    )


def test_what_is_to_rest_is_suspended_unless_something_is_wrong() -> None:
    assert judged({"phase": "Ready"}, {"suspend": True}) == "suspended: spec.suspend is true"
    assert judged({"phase": "Ready"}, {"suspend": False}).startswith("complete")
    failed = {"conditions": [condition("Ready", "False", "Failed")]}
    assert judged(failed, {"suspend": True}).startswith("failed")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("HTTPRouteAccepted", "complete"), ("ReconcileError", "failed"), ("NotFound", "failed"),
        ("CrashLoopBackOff", "failed"), ("NoErrors", "complete"), ("Hibernated", "suspended"),
        ("Creating", "progressing"), ("running", "complete"), ("blue", "unknown"),
        ("red", "failed"),
        ("yellow", "progressing"), ("InProgress", "progressing"),
        ("OutOfDiskPressure", "unknown"), ("", "unknown"),
        ("UnSynced", "progressing"), ("Unavailable", "progressing"), ("TimedOut", "failed"),
        ("FailedOver", "unknown"), ("UpdateAvailable", "unknown"), ("OutOfSync", "progressing"),
        ("ImagePullBackOff", "failed"), ("Firing", "unknown"), ("DOWN", "failed"),
        ("ScaledDown", "unknown"), ("Cluster in healthy state", "complete"),
        ("runningWorkflow", "progressing"), ("RunningAndReady", "complete"),
        ("RolloutBlocked", "failed"), ("UpgradeBlocked", "unknown"), ("Dangling", "unknown"),
        ("Halted", "suspended"), ("DatabaseHaltedSuccessfully", "complete"),
        ("BackingUp", "progressing"), ("Back Up", "complete"), ("NotYetReady", "progressing"),
        ("NotFullySynced", "progressing"), ("NotAllPodsReady", "progressing"),
    ],
)  # fmt: skip
def test_words_mean_what_operators_mean_by_them(word: str, state: HealthState) -> None:
    assert meaning(word) == state


def test_a_word_is_read_in_parts() -> None:
    assert parts("HTTPRouteNotReady_yet-2nd") == ("http", "route", "not", "ready", "yet", "nd")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["conditions", "type", "status", "reason", "phase", "error", "replicas"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(_json, _json)
def test_no_value_of_any_shape_fails(status: Any, spec: Any) -> None:
    health = by_convention({"kind": "Widget", "metadata": {}, "spec": spec, "status": status})
    assert health is None or msgspec.json.decode(msgspec.json.encode(health), type=Health) == health


def test_a_recording_brings_its_health_along() -> None:
    said = {
        "state": "on fire: Failed",
        "message": "secret is missing, password=hunter2",
        "phase": "Failed",
    }
    decoder = Decoder(b"key")
    image = decoder.image(WIDGETS, widget(said))
    assert image.health is not None
    assert (image.health.state, image.health.by) == ("failed", "status.state is on fire: Failed")
    assert "hunter2" not in encode(image).decode()
    assert image.health.message.startswith("secret is missing, password=hidden:")
    again = decoder.image(WIDGETS, encode(image))
    assert again == image


def test_without_messages_only_the_state_is_kept() -> None:
    said = {"conditions": [condition("Ready", "False", "SyncError", "it burns")]}
    image = Decoder(b"key", messages=False).image(WIDGETS, widget(said))
    assert image.health is not None
    assert (image.health.state, image.health.reason) == ("failed", "SyncError")
    assert "it burns" not in encode(image).decode()


RESTING = {"observedGeneration": -1, "conditions": []}


@pytest.mark.parametrize("name", ["suspend", "paused"])
def test_what_is_to_rest_need_not_be_seen_by_its_controller(name: str) -> None:
    assert judged(RESTING, {name: True}) == f"suspended: spec.{name} is true"
    assert judged(None, {name: True}) == f"suspended: spec.{name} is true"
    assert judged(RESTING, {name: False}).startswith("progressing: status.observedGeneration")
    policy = {"runPolicy": {name: True}}
    assert judged(RESTING, policy) == f"suspended: spec.runPolicy.{name} is true"


@pytest.mark.parametrize(
    ("kind", "status", "over"),
    [
        ("TaskRun", {"conditions": [condition("Succeeded", "False", "Failed")]}, True),
        ("Widget", {"conditions": [condition("Succeeded", "False", "Failed")]}, True),
        ("Widget", {"conditions": [condition("Ready", "False", "Failed")]}, False),
        ("TestRun", {"conditions": [condition("Degraded")]}, False),
        ("Backup", {"phase": "PartiallyFailed"}, True),
        ("Backup", {"phase": "Error"}, True),
        ("Promotion", {"phase": "Errored"}, True),
        ("VirtualMachineInstanceMigration", {"phase": "Failed"}, True),
        ("Backup", {"phase": "walArchivingFailing"}, False),
        ("Widget", {"phase": "Failed"}, False),
        ("Backup", {"phase": "failed", "error": "InvalidAccessKeyId"}, True),
        ("Backup", {"phase": "running", "error": "no space left"}, False),
    ],
)
def test_a_run_that_failed_has_ended_and_what_goes_on_has_not(
    kind: str, status: Json, over: bool
) -> None:
    found = by_convention({"kind": kind, "metadata": {}, "spec": {}, "status": status})
    assert found is not None
    assert (found.state, found.over) == ("failed", over)


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("TrainJob", {"conditions": [condition("Created"), condition("Running")]},
         "progressing: condition Running is True"),
        ("TrainJob", {"conditions": [condition("Created"), condition("Succeeded")]},
         "complete: condition Succeeded is True"),
        ("TrainJob", {"phase": "Succeeded", "conditions": [condition("Created")]},
         "complete: status.phase is Succeeded"),
        ("Widget", {"conditions": [condition("Created"), condition("Running")]},
         "complete: condition Running is True"),
        ("Widget", {"conditions": [condition("Registered"), condition("Initialized")]},
         "unknown: "),
        ("Widget", {"state": "ready", "conditions": [condition("initializing"),
                                                     condition("ready")]},
         "complete: status.state is ready"),
        ("Widget", {"state": "initializing", "conditions": [condition("ready"),
                                                            condition("initializing")]},
         "progressing: condition initializing is True"),
        ("Widget", {"state": "ready", "conditions": [condition("ready"), condition("Degraded")]},
         "failed: condition Degraded is True"),
    ],
)  # fmt: skip
def test_how_far_it_came_once_is_not_how_it_stands(kind: str, status: Json, says: str) -> None:
    assert judged(status, kind=kind) == says


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ([condition("HubAccepted"), condition("ClusterJoined"),
          condition("ConditionAvailable", "Unknown")],
         "unknown: condition ConditionAvailable is Unknown"),
        ([condition("ProxyAvailable"), condition("RepoReady", "False")],
         "unknown: condition RepoReady is False"),
        ([condition("ProxyAvailable"), condition("RepoReady")],
         "complete: condition ProxyAvailable is True"),
        ([condition("Ready"), condition("RepoReady", "False")],
         "complete: condition Ready is True"),
        ([condition("Available"), condition("EtcdReady", "Unknown")],
         "complete: condition Available is True"),
    ],
)  # fmt: skip
def test_one_part_that_is_well_is_not_the_whole(conditions: list[Json], says: str) -> None:
    assert judged({"conditions": conditions}) == says


def test_of_what_is_wrong_that_counts_which_says_why() -> None:
    ready, error = (
        condition("Ready", "False", "Error"),
        condition("Error", "True", "NotReady", "no"),
    )
    assert judged({"conditions": [ready, error]}) == "failed: condition Error is True"
    assert judged({"conditions": [ready | {"message": "driver"}, error]}) == (
        "failed: condition Ready is False"
    )


@pytest.mark.parametrize(
    ("whole", "part", "says"),
    [
        ("", condition("Pending", "True", "", "a job failed"), "Pending: a job failed"),
        ("Some are not.", condition("PodReady", "False", "", "no node"),
         "Some are not; PodReady: no node"),
        ("of them: no node", condition("PodReady", "False", "", "no node"), "of them: no node"),
        ("it starts", condition("PodReady", "True", "", "well"), "it starts"),
        ("", condition("Progressing", "False", "No such source"), "Progressing: No such source"),
        ("it waits", condition("Progressing", "False", "", "no news"), "it waits"),
        ("", condition("PodReady", "False", "", "no node") | {"observedGeneration": 1}, ""),
    ],
)  # fmt: skip
def test_what_is_not_well_as_a_whole_says_what_a_part_of_it_says(
    whole: str, part: Json, says: str
) -> None:
    conditions = [condition("Ready", "False", "Waits", whole), part]
    health = by_convention({"metadata": {"generation": 2}, "status": {"conditions": conditions}})
    assert health is not None
    assert (health.condition, health.message) == ("Ready", says)


@pytest.mark.parametrize(
    ("message", "takes"),
    [("Statefulset(s) are in progress", True), ("the upgrade is not in progress", False),
     ("the deployment is provisioning", True), ("progress is pending", False),
     ("retrying to build it", False), ("3 Pods are missing", False)],
)  # fmt: skip
def test_work_is_named_by_a_message_as_well(message: str, takes: bool) -> None:
    ready = condition("Ready", "False", "NotUpToDate", message)
    health = by_convention({"status": {"conditions": [ready]}})
    assert health is not None
    assert bool(health.takes) == takes


def test_what_is_said_of_the_newest_generation_tells_more() -> None:
    conditions = [
        condition("Ready") | {"observedGeneration": 1},
        condition("Succeeded", "False", "UpdateInProgress", "it is being updated")
        | {"observedGeneration": 2},
    ]
    assert (
        judged({"conditions": conditions}, None, 2) == "progressing: condition Succeeded is False"
    )


@pytest.mark.parametrize(
    ("phase", "says"),
    [("Succeeded", "complete: status.phase is Succeeded"),
     ("Running", "failed: condition MetricsPushed is False")],
)  # fmt: skip
def test_what_failed_beside_a_run_that_did_well_is_no_failure_of_it(phase: str, says: str) -> None:
    beside = condition("MetricsPushed", "False", "FailedToPushMetrics", "refused")
    assert judged({"phase": phase, "conditions": [beside]}, kind="RestoreSession") == says


def test_what_is_called_an_error_is_said_of_it() -> None:
    health = by_convention({"status": {"syncStatus": "Failed", "lastSyncError": "no drain"}})
    assert health is not None
    assert (health.state, health.message) == ("failed", "no drain")


def test_of_what_its_controller_gave_up_a_person_has_to_change_something() -> None:
    ready = condition("Ready", "False", "InstallFailed", "timed out waiting")
    stalled = condition("Stalled", "True", "RetriesExceeded", "failed after 1 attempt")
    aborted = condition("Progressing", "False", "RolloutAborted", "the analysis failed")
    for conditions, holder in (
        ([ready], ""),
        ([stalled, ready], "client"),
        ([aborted], "client"),
    ):
        found = by_convention({"kind": "Widget", "status": {"conditions": conditions}})
        assert found is not None
        assert (found.state, found.holder) == ("failed", holder)

"""What is False for good, well in part or well once says little of how a resource stands now."""

import msgspec
import pytest

from eventstream.kinds import taught
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.records import HealthState
from tests.objects.widgets import WIDGETS, Json, condition, judged, widget


@pytest.mark.parametrize(
    ("type_", "reason", "message"),
    [
        ("Fallback", "NoFallbackFound", "No fallbacks are active on this scaled object"),
        ("DiskPressure", "NoDiskPressure", "disk has no pressure"),
        ("RetrievedUpdates", "NoChannel", "The update channel has not been configured."),
        ("UpgradeInProgress", "NoPendingCluster", "no pending cluster exists"),
        ("BackupConfigured", "NoBackup", "no backup configured"),
        ("LiveMigratable", "DisksNotLiveMigratable", "cannot migrate: PVC disk is not shared"),
        ("DNSManaged", "UnsupportedEndpointPublishingStrategy", "it doesn't support DNS"),
        ("Encrypted", "EncryptionDisabled", "Encryption is not enabled"),
        ("BastionHostReady", "BastionHostDisabled", ""),
        ("HasErrors", "", "no errors"),
        ("Upgradeable", "ErrorBudget", "failed precondition"),
    ],
)
def test_what_is_not_so_for_good_is_nothing_wrong(type_: str, reason: str, message: str) -> None:
    for_good = condition(type_, "False", reason, message)
    assert judged({"conditions": [for_good]}).startswith("unknown: ")
    assert judged({"conditions": [for_good, condition("Ready")]}) == (
        "complete: condition Ready is True"
    )


@pytest.mark.parametrize(
    ("type_", "reason", "message"),
    [
        ("Retrieved", "FetchError", ""),
        ("RetrievedMatchingContainers", "Done", "failed to get application archive"),
        ("Scheduled", "BindingFailedScheduling", ""),
        ("Synchronizing", "Error", "persistentvolumeclaims not found"),
        ("Synced", "", "no key could decrypt the secret: unable to"),
        ("ResolvedRefs", "NoSuchBackend", ""),
    ],
)
def test_an_error_that_a_condition_names_is_one_whatever_its_type(
    type_: str, reason: str, message: str
) -> None:
    says = judged({"conditions": [condition(type_, "False", reason, message)]})
    assert says == f"failed: condition {type_} is False"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"conditions": [condition("Finished", "True", "Failed", "backoff limit")]},
         "failed: condition Finished is True"),
        ({"conditions": [condition("Complete", "True", "JobFailed")]},
         "failed: condition Complete is True"),
        ({"conditions": [condition("Running", "True", "Running")]}, "unknown: "),
        ({"conditions": [condition("Running", "True", "Running", "Running reconciliation")]},
         "progressing: condition Running is True"),
        ({"conditions": [condition("Deployed"), condition("PodsHealthy", "False", "Waiting")]},
         "unknown: condition PodsHealthy is False"),
        ({"phase": "Running", "conditions": [condition("PodsHealthy", "False", "Waiting")]},
         "unknown: condition PodsHealthy is False"),
        ({"phase": "Succeeded", "conditions": [condition("Running", "False")]},
         "complete: status.phase is Succeeded"),
        ({"conditions": [condition("Deployed"), condition("Irreconcilable")]},
         "failed: condition Irreconcilable is True"),
        ({"lastOperation": {"state": "Succeeded"}}, "unknown: "),
        ({"lastOperation": {"state": "Failed"}}, "failed: status.lastOperation.state is Failed"),
        ({"desiredState": "Stopped", "state": "Running"}, "complete: status.state is Running"),
        ({"conditions": [condition("Ready")],
          "members": [{"conditions": [condition("Ready", "False", "Restarting")]}]},
         "complete: condition Ready is True"),
        ({"store": {"conditions": [condition("Ready")]},
          "plane": {"nodes": [{"conditions": [condition("Ready", "False", "Starting")]}]}},
         "progressing: condition Ready is False (status.plane.nodes.conditions)"),
        ({"conditions": [condition("Resolved"), condition("Unpacked", "Unknown", "Pending")]},
         "unknown: condition Unpacked is Unknown"),
        ({"phase": "Ready", "conditions": [condition("ScalingUp")]},
         "progressing: condition ScalingUp is True"),
        ({"zones": [{"conditions": [condition("Published")]}]},
         "complete: condition Published is True (status.zones.conditions)"),
        ({"phase": "Running", "replicas": 3, "readyReplicas": 1},
         "progressing: status.readyReplicas is 1 of 3"),
        ({"phase": "Healthy", "replicas": 3, "readyReplicas": 1},
         "complete: status.phase is Healthy"),
        ({"lastError": "it was lost once", "state": "Running"},
         "complete: status.state is Running"),
        ({"conditions": [condition("Ready"), condition("Waiting"), condition("Pending")]},
         "complete: condition Ready is True"),
        ({"conditions": [condition("Ready"), condition("Waiting", "True", "ForNodes")]},
         "progressing: condition Waiting is True"),
        ({"error": "none", "phase": "Ready"}, "complete: status.phase is Ready"),
        ({"errorMessage": "<nil>", "phase": "Ready"}, "complete: status.phase is Ready"),
        ({"state": "0 failed"}, "unknown: "),
        ({"phase": "Ready", "conditions": [condition("ProvisioningStarted"), condition("Ready")]},
         "complete: status.phase is Ready"),
        ({"state": "Sharded"}, "unknown: status.state is a word that nobody taught Baton"),
        ({"status": "http://failed.example.com"}, "unknown: "),
        ({"paused": True, "conditions": [condition("Available")]},
         "suspended: status.paused is true"),
        ({"paused": False, "conditions": [condition("Available")]},
         "complete: condition Available is True"),
        ({"sync": {"status": "OutOfSync"}, "health": {"status": "Healthy"}},
         "progressing: status.sync.status is OutOfSync"),
        ({"phase": "Cluster in healthy state"},
         "complete: status.phase is Cluster in healthy state"),
        ({"conditions": [condition("Ready", "False", "Waiting", "2 done, 0 errors")]},
         "progressing: condition Ready is False"),
        ({"conditions": [condition("ReadyForInstallation")]}, "unknown: "),
        ({"conditions": [condition("UpdateAvailable")]}, "unknown: "),
        ({"state": "Stopped", "conditions": [condition("Ready", "False", "NotRunning")]},
         "unknown: status.state is Stopped"),
        ({"phase": "WaitingForApproval"}, "suspended: status.phase is WaitingForApproval"),
        ({"phase": "Waiting for user action"},
         "suspended: status.phase is Waiting for user action"),
        ({"phase": "WaitingForData"}, "progressing: status.phase is WaitingForData"),
    ],
)  # fmt: skip
def test_what_is_well_in_part_or_was_once_is_not_well_now(status: Json, says: str) -> None:
    assert judged(status) == says


def test_what_no_replica_is_asked_for_need_not_be_ready() -> None:
    status = {"conditions": [condition("Available", "False", "MinimumReplicasUnavailable")]}
    assert judged(status, {"replicas": 0}) == "unknown: spec.replicas is 0"
    assert judged(status, {"replicas": 1}) == "progressing: condition Available is False"
    failed = {"conditions": [condition("Available", "False", "ReconcileError")]}
    assert judged(failed, {"replicas": 0}).startswith("failed")


@pytest.mark.parametrize(
    ("writers", "says"),
    [
        ([("", "status")], "complete: condition Ready is True"),
        ([("", "spec")], "progressing: status.observedGeneration is 1, metadata.generation 2"),
        ([("status", "status")],
         "progressing: status.observedGeneration is 1, metadata.generation 2"),
        ([("", "status"), ("status", "status")],
         "progressing: status.observedGeneration is 1, metadata.generation 2"),
    ],
)  # fmt: skip
def test_a_status_that_is_written_with_the_object_is_older_than_its_own_generation(
    writers: list[tuple[str, str]], says: str
) -> None:
    entries = [
        {"manager": "one", "operation": "Update", "subresource": subresource,
         "fieldsType": "FieldsV1", "fieldsV1": {f"f:{part}": {"f:observedGeneration": {}}}}
        for subresource, part in writers
    ]  # fmt: skip
    status = {"observedGeneration": 1, "conditions": [condition("Ready")]}
    found = msgspec.json.decode(widget(status))
    found["metadata"] |= {"generation": 2, "managedFields": entries}
    health = Decoder(b"key").image(WIDGETS, msgspec.json.encode(found)).health
    assert health is not None
    assert f"{health.state}: {health.by}" == says


def test_the_words_of_a_file_are_not_what_the_resource_says() -> None:
    judge = taught.judge()
    paused = {"kind": "Schedule", "spec": {"paused": True}, "status": {"phase": "Enabled"}}
    broken = {"kind": "BackupRepository", "status": {"phase": "NotReady", "message": "no disk"}}
    told = [judge("velero.io", str(one["kind"]), one) for one in (paused, broken)]
    assert [(one.message, one.ours) for one in told if one is not None] == [
        ("it is paused", True),
        ("no disk", False),
    ]


@pytest.mark.parametrize(
    ("spec", "state"),
    [({"suspend": False}, "progressing"), ({"suspend": True}, "suspended"),
     ({"runPolicy": {"suspend": False}}, "progressing"),
     ({"paused": False}, "suspended"), ({}, "suspended")],
)  # fmt: skip
def test_what_is_to_go_on_and_says_still_that_it_rests_is_its_controllers(
    spec: Json, state: HealthState
) -> None:
    for status in (
        {"conditions": [condition("Ready", "False", "Suspended")]},
        {"phase": "Suspended"},
    ):
        assert judged(status, spec).startswith(state)
        seen = "unknown" if state == "progressing" else state  # Another may be why it rests.
        assert judged(status | {"observedGeneration": 1}, spec).startswith(seen)

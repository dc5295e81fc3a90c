"""Says how a workload stands, and whether what was asked of it is in effect in all of its Pods.

A status can be whole while the old Pods run. A Deployment's Pods are those of its ReplicaSets.
Sources: the status fields that each controller documents; kstatus' rules
(https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus) say the same of them;
pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet, processReplica;
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback;
https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/.
"""

from typing import Any

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared import conventions
from eventstream.explain.controllers.shared.podcounts import PodCounts, missing_pods
from eventstream.explain.deletions.deciding import ordinal
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence, Stage
from eventstream.explain.vocabulary.registry import OWNERS_OF_PODS, group_kind, pods_maker
from eventstream.explain.world.pods import condition, containers, has_ended, is_true, node_of
from eventstream.explain.world.text import count, listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import BUILT_IN
from eventstream.objects.numbers import whole
from eventstream.objects.pods import NEVER_RAN, Terminated

_REVISION = "controller-revision-hash"


def by_hand(image: Image) -> bool:
    """Whether its Pods are replaced only as somebody deletes them."""
    return getattr(getattr(image.spec, "update_strategy", None), "type", "") == "OnDelete"


def left_to_hand(write: Write) -> Holding | None:
    """The old Pods that a person has to delete, for a workload that is whole but for that."""
    image = write.image
    if not by_hand(image):
        return None
    status = image.status
    if image.kind == "DaemonSet":
        updated, desired = status.updated_number_scheduled, status.desired_number_scheduled
    else:
        changed = status.update_revision != status.current_revision
        updated = status.updated_replicas if changed else image.spec.replicas
        desired = image.spec.replicas
    if updated >= desired:
        return None
    waiting_for = (
        f"somebody to delete the old Pods of {named(image)} by hand, as its update strategy is "
        f"OnDelete: {updated} of {count(desired, 'Pod')} updated"
    )
    return Holding(5, "client", "", when(write), waiting_for, patient=True, about=write)


def kept_by_partition(image: Image) -> str:
    """How much of a StatefulSet its partition keeps at the old revision; empty for nothing."""
    partition, status = _partition(image.spec), image.status
    if not partition or status.update_revision == status.current_revision:
        return ""
    old = image.spec.replicas - status.updated_replicas
    if old <= 0:
        return ""
    return f"; {count(old, 'Pod')} not updated, as its partition of {partition} asks"


def _partition(spec: Any) -> int:
    """How many of a StatefulSet's Pods, from the lowest up, an update leaves alone."""
    rolling = spec.update_strategy.rolling_update
    return (rolling.partition or 0) if rolling is not None else 0


def no_node(image: Image) -> str:
    """What a DaemonSet asks of a node, in a clause."""
    spec = image.spec.template.spec
    asked = [f"{key}={value}" for key, value in sorted((spec.node_selector or {}).items())]
    if asked:
        return f"its node selector asks for {listing(asked)}"
    return "none fits its node affinity and its tolerations"


def trapped(write: Write, held: Holding) -> Holding:
    """A broken Pod of another revision, which only a person can take out of the way.

    The controller waits for each Pod to be ready before it looks at revisions at all.
    """
    pod, image = held.about, write.image
    if image.kind != "StatefulSet" or not held.diagnosis or pod is None or pod.pod is None:
        return held
    status = image.status
    revision = (pod.image.metadata.labels or {}).get(_REVISION, "")
    current = status.observed_generation >= (image.metadata.generation or 0)
    if not revision or revision == status.update_revision or not current or held.stops:
        return held
    if image.spec.pod_management_policy == "Parallel" or pod.image.metadata.deletion_timestamp:
        return held
    if by_hand(image) or ordinal(pod.image) - image.spec.ordinals.start < _partition(image.spec):
        return held  # No update waits for this one.
    if has_ended(pod.image):
        return held  # Such Pods are made anew.
    name = named(pod.image)
    why = (
        f"{name} is of revision {revision} and not of the newest, and {named(image)} waits for it "
        "to be ready before it replaces any: where it cannot become so, somebody has to delete it."
    )
    return msgspec.structs.replace(
        held,
        actor="client",
        name="",
        waiting_for=f"{name}, which is of an old revision, to be ready or to be deleted by hand",
        detail=f"{held.detail} {why}",
        evidence=(
            *held.evidence,
            proofs.status(write, f"updateRevision of {named(image)} is {status.update_revision}"),
            proofs.seen(pod, f"label {_REVISION} of {name} is {revision}"),
        ),
        mend=commands.delete(pod),
    )


def reached(image: Image) -> bool:
    """Whether a workload's status says that its desired state is reached."""
    spec, status = image.spec, image.status
    generation = image.metadata.generation or 0
    kind = image.kind
    if kind == "Job":
        return is_true(image, "Complete") or is_true(image, "Failed")
    if getattr(status, "observed_generation", 0) < generation:
        return False
    manual = by_hand(image)
    if kind == "DaemonSet":
        desired = status.desired_number_scheduled
        updated = manual or status.updated_number_scheduled == desired
        return bool(updated and status.number_available == desired)
    replicas = getattr(spec, "replicas", 0)
    ready = bool(status.replicas == replicas == status.ready_replicas)
    if getattr(spec, "min_ready_seconds", 0) and status.available_replicas < replicas:
        return False
    if kind != "StatefulSet" or manual or not ready:
        return ready
    return _rolled(spec, status)


def _rolled(spec: Any, status: Any) -> bool:
    """Whether a StatefulSet's rolling update has come as far as its partition lets it.

    Source: staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go,
    StatefulSetStatusViewer.
    """
    partition = _partition(spec)
    if partition:
        return bool(status.updated_replicas >= spec.replicas - partition)
    return not status.update_revision or bool(status.current_revision == status.update_revision)


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of such a workload that exists; `write` is its newest version."""
    image = write.image
    if began is not None and began.log is write.log:
        done = snapshot.settled_at(write.log, began, lambda w: _fits(w) and reached(w.image))
    else:
        done = write if _fits(write) and reached(write.image) else None
    counts = PodCounts(snapshot, write)
    if done is not None and not _gave_up(done.image) and not counts.unproven():
        left = left_to_hand(write)
        if left is not None:
            return pending([left], _done(done.image, updated=False), snapshot, "")
        left_open = counts.unsettled() if began is None else []
        if left_open:
            return pending(left_open, _done(done.image), snapshot, "")
        return Outlook("complete", _reached_summary(done.image), (), _done(done.image), when(done))
    if not _fits(write):
        return Outlook("running", f"{named(image)} is not as the API documents it; see its flags.")
    if image.kind == "Job" and (image.spec.suspend or _gave_up(image) or _idles(image, counts)):
        return _stopped_job(snapshot, write)
    actor = _maker(image)
    found = [trapped(write, held) for held in counts.holdings()]
    desired = _desired(image, len(counts.active))
    missing = missing_pods(snapshot, write, actor, desired, counts)
    if missing is not None:
        found.append(_by_name(write, conventions.entrusted(write, missing)))
    if not found:
        hidden = conventions.unseen(snapshot, write, desired)
        found.append(hidden or _by_name(write, _report(write, actor, counts)))
    stages = staged(
        [
            ("stored", 1, 1),
            ("Pods", min(len(counts.active), desired), desired),
            ("scheduled", min(counts.scheduled, desired), desired),
            ("started", min(counts.started, desired), desired),
            ("ready", min(counts.ready, desired), desired),
            ("reported", 0, 1),
        ]
    )
    return pending(found, stages, snapshot, f"Waiting for {named(image)}.")


def _maker(image: Image) -> str:
    """Who makes its Pods: a Job may name another than the Job controller."""
    if image.kind == "Job" and conventions.manager_of(image):
        return "custom-controller"
    maker = pods_maker(image)
    return maker.actor if maker else "unknown"


def _by_name(write: Write, held: Holding) -> Holding:
    """The same, with the name of the controller that a Job asks for."""
    if held.actor != "custom-controller" or held.name or write.image.kind != "Job":
        return held
    return msgspec.structs.replace(held, name=conventions.manager_of(write.image))


def _gave_up(image: Image) -> bool:
    return is_true(image, "Failed") or is_true(image, "FailureTarget")


def _report(write: Write, actor: str, counts: PodCounts) -> Holding:
    """With nothing left to do for Pods: they work, or ripen, or the status is to follow."""
    name = named(write.image)
    if write.image.kind == "Job" and counts.active:
        working = count(len(counts.active), "Pod")
        waiting_for = f"{working} of {name} to finish"
        node = node_of(counts.active[0].image)
        return Holding(7, "kubelet", node, counts.moved, waiting_for, patient=True, about=write)
    ripening = counts.ripening(write)
    if ripening is not None:
        return ripening
    latest, old = max(when(write), counts.moved), _behind(write.image)
    wait, waiting_for = "report-status", f"the status of {name} to follow"
    if old:
        wait, waiting_for = "delete-pods", f"{count(old, 'Pod')} of {name} to be replaced"
    return Holding(7, actor, "", latest, waiting_for, wait=wait, about=write)


def _behind(image: Image) -> int:
    """How many Pods a rolling update has yet to replace, as the newest status has it."""
    spec, status = image.spec, image.status
    if image.kind not in ("StatefulSet", "DaemonSet") or by_hand(image):
        return 0
    if status.observed_generation < (image.metadata.generation or 0):
        return 0
    if image.kind == "DaemonSet":
        return max(int(status.desired_number_scheduled - status.updated_number_scheduled), 0)
    if status.update_revision == status.current_revision:
        return 0
    return max(int(spec.replicas - _partition(spec) - status.updated_replicas), 0)


_KILLED = (137, 143)
"""Exit codes of what was asked or made to stop: by SIGKILL, by SIGTERM."""


def _stopped_job(snapshot: Snapshot, write: Write) -> Outlook:
    """A Job that failed or is suspended does nothing more until somebody acts.

    Its condition FailureTarget comes first, while its Pods are stopped. Source:
    https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
    """
    image = write.image
    failed = condition(image, "Failed") or condition(image, "FailureTarget")
    stages = staged([("stored", 1, 1), ("done", 0, 1)])
    if failed is None or failed.status != "True":
        paused = image.spec.suspend
        held = conventions.suspended(snapshot, write) if paused else _no_pods(write)
        return pending([held], stages, snapshot, "")
    waiting_for = f"somebody to look after the failed {named(image)}"
    said = sentence(said_by(failed.message, failed.reason) or "it gave no reason")
    seconds = image.spec.active_deadline_seconds
    late = failed.reason == "DeadlineExceeded"
    limit = f", with a deadline of {count(seconds, 'second')}" if late and seconds else ""
    failures = image.status.failed  # 0, where its containers start again in place.
    after = f" after {count(failures, 'failed Pod')}" if failures else ""
    detail = f"{named(image)} failed{after}{limit}: {said}"
    notes = snapshot.notes(write.log, failed.reason or "")
    evidence = (proofs.says(write, failed), *proofs.events(notes))
    code = "deadline-exceeded" if late else "job-failed"
    told, shown, command = _last_failed(snapshot, write, late=late)
    wrong = Trouble(code, f"{detail} {told}".rstrip(), (*evidence, *shown), command)
    holding = troubled(Holding(1, "client", "", when(write), waiting_for, about=write), wrong)
    return pending([holding], stages, snapshot, "")


def _idles(job: Image, counts: PodCounts) -> bool:
    """Whether a Job may have no Pods at all, which is as if it were suspended.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#controlling-parallelism
    """
    return job.spec.parallelism == 0 and not (counts.active or counts.leaving)


def _no_pods(write: Write) -> Holding:
    name = named(write.image)
    detail = f"{name} may have no Pods (parallelism 0): it does nothing until that is raised."
    shown = proofs.seen(write, f"spec.parallelism of {name} is 0")
    wrong = Trouble("paused", detail, (shown,), commands.describe(write))
    plain = Holding(1, "client", "", when(write), f"{name} to have Pods", about=write)
    return troubled(plain, wrong)


def _last_failed(
    snapshot: Snapshot, write: Write, *, late: bool
) -> tuple[str, tuple[Evidence, ...], str]:
    """How the newest Pod of a Job that is still there failed: a sentence, its evidence, a command.

    Of a Pod that its kubelet gave up, or did not take, that says why, and no container's end does.
    """
    pods = sorted(snapshot.children(write.log, "Pod"), key=lambda pod: -pod.order)
    for pod in pods:
        name, status = named(pod.image), pod.image.status
        if getattr(status, "phase", "") == "Failed" and status.reason and status.message:
            shown = proofs.status(pod, f"phase of {name} is Failed ({status.reason})")
            told = sentence(f"{name} failed ({status.reason}): {status.message}")
            return told, (shown,), commands.describe(pod)
        for found in containers(pod.image):
            ended = found.state.terminated
            if ended is None or not (ended.exit_code or ended.reason in NEVER_RAN):
                continue
            killed = late and ended.exit_code in _KILLED  # As its deadline does.
            told = "" if killed else sentence(_ending(pod, found.name, ended))
            never = ended.reason in NEVER_RAN
            command = commands.describe(pod) if never else commands.logs(pod, found.name)
            return told, (proofs.reports(pod, found),), command
    return "", (), commands.describe(write)


def _ending(pod: Write, name: str, ended: Terminated) -> str:
    """How a container of a failed Pod ended, as a sentence."""
    subject = f"Container {name} of {named(pod.image)}"
    if ended.reason in NEVER_RAN:
        why = ended.message or f"exit code {ended.exit_code}, {ended.reason}"
        return f"{subject} could not be started: {why}"
    if ended.reason == "OOMKilled":
        return f"{subject} ran out of memory (OOMKilled)"
    reason = f" ({ended.reason})" if ended.reason else ""
    return f"{subject} ended with code {ended.exit_code}{reason}"


def _fits(write: Write) -> bool:
    """Whether the object is of the kind that it was, and as the API documents that."""
    image, kind = write.image, group_kind(write.image.api_version, write.image.kind)
    structs = BUILT_IN.get(kind)
    return (
        not image.flags
        and kind in OWNERS_OF_PODS
        and structs is not None
        and isinstance(image.spec, structs[0])
        and isinstance(image.status, structs[1])
    )


def _desired(image: Image, existing: int) -> int:
    if image.kind == "Job":
        wanted = image.spec.parallelism if image.spec.parallelism is not None else 1
        completions, succeeded = image.spec.completions, image.status.succeeded
        if completions is None:  # The first success ends it: what still runs may finish.
            return existing if succeeded else int(wanted)
        left = completions - succeeded - _given_up(image.status.failed_indexes or "")
        return int(max(existing, min(wanted, left)))
    if image.kind == "DaemonSet":
        return int(image.status.desired_number_scheduled) or existing
    return int(image.spec.replicas)


def _given_up(indexes: str) -> int:
    """How many indexes of a Job have failed for good, as `1,3-5,7` tells them.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index
    """
    number = 0
    for piece in indexes.split(","):
        first, _, last = piece.partition("-")
        bounds = whole(first), whole(last or first)
        if bounds[0] is not None and bounds[1] is not None:
            number += bounds[1] - bounds[0] + 1
    return number


def _done(image: Image, *, updated: bool = True) -> tuple[Stage, ...]:
    done = [(name, 1, 1) for name in ("stored", "Pods", "ready", "reported")]
    return staged(done if updated else [*done, ("updated", 0, 1)])


def _reached_summary(image: Image) -> str:
    if image.kind == "Job":
        return f"{named(image)} completed: {count(image.status.succeeded, 'Pod')} succeeded."
    desired = _desired(image, 0)
    if image.kind == "DaemonSet" and not desired:
        return f"{named(image)} has no Pods: no node is to have one; {no_node(image)}."
    kept = kept_by_partition(image) if image.kind == "StatefulSet" else ""
    astray = image.status.number_misscheduled if image.kind == "DaemonSet" else 0
    more = f", and {astray} more on nodes that are to have none" if astray else ""
    return f"{count(desired, 'Pod')} of {named(image)} ready{kept}{more}."

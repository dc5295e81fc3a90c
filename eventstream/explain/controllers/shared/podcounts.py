"""Counts a controller's Pods: what they wait for, and what the controller must do next.

Pods that fail and are replaced again and again are a trouble of their owner, not of any of them: a
kubelet that refuses a Pod, or evicts one, ends it for good, and the next may meet the same end. So
are Pods that had to make room for one of higher priority.
Sources: pkg/kubelet/kubelet.go, rejectPod; pkg/kubelet/lifecycle/predicate.go (NodeAffinity, …,
UnexpectedAdmissionError, OutOfcpu); pkg/kubelet/eviction/eviction_manager.go (Evicted);
pkg/kubelet/nodeshutdown/nodeshutdown_manager.go (Terminated);
pkg/scheduler/framework/preemption/executor.go (condition DisruptionTarget with reason
PreemptionByScheduler, then the deletion and the Event Preempted, which names the preemptor's uid).
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import holding_of, unproven
from eventstream.explain.controllers.shared import conventions
from eventstream.explain.controllers.shared.refusals import (
    allows_now,
    exceeded,
    kept_from,
    perhaps_refused,
    refused,
)
from eventstream.explain.controllers.shared.revisions import ready_since
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, asked, asked_or_heard, made
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.families import is_controlled, owner_of
from eventstream.explain.world.notes import said
from eventstream.explain.world.pods import condition, containers, has_ended, node_of, phase
from eventstream.explain.world.text import count, listing, named, parse, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change

_KINDS = frozenset({"ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet"})
"""Whose Pods are to go on; that those of a Job fail, it counts itself."""

_RECENT, _LONGEST_PAUSE = 900.0, 1000.0
"""Seconds after the newest failure within which the next one is expected: the DaemonSet controller
waits up to a quarter of an hour. Source: pkg/controller/daemon/daemon_controller.go, Run."""

_REFUSED, _RAN = 2, 3
"""Failures in a row that are told: of Pods that never ran, and of those that did for a while."""

_WHOLE_SECOND = 1.0
"""Seconds by which a creation, told in whole seconds, may seem to come before what it followed."""


def failing(snapshot: Snapshot, owner: Write, pods: Iterable[Write], rank: int) -> Holding | None:
    """The wait for a Pod that does not fail, where one after the other has; None elsewhere."""
    if owner.image.kind not in _KINDS:
        return None
    failed = [pod for pod in pods if phase(pod.image) == "Failed" and pod.image.status.reason]
    if len(failed) < _REFUSED:
        return None
    row = _in_a_row(sorted(failed, key=_created))
    last = max(row, key=when)
    needed = _RAN if containers(last.image) else _REFUSED
    if len(row) < needed or snapshot.now - when(last) > _RECENT:
        return None
    waiting_for = f"a Pod of {named(owner.image)} that does not fail"
    since = min(map(when, row))
    plain = Holding(rank, "kubelet", node_of(last.image), since, waiting_for, about=owner)
    return troubled(plain, _told(owner, row, last))


def _created(pod: Write) -> float:
    return parse(pod.image.metadata.creation_timestamp) or when(pod)


def _in_a_row(failed: list[Write]) -> list[Write]:
    """Those that each took the place of one that had failed, with the first of them."""
    row = failed[:1]
    for pod in failed[1:]:
        if _created(pod) + _WHOLE_SECOND >= when(row[-1]):
            row.append(pod)
    return row


def _told(owner: Write, row: list[Write], last: Write) -> Trouble:
    status = last.image.status
    reasons = Counter(pod.image.status.reason for pod in row)
    which = listing([f"{number} {reason}" for reason, number in reasons.most_common()])
    how = status.reason if len(reasons) == 1 else which
    where = f" on {node_of(last.image)}" if node_of(last.image) else ""
    text = (
        f"{count(len(row), 'Pod')} of {named(owner.image)} failed one after the other ({how}), "
        f"the last {last.image.metadata.name}{where}"
    )
    detail = sentence(f"{text}: {status.message or 'it gave no reason'}")
    evidence = tuple(
        proofs.status(pod, f"{named(pod.image)} has failed ({pod.image.status.reason})")
        for pod in sorted(row, key=when, reverse=True)[:3]
    )
    return Trouble("pod-failed", detail, evidence, commands.describe(last))


_BY = expression(r"Preempted by (?:a )?pod (\S+) on node")


def replaced(snapshot: Snapshot, holdings: list[Holding], owner: Write) -> list[Holding]:
    """The holdings, where a Pod without a node stands for one of the owner's that had to go."""
    lost = _victims(snapshot, owner)
    return [
        troubled(holding, _trouble(snapshot, holding, lost))
        if lost and holding.diagnosis == "unschedulable"
        else holding
        for holding in holdings
    ]


def _victims(snapshot: Snapshot, owner: Write) -> list[Write]:
    """The Pods of a controller that were preempted, the latest first, as far as still known."""
    latest = [snapshot.latest(log) for log in owner.log.family.children.values()]
    found = [write for write in latest if write is not None and _preempted(snapshot, write)]
    return sorted(found, key=lambda write: write.order, reverse=True)


def _trouble(snapshot: Snapshot, holding: Holding, lost: list[Write]) -> Trouble:
    victim = lost[0]
    said = condition(victim.image, "DisruptionTarget")
    notes = snapshot.notes(victim.log, "Preempted")
    by = _preemptor(snapshot, victim)
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    verb = "were" if len(lost) > 1 else "was"
    detail = (
        f"Pod {victim.image.metadata.name}{more} {verb} preempted on {node_of(victim.image)}{by}, "
        f"and nothing takes its place yet: {holding.detail[0].lower()}{holding.detail[1:]}"
    )
    evidence = (
        *((proofs.says(victim, said),) if said is not None else ()),
        *proofs.events(notes[:1]),
        *holding.evidence,
    )
    return Trouble("preempted", detail, evidence, commands.events_of(victim))


def _preemptor(snapshot: Snapshot, victim: Write) -> str:
    """` for Pod high (priority 1000 over 0)`; empty where no Event names it, or it is not known."""
    for note in snapshot.notes(victim.log, "Preempted"):
        found = _BY.search(note.after.spec.message or "")
        log = snapshot.world.logs.get(found[1]) if found is not None else None
        if log is None or log.latest is None:
            continue
        theirs = getattr(log.latest.image.spec, "priority", None)
        own = getattr(victim.image.spec, "priority", None)
        over = f" (priority {theirs} over {own or 0})" if theirs is not None else ""
        return f" for Pod {log.ref.name}{over}"
    return " for one of higher priority"


def _preempted(snapshot: Snapshot, write: Write) -> bool:
    found = condition(write.image, "DisruptionTarget")
    told = found is not None and found.status == "True" and "Preemption" in (found.reason or "")
    return told or bool(snapshot.notes(write.log, "Preempted"))


CREATE, RIPEN = 2, 6
_SPARE = 5.0
"""Seconds after minReadySeconds in which a controller says that its Pods are available."""


class PodCounts:
    """The Pods of one controller by how far they have come.

    `moved` is when one last changed, or went.
    """

    def __init__(self, snapshot: Snapshot, owner: Write) -> None:
        self._snapshot, self._owner = snapshot, owner
        self.active: list[Write] = []
        self.leaving: list[Write] = []
        self._restless: list[Write] = []
        self.scheduled = self.started = self.ready = 0
        every = snapshot.pods(owner.log)
        self.moved = max(map(when, every), default=0.0)
        self._ended: list[Write] = []
        uid = owner.log.uid
        self._sort(w for w in every if owner_of(w.image) == uid and is_controlled(w.image))

    def _sort(self, owned: Iterable[Write]) -> None:
        """A large rollout has thousands of Pods, most of them ready: those cost least."""
        for write in owned:
            pod = write.pod
            if pod is not None and write.active:
                self.active.append(write)
                self.scheduled += pod.scheduled
                self.started += pod.started
                self.ready += pod.ready
                if not (pod.ready and pod.steady) or "Killing" in (write.log.notes or ()):
                    self._restless.append(write)
            elif not write.gone and write.image.metadata.deletion_timestamp:
                self.leaving.append(write)
            if has_ended(write.image):
                self._ended.append(write)

    def ripening(self, owner: Write) -> Holding | None:
        """Ready Pods that count as available only after minReadySeconds, while these run."""
        seconds = getattr(owner.image.spec, "min_ready_seconds", 0)
        since = self._snapshot.now - seconds - _SPARE
        young = ready_since(self.active, since) if seconds and self.ready else 0
        if not young:
            return None
        how_long = f"{count(seconds, 'second')} (minReadySeconds)"
        waiting_for = f"{count(young, 'Pod')} to stay ready for {how_long}"
        return Holding(RIPEN, "kubelet", "", self.moved, waiting_for, patient=True, about=owner)

    def unproven(self) -> bool:
        """Whether a Pod failed a moment ago, and may well again though it may be ready now."""
        return any(unproven(self._snapshot, write) for write in self._restless)

    def unsettled(self) -> list[Holding]:
        """Pods that its status does not tell of, or not yet: those to go, or known to be wrong."""
        every = (*self._restless, *self.leaving)
        found = (holding_of(self._snapshot, write) for write in every)
        return [held for held in found if held is not None and (held.stops or held.diagnosis)]

    def holdings(self) -> list[Holding]:
        """What each Pod waits for."""
        every = (*self._restless, *self.leaving)
        found = [holding_of(self._snapshot, write) for write in every]
        held = [holding for holding in found if holding is not None]
        if self._ended and self.ready < max(len(self.active), _desired(self._owner)):
            again = failing(self._snapshot, self._owner, self._ended, CREATE)
            held += [again] if again is not None else []
        if not any(holding.diagnosis == "unschedulable" for holding in held):
            return held
        return replaced(self._snapshot, held, self._owner)


def _desired(owner: Write) -> int:
    """How many Pods the owner is to have; a DaemonSet's controller counts its nodes itself."""
    if owner.image.kind == "DaemonSet":
        return int(getattr(owner.image.status, "desired_number_scheduled", 0))
    return int(getattr(owner.image.spec, "replicas", 0))


def creation(
    snapshot: Snapshot, owner: Write, actor: str, desired: int, existing: int
) -> Holding | None:
    """What the controller must still create or delete, and why it cannot, if it says so.

    Sources: pkg/controller/replicaset/replica_set_utils.go (condition ReplicaFailure);
    pkg/controller/controller_utils.go (Event FailedCreate, which the others give).
    """
    name = f"{owner.image.kind} {owner.image.metadata.name}"
    if snapshot.hides("Pod"):
        existing = max(existing, conventions.pods_told(owner))
    if existing == desired:
        return None
    if existing > desired:
        if owner.image.kind in ("Job", "DaemonSet") or snapshot.hides("Pod"):
            return None  # They delete by other numbers than these.
        waiting_for = f"{count(existing - desired, 'Pod')} of {name} to be deleted"
        return Holding(
            CREATE, actor, "", asked(snapshot, owner), waiting_for, wait="delete-pods", about=owner
        )
    missing = count(desired - existing, "Pod")
    waiting_for = f"{missing} of {name} to be created"
    message, evidence = _refusal(snapshot, owner)
    wait = "create-pods"
    if not message:
        if snapshot.hides("Pod"):
            return None
        told = kept_from(snapshot, owner, CREATE)
        told = told or conventions.counted(snapshot, owner, existing)
        if told is not None:
            return told
        failed = owner.image.status.failed if owner.image.kind == "Job" else 0
        if failed:
            waiting_for = f"the next attempt of {name}, after {count(failed, 'failed Pod')}"
            wait = "next-attempt"
        since = asked_or_heard(snapshot, owner, conventions.pods_told(owner), existing)
        plain = Holding(CREATE, actor, "", since, waiting_for, wait=wait, about=owner)
        return plain if _tells(owner) else perhaps_refused(snapshot, plain)
    freed = _freed(snapshot, owner, message)
    if freed is not None:
        how, at = freed
        waiting_for = f"{waiting_for} at its next try, now that quota {exceeded(message)} {how}"
        return Holding(
            CREATE,
            actor,
            "",
            at,
            waiting_for,
            wait="create-again",
            granted=_pause(snapshot, owner, at),
            about=owner,
        )
    plain = Holding(CREATE, actor, "", asked(snapshot, owner), waiting_for, wait=wait, about=owner)
    return troubled(plain, refused(snapshot, owner, missing, message, evidence))


def missing_pods(
    snapshot: Snapshot, owner: Write, actor: str, desired: int, counts: PodCounts
) -> Holding | None:
    """As `creation`; a StatefulSet that keeps order has its turn once its Pods so far are ready.

    A DaemonSet's next Pod waits until the one before has ended, and a Job's does if it is to
    replace failed Pods alone.
    Sources: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
    #deployment-and-scaling-guarantees; pkg/controller/daemon/daemon_controller.go,
    getNodesToDaemonPods; pkg/controller/job/job_controller.go, manageJob (podReplacementPolicy).
    """
    active, kind = len(counts.active), owner.image.kind
    by_turns = kind == "DaemonSet" or (
        kind == "Job" and owner.image.spec.pod_replacement_policy == "Failed"
    )
    stopping = [pod for pod in counts.leaving if not has_ended(pod.image)]
    if by_turns and stopping and desired - active <= len(stopping):
        return None
    found = creation(snapshot, owner, actor, desired, active)
    if found is None or found.diagnosis or kind != "StatefulSet":
        return found
    if len(counts.leaving) >= desired - active:
        return None  # Its Pods have fixed names: a new one waits for the end of the old one.
    if getattr(owner.image.spec, "pod_management_policy", "") == "Parallel":
        return found
    if counts.leaving or counts.ready < len(counts.active) or counts.ripening(owner) is not None:
        return None
    return msgspec.structs.replace(found, since=max(found.since, counts.moved))


def _refusal(snapshot: Snapshot, owner: Write) -> tuple[str, tuple[Evidence, ...]]:
    """Why the API server last refused a Pod, if none has been created since; else empty."""
    notes = snapshot.notes(owner.log, "FailedCreate")
    failure = condition(owner.image, "ReplicaFailure")
    if failure is not None and failure.status == "True":
        proof = (proofs.says(owner, failure), *proofs.events(notes[:1]))
        return said_by(failure.message, failure.reason), proof
    if _tells(owner):
        return "", ()  # These say so in their conditions, and take it back there.
    last = made(snapshot, owner)
    notes = [note for note in notes if not _name_taken(note)]
    since = [note for note in notes if note.at > last] or _still(snapshot, owner, notes)
    if not since or not since[0].after.spec.message:
        return "", proofs.events(since)
    refusal = since[0].after.spec
    return said_by(refusal.message, refusal.reason), proofs.events(since)


def _tells(owner: Write) -> bool:
    """Whether its status says that its Pods are refused; of others only Events do."""
    return owner.image.kind in ("ReplicaSet", "ReplicationController")


def _name_taken(note: Change) -> bool:
    """Whether the old Pod of that name was still there: the next one waits for it, unrefused."""
    return said(note).endswith(" already exists")


def _still(snapshot: Snapshot, owner: Write, notes: list[Change]) -> list[Change]:
    """A refusal from before the newest Pod, if its quota leaves no room for the next one either.

    A controller that was refused often says it no more: clients send few Events about one object.
    Source: staging/src/k8s.io/client-go/tools/record/events_cache.go, EventSourceObjectSpamFilter.
    """
    message = (notes[0].after.spec.message or "") if notes else ""
    quota, namespace = exceeded(message), owner.image.metadata.namespace
    found = snapshot.by_name("ResourceQuota", namespace, quota) if quota else None
    full = found is not None and not found.gone and not allows_now(found, message)
    return notes[:1] if full else []


def _pause(snapshot: Snapshot, owner: Write, at: float) -> float:
    """Seconds for which the controller may pause before it tries again, by itself, what failed.

    It hears of no quota. Each pause is twice the one before, so that none is longer than all
    before it together: than the time since it was first refused.
    Source (DefaultTypedControllerRateLimiter, 5 ms to 1000 s):
    https://github.com/kubernetes/client-go/blob/master/util/workqueue/default_rate_limiters.go
    """
    failure = condition(owner.image, "ReplicaFailure")
    since = parse(failure.last_transition_time) if failure is not None else None
    if since is None:
        since = min((note.at for note in snapshot.notes(owner.log, "FailedCreate")), default=at)
    return min(max(at - since, 0.0), _LONGEST_PAUSE)


def _freed(snapshot: Snapshot, owner: Write, message: str) -> tuple[str, float] | None:
    """How and when the quota went, or gave way, that had refused the Pods, if that was seen."""
    quota = exceeded(message)
    if not quota:
        return None
    found = snapshot.by_name("ResourceQuota", owner.image.metadata.namespace, quota)
    if found is None:
        return None
    if found.gone:
        return "is gone", when(found)
    if found.order > owner.order and allows_now(found, message):
        return "allows it", when(found)
    return None

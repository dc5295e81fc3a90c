"""Status writes of the built-in controllers: what they report back, and what they had counted.

Which controller writes a kind's status is fixed in Kubernetes' source, so the kind names it.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import (
    STATUS_WRITERS,
    group_kind,
    is_a,
    title,
)
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import count, listing, named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.changes import FieldChange

_LABELS = {
    "status.replicas": "existing",
    "status.updatedReplicas": "up to date",
    "status.readyReplicas": "ready",
    "status.availableReplicas": "available",
    "status.terminatingReplicas": "terminating",
    "status.currentNumberScheduled": "scheduled",
    "status.numberReady": "ready",
    "status.numberAvailable": "available",
    "status.active": "active",
    "status.ready": "ready",
    "status.succeeded": "succeeded",
    "status.failed": "failed",
    "status.currentReplicas": "of the current revision",
    "status.currentHealthy": "healthy",
    "status.desiredHealthy": "healthy needed",
    "status.disruptionsAllowed": "allowed to be disrupted",
    "status.expectedPods": "covered",
    "status.desiredNumberScheduled": "desired",
    "status.updatedNumberScheduled": "up to date",
    "status.numberMisscheduled": "on unfit nodes",
    "status.terminating": "terminating",
}
_REVISION = "metadata.annotations.deployment.kubernetes.io/revision"
_LABELS_OF = {
    ("HorizontalPodAutoscaler", "status.currentReplicas"): "running",
    ("HorizontalPodAutoscaler", "status.desiredReplicas"): "wanted",
}
_CAUSES = 20


def reported(view: View, who: Writer) -> Verdict | None:
    """A built-in controller wrote the status of a kind that it looks after."""
    write = view.write
    known = STATUS_WRITERS.get(group_kind(write.image.api_version, write.image.kind))
    if known is None or not (who.controls or who.unnamed) or who.subresource != "status":
        return None
    if who.shared and _others_write(write):
        return None
    if write.image.kind == "PersistentVolumeClaim" and _conditions_turned(write):
        return None  # The controllers that expand volumes or protect claims write conditions too.
    actor, source_url = known
    causes = _inputs(view)
    return Verdict(
        rule="status-reported",
        actor=actor,
        actor_name=who.manager,
        verb="report",
        subresource="status",
        who_grade=who.grade,
        why_grade="inferred" if causes else "unknown",
        causes=causes,
        source_url=source_url,
        telling=_Counted(
            write,
            who,
            actor,
            _time_passed(write) or _parted(view) or _why(write, causes),
            len(causes),
        ),
    )


class _Counted(Telling, frozen=True, gc=False):
    """What a controller reported, why, and how many changes it answered with that."""

    write: Write
    who: Writer
    actor: str
    why: str
    answered: int

    def said(self) -> Said:
        write, subject, news = self.write, title(self.actor), status_news(self.write)
        return Said(
            what=f"The {subject} reported in the status of {named(write.image)}: {news}.",
            why=self.why,
            evidence=(
                proofs.saw(write),
                *proofs.managed(self.who),
                proofs.sequence(f"of the controllers only the {subject} writes this status", "who"),
            ),
            loop=_loop(write, self.answered, news),
        )


def _others_write(write: Write) -> bool:
    """Whether other components write this status, too, which share the controllers' name.

    The API server charges a ResourceQuota and a budget, kubelets tell how large a claim's file
    system is, and a Job may name another controller.
    """
    if write.image.kind == "Job":
        return bool(getattr(write.image.spec, "managed_by", None))
    if write.image.kind == "PersistentVolumeClaim":
        return all(change.path != "status.phase" for change in write.changes)
    return write.image.kind in ("ResourceQuota", "PodDisruptionBudget")


def _conditions_turned(write: Write) -> bool:
    return any(change.path.startswith("status.conditions") for change in write.changes)


def status_news(write: Write) -> str:
    """What is new in a status, in words and numbers: `1 ready (was 0)`."""
    news = [text for change in write.changes if (text := _news(write.image.kind, change))]
    news.extend(condition_news(write))
    if news:
        return listing(news, 6)
    generation = getattr(write.image.status, "observed_generation", None)
    before = getattr(getattr(write.before, "status", None), "observed_generation", None)
    if generation != before:
        return f"generation {generation} seen, and no count changed"
    shown = tuple(change for change in write.changes if not change.hidden)
    return told_changes(shown) if shown else "a detail that Baton does not keep"


def _news(kind: str, change: FieldChange) -> str:
    label = _LABELS_OF.get((kind, change.path)) or _LABELS.get(change.path)
    if label is not None:
        after, before = _bare(change.after) or "0", _bare(change.before) or "0"
        return f"{after} {label} (before: {before})" if after != before else ""
    if change.path == _REVISION:
        return f"revision {_bare(change.after)} (before: {_bare(change.before) or 'none'})"
    if kind == "CronJob" and change.path.startswith("status."):
        return _cron_news(change)
    return f"phase {_bare(change.after)}" if change.path == "status.phase" else ""


def _cron_news(change: FieldChange) -> str:
    """A CronJob's lists and times: the Jobs that run, and when one last began and succeeded."""
    path, _, job = change.path.removesuffix("]").partition("[")
    if path == "status.active" and job:
        return f"Job {job} {'runs' if change.after else 'runs no longer'}"
    times = {"status.lastScheduleTime": "scheduled", "status.lastSuccessfulTime": "succeeded"}
    what = times.get(path)
    return f"last {what} at {_bare(change.after)}" if what and change.after else ""


def condition_news(write: Write) -> list[str]:
    """Conditions that are new, turned, or give another reason: `Available is True (Minimum…)`."""
    news: list[str] = []
    status = write.image.status
    for now in getattr(status, "conditions", ()):
        was = condition(write.before, now.type)
        if was is None or (was.status, was.reason) != (now.status, now.reason):
            turned = "is now" if was is not None and was.status != now.status else "is"
            reason = f" ({now.reason})" if now.reason else ""
            news.append(f"condition {now.type} {turned} {now.status}{reason}")
    return news


def _bare(value: str | None) -> str:
    return (value or "").strip('"')


def _inputs(view: View) -> tuple[Write, ...]:
    """The writes that this report may answer: newest first, none older than the last report.

    A controller counts its children and reads its own object; what moved since it last wrote is
    what it can have answered. Its own last write is no input.
    """
    own = view.write.log.uid
    if is_a(view.write.image, kinds.QUOTA):
        return _asked_of_quota(view)
    floor, found = -1, []
    for earlier in view.backwards(own):
        if _is_report(earlier):
            floor = earlier.order
            break
        found.append(earlier)
    found.extend(view.family(own).news_between(floor, view.order)[-_CAUSES:])
    found.extend(claim for claim in _claims(view) if claim.order > floor)
    if not found:
        latest = _latest_input(view)
        found = [latest] if latest else []
    found.sort(key=lambda cause: -cause.order)
    return tuple(found[:_CAUSES])


def _claims(view: View) -> tuple[Write, ...]:
    """The claim of a volume, whose end releases it.

    Source: pkg/controller/volume/persistentvolume/pv_controller.go, syncVolume.
    """
    image = view.write.image
    ref = getattr(image.spec, "claim_ref", None) if is_a(image, kinds.VOLUME) else None
    claim = view.by_name(kinds.CLAIM.kind, ref.namespace, ref.name) if ref is not None else None
    if ref is None or claim is None or claim.base or claim.log.uid != ref.uid:
        return ()
    return (claim,)


def _asked_of_quota(view: View) -> tuple[Write, ...]:
    """What was asked of a quota, where the report takes that over; a charge makes nobody count.

    Source: pkg/controller/resourcequota/resource_quota_controller.go, NewController (UpdateFunc),
    syncResourceQuota (status.hard is what spec.hard asks for).
    """
    taken = any(change.path.startswith("status.hard") for change in view.write.changes)
    asked = view.last_spec_change(view.write.log.uid) if taken else None
    return (asked,) if asked is not None else ()


def _latest_input(view: View) -> Write | None:
    """With nothing new since the last report: the newest input of all (the report came in two)."""
    own = view.write.log.uid
    leaving = view.write.image.metadata.deletion_timestamp
    candidates = [
        view.mark() if leaving else view.last_spec_change(own),
        *view.family(own).news_between(-1, view.order)[-1:],
    ]
    known = [write for write in candidates if write is not None]
    return max(known, key=lambda write: write.order) if known else None


def _is_report(write: Write) -> bool:
    return write.decision.rule == "status-reported"


def _time_passed(write: Write) -> str:
    """Why it reported where no other write but time made it do so; empty elsewhere."""
    kind = write.image.kind
    if kind == "HorizontalPodAutoscaler":
        return "It measures again and again, each 15 seconds unless told otherwise."
    if _ripened(write):
        seconds = write.image.spec.min_ready_seconds
        return f"Pods of it have been ready for {count(seconds, 'second')} now (minReadySeconds)."
    if kind == "Job":
        return _deadline_passed(write)
    found, was = condition(write.image, "Progressing"), condition(write.before, "Progressing")
    late = found is not None and found.reason == "ProgressDeadlineExceeded"
    if kind != "Deployment" or not late or (was is not None and was.status == "False"):
        return ""
    seconds = getattr(write.image.spec, "progress_deadline_seconds", None)
    return f"The rollout made no progress for {seconds} seconds (progressDeadlineSeconds)."


def _deadline_passed(write: Write) -> str:
    """That a Job ran for longer than it may, where this report is the first to say so.

    Source: pkg/controller/job/job_controller.go, pastActiveDeadline.
    """
    for name in ("FailureTarget", "Failed"):
        found, was = condition(write.image, name), condition(write.before, name)
        if found is not None and found.reason == "DeadlineExceeded":
            seconds = getattr(write.image.spec, "active_deadline_seconds", None)
            late = was is None or was.status != "True"
            said = f"The Job has run for {seconds} seconds (activeDeadlineSeconds)."
            return said if late and seconds is not None else ""
    return ""


def _parted(view: View) -> str:
    """Why a volume is released, or a claim lost: what it was bound to is gone; empty elsewhere.

    Source: pkg/controller/volume/persistentvolume/pv_controller.go, syncVolume, syncBoundClaim.
    """
    write, found = view.write, None
    spec, phase = write.image.spec, getattr(write.image.status, "phase", "")
    if phase == getattr(getattr(write.before, "status", None), "phase", ""):
        return ""
    if write.image.kind == "PersistentVolume" and phase == "Released":
        claim = getattr(spec, "claim_ref", None)
        if claim is not None:
            found = view.by_name("PersistentVolumeClaim", claim.namespace, claim.name)
            found = found if found is None or found.log.uid == claim.uid else None
    elif write.image.kind == "PersistentVolumeClaim" and phase == "Lost":
        found = view.by_name("PersistentVolume", None, getattr(spec, "volume_name", ""))
    if found is None or not found.gone:
        return ""
    return f"{named(found.image)}, to which it was bound, is gone."


def _ripened(write: Write) -> bool:
    """Whether it counts more Pods as available, and no more as ready: by time alone, then.

    A Deployment adds up what its ReplicaSets report.
    Source: pkg/controller/replicaset/replica_set.go, syncReplicaSet (it looks again by itself).
    """
    image, before = write.image, write.before
    if before is None or not getattr(image.spec, "min_ready_seconds", 0):
        return False
    if image.kind == "Deployment" or type(image.status) is not type(before.status):
        return False
    available, ready = (
        [_counts(each.status, *names) for each in (before, image)]
        for names in (
            ("available_replicas", "number_available"),
            ("ready_replicas", "number_ready"),
        )
    )
    return available[0] < available[1] and ready[0] == ready[1]


def _counts(status: object, *names: str) -> int:
    return int(next((found for name in names if (found := getattr(status, name, 0))), 0))


def _why(write: Write, causes: tuple[Write, ...]) -> str:
    if not causes and is_a(write.image, kinds.QUOTA):
        return (
            "It counts again when something goes that it counts, and now and then "
            "(every five minutes, unless it is set otherwise)."
        )
    if not causes:
        return f"What made it report on {named(write.image)} again was not seen."
    first = causes[0]
    if first.log is write.log:
        return f"It had received {named(write.image)} at resourceVersion {first.image.version}."
    known = (first.log, write.log)
    others = {cause.log.uid: cause for cause in causes[1:] if cause.log not in known}
    also = f" and news of {count(len(others), 'other object')}" if others else ""
    counted = "" if is_a(write.image, kinds.VOLUME) else ", and counted again"
    return f"It had received {seen(first)}{also}{counted}."


def _loop(write: Write, answered: int, news: str) -> Loop:
    desired = getattr(write.image.spec, "replicas", None)
    ready = getattr(write.image.status, "ready_replicas", None)
    observe = f"{count(answered, 'change')} since its last report" if answered else "its own object"
    if not isinstance(desired, int) or not isinstance(ready, int):
        return Loop(observe, "the status with what it counted", f"reported {news}")
    compare = f"{count(desired, 'Pod')} desired, {ready} ready"
    return Loop(observe, compare, f"reported {news}", desired, ready)

"""CronJobs: how one stands, why a Job of it comes, and which old ones go.

A CronJob never ends: it is done while its Jobs come and go as they should. Its status has no
conditions, so only its controller's Events say why it starts no Job.
Sources: pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob and cleanupFinishedJobs;
pkg/controller/cronjob/utils.go, nextScheduleTime.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, behaviour_of
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.controllers.shared.refusals import refused
from eventstream.explain.deletions.deciding import Housekeeper, either, would_say
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.time_zones import KNOWN
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.pods import is_true
from eventstream.explain.world.text import count, named, parse, sentence, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image, OwnerReference
from eventstream.objects.observations import Change
from eventstream.objects.workloads import CronJobSpec

_ACTOR = "cronjob-controller"

_UNREADABLE = frozenset(
    {"UnknownTimeZone", "UnparseableSchedule", "InvalidSchedule", "FailedNeedsStart"}
)
"""The last is of controllers before 1.21, which gave up after a hundred starts that were missed."""

_MISSED, _TOO_LATE, _REFUSED = "TooManyMissedTimes", "MissSchedule", "FailedCreate"

TOLD_BY = frozenset({*_UNREADABLE, _MISSED, _TOO_LATE, _REFUSED})
"""Reasons of the Events that say that a Job which was due did not come."""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a CronJob that exists."""
    name, spec = named(write.image), write.image.spec
    if not isinstance(spec, CronJobSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    held = _suspended(write) if spec.suspend else _unstarted(snapshot, write)
    found = [*([held] if held is not None else []), *_jobs(snapshot, write)]
    if not found and (last := _unsuccessful(snapshot, write)) is not None:
        found = [last]
    if found:
        return pending(found, staged([("stored", 1, 1), ("Job", 0, 1)]), snapshot, "")
    zone = spec.time_zone
    if zone and zone not in KNOWN and not _has_started(snapshot, write):
        why = (
            f"{name} asks for time zone {zone}, which Baton does not know, and has started no Job."
        )
        return unknown(write, why)
    if snapshot.hides("Event") and not any(True for _ in snapshot.children(write.log, "Job")):
        why = "Whether one is due that did not come, Events would tell, which Baton is not shown."
        return unknown(write, f"{name} has no Job. {why}")
    unless = ", unless one still runs" if spec.concurrency_policy == "Forbid" else ""
    says = f"{name} creates a Job whenever its schedule ({spec.schedule}) is due{unless}."
    return complete(write, says)


def _has_started(snapshot: Snapshot, write: Write) -> bool:
    """Whether it ever started a Job, so that its controller can read what it asks for."""
    if getattr(write.image.status, "last_schedule_time", None):
        return True
    return any(True for _ in snapshot.children(write.log, "Job"))


def _unsuccessful(snapshot: Snapshot, write: Write) -> Holding | None:
    """That its last run ended without success, where its Job is not there to tell any more.

    Source: pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob (lastSuccessfulTime).
    """
    status, name = write.image.status, named(write.image)
    due, succeeded = (
        getattr(status, field, None) for field in ("last_schedule_time", "last_successful_time")
    )
    since, before = parse(due), parse(succeeded)
    if since is None or before is None or before >= since or getattr(status, "active", None):
        return None
    runs = [snapshot.latest(log) for log in write.log.family.children.values()]
    if any(run is not None and (not run.gone or is_true(run.image, "Complete")) for run in runs):
        return None
    detail = (
        f"The last run of {name}, due at {due}, is not on record as a success; the last success"
    )
    shown = proofs.status(write, f"status.lastSuccessfulTime of {name} is before lastScheduleTime")
    wrong = Trouble(
        "job-failed", f"{detail} ended at {succeeded}.", (shown,), commands.describe(write)
    )
    plain = Holding(1, "client", "", since, f"a run of {name} that succeeds", about=write)
    return troubled(plain, wrong)


def _suspended(write: Write) -> Holding:
    name = named(write.image)
    detail = f"{name} is suspended: it creates no Jobs until it is resumed."
    shown = proofs.seen(write, f"spec.suspend of {name} is true")
    command, mend = commands.describe(write), commands.resume(write)
    wrong = Trouble("paused", detail, (shown,), command, mend)
    plain = Holding(0, "client", "", when(write), f"{name} to be resumed", about=write)
    return troubled(plain, wrong)


def _unstarted(snapshot: Snapshot, write: Write) -> Holding | None:
    """Why the Job that was last due did not come; None where it came, or nobody says so."""
    notes = snapshot.latest_notes(write.log, *TOLD_BY)
    if not notes or told_at(notes[0]) <= _answered(snapshot, write):
        return None
    note, name, since = notes[0], named(write.image), told_at(notes[0])
    told, reason = said(note).rstrip("."), note.after.spec.reason or ""
    if reason == _MISSED:
        return _missed(write, note, since)
    plain = Holding(1, _ACTOR, "", since, f"the next Job of {name}: {told}", about=write)
    evidence, command = proofs.events(notes), commands.describe(write)
    if reason == _REFUSED:
        wrong = refused(snapshot, write, "The Job", told, evidence)
        if wrong.code == "pod-invalid":  # Of the Job itself, which no later try makes valid.
            wrong = msgspec.structs.replace(wrong, code="spec-invalid", holder="client")
        return troubled(plain, wrong)
    if reason == _TOO_LATE:
        seconds = write.image.spec.starting_deadline_seconds or 0
        limit = f" within {count(seconds, 'second')} (startingDeadlineSeconds)" if seconds else ""
        detail = sentence(f"{name} did not start the Job that was due{limit}: {told}")
        return troubled(plain, Trouble("deadline-exceeded", detail, evidence, command))
    detail = sentence(f"{name} starts no Job until its spec is changed: {told}")
    held = Holding(1, "client", "", since, f"{name} to be changed", about=write)
    return troubled(held, Trouble("spec-invalid", detail, evidence, command))


def _missed(write: Write, note: Change, since: float) -> Holding:
    """Many start times passed unused; the controller says so, and then starts the last one.

    Where it does not, as it says so again or no Job comes, that is what it is stuck on.
    """
    name, told = named(write.image), said(note).rstrip(".")
    plain = Holding(
        1,
        _ACTOR,
        "",
        since,
        f"{name} to start the Job that is due: {told}",
        late="controller-silent",
        wait="create-job",
        about=write,
        evidence=proofs.events([note]),
        command=commands.describe(write),
    )
    if note.after.spec.times < 2:
        return plain
    detail = sentence(f"{name} does not start the Job that is due: {told}")
    return msgspec.structs.replace(plain, diagnosis="controller-silent", detail=detail)


def _answered(snapshot: Snapshot, write: Write) -> float:
    """When a Job of it last came, or what it asks for last changed, to the second."""
    made = [child.image.metadata.creation_timestamp for child in snapshot.children(write.log)]
    made.append(getattr(write.image.status, "last_schedule_time", None))
    times = [at for text in made if (at := parse(text)) is not None]
    times += [told_at(note) for note in snapshot.notes(write.log, "SuccessfulCreate")]
    asked = write.log.last_spec_change(write.order + 1)
    return max((*times, int(when(asked)) - 1 if asked is not None else 0.0))


def _jobs(snapshot: Snapshot, write: Write) -> list[Holding]:
    """What its Jobs that are not finished wait for; of those that are, the newest if it failed."""
    jobs = sorted(snapshot.children(write.log, "Job"), key=_created)
    open_ = [job for job in jobs if not _is_finished(job)]
    if jobs and not open_ and is_true(jobs[-1].image, "Failed"):
        open_ = jobs[-1:]
    found: list[Holding] = []
    for job in open_:
        judge = behaviour_of(job.image).assess
        found.extend(judge(snapshot, job, None).holdings if judge is not None else ())
    if getattr(write.image.spec, "concurrency_policy", "") != "Forbid":
        return found
    return [_forbidding(snapshot, write, held) for held in found]


def _forbidding(snapshot: Snapshot, write: Write, held: Holding) -> Holding:
    """The same, where the Job that still runs keeps others from being started."""
    skipped = snapshot.latest_notes(write.log, "JobAlreadyActive")
    if not skipped or told_at(skipped[0]) <= _answered(snapshot, write):
        return held
    meanwhile = f"{named(write.image)} starts no other Job meanwhile (concurrencyPolicy Forbid)"
    detail = f"{held.detail} {meanwhile}." if held.detail else ""
    return msgspec.structs.replace(
        held,
        waiting_for=f"{held.waiting_for}; {meanwhile}",
        detail=detail,
        evidence=(*held.evidence, *proofs.events(skipped[:1])),
    )


def _created(job: Write) -> tuple[float, int]:
    return parse(job.image.metadata.creation_timestamp) or 0.0, job.order


def _is_finished(job: Write) -> bool:
    return is_true(job.image, "Complete") or is_true(job.image, "Failed")


def schedule_due(view: View, cause: Write, owner: OwnerReference) -> str:
    """A CronJob makes a Job when its schedule is due, which no write tells."""
    if cause.log.uid != owner.uid:
        return ""
    schedule = getattr(cause.image.spec, "schedule", "")
    return f"The schedule of CronJob {owner.name} ({schedule}) was due."


def old_job(view: View, parent: Write) -> Housekeeper | None:
    """A CronJob keeps a number of finished Jobs, and may replace one that still runs.

    It tells of each in an Event; where Events are missing, the limits tell.
    """
    image, spec = view.write.before or view.write.image, parent.image.spec
    name = parent.image.metadata.name
    failed = is_true(image, "Failed")
    if failed or is_true(image, "Complete"):
        how, default = ("Failed", 1) if failed else ("Complete", 3)
        field = "failed_jobs_history_limit" if failed else "successful_jobs_history_limit"
        limit = getattr(spec, field, None)
        limit = default if limit is None else limit
        finished = _finished(view, parent, how)
        surplus = [job.uid for job in finished[: max(len(finished) - limit, 0)]]
        if image.uid in surplus:
            kind = "failed" if failed else "successful"
            which = "the oldest" if image.uid == surplus[0] else "one of the oldest"
            why = (
                f"CronJob {name} keeps {count(limit, f'{kind} Job')}, there were {len(finished)}, "
                f"and this is {which}."
            )
            return Housekeeper("cronjob-controller", why, sources.CRONJOB_SYNC, parent)
        return None
    if getattr(spec, "concurrency_policy", "") != "Replace" or would_say(view, parent.log.uid):
        return None
    reason = f"the CronJob controller, which replaces the Job of CronJob {name} that still runs."
    return either(reason, sources.CRONJOB_SYNC)


def _finished(view: View, parent: Write, how: str) -> list[Image]:
    """The CronJob's Jobs that ended so and exist, in the order in which they started."""
    found = [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order))
        and latest.image.kind == "Job"
        and not latest.gone
        and is_true(latest.image, how)
    ]
    return sorted(found, key=lambda job: (_started(job), job.metadata.name))


def _started(job: Image) -> str:
    return getattr(job.status, "start_time", None) or job.metadata.creation_timestamp or ""


BEHAVIOURS = (
    Behaviour(
        kind=kinds.CRONJOB,
        assess=assess,
        told_by=TOLD_BY,
        why_made=schedule_due,
        keeps={kinds.JOB: old_job},
    ),
)

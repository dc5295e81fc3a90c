"""Says what controllers delete on their own account: what is too many, old, replaced or failed.

Where a client could as well have done it, the verdict names both and the actor stays unknown: a
wrong name is a defect.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.controllers.shared.makers import begun
from eventstream.explain.controllers.shared.revisions import going_at
from eventstream.explain.deletions.deciding import Housekeeper, left_open, would_say
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import group_kind, maker_of, title
from eventstream.explain.world.families import Family, changed_hands
from eventstream.explain.world.notes import first_told, last_told
from eventstream.explain.world.pods import is_true, phase
from eventstream.explain.world.text import count, parse, plural, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Verdict, Write
from eventstream.objects.images import OwnerReference
from eventstream.objects.observations import Change


def housekeeper(view: View) -> Housekeeper | None:
    """Who, besides a client, has a reason to delete this object now; None if nobody has."""
    image = view.write.image
    expires = behaviour_of(image).expires
    expired = expires(view) if expires is not None else None
    owner = image.metadata.controller
    if expired is not None or owner is None:
        return expired
    rule = behaviour_of(owner).keeps.get(group_kind(image.api_version, image.kind))
    parent = view.latest(owner.uid)
    return rule(view, parent) if rule and parent is not None and not parent.gone else None


def kept_house(view: View) -> Verdict | None:
    """A controller's own housekeeping, or a case in which it cannot be told from a client's."""
    keeper = housekeeper(view)
    if keeper is None:
        return None
    known = keeper.actor != "unknown"
    return Verdict(
        rule="housekeeping",
        actor=keeper.actor,
        verb="delete",
        what=deletion(view.write, f"The {title(keeper.actor)}" if known else "Somebody"),
        why=keeper.why,
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(keeper.cause,) if keeper.cause else (),
        evidence=(proofs.saw(view.write), *proofs.owned(view.write)),
        source_url=keeper.source_url,
    )


def scaled_down(view: View) -> Verdict | None:
    """The controller had more Pods than desired, or says in an Event that it deleted this one."""
    write = view.write
    owner = write.image.metadata.controller
    maker = maker_of(write.image, owner)
    if owner is None or maker is None:
        return None
    notes = _told_of(view, owner.uid)
    cause = view.last_spec_change(owner.uid)
    loop = None
    if maker.counted:
        acted, loop = _acted_by(view, owner.uid)
        cause = acted or cause
    of = behaviour_of(owner)
    if loop is not None and of.spared is not None and of.spared(write, cause):
        loop = None
    if not notes and (loop is None or view.missed(owner.uid)):
        return None
    if loop is not None and not notes and not of.in_order and _tells_of_others(view, owner, loop):
        reason = f"A client, or the {title(maker.actor)}, which says of others that it deleted them"
        return left_open(view, f"{reason}, as many as were too many.")
    turn = of.going(view, owner.uid) if loop and of.going is not None else None
    keeper = housekeeper(view) if loop is None else None
    if keeper is not None and keeper.actor != maker.actor:
        keeper = None
    asked = cause
    if loop is not None and asked is not None and not of.in_order:
        loop = _as_compared(view, owner.uid, loop, asked)
    cause = turn[0] if turn else keeper.cause if keeper and keeper.cause else cause
    return Verdict(
        rule="scaled-down",
        actor=maker.actor,
        verb="delete",
        what=deletion(write, f"The {title(maker.actor)}"),
        why=turn[1] if turn else _why(view, owner, loop, asked, keeper),
        who_grade="reported" if notes else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *proofs.owned(write),
            *proofs.all_told(notes, "who"),
        ),
        source_url=maker.source_url,
        loop=loop,
    )


_FEW = 8
"""Pods too many of which the controller's own Events are looked for, as it tells of each."""


_TOGETHER = 30.0
"""Seconds between a deletion and the Event about another for one reason: clocks differ."""


def _tells_of_others(view: View, owner: OwnerReference, loop: Loop) -> bool:
    """Whether the controller says that it deleted as many others as were too many.

    If so, it says that of one of any that are more than those it leaves. Of few Pods it is asked of
    the oldest first: mostly these stay, and then no Event about another decides anything anew.
    """
    left = loop.desired or 0
    surplus = (loop.current or 0) - left
    if not left or not 0 < surplus <= _FEW:
        return False
    if left <= _FEW:
        names = _others(view, owner)
        oldest = names[: max(len(names) - surplus + 1, 0)]
        if not any(view.all_notes(owner.uid, "SuccessfulDelete", of=name) for name in oldest):
            return False
    if not would_say(view, owner.uid):
        return False
    asked = going_at(view.write)
    told = {
        word
        for note in view.all_notes(owner.uid, "SuccessfulDelete")
        if abs((last_told(note.after.spec) or note.at) - asked) <= _TOGETHER
        for word in (note.after.spec.message or "").split()
    }
    return len(told) >= surplus and sum(name in told for name in _others(view, owner)) >= surplus


def _others(view: View, owner: OwnerReference) -> list[str]:
    """The names of the owner's other Pods that it counts, the oldest first."""
    states = (child.at(view.order) for child in view.children(owner.uid))
    counted = [
        state.image.metadata
        for state in states
        if state is not None and state.active and state.log is not view.write.log
    ]
    counted.sort(key=lambda metadata: (metadata.creation_timestamp or "", metadata.name))
    return [metadata.name for metadata in counted]


def too_many(view: View) -> bool:
    """Whether the Pod's controller had a reason of its own to delete one."""
    owner = view.write.image.metadata.controller
    maker = maker_of(view.write.image, owner)
    if owner is None or maker is None or not maker.counted:
        return False
    return _acted_by(view, owner.uid)[1] is not None or _falls(view, owner.uid)


def _falls(view: View, uid: str) -> bool:
    """Whether fewer are desired since the controller last said what it had observed.

    It then deletes by what its cache holds, though others were quicker by now.
    """
    latest = view.latest(uid)
    observed = getattr(latest.image.status, "observed_generation", None) if latest else None
    for write in view.backwards(uid):
        if not isinstance(observed, int) or (write.image.metadata.generation or 0) <= observed:
            return False
        before = getattr(getattr(write.before, "spec", None), "replicas", None)
        now = getattr(write.image.spec, "replicas", None)
        if isinstance(before, int) and isinstance(now, int) and now < before:
            return True
    return False


def told(view: View) -> Verdict | None:
    """The controller's own Event names the Pod, even if its owner is gone by then.

    A controller acts by what its cache holds, so it may still scale down what was just deleted.
    """
    owner = view.write.image.metadata.controller
    if owner is None or not _told_of(view, owner.uid):
        return None
    return scaled_down(view)


def _told_of(view: View, uid: str) -> list[Change]:
    """The controller's Events that tell of this deletion, and not of one under the same name.

    A StatefulSet's Pods have the names of those before them, and Events name no uid of a Pod.
    Source: pkg/controller/statefulset/stateful_pod_control.go, recordPodEvent.
    """
    found = view.notes(uid, "SuccessfulDelete")
    own = view.write
    return [note for note in found if not (_is_earlier(note, own) or _is_later(note, own))]


def _is_earlier(note: Change, write: Write) -> bool:
    """Whether an Event was over before the object came, or before its deletion was asked for."""
    told, metadata = last_told(note.after.spec), write.image.metadata
    if told is None:
        return False
    made, ends = parse(metadata.creation_timestamp), parse(metadata.deletion_timestamp)
    if made is not None and told < made:
        return True
    if ends is None or note.at >= write.change.at:
        return False
    return told < ends - (metadata.deletion_grace_period_seconds or 0) - _SECOND


_SECOND = 1.0
"""The precision of both times."""


def _is_later(note: Change, write: Write) -> bool:
    """Whether an Event was told for the first time long after the deletion had been asked for.

    Controllers tell of a deletion as soon as it is accepted; what stops takes its time after that.
    """
    facts = note.after.spec
    first = first_told(note.after.metadata.name, facts)
    return first is not None and first[0] > going_at(write) + _TOGETHER


def _why(
    view: View,
    owner: OwnerReference,
    loop: Loop | None,
    cause: Write | None,
    keeper: Housekeeper | None,
) -> str:
    if loop is not None:
        return _too_many(loop, cause)
    if keeper is not None:
        return keeper.why
    if phase(view.write.before or view.write.image) == "Failed":
        return f"The Pod has failed, and {owner.kind} {owner.name} replaces it."
    kind = view.write.image.kind
    if _replaced(view, owner):
        return f"CronJob {owner.name} replaces a Job that still runs (concurrencyPolicy Replace)."
    whose = f"the {plural(kind)} of {owner.kind} {owner.name}"
    return f"It looks after {whose} and says that it deleted this one."


def _replaced(view: View, owner: OwnerReference) -> bool:
    """Whether a CronJob makes room for its next Job.

    Source: pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob.
    """
    latest = view.latest(owner.uid)
    job = view.write.before or view.write.image
    policy = getattr(latest.image.spec if latest else None, "concurrency_policy", "")
    return policy == "Replace" and not (is_true(job, "Complete") or is_true(job, "Failed"))


def _acted_by(view: View, uid: str) -> tuple[Write | None, Loop | None]:
    """The desired number by which there were too many, and the comparison; None where none was.

    That is the newest, or an earlier one as long as the controller has not reported a newer one as
    observed: its cache lags, so that it still scales down what was scaled up again just now.
    """
    latest = view.latest(uid)
    observed = getattr(latest.image.status, "observed_generation", None) if latest else None
    for write in view.backwards(uid):
        if not (write.base or write.spec_changed):
            continue
        loop = _surplus(view, view.family(uid), write)
        if loop is not None:
            return _adopted(view, uid, write) or write, loop
        if not isinstance(observed, int) or (write.image.metadata.generation or 0) <= observed:
            break
    return None, None


def _as_compared(view: View, uid: str, loop: Loop, cause: Write) -> Loop:
    """The comparison as it was made, once, for this Pod and for those deleted along just before.

    Source: pkg/controller/replicaset/replica_set.go, manageReplicas.
    """
    family = view.family(uid)
    order, pod = family.last_loss(view.order) or (-1, "")
    child = family.children.get(pod)
    last = child.at(order + 1) if child is not None and order > begun(view, uid, cause) else None
    verdict = last.decision.verdict if last is not None else None
    if verdict is None or verdict.rule != "scaled-down" or verdict.loop is None:
        return loop
    if verdict.loop.observe != loop.observe:
        return loop
    compare, current = verdict.loop.compare, verdict.loop.current
    return msgspec.structs.replace(loop, compare=compare, current=current)


def _adopted(view: View, uid: str, asked: Write) -> Write | None:
    """The adoption of a Pod since that number was asked for: with it there were too many."""
    family = view.family(uid)
    order, pod = family.last_birth(view.order) or (0, "")
    log = family.children.get(pod) if order > asked.order else None
    joined = log.at(order + 1) if log is not None else None
    return joined if joined is not None and changed_hands(joined) else None


def _surplus(view: View, owner: Family[ObjectLog, Write], cause: Write | None) -> Loop | None:
    """The comparison that made a controller delete, if it had more Pods than desired."""
    desired = getattr(cause.image.spec, "replicas", None) if cause else None
    existing = owner.count_active(view.order)
    if cause is None or not isinstance(desired, int) or existing <= desired:
        return None
    compare = f"{count(desired, 'Pod')} desired, {existing} exist"
    act = f"deleted {view.write.image.metadata.name}"
    return Loop(seen(cause), compare, act, desired, existing)


def _too_many(loop: Loop, cause: Write | None) -> str:
    desired, existing = loop.desired or 0, loop.current or 0
    received = f"It received {seen(cause)} and" if cause else "It"
    compared = f"{received} compared {count(desired, 'desired Pod')} with {existing} that exist"
    return f"{compared}: {existing - desired} too many."

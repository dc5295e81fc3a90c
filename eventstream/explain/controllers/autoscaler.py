"""A HorizontalPodAutoscaler and its controller: what it scales, what it measured, how it stands.

Source: pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler, computeReplicasForMetrics,
normalizeDesiredReplicas.
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands, sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.records import Evidence, Loop
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import first_told, last_told
from eventstream.explain.world.pods import condition
from eventstream.explain.world.text import (
    count,
    listing,
    named,
    parse,
    said_by,
    sentence,
    told_changes,
    when,
)
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import desired_at
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition
from eventstream.objects.workloads import AutoscalerSpec, AutoscalerStatus


def scaled_by_autoscaler(view: View, who: Writer) -> Verdict | None:
    """The scale subresource was written from within the controller manager: the autoscaler's.

    Where all components share a name, its Event has to say so.
    """
    write = view.write
    if not who.controls or who.subresource != "scale":
        return None
    found = [each for each in view.by_target(write.image) if not each.gone]
    told = {each.log.uid: _rescaled(view, who, each) for each in found}
    scalers = [each for each in found if told[each.log.uid]] or found
    scaler = scalers[0] if len(scalers) == 1 else None
    said = told[scaler.log.uid] if scaler is not None else []
    if who.shared and not said:
        return None
    return Verdict(
        rule="autoscaled",
        actor="horizontal-pod-autoscaler",
        verb="update",
        subresource="scale",
        what=f"The HorizontalPodAutoscaler scaled {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why=_measured(scaler, said) if scaler or not scalers else _by_one_of(scalers),
        who_grade="reported",
        why_grade="reported" if said else "unknown",
        begins=True,
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.all_told(said)),
        source_url=sources.AUTOSCALER,
        loop=Loop(
            named(scaler.image) if scaler is not None else "its HorizontalPodAutoscaler object",
            "what it measured with the target, within its bounds",
            f"scaled {named(write.image)}",
        ),
    )


def _rescaled(view: View, who: Writer, scaler: Write) -> list[Change]:
    """The autoscaler's Events of this new size: it tells of each after it was set.

    Of Events of the same size at other times none is meant.
    """
    spec, at = view.write.image.spec, parse(who.time) or view.write.change.at
    replicas = spec.get("replicas") if isinstance(spec, dict) else getattr(spec, "replicas", None)
    return [
        note
        for note in view.all_notes(scaler.log.uid, "SuccessfulRescale")
        if (note.after.spec.message or "").startswith(f"New size: {replicas};")
        and _first_at(note) - _APART <= at <= (last_told(note.after.spec) or note.at) + _APART
    ]


_APART = 10.0
"""Seconds between what an Event tells of and the Event: it is sent at once, by another clock."""


def _first_at(note: Change) -> float:
    told = first_told(note.after.metadata.name, note.after.spec)
    return told[0] if told is not None else note.at


def _by_one_of(scalers: list[Write]) -> str:
    names = listing([named(scaler.image) for scaler in scalers])
    return f"It has more than one autoscaler: {names}. Which of them it was is not told."


def _measured(scaler: Write | None, said: list[Change]) -> str:
    if scaler is None:
        return "What it measured is in the status of its HorizontalPodAutoscaler object."
    spec, name = scaler.image.spec, scaler.image.metadata.name
    least = getattr(spec, "min_replicas", None)
    least = 1 if least is None else least
    bounds = f"HorizontalPodAutoscaler {name} keeps it between {least} and {spec.max_replicas}"
    if said:
        return f"{bounds}, and says: {sentence(said[-1].after.spec.message)}"
    return f"{bounds}; what it measured is in its status."


_ACTOR = "horizontal-pod-autoscaler"
_INVALID = frozenset({"InvalidSelector", "AmbiguousSelector", "InvalidMetricSourceType"})
_AT_MOST = "TooManyReplicas"
_MEASURED_LATE = 90.0
"""Seconds that metrics of Pods which have just started may take beside what is usual.

Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""


_SYNCS = 30.0
"""Seconds in which an autoscaler is looked at for certain: it is each 15 s, as that is usually set.

Source: pkg/controller/podautoscaler/config/v1alpha1/defaults.go,
RecommendedDefaultHPAControllerConfiguration.
"""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of an autoscaler: it never ends, and is done while it can measure and scale.

    What it says is of the bounds and metrics that its controller saw, which it does not date.
    """
    image = write.image
    asked = _not_looked_at(write)
    if asked is not None and snapshot.now - when(asked) < _SYNCS:
        return _to_look_again(snapshot, write, when(asked), "it was changed")
    for name in ("AbleToScale", "ScalingActive"):
        found = condition(image, name)
        if found is None:
            return unknown(write, f"{named(image)} does not say yet whether it is {name}.")
        if found.status != "True":
            return _unable(snapshot, write, found)
    if _is_of_other_bounds(image):
        bounds = "the size that it wants was decided within other bounds"
        return _to_look_again(snapshot, write, when(asked or write), bounds)
    limited = condition(image, "ScalingLimited")
    if limited is not None and limited.status == "True" and limited.reason == _AT_MOST:
        return _at_limit(snapshot, write, limited)
    replicas = count(getattr(image.status, "desired_replicas", 0), "replica")
    return complete(write, f"{named(image)} measures, and wants {replicas}.")


def _not_looked_at(write: Write) -> Write | None:
    """The last change of its spec, where no report has come since; None where one has.

    A report that would say the same again is not written, so that this proves no wait for long.
    """
    log = write.log
    for index in range(log.position(write.order), -1, -1):
        one = log.writes[index]
        if one.base or one.before is None or one.image.status != one.before.status:
            return None
        mine, before = desired_at(one.image.metadata), desired_at(one.before.metadata)
        if one.image.spec != one.before.spec or mine != before:
            return one
    return None


def _is_of_other_bounds(image: Image) -> bool:
    """Whether the size that it wants was decided within other bounds than it has by now.

    Sources: pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas,
    normalizeDesiredReplicasWithBehaviors (their result lies within the bounds).
    """
    spec, status = image.spec, image.status
    if not (isinstance(spec, AutoscalerSpec) and isinstance(status, AutoscalerStatus)):
        return False
    least = 1 if spec.min_replicas is None else spec.min_replicas
    if not least <= status.desired_replicas <= spec.max_replicas:
        return True
    limited = condition(image, "ScalingLimited")
    at_most = limited is not None and limited.status == "True" and limited.reason == _AT_MOST
    return at_most and status.desired_replicas < spec.max_replicas


def _to_look_again(snapshot: Snapshot, write: Write, since: float, why: str) -> Outlook:
    what = f"{named(write.image)} to be looked at again, as {why}"
    held = Holding(1, _ACTOR, "", since, what, late="not-ready", wait="measure", about=write)
    return pending([held], staged([("stored", 1, 1), ("measuring", 0, 1)]), snapshot, "")


def _unable(snapshot: Snapshot, write: Write, found: Condition) -> Outlook:
    """It cannot measure or scale, and says why; a target without replicas is not scaled at all."""
    name = named(write.image)
    said = sentence(said_by(found.message, found.reason) or "it says no reason")
    if found.reason == "ScalingDisabled":
        return complete(write, f"{name} does not scale now: {said}")
    since = parse(found.last_transition_time) or when(write)
    if found.reason == "FailedGetScale" and (lost := _without_target(snapshot, write, found)):
        return pending([lost], staged([("stored", 1, 1), ("measuring", 0, 1)]), snapshot, "")
    verb = "find what it scales" if found.reason == "FailedGetScale" else "scale"
    what = "measure" if found.type == "ScalingActive" else verb
    held = Holding(
        1,
        _ACTOR,
        "",
        since,
        f"{name} to {what}: {said.rstrip('.')}",
        late="not-ready",
        wait="measure",
        granted=_MEASURED_LATE if _are_starting(found) else 0.0,
        about=write,
        evidence=(proofs.says(write, found), *_told(snapshot, write, found)),
        command=commands.describe(write),
    )
    if found.reason in _INVALID or _asks_for_nothing(found):
        wrong = Trouble("not-ready", f"{name} cannot {what}: {said}", held.evidence)
        plain = Holding(1, "client", "", since, f"{name} or its target to be changed", about=write)
        held = troubled(plain, wrong)
    return pending([held], staged([("stored", 1, 1), ("measuring", 0, 1)]), snapshot, "")


def _without_target(snapshot: Snapshot, write: Write, found: Condition) -> Holding | None:
    """The wait for what it is to scale, where there is no such object; None where there may be."""
    target = getattr(write.image.spec, "scale_target_ref", None)
    group = (target.api_version if target is not None else "").rpartition("/")[0]
    if target is None or GroupKind(group, target.kind) not in (kinds.DEPLOYMENT, kinds.STATEFULSET):
        return None
    if not snapshot.has_met(target.kind):
        return None
    there = snapshot.by_name(target.kind, write.image.metadata.namespace, target.name)
    if there is not None and not there.gone:
        return None
    name, what = named(write.image), f"{target.kind} {target.name}"
    since = max(parse(found.last_transition_time) or when(write), when(there) if there else 0.0)
    plain = Holding(
        1, "client", "", since, f"{what}, which {name} is to scale, to be created", about=write
    )
    if snapshot.now - since < _SYNCS:
        return plain
    detail = f"{name} is to scale {what}, which does not exist."
    shown = (proofs.says(write, found), *_told(snapshot, write, found))
    return troubled(plain, Trouble("spec-invalid", detail, shown, commands.describe(write)))


def _are_starting(found: Condition) -> bool:
    """Whether no Pod of the target has been measured yet, as when they have just started."""
    return "did not receive metrics for targeted pods" in (found.message or "")


def _asks_for_nothing(found: Condition) -> bool:
    """Whether a share of the request is to be measured of containers that request nothing.

    Source: pkg/controller/podautoscaler/replica_calculator.go, calculateRequests.
    """
    return "missing request for " in (found.message or "")


def _told(snapshot: Snapshot, write: Write, found: Condition) -> tuple[Evidence, ...]:
    return proofs.events(snapshot.notes(write.log, found.reason or "")[:1])


def _at_limit(snapshot: Snapshot, write: Write, found: Condition) -> Outlook:
    name, most = named(write.image), write.image.spec.max_replicas
    said = sentence(said_by(found.message, "it wants more"))
    detail = f"{name} is at its maximum of {count(most, 'replica')}: {said}"
    wrong = Trouble("at-limit", detail, (proofs.says(write, found),), commands.describe(write))
    since = parse(found.last_transition_time) or when(write)
    plain = Holding(1, "client", "", since, f"the maximum of {name} to be raised", about=write)
    return pending([troubled(plain, wrong)], (), snapshot, "")


BEHAVIOURS = (Behaviour(kind=kinds.AUTOSCALER, assess=assess, limits=True),)

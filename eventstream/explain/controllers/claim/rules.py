"""Writes to PersistentVolumeClaims: made for Pods, bound to volumes, protected while in use.

Sources: pkg/controller/volume/persistentvolume/pv_controller.go (bind),
pkg/controller/statefulset/stateful_pod_control.go (claims),
pkg/controller/volume/ephemeral/controller.go.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop, Verb
from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write

_SELECTED = "metadata.annotations.volume.kubernetes.io/selected-node"
_BINDING = (
    "metadata.annotations.pv.kubernetes.io/",
    "metadata.annotations.volume.kubernetes.io/storage-provisioner",
    "metadata.annotations.volume.beta.kubernetes.io/storage-provisioner",
    "spec.volumeName",
)


def claimed(view: View, who: Writer) -> Verdict | None:
    """A controller created a claim: for a StatefulSet's Pod, or for an ephemeral volume."""
    write = view.write
    if write.change.type != "ADDED" or who.manager != CONTROLLER_MANAGER:
        return None
    owner = write.image.metadata.controller
    if owner is not None and owner.kind == "Pod":
        cause = view.last_spec_change(owner.uid)
        why = f"Pod {owner.name} asks for a volume of its own, which lives as long as it does."
        return _verdict(
            view,
            who,
            "ephemeral-volume-controller",
            "create",
            "created",
            why,
            cause,
            sources.EPHEMERAL_VOLUMES,
        )
    cause = _statefulset(view)
    name = f"StatefulSet {cause.image.metadata.name}" if cause else "A StatefulSet"
    why = f"{name} has a volume claim template; each of its Pods gets a claim before it is created."
    return _verdict(
        view,
        who,
        "statefulset-controller",
        "create",
        "created",
        why,
        cause,
        sources.CLAIMS_OF_STATEFULSETS,
    )


def _statefulset(view: View) -> Write | None:
    """The StatefulSet whose claim this is, by the claim's name: TEMPLATE-STATEFULSET-ORDINAL."""
    metadata = view.write.image.metadata
    stem, _, ordinal = metadata.name.rpartition("-")
    parts = stem.split("-") if ordinal.isdigit() else []
    for first in range(1, len(parts)):
        found = view.by_name("StatefulSet", metadata.namespace, "-".join(parts[first:]))
        if found is not None and not found.gone:
            return view.last_spec_change(found.log.uid)
    return None


def bound(view: View, who: Writer) -> Verdict | None:
    """The persistent volume controller bound a claim, or the scheduler chose a node for it."""
    write = view.write
    if write.change.type != "MODIFIED" or not who.built_in:
        return None
    paths = [change.path for change in write.changes]
    if not paths:
        return None
    if who.manager == "kube-scheduler" and _SELECTED in paths:
        why = "The volume is to be made where the Pod that waits for it will run."
        act = "chose a node for the volume of"
        return _verdict(view, who, "scheduler", "patch", act, why, view.previous(), sources.BINDING)
    own = who.manager == CONTROLLER_MANAGER and not who.subresource
    if not own or not all(path.startswith(_BINDING) for path in paths):
        return None
    volume = getattr(write.image.spec, "volume_name", "")
    act = f"bound volume {volume} to" if "spec.volumeName" in paths else "prepared the binding of"
    why = "A claim is bound to a volume that satisfies it, or one is made for it."
    actor = "persistentvolume-controller"
    return _verdict(view, who, actor, "update", act, why, view.previous(), sources.VOLUME_BINDING)


def _verdict(
    view: View,
    who: Writer,
    actor: str,
    verb: Verb,
    act: str,
    why: str,
    cause: Write | None,
    source_url: str,
) -> Verdict:
    write = view.write
    told = f": {told_changes(write.changes)}" if write.changes else ""
    return Verdict(
        rule="claim-made" if verb == "create" else "claim-bound",
        actor=actor,
        actor_name=who.manager,
        verb=verb,
        what=f"The {title(actor)} {act} {named(write.image)}{told}.",
        why=why,
        who_grade="reported" if actor == "scheduler" else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.owned(write)),
        source_url=source_url,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            "a volume desired for each claim",
            f"{act} {named(write.image)}",
        ),
    )

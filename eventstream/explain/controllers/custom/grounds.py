"""On what grounds a writer counts as the custom controller behind a write, and what made it act.

They are asked from the surest on: what the object itself shows; what it belongs to; how it is
marked; what it is called after; whom it names as its owner; what was made for it.

A controller compares what exists with what is desired whenever either changes: so it sets back
what somebody else changed of an object that it made, and makes anew what was deleted.
Source: https://kubernetes.io/docs/concepts/architecture/controller/#desired-vs-current
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import (
    answers,
    any_of,
    asked,
    belongs_to,
    called_after,
    custom_owner,
    marked_for,
    owned,
    proof_above,
    proof_of,
    served_by,
)
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.tools import is_program
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.changes import FieldChange
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in


class Grounds(NamedTuple):
    """Why the writer is a custom controller, what it answers, and for which resource it acts.

    `served` is that resource where no reference ties the object to it. The object is its `own`
    where it belongs to nothing else. A write `begins` a trace where it asks for something new that
    nothing else tells of. `why` is the reason in a sentence, where there is more to it than that it
    looks after the cause.
    """

    proof: Evidence
    cause: Write | None
    served: Write | None = None
    own: bool = True
    begins: bool = False
    why: str = ""


def grounds(view: View, who: Writer) -> Grounds | None:
    """Why the writer of a write counts as a custom controller; None where nothing says so.

    What it sets back, or makes anew, answers whoever had changed or deleted that. A desired state
    that is set back is a story of its own, since it takes as long as any other to come about.
    """
    found = _grounds(view, who)
    if found is None or who.subresource or not is_built_in(view.write.image.api_version):
        return found
    other = _restored(view, who.manager, found.cause)
    if other is None:
        return found
    asks = not other.gone and view.write.spec_changed
    return found._replace(cause=found.cause if asks else other, why=_set_right(other))


def _grounds(view: View, who: Writer) -> Grounds | None:
    write, manager = view.write, who.manager
    proof = proof_of(write.image, manager) or _reports(write, manager) or _kept(view, manager)
    if proof is not None:
        return Grounds(proof, _cause(view, None) or _of_its_owner(view))
    above = belongs_to(view)
    proof = proof_above(view, manager, above)
    if proof is not None:
        return Grounds(proof, _cause(view, above), own=False)
    marked = marked_for(view, manager)
    if marked is not None:
        # What is to run is a story of its own: who applied it may be done, and it not yet.
        site = marked.site
        cause = None if is_built_in(write.image.api_version) else _lately_asked(view, site)
        begins = cause is None and _asks(write)
        return Grounds(marked.proof, cause, site, begins=begins)
    served = served_by(view, manager)
    if served is not None:
        return Grounds(called_after(served, manager), asked(view, served), served)
    proof = _made_of_its_own(view, who)
    if proof is not None:
        return Grounds(proof, _of_its_owner(view))
    return _beside(view, manager) or _by_its_autoscaler(view, manager)


def _of_its_owner(view: View) -> Write | None:
    """What the owner was asked for, of a custom resource that came into being for another."""
    image = view.write.image
    if view.write.change.type != "ADDED" or is_built_in(image.api_version):
        return None
    owner = owner_of(image)
    return view.last_spec_change(owner) if owner else None


def _beside(view: View, manager: str) -> Grounds | None:
    """The writer looks after a custom resource that was made for this object, and answers it.

    As Kueue resumes a Job once it has admitted the Workload of that.
    """
    write = view.write
    if write.change.type != "MODIFIED" or not is_built_in(write.image.api_version):
        return None
    if not view.is_controller(manager):
        return None
    for log in view.children(write.log.uid):
        if is_built_in(log.ref.api_version) or not view.is_controller(manager, log.ref.kind):
            continue
        child = view.latest(log.uid)
        if child is not None and not child.gone:
            said = f"{manager} looks after {named(child.image)}, which was made for this object"
            return Grounds(Evidence("inferred", "sequence", said, "who"), child, own=False)
    return None


def _by_its_autoscaler(view: View, manager: str) -> Grounds | None:
    """The writer looks after the custom resource of an autoscaler that scales this object.

    As KEDA itself scales to zero, and from there.
    Source: https://keda.sh/docs/latest/concepts/#architecture
    """
    if [change.path for change in view.write.changes] != ["spec.replicas"]:
        return None
    for scaler in view.by_target(view.write.image):
        owner = custom_owner(scaler.image)
        if owner is None or scaler.gone or not view.is_controller(manager, owner.kind):
            continue
        said = f"{manager} looks after {owner.kind} {owner.name}, whose autoscaler scales this"
        return Grounds(Evidence("inferred", "sequence", said, "who"), None, own=False, begins=True)
    return None


def _asks(write: Write) -> bool:
    """Whether it asks for something new of an object, and not only marks it."""
    before = write.before
    now = write.image.metadata.generation or 0
    return before is None or now > (before.metadata.generation or 0)


def _made_of_its_own(view: View, who: Writer) -> Evidence | None:
    """Whether the writer made an object of a kind that it looks after, for one of Kubernetes' own.

    As Kueue makes a Workload for a Job: a client would not name an owner.
    """
    image, manager = view.write.image, who.manager
    if view.write.change.type != "ADDED" or is_built_in(image.api_version):
        return None
    owns = any_of(owned(image, manager), "metadata.ownerReferences")
    if not owns or not view.is_controller(manager, image.kind):
        return None
    owner = image.metadata.controller or image.metadata.owner_references[0]
    return proofs.owns(f"{manager} set the ownerReference to {owner.kind} {owner.name}")


def _reports(write: Write, manager: str) -> Evidence | None:
    """Whether a program changed nothing but the status of a custom resource.

    It may have made that itself, and owns its spec as well: of a type without a status apart one
    entry has both.
    """
    if write.change.type != "MODIFIED" or is_built_in(write.image.api_version):
        return None
    paths = [change.path for change in write.changes]
    if not paths or not all(path.startswith("status") for path in paths):
        return None
    if not is_program(manager):
        return None
    return proofs.owns(f"{manager} changed nothing but this object's status")


def _kept(view: View, manager: str) -> Evidence | None:
    """Whether the writer looks after others of this kind, and answers what a client asked of it.

    It may set what the client left open: a default, a label, a service account.
    """
    write, kind = view.write, view.write.image.kind
    if write.change.type != "MODIFIED" or is_built_in(write.image.api_version):
        return None
    if not view.is_controller(manager, kind):
        return None
    if any_of(owned(write.image, manager), "spec") and not _asked_by_another(write, manager):
        return None
    last = view.previous()
    if last is None or not answers(view, last):
        return None
    return proofs.owns(f"{manager} looks after {kind} objects, as others of its writes show")


def _asked_by_another(write: Write, manager: str) -> bool:
    """Whether somebody else set most of what the object asks for."""
    others = {entry.manager for entry in write.image.metadata.managed_fields} - {manager}
    return any(any_of(owned(write.image, other), "spec") for other in others)


def _cause(view: View, above: ObjectLog | None) -> Write | None:
    """The custom resource's latest desired state, or the deletion that it answers."""
    write = view.write
    owner = custom_owner(write.image)
    if write.image.metadata.deletion_timestamp:
        return view.mark()
    uid = owner.uid if owner else above.uid if above else write.log.uid
    asked = view.last_spec_change(uid)
    if uid == write.log.uid and (asked is None or asked.base):
        return _marked_by_another(view) or asked
    return asked


def _marked_by_another(view: View) -> Write | None:
    """The write just before this one, where somebody else marked the resource in sight.

    As by the annotation with which `flux reconcile` has it looked at again.
    """
    last = view.previous()
    verdict = last.decision.verdict if last is not None else None
    if last is None or verdict is None or verdict.actor == "custom-controller":
        return None
    marks = all(change.path.startswith("metadata.") for change in last.changes)
    prompt = abs(view.write.change.at - last.change.at) <= _PROMPT
    return last if marks and prompt else None


_PROMPT = 10.0
"""Seconds within which a mark is answered, as it waits for nothing."""


_ANSWERS = 60.0
"""Seconds within which a first fetch and application answer a change of the resource."""


def _lately_asked(view: View, site: Write) -> Write | None:
    """What the custom resource was asked for, if that is so lately that this answers it."""
    since = asked(view, site)
    late = since.base or abs(view.write.change.at - since.change.at) > _ANSWERS
    return None if late else since


_LOOKED = 32
"""Writes of one object, or dependents of one owner, the newest first, that are looked at for it."""


def _restored(view: View, manager: str, asked: Write | None) -> Write | None:
    """The write that this one undoes, or the end of the object in whose place it makes another.

    It came after what was last `asked` of the custom resource, else it is no reason.
    """
    found = _made_anew(view) if view.write.change.type == "ADDED" else _set_back(view, manager)
    return found if found is not None and (asked is None or found.order > asked.order) else None


def _set_right(found: Write) -> str:
    """Why it wrote, in a sentence."""
    if found.gone:
        return f"It had received {seen(found)}, and made it anew."
    return f"It had received {seen(found)}, and set back what had changed there."


def _made_anew(view: View) -> Write | None:
    """The deletion of an object of the same kind and name that had the same owner."""
    image = view.write.image
    owner = image.metadata.controller
    if owner is None:
        return None
    ends = [end for end in _namesakes(view, owner.uid) if end.gone]
    return max(ends, key=lambda end: end.order, default=None)


def _namesakes(view: View, owner: str) -> Iterator[Write]:
    """What an owner had of this kind and name before; of what nobody names, lately."""
    image, own = view.write.image, view.write.log
    if group_kind(image.api_version, image.kind) in kinds.REFERRED_TO_BY_NAME:
        found = view.by_name(image.kind, image.metadata.namespace, image.metadata.name)
        if found is not None and owner_of(found.image) == owner:
            yield found
        return
    for log in islice(reversed(view.family(owner).children.values()), _LOOKED):
        if log is not own and (log.ref.kind, log.ref.name) == (image.kind, image.metadata.name):
            latest = view.latest(log.uid)
            if latest is not None:
                yield latest


def _set_back(view: View, manager: str) -> Write | None:
    """The newest write of another that changed the same, if all of that is as it was before it."""
    write = view.write
    mine = {change.path: change for change in write.changes if _desired(change)}
    if not mine:
        return None
    for other in islice(view.backwards(write.log.uid), _LOOKED):
        verdict = other.decision.verdict
        if other.before is None or (verdict is not None and verdict.actor_name == manager):
            return None
        both = [change for change in other.changes if change.path in mine]
        if both:
            undone = all(_undone(mine[each.path], each, write.image, other.before) for each in both)
            return other if undone else None
    return None


def _desired(change: FieldChange) -> bool:
    return not change.path.startswith("status")


def _undone(mine: FieldChange, other: FieldChange, now: Image, was: Image) -> bool:
    """Whether a field is as it was before the other write; hidden ones are compared in the whole.

    What is kept of a hidden value differs where the value does.
    """
    if not (mine.hidden or other.hidden):
        return mine.after == other.before
    labels = now.metadata.labels == was.metadata.labels
    marks = labels and now.metadata.annotations == was.metadata.annotations
    return marks and bool(now.spec == was.spec) and now.other == was.other

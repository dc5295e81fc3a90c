"""Who takes a finalizer away: told from whose it is, since a mere removal names nobody.

Field management records what a writer sets, never what it removes; a removed finalizer, and a
deletion that the last one's removal completes, are therefore told from the finalizer's owner.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import any_of, controls, custom_keeper, owned
from eventstream.explain.deletions import force
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared.tools import is_program, is_tool
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import FINALIZERS, title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import has_ended, phase
from eventstream.explain.world.text import count, listing, named, parse, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths

PROPAGATION = frozenset({"foregroundDeletion", "orphan"})
"""Finalizers that stand for how a deletion treats dependents; each new deletion sets them anew."""

PROMPT = 3.0
"""Seconds within which a working controller answers a deletion; later it may have been anyone."""


class Remover(msgspec.Struct, frozen=True):
    """Who removed a finalizer; `actor` is "unknown", and `doubt` says why, where it is open."""

    actor: str
    name: str = ""
    source_url: str = sources.FINALIZERS
    doubt: str = ""


def removed(view: View) -> Verdict | None:
    """An object that finalizers held is gone: whoever took the last one away removed it."""
    write = view.write
    before = write.before
    if not write.gone or before is None or not before.metadata.finalizers:
        return None
    if not before.metadata.deletion_timestamp:
        return None
    held = before.metadata.finalizers
    if set(held) <= PROPAGATION and _still_owns(view, held):
        return _deleted_again(view)
    return _verdict(view, _remover(view, held, before), held)


def asks_again(write: Write) -> bool:
    """Whether it asks anew for a deletion that was asked for, with another propagation policy.

    Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go,
    deletionFinalizersForGarbageCollection.
    """
    before, now = write.before, write.image.metadata
    if before is None or not before.metadata.deletion_timestamp or not now.finalizers:
        return False
    held = before.metadata.finalizers
    return now.finalizers is not held and any(
        name in PROPAGATION and name not in held for name in now.finalizers
    )


def asked_again(view: View) -> Verdict | None:
    """Dependents are to be treated otherwise, and what holds the object still holds it."""
    return _deleted_again(view) if asks_again(view.write) and not view.write.gone else None


def let_go(view: View, who: Writer) -> Verdict | None:
    """A finalizer was taken away, and the object stays."""
    write = view.write
    before = write.before
    if write.change.type != "MODIFIED" or before is None:
        return None
    held = before.metadata.finalizers
    if not held or held == write.image.metadata.finalizers:
        return None
    lost = tuple(name for name in held if name not in write.image.metadata.finalizers)
    if not lost:
        return None
    if PROPAGATION.issuperset(lost) and _still_owns(view, lost):
        return _deleted_again(view)
    own = all(name in FINALIZERS for name in lost)
    if not own and (who.basis in ("appeared", "moved") or len(write.changes) > 1):
        return None  # More than a removal was written, and its writer is named.
    return _verdict(view, _remover(view, lost, before), lost)


def _remover(view: View, lost: tuple[str, ...], before: Image) -> Remover:
    owners = {FINALIZERS.get(name) for name in lost}
    if len(owners) == 1 and (owner := owners.pop()) is not None:
        doubt = (
            _emptied(view)
            if PROPAGATION.issuperset(lost)
            else force.doubt(view, lost, before, owner[0])
        )
        return Remover("unknown" if doubt else owner[0], "", owner[1], doubt)
    found = setters(before)
    names = listing(list(lost))
    if len(found) != 1:
        return Remover("unknown", doubt=f"Who looks after {names} is not in the object.")
    setter = found.pop()
    if controls(before, setter) or _only_holds(before, setter):
        return _custom(view, setter, names)
    if is_tool(setter) and not _controllers(before):
        return Remover("client")
    doubt = f"{setter} had set {names}: a client, or a controller that looks after it, removed it."
    return Remover("unknown", setter, doubt=doubt)


def _only_holds(image: Image, setter: str) -> bool:
    """Whether a program that asks for nothing of an object put its finalizer there."""
    fields = owned(image, setter)
    return is_program(setter) and not any_of(fields, "spec") and not any_of(fields, "data")


def _emptied(view: View) -> str:
    """Who else ends an object whose namespace goes, in words; empty where none is going.

    The namespace controller deletes all that is left in the background, which takes away how an
    earlier deletion wanted dependents to be treated.
    Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go, deleteCollection.
    """
    name = view.write.image.metadata.namespace
    space = view.by_name("Namespace", None, name) if view.write.gone and name else None
    if space is None or not (space.gone or space.image.metadata.deletion_timestamp):
        return ""
    return f"The garbage collector, or the namespace controller, as namespace {name} is to go."


def _last_sign(view: View, asked: Write, setter: str) -> float:
    """When it last was to be seen at work on the deletion, in unix seconds.

    It answers what was asked, writes to the object, or waits for the end of what that owns.
    """
    signs = [asked.change.at]
    for write in view.backwards(view.write.log.uid):
        if write.order <= asked.order:
            break
        if write.decision.verdict is not None and write.decision.verdict.actor_name == setter:
            signs.append(write.change.at)
    for child in view.children(view.write.log.uid):
        latest = child.at(view.order)
        if latest is not None and latest.gone and latest.order > asked.order:
            signs.append(latest.change.at)
    return max(signs)


def setters(image: Image) -> set[str]:
    """The managers that set an object's finalizers, as far as managedFields tells."""
    return {
        entry.manager
        for entry in image.metadata.managed_fields
        if any(path.startswith("metadata.finalizers") for path in paths(entry.fields))
    }


def _custom(view: View, setter: str, names: str) -> Remover:
    asked, now = view.mark(), view.write.change.at
    since = parse((view.write.before or view.write.image).metadata.deletion_timestamp)
    if since is None:
        doubt = (
            f"{setter} looks after {names}, and the object stays: it, or a client, took it away."
        )
        return Remover("unknown", setter, doubt=doubt)
    if asked is None or asked.base:
        waited = now - since
    else:
        waited = now - asked.change.at
        since = _last_sign(view, asked, setter)
    if now - since <= PROMPT:
        return Remover("custom-controller", setter)
    doubt = (
        f"{setter} looks after {names}, but it came {waited:.0f} s after the deletion was asked "
        "for: a client may have removed it by hand."
    )
    return Remover("unknown", setter, doubt=doubt)


def _controllers(image: Image) -> bool:
    return any(controls(image, entry.manager) for entry in image.metadata.managed_fields)


def _verdict(view: View, who: Remover, lost: tuple[str, ...]) -> Verdict:
    write = view.write
    known = who.actor != "unknown"
    counted = lost == (force.TRACKING,)
    owner = write.image.metadata.controller
    cause = view.latest(owner.uid) if counted and owner else _awaited(view, lost) or view.mark()
    subject = f"The {title(who.actor)} {who.name}".rstrip() if known else "Somebody"
    if who.actor == "client":
        subject = "A client"
    held = listing(list(lost))
    act = f"took the finalizer {held} from {named(write.image)}"
    return Verdict(
        rule="job-counted" if counted else "finalizer-removed",
        actor=who.actor,
        actor_name=who.name if who.actor == "custom-controller" else "",
        verb="update" if who.actor == "api-server" else "patch",
        what=f"{subject} {act}{', and with that it is gone' if write.gone else ''}.",
        why=who.doubt or _why(view, held, counted=counted),
        who_grade="inferred" if known else "unknown",
        why_grade="inferred" if known else "unknown",
        causes=(cause,) if cause else (),
        evidence=(
            proofs.saw(write),
            *([proofs.sequence(f"who looks after {held} takes it away", "who")] if known else []),
        ),
        source_url=who.source_url,
        loop=Loop(
            seen(cause) if cause else named(write.image),
            f"{count(len(lost), 'finalizer')} set, and what {_stand(lost)} for is done",
            act,
        )
        if known and who.actor != "client"
        else None,
    )


def _stand(lost: tuple[str, ...]) -> str:
    return "it stands" if len(lost) == 1 else "they stand"


def _still_owns(view: View, held: tuple[str, ...]) -> bool:
    """Whether something was there that the collector would have had to see to before."""
    uid, asked = view.write.log.uid, view.mark()
    for child in view.children(uid):
        then = child.at(asked.order) if asked is not None else None
        now = child.at(view.order)
        if then is None or then.gone or now is None or now.gone or view.missed(child.uid):
            continue
        owners = [owner for owner in now.image.metadata.owner_references if owner.uid == uid]
        if any(owner.block_owner_deletion or "orphan" in held for owner in owners):
            return True
    return False


def _deleted_again(view: View) -> Verdict:
    """A second deletion asked for another treatment of dependents, and the first one's ends.

    Neither the garbage collector nor other controllers delete what is being deleted already; but
    the namespace controller deletes all that is left in a namespace, and an operator what it made.
    Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go,
    deletionFinalizersForGarbageCollection.
    """
    write = view.write
    namespace, cause = write.image.metadata.namespace, view.mark()
    space = view.by_name("Namespace", None, namespace) if namespace else None
    emptied = space is not None and (space.gone or bool(space.image.metadata.deletion_timestamp))
    others = [f"the namespace controller, which empties {namespace}"] if emptied else []
    others += [keeper] if (keeper := custom_keeper(view)) else []
    doubtful = bool(others)
    subject = "Somebody" if doubtful else "A client"
    what = f"{subject} deleted {named(write.image)} again, with another propagation policy."
    why = "It was being deleted already, and its dependents are to be treated otherwise now."
    if not asks_again(write):
        what = (
            f"{subject} ended the deletion of {named(write.image)} before its dependents were gone."
        )
        why = (
            "It waited for dependents that are there still: it was deleted again, with another "
            "propagation policy, or its finalizer was taken away."
        )
    if doubtful:
        why = f"{why} A client, or {', or '.join(others)}."
    return Verdict(
        rule="deletion-unknown" if doubtful else "client-deleted",
        actor="unknown" if doubtful else "client",
        verb="delete",
        what=what,
        why=why,
        who_grade="unknown" if doubtful else "inferred",
        why_grade="unknown",
        causes=(cause,) if cause else (),
        evidence=(proofs.saw(write), *proofs.owned(write)),
        source_url=sources.DELETED_AGAIN,
    )


def _awaited(view: View, lost: tuple[str, ...]) -> Write | None:
    """In foreground deletion: the end of the last object that this one owned."""
    if lost != ("foregroundDeletion",):
        return None
    asked = view.mark()
    ends = [
        latest
        for child in view.children(view.write.log.uid)
        if (latest := child.at(view.order)) is not None
        and latest.gone
        and (asked is None or latest.order > asked.order)
    ]
    return max(ends, key=lambda end: end.order, default=None)


_DONE = {
    "foregroundDeletion": "All that it owned and that had to go first is gone.",
    "orphan": "Nothing refers to it as its owner any more.",
    "kubernetes.io/pvc-protection": "No Pod uses the claim any more.",
}
"""What finalizers of Kubernetes' own stand for, once it is done."""


def _why(view: View, held: str, *, counted: bool) -> str:
    write = view.write
    if counted:
        return _counted(view)
    if held in _DONE:
        return _DONE[held]
    if write.gone:
        return f"It was marked for deletion and held by {held}; nothing holds it any longer."
    return f"What {held} stands for is done, so that it need not hold the object any longer."


def _counted(view: View) -> str:
    """Why the Job controller lets a Pod go: counted, or no Job of its own is left."""
    owner = view.write.image.metadata.controller
    latest = view.latest(owner.uid) if owner is not None else None
    if owner is None:
        return "No Job owns the Pod any more, so nobody has to count it."
    if latest is not None and latest.gone:
        return f"Job {owner.name} is gone, so nobody has to count the Pod any more."
    if has_ended(view.write.before or view.write.image):
        return _reckoned(view.write.before or view.write.image, latest)
    if latest is not None and not force.ends(latest.image) and (stops := force.stops(view, latest)):
        return f"Job {owner.name} {stops}, and does not count a Pod that it stops for that."
    if latest is None or force.ends(latest.image):
        return f"Job {owner.name} is to end, so it need not wait for how this Pod ends."
    if not (view.write.before or view.write.image).metadata.deletion_timestamp:
        return (
            f"Job {owner.name} seems to be about to end, and waits no more for how this Pod ends."
        )
    return (
        "The Pod was to go before it had ended: its Job counts it as failed, or is to end, and "
        "need not wait for how it ends."
    )


def _reckoned(pod: Image, job: Write | None) -> str:
    """What became of a Pod that ended, as far as its Job's policies leave no doubt.

    Source: pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers (neither what a
    policy ignores is counted, nor an index beyond the completions).
    """
    spec = job.image.spec if job is not None else None
    policy, most = (getattr(spec, name, None) for name in ("pod_failure_policy", "completions"))
    index = (pod.metadata.annotations or {}).get(_INDEX, "")
    if index.isdigit() and isinstance(most, int) and int(index) >= most:
        return f"The Pod is of index {index}, and its Job counts only those below {most}."
    rules = policy.rules if policy is not None and phase(pod) == "Failed" else ()
    if any(rule.action == "Ignore" for rule in rules):
        return (
            "It has counted the failed Pod, or passed over it as its podFailurePolicy asks, and "
            "need not hold it any longer."
        )
    return "It has counted the finished Pod in the Job's status and need not hold it any longer."


_INDEX = "batch.kubernetes.io/job-completion-index"

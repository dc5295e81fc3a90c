"""Clients: what no component of the cluster accounts for, they wrote.

A client's name is the field manager that it chose for itself: a hint, not an identity. Fields of
metadata or spec that were only taken away leave no entry of who did it.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import asked_above, custom_keeper
from eventstream.explain.attribution.writers import is_bare
from eventstream.explain.controllers.shared.makers import BY_HAND
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Verb
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import count, images_of, named, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.changes import FieldChange
from eventstream.objects.kinds import is_built_in


def created(view: View, who: Writer) -> Verdict | None:
    """A client created an object: the root of a trace, and steps 1 to 3 for a Deployment."""
    write = view.write
    by_hand = BY_HAND in (write.image.metadata.annotations or ())
    if write.change.type != "ADDED" or who.built_in or not (who.known or by_hand):
        return None
    deployment = is_a(write.image, kinds.DEPLOYMENT)
    return Verdict(
        rule="client-created",
        stranger=_client(who),
        actor="client",
        actor_name=who.manager,
        verb="create",
        subresource=who.subresource or None,
        what=f"{_client(who)} asked the API server to create {_described(write)}.",
        why=_WHY,
        who_grade="reported" if who.known else "inferred",
        why_grade="unknown",
        begins=True,
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.FIELD_MANAGEMENT,
        documented=(1,) if deployment else (),
        documented_store=(2,) if deployment else (),
        documented_broadcast=(3,) if deployment else (),
    )


def changed(view: View, who: Writer) -> Verdict | None:
    """A client changed an object: a new generation begins a trace, other changes do so too."""
    write = view.write
    if write.change.type != "MODIFIED" or who.built_in or not who.known:
        return None
    return Verdict(
        rule="client-changed",
        stranger=_client(who),
        actor="client",
        actor_name=who.manager,
        verb=_verb(who),
        subresource=who.subresource or None,
        what=f"{_client(who)} changed {named(write.image)}: {told_changes(write.changes)}.",
        why=_WHY,
        who_grade="reported",
        why_grade="unknown",
        begins=True,
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.FIELD_MANAGEMENT,
    )


def _verb(who: Writer) -> Verb:
    """Field management does not tell PUT from PATCH; kubectl patches, but for `replace`.

    A status write is a report however it was sent.
    """
    if who.subresource == "status":
        return "report"
    patches = who.manager.startswith("kubectl") and who.manager != "kubectl-replace"
    return "patch" if patches or who.operation == "Apply" or who.subresource else "update"


_WHY = "Why a client acts cannot be seen from the API."


def _client(who: Writer) -> str:
    return f"A client that calls itself {who.manager}" if who.known else "A client"


def _described(write: Write) -> str:
    image = write.image
    text = named(image)
    replicas = getattr(image.spec, "replicas", None)
    if isinstance(replicas, int):
        text += f" with {count(replicas, 'replica')}"
        text += f" of {images_of(image)}" if images_of(image) else ""
    elif images_of(image):
        text += f" running {images_of(image)}"
    return text


def by_client(view: View, who: Writer) -> Verdict | None:
    """A client took fields away: a label, a pause, a scheduling gate, the cordon of a node.

    A mere removal leaves no entry. What built-in controllers take away (finalizers, references
    to owners, taints) other rules know; nothing else of metadata or spec is ever theirs to take.
    """
    write = view.write
    if write.change.type != "MODIFIED" or who.basis not in ("removed", "none"):
        return None
    if is_bare(write):
        return None  # It is shown without any, so that what was set leaves no entry either.
    lost = who.basis == "removed" or _only_lost(write.changes)
    if not lost or not _takes(write):
        return None
    keeper = custom_keeper(view, "change")
    return Verdict(
        rule="client-or-controller" if keeper else "client-changed",
        actor="unknown" if keeper else "client",
        verb="patch",
        what=f"{'Somebody' if keeper else 'A client'} changed {named(write.image)}: "
        f"{told_changes(write.changes)}.",
        why=f"A client, or {keeper}: a removal leaves no entry behind." if keeper else _WHY,
        who_grade="unknown" if keeper else "inferred",
        why_grade="unknown",
        causes=asked_above(view) if keeper else (),
        begins=not keeper,
        evidence=(
            proofs.saw(write),
            proofs.sequence(
                "a removal leaves no entry, and no built-in controller makes it", "who"
            ),
        ),
        source_url=sources.FIELD_MANAGEMENT,
    )


def _takes(write: Write) -> bool:
    """Whether what changed are parts of an object that no built-in controller takes away."""
    return is_built_in(write.image.api_version) and all(
        change.path.startswith(_TAKEN)
        and (_is_ones_own(change.path) or not change.path.startswith(_CONTROLLED))
        and not (change.path.startswith(_TAKEN[1]) and "kubernetes.io/" in change.path)
        for change in write.changes
    )


def _is_ones_own(path: str) -> bool:
    """Whether the path is a taint whose key is not of Kubernetes' own."""
    key = path.removeprefix("spec.taints[").removesuffix("]")
    return key not in ("", path) and ".kubernetes.io/" not in key


def _only_lost(changes: tuple[FieldChange, ...]) -> bool:
    """Whether all that changed went away; a switch that is off counts as absent."""
    return bool(changes) and all(
        change.after in (None, "false", "{}", "[]") and not change.hidden for change in changes
    )


_TAKEN = ("metadata.labels", "metadata.annotations", "spec.")
_CONTROLLED = ("spec.taints", "spec.finalizers")
"""Parts that controllers take from too, as they do from annotations of Kubernetes' own."""

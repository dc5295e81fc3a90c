"""Programs beside Kubernetes that work on its own kinds: what shows them, and what leaves it open.

A custom controller can work with any kind of resource. Of Kubernetes' own kinds it gives itself
away by what people's tools leave alone: it reports in a status, puts a finalizer on what exists, or
names an owner of what it makes. Where its name is that of a library, or it only keeps marks, it
may as well be a script.
Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/
#custom-controllers; https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
(whatever automation adds has a prefix, as keys without one are the user's).
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import any_of, is_of, owned
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.tools import LIBRARIES, is_of_a_cloud, is_tool
from eventstream.explain.vocabulary.records import Verb
from eventstream.explain.vocabulary.registry import is_a, maker_of
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import did, listing, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.kinds import is_built_in


def acted(view: View, who: Writer) -> Verdict | None:
    """It wrote what only controllers write, and is no part of Kubernetes."""
    write = view.write
    if not who.known or who.built_in or is_tool(who.manager) or is_of_a_cloud(who.manager):
        return None
    shown = _shown(write, who)
    if not shown:
        return None
    cause = None if is_a(write.image, kinds.NODE) else _asked(view)
    created = write.change.type == "ADDED"
    verb: Verb = "create" if created else "report" if who.subresource == "status" else "patch"
    return Verdict(
        rule="program-acted",
        actor="custom-controller",
        actor_name=who.manager,
        verb=verb,
        subresource=who.subresource or None,
        what=f"The custom controller {who.manager} {did(write)}.",
        why=f"It had received {seen(cause)}." if cause else "What made it act was not seen.",
        who_grade="inferred",
        why_grade="inferred" if cause else "unknown",
        causes=(cause,) if cause else (),
        begins=created and cause is None,
        evidence=(
            proofs.saw(write),
            *proofs.managed(who),
            proofs.sequence(shown, "who"),
            *proofs.owned(write),
        ),
        source_url=sources.CUSTOM_CONTROLLERS,
    )


def _shown(write: Write, who: Writer) -> str:
    """What shows that a controller wrote, in words; empty where a client may have."""
    image = write.image
    if not is_built_in(image.api_version):
        return ""  # Whoever makes a custom resource asks for something.
    if write.change.type == "ADDED":
        owner = image.metadata.controller
        owns = owner is not None and any_of(owned(image, who.manager), "metadata.ownerReferences")
        if owner is None or not owns or maker_of(image, owner) is not None:
            return ""
        return f"{who.manager} set the ownerReference to {owner.kind} {owner.name}"
    if write.change.type != "MODIFIED":
        return ""
    if who.manager in LIBRARIES:
        return ""
    if who.subresource == "status":
        return f"{who.manager} reports in the status of {image.kind} objects"
    if _holds(write):
        return f"{who.manager} put a finalizer on what others had made"
    return ""


def _holds(write: Write) -> bool:
    """Whether it put finalizers on an object, and did nothing else."""
    before = write.before
    if before is None or [change.path for change in write.changes] != ["metadata.finalizers"]:
        return False
    return set(before.metadata.finalizers) < set(write.image.metadata.finalizers)


def _asked(view: View) -> Write | None:
    """What was last asked of the object, or of the owner of one that is new."""
    write = view.write
    owner = write.image.metadata.controller
    if write.change.type == "ADDED":
        return view.last_spec_change(owner.uid) if owner is not None else None
    if write.image.metadata.deletion_timestamp:
        return view.mark()
    return view.last_spec_change(write.log.uid)


def unsure(view: View, who: Writer) -> Verdict | None:
    """It wrote what controllers write under a name that anything may have, or only kept marks.

    As Karpenter puts the taint karpenter.sh/disrupted on a Node: a key's prefix is the domain of
    the program that it is for.
    """
    write = view.write
    if not who.known or who.built_in or is_tool(who.manager):
        return None
    created = write.change.type == "ADDED"
    why = _names_an_owner(write, who) if created else _unsure(write, who)
    if not why:
        return None
    return Verdict(
        rule="client-or-controller",
        actor="unknown",
        actor_name=who.manager,
        verb="create" if created else "report" if who.subresource == "status" else "patch",
        subresource=who.subresource or None,
        what=f"{who.manager} {did(write)}.",
        why=why,
        who_grade="unknown",
        why_grade="unknown",
        causes=_told_with(view, who),
        begins=created,
        evidence=(proofs.saw(write), *proofs.managed(who)),
        source_url=sources.OPERATOR,
    )


def _told_with(view: View, who: Writer) -> tuple[Write, ...]:
    """What was last asked of an object with which a report or a finalizer on it is told.

    Whoever wrote it, that asks for nothing.
    """
    write = view.write
    answers = who.subresource == "status" or _holds(write)
    if write.change.type == "ADDED" or not answers or is_a(write.image, kinds.NODE):
        return ()
    cause = _asked(view)
    return (cause,) if cause is not None else ()


def _names_an_owner(write: Write, who: Writer) -> str:
    """Why who made a custom resource for an object of Kubernetes' own may be a controller."""
    owner = write.image.metadata.controller
    if owner is None or is_built_in(write.image.api_version) or not is_built_in(owner.api_version):
        return ""
    if not any_of(owned(write.image, who.manager), "metadata.ownerReferences"):
        return ""
    return (
        f"{who.manager} made it for {owner.kind} {owner.name}, and looks after no such object as "
        "far as that was seen: it is a controller, or a client that calls itself so."
    )


def _unsure(write: Write, who: Writer) -> str:
    """Why who changed an object may be a controller as well; empty where nothing says so."""
    if write.change.type != "MODIFIED" or not is_built_in(write.image.api_version):
        return ""
    if is_of_a_cloud(who.manager):
        return (
            f"{who.manager} is what a cloud's own controllers call themselves: they wrote it, or a "
            "client that calls itself so."
        )
    if who.subresource == "status" or _holds(write):
        return (
            f"{who.manager} is a name that scripts and controllers bear alike, and controllers "
            "write this as a rule: it is one of them, or a script."
        )
    if who.subresource == "resize":
        return (
            f"{who.manager} gave containers other resources in place, as the vertical Pod "
            "autoscaler's updater does: it is a controller, or a client that calls itself so."
        )
    changed = [change.path for change in write.changes]
    keys = sorted({key for path in changed for key in _marks(write, path)})
    if not keys or not all(path.startswith(_MARKED) for path in changed):
        return ""
    own = [key for key in keys if is_of(key, who.manager)]
    if own:
        return (
            f"{who.manager} keeps a mark of its own name here ({listing(own)}): it is the "
            "controller of that name, or a client that calls itself so."
        )
    if not all("." in key.partition("/")[0] and "/" in key for key in keys):
        return ""
    return (
        f"{who.manager} keeps marks here with a domain before their names ({listing(keys)}), as "
        "programs in a cluster do: it is a controller, or a client that calls itself so."
    )


_MARKED = ("metadata.labels.", "metadata.annotations.", "metadata.finalizers", "spec.taints[")


def _marks(write: Write, path: str) -> set[str]:
    """The keys that a changed path is about."""
    if path == _MARKED[2]:
        before = write.before.metadata.finalizers if write.before is not None else ()
        return set(before) ^ set(write.image.metadata.finalizers)
    prefix = next((each for each in _MARKED if path.startswith(each)), path)
    return {path.removeprefix(prefix).removesuffix("]")}

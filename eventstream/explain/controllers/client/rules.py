"""Writes of clients: whatever no component of the cluster accounts for.

The name is the field manager that the client chose for itself: a hint, not an identity.
"""

from eventstream.explain.attribution import evidence
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Verb
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import count, images_of, named, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write


def created(view: View, who: Writer) -> Verdict | None:
    """A client created an object: the root of a trace, and steps 1 to 3 for a Deployment."""
    write = view.write
    if write.change.type != "ADDED" or who.built_in or not who.known:
        return None
    deployment = write.image.kind == "Deployment"
    return Verdict(
        rule="client-created",
        stranger=_client(who),
        actor="client",
        actor_name=who.manager,
        verb="create",
        subresource=who.subresource or None,
        what=f"{_client(who)} asked the API server to create {_described(write)}.",
        why=_WHY,
        who_grade="reported",
        why_grade="unknown",
        begins=True,
        evidence=(evidence.saw(write), *evidence.managed(who)),
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
        evidence=(evidence.saw(write), *evidence.managed(who)),
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


_WHY = "Why a client acts cannot be seen from the API. Every step below follows from this request."


def _client(who: Writer) -> str:
    return f"A client that calls itself {who.manager}"


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

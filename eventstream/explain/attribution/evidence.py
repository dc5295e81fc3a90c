"""Builds the evidence of a step: each piece says which claim it supports and how strongly."""

from collections.abc import Iterable

from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import first_told
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change

_BASIS = {
    "created": "is the only one of the new object",
    "appeared": "appeared with this version",
    "moved": "moved with this version",
    "covers": "is the only one whose fields cover what changed",
}


def saw(write: Write) -> Evidence:
    """The watch showed this version."""
    how = "a relist showed" if write.change.relisted else "the watch delivered"
    text = (
        f"{how} {write.change.type} {named(write.image)} at resourceVersion {write.image.version}"
    )
    source = "list" if write.change.relisted else "watch"
    return Evidence("observed", source, text, "what", write.image.version)


def managed(who: Writer) -> list[Evidence]:
    """What managedFields says of the writer; empty where it says nothing."""
    if who.basis == "several":
        names = " and ".join(who.candidates)
        return [Evidence("unknown", "managedFields", f"entries of {names} moved together", "who")]
    if not who.known:
        return []
    part = f", subresource {who.subresource}" if who.subresource else ""
    time = f", {who.time}" if who.time else ""
    text = f"the entry of {who.manager} ({who.operation}{part}{time}) {_BASIS[who.basis]}"
    return [Evidence("reported", "managedFields", text, "who")]


def told(note: Change, claim: str = "why") -> Evidence:
    """An Event in which the acting component says so."""
    facts = note.after.spec
    times = f", {facts.times} times" if facts.times > 1 else ""
    text = f"Event {facts.reason} from {facts.component}{times}: {facts.message}"
    name = note.after.metadata.name
    at, precision = first_told(name, facts) or (None, 0)
    return Evidence("reported", "event", text, claim, name, at, precision, facts.reason or "")


def all_told(notes: Iterable[Change], claim: str = "why") -> list[Evidence]:
    """Evidence of several Events."""
    return [told(note, claim) for note in notes]


def owned(write: Write) -> list[Evidence]:
    """The object's own reference to its controller."""
    owner = write.image.metadata.controller
    if owner is None:
        return []
    text = f"its controlling ownerReference names {owner.kind} {owner.name}"
    return [Evidence("observed", "ownerReference", text, "why", owner.uid)]


def sequence(text: str, claim: str = "why") -> Evidence:
    """The documented sequence requires it."""
    return Evidence("inferred", "sequence", text, claim)


def condition(text: str, claim: str = "who") -> Evidence:
    """A condition that the acting component wrote."""
    return Evidence("reported", "condition", text, claim)


def owns(text: str) -> Evidence:
    """What the fields that a manager owns say of its part."""
    return Evidence("reported", "managedFields", text, "who")


def nobody(who: Writer) -> list[Evidence]:
    """A deletion leaves no entry: said, so that nobody takes the last writer for the deleter."""
    if who.known:
        return []
    return [Evidence("unknown", "managedFields", "a deletion leaves no entry of its own", "who")]

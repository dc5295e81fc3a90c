"""Builds evidence, of a step's claims and of a diagnosis: each piece with its grade."""

from collections.abc import Iterable

from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.notes import first_told, said
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, ContainerStatus

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


_EVENTS_TOLD = 3


def seen(write: Write, text: str) -> Evidence:
    """What this version of an object shows by itself."""
    return Evidence("observed", "watch", text, "why", write.image.version)


def status(write: Write, text: str) -> Evidence:
    """What the object's status says, as whoever reports it wrote it there."""
    return Evidence("reported", "status", text, "why", write.image.version)


def says(write: Write, found: Condition) -> Evidence:
    """A condition that the object's controller, scheduler or kubelet wrote."""
    reason = f" ({found.reason})" if found.reason else ""
    message = f": {found.message}" if found.message else ""
    text = f"condition {found.type} of {named(write.image)} is {found.status}{reason}{message}"
    return Evidence("reported", "condition", text, "why", write.image.version)


def reports(write: Write, container: ContainerStatus) -> Evidence:
    """What the kubelet reports of a container."""
    waiting, ended = container.state.waiting, container.state.terminated
    last = container.last_state.terminated if container.last_state else None
    words = [f"container {container.name} of {named(write.image)}"]
    if waiting is not None:
        message = f": {waiting.message}" if waiting.message else ""
        words.append(f"waits ({waiting.reason}){message}")
    for how, state in (("has ended", ended), ("ended before", last)):
        if state is not None:
            reason = f" ({state.reason})" if state.reason else ""
            at = f" at {state.finished_at}" if state.finished_at else ""
            words.append(f"{how} with exit code {state.exit_code}{reason}{at}")
    words.append(f"restart count {container.restart_count}")
    text = f"{words[0]} {', '.join(words[1:])}"
    return Evidence("reported", "status", text, "why", write.image.version)


def events(notes: Iterable[Change]) -> tuple[Evidence, ...]:
    """The Events that tell of it, the latest first, at most three; those that say the same once."""
    once: dict[tuple[str, str], Change] = {}
    for note in notes:
        once.setdefault((note.after.spec.reason or "", said(note)), note)
    return tuple(told(note) for note in list(once.values())[:_EVENTS_TOLD])

"""The evidence of a diagnosis: what was seen or reported, each piece with its grade."""

from collections.abc import Iterable

from eventstream.explain.attribution.evidence import told
from eventstream.explain.outlook import commands
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import said, warned
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, ContainerStatus

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


def of_wait(holding: Holding) -> tuple[Evidence, ...]:
    """The evidence of a wait that is only long: what is waited for has not been seen."""
    about = holding.about
    if holding.evidence or about is None:
        return holding.evidence
    image = about.image
    how = "was there when watching began" if about.base else "is the newest that was seen of it"
    marked = image.metadata.deletion_timestamp
    also = f", marked with deletionTimestamp {marked}" if marked else ""
    newest = seen(about, f"{named(image)} at resourceVersion {image.version} {how}{also}")
    known = [note for notes in (about.log.notes or {}).values() for note in notes.values()]
    latest = sorted(known, key=lambda note: (note.at, note.after.metadata.name), reverse=True)
    absent = Evidence("observed", "watch", f"not seen since then: {holding.waiting_for}", "why")
    warning = warned(about.log, holding.since)
    return (newest, absent, *events([warning] if warning is not None else latest[:1]))


def command_of(holding: Holding) -> str:
    """The command that shows what a holding is about; empty where none can be given."""
    if holding.command or holding.about is None:
        return holding.command
    return commands.describe(holding.about)

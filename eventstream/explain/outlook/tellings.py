"""What Events about an object say last, by the clocks of those who told them.

What is listed arrives all at once, and a reporter repeats an Event under its old name, so that the
order of arrival says little of which one holds now.
"""

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.notes import said, told_at
from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.observations import Change

_ASIDE = frozenset({"DNSConfigForming", "FailedToRetrieveImagePullSecret", "SystemOOM"})
"""Reasons of warnings that say nothing of why an object waits.

Source: pkg/kubelet/events/event.go; pkg/kubelet/network/dns/dns.go.
"""

_SPARE = 2.0
"""Seconds by which an Event may precede what it explains: its times are whole seconds."""


def latest(snapshot: Snapshot, log: ObjectLog, *reasons: str) -> list[Change]:
    """Events about an object with these reasons, the one that was last so first."""
    return sorted(snapshot.notes(log, *reasons), key=told_at, reverse=True)


def warned(log: ObjectLog, since: float) -> Change | None:
    """The Event of type Warning about an object that was last told from `since` on, or None.

    Whatever a wait is called, this is nearer to its cause than that it is long.
    """
    found = [
        note
        for reason, notes in (log.notes or {}).items()
        if reason not in _ASIDE
        for note in notes.values()
        if note.after.spec.type == "Warning" and told_at(note) >= since - _SPARE
    ]
    return max(found, key=told_at, default=None)


def quoted(note: Change) -> str:
    """Who says what in an Event, as a clause."""
    who = note.after.spec.component or "an Event"
    return f"{who} says: {said(note).rstrip('.')}"

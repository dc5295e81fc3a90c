"""What Events about an object say last, by the clocks of those who told them.

What is listed arrives all at once, and a reporter repeats an Event under its old name, so that the
order of arrival says little of which one holds now.
"""

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import said_by
from eventstream.explain.world.times import parse
from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.observations import Change


def told_at(note: Change) -> float:
    """When it was last so, in unix seconds; its arrival where it does not say."""
    facts = note.after.spec
    series = facts.series.last_observed_time if facts.series else None
    times = (series, facts.last_timestamp, facts.event_time)
    return max((at for text in times if (at := parse(text)) is not None), default=note.at)


def latest(snapshot: Snapshot, log: ObjectLog, *reasons: str) -> list[Change]:
    """Events about an object with these reasons, the one that was last so first."""
    found = snapshot.notes(log, *reasons)
    return sorted(found, key=told_at, reverse=True)


def says(note: Change) -> str:
    """An Event's message, or its reason where it has none."""
    return said_by(note.after.spec.message, note.after.spec.reason)

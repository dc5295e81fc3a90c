"""Cuts a recording in the middle: what a first list would have shown at that moment."""

from eventstream.explain.engine.engine import Engine
from eventstream.objects.observations import Change, Observation
from tests.explain.tapes import Result, observations


def listed_at(name: str, seconds: float) -> tuple[list[Observation], list[Observation]]:
    """What existed `seconds` after the recording began, as a first list; and all that follows."""
    shown = observations(name)
    moment = shown[0].at + seconds
    known: dict[str, Change] = {}
    for change in shown:
        if not isinstance(change, Change) or change.at > moment:
            continue
        if change.type == "DELETED":
            known.pop(change.after.uid, None)
        else:
            known[change.after.uid] = change
    existing: list[Observation] = [
        Change(change.resource, "EXISTING", change.after, moment) for change in known.values()
    ]
    return existing, [observation for observation in shown if observation.at > moment]


def contact(name: str, seconds: float, wait: float = 5.0) -> Result:
    """How a first contact at that moment explains what it finds."""
    existing, _ = listed_at(name, seconds)
    engine, result = Engine("cluster"), Result()
    for observation in existing:
        result.take(engine.apply(observation))
    result.take(engine.tick(existing[0].at + wait))
    return result

"""How a custom resource stands: acted on, its children as asked for, and its own word.

Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/;
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
#status-subresource (a type with one has a controller that writes it).
"""

from collections.abc import Callable

import msgspec

from eventstream.explain.controllers.custom.health import ACTOR, holding_of, own_word
from eventstream.explain.controllers.shared.conventions import untaught
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.waits import acting
from eventstream.explain.vocabulary.records import Stage
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.text import count, named, parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health

Assess = Callable[[Snapshot, Write, Write | None], Outlook]
_OWN_RANK = 7


def assess(snapshot: Snapshot, write: Write, began: Write | None, child_of: Assess) -> Outlook:
    """The outlook of a custom resource that exists; `child_of` judges what it controls."""
    health = write.image.health
    asked = began if began is not None and began.log is write.log else write
    since = _unanswered(snapshot, write, asked)
    found: list[Holding] = [] if since is None else [_unseen(write, since)]
    done, total = _children(snapshot, write, child_of, found)
    if health is not None and since is None and (not found or health.state == "failed"):
        rank = max((held.rank + 1 for held in found), default=_OWN_RANK)
        own = holding_of(write, health, when(asked) if asked is began else 0.0, rank)
        found.extend((own,) if own is not None else ())
    acted = since is None
    stages = staged([("stored", 1, 1), ("acted on", int(acted), 1), ("children", done, total)])
    if not found:
        return _done(write, health, done, total, stages)
    outlook = pending(found, stages, snapshot, "")
    first, beside = outlook.first, own_word(write, health)
    if outlook.state != "stalled" or not beside or first is None or first.about is write:
        return outlook
    return msgspec.structs.replace(outlook, summary=f"{outlook.summary} {beside}")


def _children(
    snapshot: Snapshot, write: Write, child_of: Assess, found: list[Holding]
) -> tuple[int, int]:
    """How many of the objects that it controls are as asked for, of how many; adds what is not."""
    done, total = 0, 0
    for child in snapshot.children(write.log):
        total += 1
        snapshot.looked += 1
        if snapshot.level == HIGHEST:
            continue  # So deep nothing is judged; what owns all this says how it does.
        snapshot.level += 1
        outlook = child_of(snapshot, child, None)
        snapshot.level -= 1
        done += outlook.state == "complete"
        found.extend(outlook.holdings)
    return done, total


def _done(
    write: Write, health: Health | None, done: int, total: int, stages: tuple[Stage, ...]
) -> Outlook:
    """What a custom resource is of which nothing is waited for: complete by a convention, or not.

    Complete is what says so itself; or what owns objects that are all as asked for, and says
    nothing. What it says of itself in other ways, nobody taught Baton.
    """
    image = write.image
    if health is not None and health.state == "complete":
        says = f" Its {health.by}." if health.by else " A rule for its kind says so."
        owns = f", and its {count(total, 'object')} as asked for" if 0 < total == done else ""
        summary = f"{named(image)} was acted on{owns}.{says}"
        return Outlook("complete", summary, (), stages, when(write))
    if health is not None and health.by:
        why = f"Its {health.by}." if health.basis == "convention" else f"The {health.by}."
    elif done < total:
        why = f"Of {count(total - done, 'object')} that it owns Baton does not know how they stand."
    elif not total:
        why = "Nothing in its status is read by a convention, and it owns nothing that would tell."
    else:
        summary = f"{named(image)} was acted on, and its {count(total, 'object')} as asked for."
        return Outlook("complete", summary, (), stages, when(write))
    return msgspec.structs.replace(untaught(write, why), stages=stages)


def _unseen(write: Write, since: float) -> Holding:
    waiting_for, wait = f"a custom controller to act on {named(write.image)}", acting(write.image)
    return Holding(1, ACTOR, "", since, waiting_for, late="no-controller", wait=wait, about=write)


def _unanswered(snapshot: Snapshot, write: Write, asked: Write) -> float | None:
    """Since when nobody has acted on it though somebody has to; None where that is not so."""
    if asked.base:
        # Many custom resources need no controller, or it had its time to act.
        return _alone(snapshot, write) if write.image.health is None else None
    if asked.change.type == "ADDED" and asked.image.health is not None:
        return None  # It came with a status, as one that is restored does.
    writes = [*snapshot.since(write.log, asked.order)]
    for child in write.log.family.children.values():
        writes.extend(snapshot.since(child, asked.order))
    return None if any(_acts(later) for later in writes) else when(asked)


def _alone(snapshot: Snapshot, write: Write) -> float | None:
    """Since when it lacks the status that its type has room for, where nobody serves its group."""
    resource, metadata = write.change.resource, write.image.metadata
    if snapshot.world.known.looks_after(resource.group) or write.log.family.children:
        return None
    name = f"{resource.plural}.{resource.group}"
    definition = snapshot.by_name("CustomResourceDefinition", None, name)
    versions = getattr(definition.image.spec, "versions", ()) if definition is not None else ()
    if any(one.subresources and one.subresources.status is not None for one in versions):
        return parse(metadata.creation_timestamp)
    return None


def _acts(write: Write) -> bool:
    """Whether a custom controller did something: a finalizer alone only announces that it will."""
    if write.decision.verdict is None or write.decision.verdict.actor != ACTOR:
        return False
    return not write.changes or any(c.path != "metadata.finalizers" for c in write.changes)

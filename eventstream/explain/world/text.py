"""The small pieces of English that every sentence is made of, and times as objects tell them.

Of what was there before Baton watched, an object's own times are the only ones.
"""

from datetime import datetime

from eventstream.explain.world.writes import Write
from eventstream.objects.changes import FieldChange
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import desired_at
from eventstream.objects.numbers import is_time
from eventstream.objects.observations import AuditRecord
from eventstream.objects.redaction import NOT_KEPT


def count(number: int, noun: str) -> str:
    """`1 Pod`, `3 Pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural(noun)}"


def seconds(duration: float) -> str:
    """`350 ms`, `1.2 s`, `30 s`."""
    if duration < 0.9995:
        return f"{duration * 1000:.0f} ms"
    return f"{duration:.1f}".removesuffix(".0") + " s"


def plural(noun: str) -> str:
    """The plural of a Kubernetes kind or of a plain noun."""
    if noun.endswith(("s", "x", "ch")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith(("cy", "ty", "ry")) else noun + "s"


def named(image: Image) -> str:
    """`Deployment nginx`."""
    return f"{image.kind} {image.metadata.name or 'without a name'}"


def seen(write: Write) -> str:
    """`the ADDED event of Deployment nginx (16008)`: what a controller received.

    `the state of …` for what it knew from before.
    """
    if write.base:
        return f"the state of {named(write.image)} ({write.image.version})"
    kind = "DELETED" if write.gone else write.change.type
    return f"the {kind} event of {named(write.image)} ({write.image.version})"


def one_line(text: str) -> str:
    """`text` on one line, as it stands within a sentence."""
    return " ".join(text.split()) if "\n" in text or "\t" in text else text


def sentence(text: str) -> str:
    """`text` on one line with one full stop at its end, for messages that may bring neither."""
    return one_line(text).rstrip().rstrip(".") + "."


def said_by(message: str | None, reason: str | None) -> str:
    """What a status or an Event says: its message, or its reason where it has none, or none kept.

    Empty where it says neither.
    """
    if message == NOT_KEPT and reason:
        return f"{reason} {NOT_KEPT}"
    return message or reason or ""


def listing(items: list[str], limit: int = 4) -> str:
    """`a`, `a and b`, `a, b and c`, and beyond `limit` how many more."""
    if len(items) > limit:
        items = [*items[:limit], f"{len(items) - limit} more"]
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def images_of(image: Image) -> str:
    """The container images of a Pod or of a Pod template, as a list."""
    spec = getattr(getattr(image.spec, "template", None), "spec", image.spec)
    return listing([container.image for container in getattr(spec, "containers", ())])


def asker(record: AuditRecord) -> str:
    """A client by its user and program: `kubernetes-admin, with kubectl,`.

    Who acts in another's name comes before that: `ann as bob`.
    """
    user = record.user or "A client without a name"
    user = f"{record.impersonator} as {user}" if record.impersonator else user
    return f"{user}, with {record.program}," if record.program else user


def told_changes(changes: tuple[FieldChange, ...]) -> str:
    """`spec.replicas from 3 to 5`, a few of them; says so where the values are hidden."""
    if not changes:
        return "nothing that Baton keeps"
    return listing([_told(change) for change in changes], 3)


def did(write: Write) -> str:
    """What was done to an object, as a clause: `created Pod a`, `changed Pod a: …`, `removed …`."""
    if write.gone:
        return f"removed {named(write.image)}"
    if write.change.type == "ADDED":
        return f"created {named(write.image)}"
    return f"changed {named(write.image)}: {told_changes(write.changes)}"


def _told(change: FieldChange) -> str:
    if change.hidden:
        return f"{change.path} (value hidden)"
    condition = _condition(change)
    if condition:
        return condition
    if change.before is None:
        return f"{change.path} set to {change.after}"
    if change.after is None:
        return f"{change.path} removed"
    return f"{change.path} from {change.before} to {change.after}"


_CONDITION = "status.conditions["


def _condition(change: FieldChange) -> str:
    """A condition that came or went, in words: its type, status and reason; empty for all else.

    Its value may be cut, so that it is not read as a whole.
    """
    name = change.path.removeprefix(_CONDITION).removesuffix("]")
    if f"{_CONDITION}{name}]" != change.path or (change.before and change.after):
        return ""
    if change.after is None:
        return f"condition {name} removed"
    status, reason = (
        change.after.partition(f'"{key}":"')[2].partition('"')[0] for key in ("status", "reason")
    )
    because = f" ({reason})" if reason else ""
    return f"condition {name} is {status}{because}" if status else ""


def parse(text: str | None) -> float | None:
    """RFC 3339 as unix seconds; None for what is no time, or none that a cluster can mean."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    at = moment.timestamp()
    return at if is_time(at) else None


def when(write: Write) -> float:
    """When a version came about: its arrival, or for a base the newest time that it tells.

    Of what was asked for last, and nobody has seen yet, only managedFields tell when that was.
    """
    if not write.base or write.decision.draft is not None:
        return write.change.at
    if write.told_at is None:
        write.told_at = _told_at(write)
    return write.told_at


def _told_at(write: Write) -> float:
    metadata = write.image.metadata
    told = [metadata.creation_timestamp]
    conditions = getattr(write.image.status, "conditions", ())
    told.extend(condition.last_transition_time for condition in conditions)
    told.extend(desired_at(metadata))
    times = [at for text in told if (at := parse(text)) is not None]
    asked = asked_to_go(write.image)
    if asked is not None:
        times.append(asked)
    elif not metadata.managed_fields and _is_unseen(write.image):
        return write.change.at
    return max(times, default=write.change.at)


def asked_to_go(image: Image) -> float | None:
    """When its deletion was asked for, by the API server's clock; None where it was not.

    Its deletionTimestamp is when the grace period ends.
    """
    ends = parse(image.metadata.deletion_timestamp)
    if ends is None:
        return None
    since = ends - (image.metadata.deletion_grace_period_seconds or 0)
    return since if is_time(since) else ends


def _is_unseen(image: Image) -> bool:
    """Whether no status is known to be of the newest generation, where that is not the first.

    What is asked of a Pod is hardly ever changed, and its older kubelets observe no generation.
    """
    generation = image.metadata.generation or 0
    if image.health is not None and not image.health.stale and image.health.since:
        return False
    observed: int | None = getattr(image.status, "observed_generation", None)
    if observed is None:
        return generation > 1 and image.kind != "Pod"
    return observed < generation

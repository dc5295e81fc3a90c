"""Turns numbers and names of the record into the words that screens show.

One place, so that the same moment reads the same in the feed, in the sequence and in the drawer.
"""

import json
import math
from datetime import UTC, datetime

from eventstream.explain.vocabulary.records import FieldChange, ObjectRef, Usual
from eventstream.expressions import expression

# Bidirectional controls reorder the text around them: a name could pretend to be another.
_INVISIBLE = (
    *range(9),
    *range(11, 32),
    *range(127, 160),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_ESCAPES = {code: f"\\u{code:04x}" for code in _INVISIBLE}


def visible(text: str) -> str:
    """Return `text` with characters that can't be seen, or that reorder others, written out."""
    return text.translate(_ESCAPES)


def duration(seconds: float) -> str:
    """Return a stretch of time with two units at most: "812 ms", "4.2 s", "2 min 5 s", "3 h"."""
    if not math.isfinite(seconds):
        return "unknown"
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return _two(whole, "min", 60, "s", 1)
    if whole < 86_400:
        return _two(whole, "h", 3600, "min", 60)
    return _two(whole, "d", 86_400, "h", 3600)


def _two(whole: int, unit: str, size: int, below: str, step: int) -> str:
    """Return `whole` seconds as so many of `unit` and, if any, of the unit below it."""
    rest = whole % size // step
    return f"{whole // size} {unit} {rest} {below}" if rest else f"{whole // size} {unit}"


def ago(seconds: float) -> str:
    """Return how long ago something was, calm enough to tick: "just now", "4 s ago"."""
    if not math.isfinite(seconds):
        return "at no known time"
    if seconds < 2:
        return "just now"
    return f"{int(seconds)} s ago" if seconds < 60 else f"{duration(seconds)} ago"


def until(seconds: float) -> str:
    """Return when something is due: "in 12 s", or "now" when that has come."""
    if seconds <= 0:
        return "now"
    if not math.isfinite(seconds):
        return "at no known time"
    return f"in {math.ceil(seconds)} s" if seconds <= 59 else f"in {duration(seconds)}"


def usual(wait: Usual) -> str:
    """Return how long such a wait usually takes here, and from when on it is called unusual."""
    limit = f"unusual after {duration(wait.limit).replace('.0 s', ' s')}"
    if wait.median is None or wait.p95 is None:
        return f"Not seen here before; counts as {limit}, Baton's default"
    seen = f"of {wait.seen} seen here"
    if wait.stated:
        return f"Usually {duration(wait.median)}, the median {seen}; {limit}, Baton's default"
    share = f"95 % within {duration(wait.p95)}"
    return f"Usually {duration(wait.median)}, {share}, {seen}; {limit}"


def offset(seconds: float, precision_ms: int = 1) -> str:
    """Return a signed distance in time, no more exact than its clock: "+14 ms", "+3 s"."""
    sign = "\N{MINUS SIGN}" if seconds < 0 else "+"
    if precision_ms >= 1000 and abs(seconds) < 60:
        return f"{sign}{abs(seconds):.0f} s"
    return sign + duration(abs(seconds))


def moment(at: float) -> str:
    """Return a unix time as it reads in UTC: "2026-11-23 00:07:01.823 UTC"."""
    stamp = _utc(at)
    return (
        f"{stamp:%Y-%m-%d %H:%M:%S}.{stamp.microsecond // 1000:03d} UTC" if stamp else _no_time(at)
    )


_STAMP = expression(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")


def stamp(text: str) -> str:
    """Return a time as an object holds it, "2026-11-23T00:07:01Z", as `moment` writes one."""
    found = _STAMP.fullmatch(text)
    return f"{found[1]} {found[2]} UTC" if found else visible(text)


def for_input(at: float) -> str:
    """Return a unix time as an input of type datetime-local has it, in UTC: whole seconds."""
    return f"{stamp:%Y-%m-%dT%H:%M:%S}" if (stamp := _utc(at)) else ""


def machine_time(at: float) -> str:
    """Return a unix time for a `datetime` attribute, in UTC with milliseconds."""
    stamp = _utc(at)
    return stamp.isoformat(timespec="milliseconds") if stamp else _no_time(at)


def _utc(at: float) -> datetime | None:
    """A unix time in UTC; None for a number that no calendar has a day for."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _no_time(at: float) -> str:
    return f"unix time {at:g}"


def json_time(at: float | None) -> str | None:
    """Return a unix time as JSON documents have it, null where there is none."""
    return None if at is None else machine_time(at).replace("+00:00", "Z")


def plural(kind: str) -> str:
    """Return a kind in the plural: "Pods", "Ingresses", "NetworkPolicies", "Endpoints"."""
    if kind.endswith(("s", "x", "ch", "sh")):
        return kind if kind == "Endpoints" else f"{kind}es"
    if kind.endswith("y") and kind[-2:-1] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}s"


def more(count: int, kind: str) -> str:
    """Return how many more objects of a kind there are: "+147 more Pods"; "" for none."""
    if not count:
        return ""
    return visible(f"+{count} more {kind if count == 1 else plural(kind)}")


def reference(obj: ObjectRef) -> str:
    """Return kind and name as kubectl writes them: "deployment/nginx"."""
    return visible(f"{obj.kind.lower()}/{obj.name}")


def field_value(text: str | None, *, hidden: bool) -> str:
    """Return one side of a change for reading: JSON strings bare, absence and hiding in words."""
    if text is None:
        return "absent"
    if hidden:
        return "value hidden"
    try:
        value = json.loads(text)
    except ValueError:
        return visible(text)
    return visible(value) if isinstance(value, str) and value else visible(text)


def change_words(change: FieldChange) -> str:
    """Return what happened to a field in one word: set, removed or changed."""
    if change.hidden:
        return "changed, value hidden"
    if change.before is None:
        return "set"
    return "removed" if change.after is None else "changed"


def source_name(address: str) -> str:
    """Return what a link to Kubernetes' source or documentation is called: its path there."""
    if address.startswith(_REPOSITORY):
        # Behind "blob" or "tree" stands a version: an older one in an older history.
        path = address.removeprefix(_REPOSITORY).split("/", 2)[-1]
        return path.removeprefix("staging/src/k8s.io/").rstrip("/")
    return address.removeprefix("https://kubernetes.io/").rstrip("/")


_REPOSITORY = "https://github.com/kubernetes/kubernetes/"


_POD_GLYPHS = {
    "failing": "stalled",
    "failed": "down",
    "pending": "pending",
    "not-ready": "running",
    "starting": "late",
    "terminating": "gone",
    "ready": "complete",
    "done": "done",
}


def pod_glyph(state: str) -> str:
    """Return the glyph of a Pod's state, see `history.POD_STATES`; that of "not yet" for none."""
    return _POD_GLYPHS.get(state, "pending")


def pod_words(state: str) -> str:
    """Return a Pod's state for reading; "" is one that was not judged yet."""
    return state.replace("-", " ") or "not known yet"

"""Keeps Events with the object that they are about, and says when what they tell happened.

What Events say last goes by the clocks of those who told them: see `Snapshot.latest_notes`.

An Event may come before the write that it tells of, or long after, so that writes which asked for
one are decided anew when it comes. Its reporter may give another uid than the API server: `Aliases`
knows whom it means.

An Event's timestamps are whole seconds, which is too coarse to see where the time of a Pod's start
went. But the recorder names each Event by the nanosecond at which it made it, from the same
reading of its clock; that finer time is used where it agrees with the timestamp, and only there.
Source: staging/src/k8s.io/client-go/tools/record/event.go, makeEvent, and its util's
GenerateEventName.
"""

from functools import lru_cache

import msgspec

from eventstream.explain.world.text import one_line, parse, said_by
from eventstream.explain.world.writes import Logs, ObjectLog, Write
from eventstream.objects.cluster_kinds import EventFacts
from eventstream.objects.images import Image
from eventstream.objects.observations import Change
from eventstream.objects.versions import order_of

ANY = "*"
"""Stands before the reasons that a write asks for whatever their Events name.

With a name after it, for what their Events say of another object of that name. Where words are to
be in the Events, these stand there instead, with a space before and behind.
"""

KEPT = 64
"""Events of one reason kept about one object: clients themselves send about 25 an object."""

REASONS_KEPT = 64
"""Reasons of Events that are told apart about one object; the oldest goes first."""


def keep(log: ObjectLog, note: Change) -> list[Write]:
    """Keep an Event with the object; returns the writes that had asked for it."""
    reason, uid = note.after.spec.reason or "", note.after.uid
    if log.notes is None:
        log.notes = {}
    if reason not in log.notes and len(log.notes) >= REASONS_KEPT:
        del log.notes[next(iter(log.notes))]
    known = log.notes.setdefault(reason, {})
    earlier = known.get(uid)
    known[uid] = note
    while len(known) > KEPT:
        del known[next(iter(known))]
    if not log.note_askers:
        return []
    said = [note] if earlier is None else [note, earlier]
    asked = [(group[0], who) for group, who in log.note_askers.items() if reason in group]
    return [
        write
        for first, askers in asked
        if _has_words(first, said)
        for write in askers.values()
        if first[0] == ANY or any(tells_of(each, write) for each in said)
    ]


def _has_words(first: str, said: list[Change]) -> bool:
    """Whether one of these Events has the words that are asked for; any has, where none are."""
    words = f" {first[1:]} " if first[0] == ANY and first != ANY else first
    return words[0] != " " or any(says(each, words) for each in said)


def needed(log: ObjectLog) -> bool:
    """Whether more than its Events needs the log of an object that may never have been seen."""
    asked = log.askers or any((log.note_askers or {}).values())
    return bool(log.seen or asked or log.family.children)


def says(note: Change, words: str) -> bool:
    """Whether an Event's message has these words, with the spaces around them."""
    return words in f" {note.after.spec.message} "


def tells_of(note: Change, write: Write) -> bool:
    """Whether an Event can tell of this write: it is about its object, or names it."""
    facts = note.after.spec
    log = write.log
    return facts.involved_object.uid == log.uid or log.ref.name in (facts.message or "").split()


_COMBINED = "(combined from similar events): "
"""Put by client-go before the newest of many Events that differ in their message alone.

Source: staging/src/k8s.io/client-go/tools/record/events_cache.go, EventAggregate.
"""


def said(note: Change) -> str:
    """An Event's message, without the mark that similar ones were joined to it."""
    facts = note.after.spec
    return said_by(facts.message, facts.reason).removeprefix(_COMBINED)


def told_at(note: Change) -> float:
    """When it was last so, in unix seconds; its arrival where it does not say."""
    facts = note.after.spec
    series = facts.series.last_observed_time if facts.series else None
    times = (series, facts.last_timestamp, facts.event_time)
    return max((at for text in times if (at := parse(text)) is not None), default=note.at)


_ASIDE = frozenset(
    {
        "CheckLimitsForResolvConf",
        "DNSConfigForming",
        "FailedToRetrieveImagePullSecret",
        "FailedToUpdateEndpoint",
        "FailedToUpdateEndpointSlices",
        "InvalidDiskCapacity",
        "MissingClusterDNS",
        "SystemOOM",
        "TopologyAwareHintsDisabled",
    }
)
"""Reasons of warnings that say nothing of why an object waits.

A kubelet gives some of them each time that it starts, as before it has measured its disks.
Source: pkg/kubelet/events/event.go; pkg/kubelet/network/dns/dns.go;
pkg/kubelet/images/image_gc_manager.go; pkg/controller/endpointslice/endpointslice_controller.go;
https://github.com/kubernetes/endpointslice/blob/master/topologycache/event.go.
"""

_EARLY = 2.0
"""Seconds by which an Event may precede what it explains: its times are whole seconds."""


def warned(log: ObjectLog, since: float) -> Change | None:
    """The Event of type Warning about an object that was last told from `since` on, or None.

    Whatever a wait is called, this is nearer to its cause than that it is long.
    """
    found = [
        note
        for reason, notes in (log.notes or {}).items()
        if reason not in _ASIDE
        for note in notes.values()
        if note.after.spec.type == "Warning" and told_at(note) >= since - _EARLY
    ]
    return max(found, key=told_at, default=None)


def quoted(note: Change) -> str:
    """Who says what in an Event, as a clause."""
    who = note.after.spec.component or "an Event"
    return f"{who} says: {one_line(said(note)).rstrip('.')}"


def recency(note: Change) -> int:
    """Events share a domain, so that their versions tell which of two came later."""
    return order_of(note.after.version) or 0


def since(note: Change) -> float:
    """When an Event last happened: its arrival, or by its own times if it was there before."""
    facts = note.after.spec
    told = parse(facts.last_timestamp) or parse(facts.event_time)
    return told if note.type == "EXISTING" and told is not None else note.at


SECOND_MS = 1000
_LONGEST = 16
"""Hexadecimal digits of 64 bits."""


def first_told(name: str, facts: EventFacts) -> tuple[float, int] | None:
    """Unix seconds on the reporter's own clock and their precision in ms; None where untold."""
    return _first(name, facts.event_time, facts.first_timestamp)


def last_told(facts: EventFacts) -> float | None:
    """Unix seconds at which it last happened, by the reporter's clock; None where untold."""
    series = facts.series.last_observed_time if facts.series is not None else None
    for text in (series, facts.last_timestamp, facts.event_time, facts.first_timestamp):
        at = parse(text)
        if at is not None:
            return at
    return None


@lru_cache(maxsize=4096)  # A decision is made again whenever another Event of its Pod arrives.
def _first(name: str, event_time: str | None, first: str | None) -> tuple[float, int] | None:
    exact = parse(event_time)
    if exact is not None:
        return exact, 1
    second = parse(first)
    if second is None:
        return None
    named = _nanoseconds(name)
    return (named, 1) if named is not None and second <= named < second + 1 else (second, SECOND_MS)


def _nanoseconds(name: str) -> float | None:
    """The time that an Event's name ends with, in unix seconds; None where it ends otherwise."""
    suffix = name.rpartition(".")[2]
    if len(suffix) > _LONGEST:
        return None
    try:
        return int(suffix, 16) / 1e9
    except ValueError:
        return None


MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a Pod that only shows one which its kubelet runs of itself."""

_ROOM = 1024
"""Aliases after which those of objects that are forgotten go."""


class Aliases:
    """By other uids that are given for them, the objects that are meant, of several the newest.

    A kubelet, and most else that runs on a node, gives the name of its Node for the uid, too. Of a
    Pod that a kubelet runs from a file it gives the hash of that, which the Pod's mirror has as
    annotation. Sources: pkg/kubelet/kubelet.go, NewMainKubelet (`nodeRef`);
    staging/src/k8s.io/kubectl/pkg/describe/describe.go, PodDescriber (Events of a mirror Pod);
    https://github.com/kubernetes/node-problem-detector/tree/master/pkg/exporters/k8sexporter.
    """

    def __init__(self) -> None:
        self._meant: dict[str, tuple[int, str]] = {}
        self._room = _ROOM

    def addressed(self, note: Change) -> Change:
        """The same Event about the object that is meant, as far as that was seen."""
        found = self._meant.get(note.after.spec.involved_object.uid)
        return note if found is None else _about(note, found[1])

    def learn(self, write: Write, logs: Logs) -> None:
        """Let an object that is first seen have what is told of it by another uid, or was."""
        log = write.log
        if len(log.writes) > 1 or not (other := _alias(write.image)):
            return
        known = self._meant.get(other)
        if known is None or known[0] < write.order:
            self._meant[other] = write.order, log.uid
        if len(self._meant) > self._room:
            self._meant = {key: meant for key, meant in self._meant.items() if meant[1] in logs}
            self._room = max(_ROOM, 2 * len(self._meant))
        _adopt(log, other, logs)


def _alias(image: Image) -> str:
    """What reporters may call this object instead of by its uid; empty where nobody does."""
    if image.kind == "Node":
        return image.metadata.name
    if image.kind == "Pod" and image.metadata.annotations:
        return image.metadata.annotations.get(MIRROR) or ""
    return ""


def _adopt(log: ObjectLog, other: str, logs: Logs) -> None:
    """Take over what was told by the other uid before the object was seen."""
    early = logs.get(other)
    if early is None or early.seen:
        return
    for told in (early.notes or {}).values():
        for note in told.values():
            keep(log, _about(note, log.uid))
    early.notes = None
    if not needed(early):
        del logs[other]


def _about(note: Change, uid: str) -> Change:
    image, facts = note.after, note.after.spec
    about = msgspec.structs.replace(facts.involved_object, uid=uid)
    spec = msgspec.structs.replace(facts, involved_object=about)
    return msgspec.structs.replace(note, after=msgspec.structs.replace(image, spec=spec))

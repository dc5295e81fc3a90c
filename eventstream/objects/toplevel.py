"""Reads kinds whose content stands at the object's top level: Event and ControllerRevision."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Literal

import msgspec

from eventstream.objects.bounds import LARGE, bounded_part
from eventstream.objects.cluster_kinds import (
    EventFacts,
    EventSeries,
    EventSource,
    InvolvedObject,
    RevisionFacts,
)
from eventstream.objects.images import Metadata
from eventstream.objects.loosely import fit
from eventstream.objects.parts import is_digest
from eventstream.objects.redaction import Redactor
from eventstream.objects.uids import UID_MOST, bounded
from eventstream.objects.workloads import PodTemplate

Flags = tuple[str, ...]


class _Event(EventFacts, frozen=True, gc=False, rename="camel"):
    """Both forms at once: `v1` has the inherited names, `events.k8s.io/v1` the ones here."""

    regarding: InvolvedObject | None = None
    note: str | None = None
    reporting_controller: str | None = None
    deprecated_source: EventSource | None = None
    deprecated_first_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    deprecated_count: int | None = None


class _Revision(RevisionFacts, frozen=True, gc=False, rename="camel"):
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Templated(msgspec.Struct, gc=False):
    template: PodTemplate | None = None


class _Patch(msgspec.Struct, gc=False):
    """What a StatefulSet's or DaemonSet's revision holds: a patch that gives its Pod template."""

    spec: _Templated = msgspec.field(default_factory=_Templated)


class UsualEvent(EventFacts, frozen=True, gc=False, rename="camel"):
    """A sound Event of `v1`, whole: a third of what a cluster tells, so it is read in one go."""

    metadata: Metadata = Metadata()
    kind: str = ""
    flags: Flags = msgspec.field(name="x-baton-flags", default=())

    def facts(self, redactor: Redactor) -> EventFacts:
        """What it says, its message scrubbed."""
        return _clean(EventFacts(*_facts_of(self)), redactor)


class UsualEventLine(msgspec.Struct, gc=False):
    """A line of a watch that tells of such an Event."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: UsualEvent


_v1 = msgspec.json.Decoder(EventFacts)
_either = msgspec.json.Decoder(_Event)
_revision = msgspec.json.Decoder(_Revision)
_patch = msgspec.json.Decoder(_Patch)


def read_event(raw: msgspec.Raw | bytes, redactor: Redactor) -> tuple[EventFacts, Flags]:
    """The facts of an Event in either form, its message scrubbed, and what was odd about it.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
    """
    flags: Flags = ()
    try:
        facts = _v1.decode(raw)
        if not facts.involved_object.kind:
            facts = _in_v1(_either.decode(raw))
    except msgspec.ValidationError:
        event, flags = fit(_Event, msgspec.json.decode(raw), "")
        facts = _in_v1(event)
    return _clean(facts, redactor), flags


def _clean(facts: EventFacts, redactor: Redactor) -> EventFacts:
    """The same facts, redacted, and with a uid that is not too long."""
    clean: dict[str, Any] = {}
    if facts.message:
        clean["message"] = redactor.message(facts.message)
    about = facts.involved_object
    if len(about.uid) > UID_MOST:
        clean["involved_object"] = msgspec.structs.replace(about, uid=bounded(about.uid))
    said = _said_of(facts)
    if said not in redactor.sound:
        clean |= _clean_words(redactor, said)
    source = facts.source
    if source is not None and source.component and source.component not in redactor.words:
        component = redactor.words[source.component]
        clean["source"] = msgspec.structs.replace(source, component=component)
    return msgspec.structs.replace(facts, **clean) if clean else facts


def _clean_words(redactor: Redactor, said: tuple[str | None, ...]) -> dict[str, str | None]:
    """What an Event says in single words, redacted; what stays as it is together is remembered."""
    clean = tuple([text and redactor.words[text] for text in said])
    if clean == said:
        redactor.remember(said)
    return dict(zip(_SAID, clean, strict=True))


_SAID = ("reason", "action", "type", "reporting_component", "reporting_instance")
_said_of = attrgetter(*_SAID)


def _in_v1(event: _Event) -> EventFacts:
    if event.involved_object.kind or event.regarding is None:
        given: dict[str, Any] = {name: getattr(event, name) for name in _FACTS}
        return EventFacts(**given)
    series = event.series
    if series is None and event.deprecated_count:
        series = EventSeries(count=event.deprecated_count)
    return EventFacts(
        involved_object=event.regarding,
        reason=event.reason,
        message=event.note,
        source=event.deprecated_source,
        first_timestamp=event.deprecated_first_timestamp,
        last_timestamp=event.deprecated_last_timestamp,
        event_time=event.event_time,
        series=series,
        type=event.type,
        action=event.action,
        reporting_component=event.reporting_controller,
        reporting_instance=event.reporting_instance,
    )


_FACTS = EventFacts.__struct_fields__
_facts_of = attrgetter(*_FACTS)


def read_revision(
    raw: msgspec.Raw | bytes, redactor: Redactor, settled: Callable[[PodTemplate], PodTemplate]
) -> tuple[RevisionFacts, Flags]:
    """A ControllerRevision's number and Pod template, with a digest of all that it holds.

    `settled` gives a template redacted. Flags say what was odd about the object; what it holds
    may be anything, and is no template then.
    Source: pkg/controller/statefulset/stateful_set_utils.go, getPatch;
    pkg/controller/daemon/update.go, getPatch.
    """
    flags: Flags = ()
    try:
        read = _revision.decode(raw)
    except msgspec.ValidationError:
        read, flags = fit(_Revision, msgspec.json.decode(raw), "")
    digest = read.digest if is_digest(read.digest) else redactor.digest(read.data)
    template = read.template or _template_in(read.data)
    if template is not None and len(raw) > LARGE:
        template, more = bounded_part(template, "data")
        flags += more
    if template is not None:
        template = settled(template)
    return RevisionFacts(digest=digest, revision=read.revision, template=template), flags


def _template_in(data: msgspec.Raw) -> PodTemplate | None:
    try:
        return _patch.decode(data).spec.template
    except (msgspec.ValidationError, RecursionError):
        return None

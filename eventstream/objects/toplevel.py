"""Reads kinds whose content stands at the object's top level: Event and ControllerRevision."""

import msgspec

from eventstream.objects.cluster_kinds import (
    EventFacts,
    EventSeries,
    EventSource,
    InvolvedObject,
    RevisionFacts,
)
from eventstream.objects.redaction import Redactor


class _Event(EventFacts, gc=False, frozen=True, rename="camel"):
    """Both forms at once: `v1` has the inherited names, `events.k8s.io/v1` the ones here."""

    regarding: InvolvedObject | None = None
    note: str | None = None
    reporting_controller: str | None = None
    deprecated_source: EventSource | None = None
    deprecated_first_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    deprecated_count: int | None = None


_v1 = msgspec.json.Decoder(EventFacts)
_either = msgspec.json.Decoder(_Event)
_revision = msgspec.json.Decoder(RevisionFacts)


def read_event(raw: msgspec.Raw | bytes, redactor: Redactor) -> EventFacts:
    """The facts of an Event in either form, its message scrubbed.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
    Raises msgspec.ValidationError where a field has another type than documented.
    """
    facts = _v1.decode(raw)
    if not facts.involved_object.kind:
        facts = _from_new_form(_either.decode(raw))
    if facts.message:
        msgspec.structs.force_setattr(facts, "message", redactor.message(facts.message))
    return facts


def _from_new_form(event: _Event) -> EventFacts:
    series = event.series
    if series is None and event.deprecated_count:
        series = EventSeries(count=event.deprecated_count)
    return EventFacts(
        involved_object=event.regarding or InvolvedObject(),
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


def read_revision(raw: msgspec.Raw | bytes, redactor: Redactor) -> RevisionFacts:
    """A ControllerRevision's number, with a digest of the rest."""
    facts = _revision.decode(raw)
    if not facts.digest:
        msgspec.structs.force_setattr(facts, "digest", redactor.digest(bytes(raw)))
    return facts

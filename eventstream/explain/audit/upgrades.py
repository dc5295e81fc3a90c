"""Upgrades what a rule decided by what the request itself says: who asked, how, and when.

The rule keeps its say on why, and on what cannot be told from an identity: whether an agent is a
custom controller, and which of the actors that share one service account it was.
"""

from datetime import UTC, datetime

import msgspec

from eventstream.explain.attribution.customs import custom_owner
from eventstream.explain.audit import identities
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared.tools import is_of_a_cloud
from eventstream.explain.vocabulary.records import Evidence, Loop, Verb
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Match
from eventstream.explain.world.text import asker, did, named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import AuditRecord

_SUBRESOURCE_VERBS: dict[str, Verb] = {"status": "report", "binding": "bind", "eviction": "evict"}
_VERBS: dict[str, Verb] = {
    "create": "create",
    "update": "update",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "delete",
}


def upgraded(view: View, verdict: Verdict, match: Match, *, proven: bool) -> Verdict:
    """The verdict with the audited identity; `proven` if it is known as a custom controller's."""
    record, write = match.record, view.write
    verdict = verdict.told()
    actor = actor_of(write, verdict, record, proven=proven)
    if (verdict.actor, actor) == ("client", "custom-controller"):
        verdict = msgspec.structs.replace(
            _introduced(verdict, record), actor=actor, rule="audited", why=_CONTROLLER
        )
    elif actor != verdict.actor:
        verdict = _corrected(view, verdict, actor, record)
    elif actor == "client":
        verdict = _introduced(verdict, record)
    name = _name(actor, verdict, record)
    return msgspec.structs.replace(
        verdict,
        actor_name=name,
        verb=verb_of(record) if verdict.verb != "renew" else "renew",
        subresource=record.subresource or None,
        who_grade="audited" if actor != "unknown" else "unknown",
        evidence=(*verdict.evidence, evidence(match)),
    )


def verb_of(record: AuditRecord) -> Verb:
    """The contract's word for what was asked: a status write is a report, however it was sent."""
    if record.verb == "create" and record.subresource:
        return _SUBRESOURCE_VERBS.get(record.subresource, "update")
    return _SUBRESOURCE_VERBS.get(record.subresource) or _VERBS[record.verb]


def actor_of(write: Write, verdict: Verdict, record: AuditRecord, *, proven: bool) -> str:
    """The contract's actor behind an identity; the rule decides what the identity leaves open."""
    known = identities.components(record)
    if len(known) > 1:
        return verdict.actor if verdict.actor in known else _of_node_controllers(write)
    if known:
        return known[0]
    if identities.is_controller_manager(record):
        return "unknown"  # One of its loops that Baton has no name for.
    service = record.user.startswith(identities.ACCOUNTS) and not record.impersonator
    if service and (record.subresource == "binding" or verdict.actor == "scheduler"):
        return "scheduler"
    if identities.is_by_hand(record):
        return "client"
    if service:
        return "unknown" if is_of_a_cloud(identities.program(record)) else "custom-controller"
    open_ = verdict.actor in ("kubelet", "unknown") and write.image.kind in ("Pod", "Node")
    if open_ and identities.program(record).endswith("kubelet"):
        return "kubelet"
    acts = proven or proves(verdict, record)
    return "custom-controller" if acts and not _asks(write) else "client"


def _asks(write: Write) -> bool:
    """Whether it made a custom resource of its own accord, as those do who ask for something."""
    made = write.change.type == "ADDED" and not is_built_in(write.image.api_version)
    return made and custom_owner(write.image) is None


def proves(verdict: Verdict, record: AuditRecord) -> bool:
    """Whether the rule shows, from the object, that this identity is a custom controller."""
    return (
        verdict.actor == "custom-controller"
        and verdict.actor_name == record.field_manager
        and not identities.is_by_hand(record)
    )


def _of_node_controllers(write: Write) -> str:
    """Which of those that share the node controller's account: evictions have one of their own.

    Source: pkg/controller/tainteviction/taint_eviction.go, addConditionAndDeletePod.
    """
    told = any(change.path.startswith(_DISRUPTION) for change in write.changes)
    if write.image.kind == "Pod" and (told or marks_deletion(write)):
        return "taint-eviction-controller"
    return "node-lifecycle-controller" if write.image.kind in ("Node", "Pod") else "unknown"


_DISRUPTION = "status.conditions[DisruptionTarget]"
"""The condition that a Pod gets before it is evicted; the other one sets Ready alone."""


def _name(actor: str, verdict: Verdict, record: AuditRecord) -> str:
    if actor == "client":
        return identities.program(record) or record.user
    if actor == "kubelet":
        return identities.node(record) or verdict.actor_name
    return verdict.actor_name or identities.program(record) or record.user


def _corrected(view: View, verdict: Verdict, actor: str, record: AuditRecord) -> Verdict:
    """Another actor than the rule took it for: what it did is told anew, and why is open again."""
    write = view.write
    client = actor == "client"
    owner = write.image.metadata.controller
    spec = view.last_spec_change(owner.uid) if owner is not None and not client else None
    causes = verdict.causes if verdict.actor == "unknown" else (spec,) if spec else ()
    replaced = msgspec.structs.replace(verdict, actor=actor, actor_name="")
    subject = _subject(actor, _name(actor, replaced, record), record)
    what = f"{subject} {did(write)}."
    if marks_deletion(write) and record.verb.startswith("delete"):
        what = deletion(write, subject)
    return msgspec.structs.replace(
        replaced,
        rule="audited",
        what=what,
        why=_CLIENT if client else _CONTROLLER,
        why_grade="unknown",
        causes=causes,
        begins=client and not causes,
        loop=None
        if client
        else Loop(named(write.image), "what it found with what it wants", did(write)),
        source_url=sources.AUDITING,
        node=identities.node(record) or None if actor == "kubelet" else None,
    )


_CLIENT = "Why a client acts cannot be seen from the API."
_CONTROLLER = "What made it act cannot be told from the audit log."


def _subject(actor: str, name: str, record: AuditRecord) -> str:
    if actor in ("client", "unknown"):
        return asker(record)
    if actor == "custom-controller":
        return f"The custom controller {name}"
    return f"The kubelet on {name}" if actor == "kubelet" and name else f"The {title(actor)}"


def _introduced(verdict: Verdict, record: AuditRecord) -> Verdict:
    """The verdict of a rule, in which a client is somebody who is not known, with its name."""
    what = asker(record) + verdict.what.removeprefix(verdict.stranger or "A client")
    return msgspec.structs.replace(verdict, what=what)


def evidence(match: Match) -> Evidence:
    """What the audit log says of the request, in one sentence; of several like ones, their span."""
    record = match.record
    by = f" as which {record.impersonator} acted" if record.impersonator else ""
    agent = record.agent or "no user agent"
    asked = (
        f"{record.user or 'an unnamed user'}{by} ({agent}) sent a {record.verb} of {target(record)}"
    )
    if match.count > 1:
        last = max(each.received for each in match.records)
        when = (
            f"one of {match.count} such requests that the API server received "
            f"between {clock(record.received)} and {clock(last)}"
        )
    else:
        spent = (record.at - record.received) * 1000
        when = f"received {clock(record.received)}, answered after {spent:.1f} ms"
    return Evidence("audited", "audit", f"{asked}: {record.code}, {when}", "who", record.audit_id)


def target(record: AuditRecord) -> str:
    """`pods/binding web-1-x`: resource, subresource and name as the request had them."""
    part = f"/{record.subresource}" if record.subresource else ""
    return f"{record.resource.plural}{part} {record.name or record.generate_name}".rstrip()


def clock(at: float) -> str:
    """A time of the API server's clock, in UTC to the microsecond that audit records have."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

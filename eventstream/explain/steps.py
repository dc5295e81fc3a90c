"""Makes a Step of a Write and its Verdict."""

from eventstream.explain.identity import step_id
from eventstream.explain.records import Evidence, Grades, Step
from eventstream.explain.verdict import Verdict
from eventstream.explain.writes import Write


def id_of(cluster: str, write: Write) -> str:
    """The id of the step that this write is; a vanished object's is told from its last write's."""
    part = "vanished" if write.change.type == "VANISHED" else "request"
    version = write.image.version
    if write.gone and write.change.type == "DELETED" and write.before is not None:
        part = "request" if version != write.before.version else "deleted"
    return step_id(cluster, write.log.uid, version, part)


def make(cluster: str, write: Write, verdict: Verdict, trace: str) -> Step:
    """The step; its causes are those of the verdict's causes that are steps themselves."""
    causes = tuple(dict.fromkeys(cause.step.id for cause in verdict.causes if cause.step))
    return Step(
        id=id_of(cluster, write),
        trace=trace,
        cause=causes[0] if causes else None,
        causes=causes,
        documented=verdict.documented,
        documented_store=verdict.documented_store,
        documented_broadcast=verdict.documented_broadcast,
        actor=verdict.actor,
        actor_name=verdict.actor_name,
        verb=verdict.verb,
        subresource=verdict.subresource,
        object=write.log.ref,
        resource_version=write.image.version,
        change_type=write.change.type,
        at=write.change.at,
        clock="arrival",
        precision_ms=1,
        what=verdict.what,
        why=verdict.why,
        grades=Grades("observed", verdict.who_grade, verdict.why_grade),
        evidence=verdict.evidence if not write.image.flags else _flagged(write, verdict),
        source_url=verdict.source_url,
        rule=verdict.rule,
        changes=write.changes,
        loop=verdict.loop,
        node=verdict.node,
    )


def _flagged(write: Write, verdict: Verdict) -> tuple[Evidence, ...]:
    """The evidence, and what about the object was not as the API documents it."""
    odd = "; ".join(write.image.flags)
    said = Evidence("observed", "watch", f"the object is not as documented: {odd}")
    return (*verdict.evidence, said)

"""Makes a Step of a Write and its Verdict."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from eventstream.explain.vocabulary.identity import step_id
from eventstream.explain.vocabulary.records import Evidence, Grades, Step
from eventstream.explain.world.drawn import by_write
from eventstream.explain.world.writes import Verdict

if TYPE_CHECKING:
    from eventstream.explain.world.writes import Write


def id_of(cluster: str, write: "Write") -> str:
    """The id of the step that this write is; a vanished object's is told from its last write's."""
    part = "vanished" if write.change.type == "VANISHED" else "request"
    version = write.image.metadata.resource_version
    if write.gone and write.change.type == "DELETED" and write.before is not None:
        part = "request" if version != write.before.version else "deleted"
    return step_id(cluster, write.log.uid, version, part)


class Draft(msgspec.Struct, frozen=True, gc=False):
    """What a write was decided to be; two drafts are equal if their steps would be.

    `causes` are those of the verdict's causes that are steps themselves. The step is made only
    where somebody stores or shows it: saying which fields changed, and all in words, costs as much
    as deciding. The step stands for `count` writes, the last of which came at `until`.
    """

    id: str
    trace: str
    causes: tuple[str, ...]
    verdict: Verdict
    write: "Write"
    sources: tuple[str, ...]
    count: int = 1
    until: float = 0.0

    def step(self) -> Step:
        """The step, made anew."""
        write, verdict = self.write, self.verdict
        said = verdict.said
        return Step(
            id=self.id,
            trace=self.trace,
            cause=self.causes[0] if self.causes else None,
            causes=self.causes,
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
            what=said.what if self.count == 1 else f"{said.what} {self._more()}",
            why=said.why,
            grades=Grades("observed", verdict.who_grade, verdict.why_grade),
            evidence=said.evidence if not write.image.flags else _flagged(write, said.evidence),
            source_url=verdict.source_url,
            rule=verdict.rule,
            changes=write.changes,
            loop=said.loop,
            node=verdict.node,
            count=self.count,
            sources=self.sources,
        )

    def _more(self) -> str:
        more = f"{self.count - 1} more" if self.count > 2 else "one more"
        last = datetime.fromtimestamp(self.until, UTC).isoformat(timespec="milliseconds")
        return f"And {more} of the same fields until {last.replace('+00:00', 'Z')}."


def draft(cluster: str, write: "Write", verdict: Verdict, trace: str) -> Draft:
    """The draft of the step that this write is."""
    known, burst = write.decision.draft, write.decision.burst
    if burst is None:
        id_ = known.id if known is not None else id_of(cluster, write)
    else:
        id_ = id_of(cluster, burst.head or write)
    causes: tuple[str, ...] = ()
    if len(verdict.causes) == 1:
        cause = verdict.causes[0].decision.draft
        causes = (cause.id,) if cause is not None else ()
    elif verdict.causes:
        drafts = [
            cause.decision.draft for cause in verdict.causes if cause.decision.draft is not None
        ]
        causes = tuple(dict.fromkeys(draft.id for draft in drafts))
    if burst is None or burst.count == 1:
        return Draft(id_, trace, causes, verdict, write, by_write(write))
    return Draft(id_, trace, causes, verdict, write, by_write(write), burst.count, burst.until)


def _flagged(write: "Write", evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The evidence, and what about the object was not as the API documents it."""
    odd = "; ".join(write.image.flags)
    said = Evidence(
        "observed", "watch", f"the object is not as documented, or not kept whole: {odd}"
    )
    return (*evidence, said)

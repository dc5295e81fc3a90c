"""Makes a step of a write and its verdict, and the memo of the write that a restart needs.

A memo holds the redacted image that the write left, and the one before it only where no other
memo has it. Decisions are not stored: the engine makes them again from the changes.
"""

from datetime import UTC, datetime

import msgspec

from eventstream.explain.vocabulary.records import Encode, Evidence, Grades, Step, step_id
from eventstream.explain.world.claims import Match
from eventstream.explain.world.drawn import by_write
from eventstream.explain.world.writes import Burst, Verdict, Write, row_of
from eventstream.objects.decoding import Decoder
from eventstream.objects.images import Image
from eventstream.objects.observations import AuditRecord, Change, ChangeType
from eventstream.objects.resource import Resource


def id_of(cluster: str, write: Write) -> str:
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
    write: Write
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


def draft(cluster: str, write: Write, verdict: Verdict, trace: str) -> Draft:
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


def _flagged(write: Write, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The evidence, and what about the object was not as the API documents it."""
    odd = "; ".join(write.image.flags)
    said = Evidence(
        "observed", "watch", f"the object is not as documented, or not kept whole: {odd}"
    )
    return (*evidence, said)


_reader = Decoder(b"")  # Images are redacted already, which decoding leaves as it is.


class _Memo(msgspec.Struct, array_like=True):
    resource: Resource
    type: ChangeType
    at: float
    relisted: bool
    order: int
    after: msgspec.Raw
    before: msgspec.Raw
    before_version: str
    audit: tuple[AuditRecord, ...] = ()
    proven: bool = False
    count: int = 1
    until: float = 0.0
    unlisted: int = 0


class Recalled(msgspec.Struct, frozen=True):
    """A write as its memo tells it.

    `audit` is the request that made it, where that is known; `proven` says that who asked was
    known as a custom controller. Its step stands for `count` writes, the last of which came at
    `until`.
    """

    change: Change
    audit: Match | None
    proven: bool
    count: int = 1
    until: float = 0.0

    @property
    def burst(self) -> Burst | None:
        """The burst that its step stands for, if it does for one."""
        return Burst(self.count, self.until, restored=True) if self.count > 1 else None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Memo)
_NOTHING = msgspec.Raw(b"null")


class Memo:
    """The memo of one write; encoded only where somebody stores it."""

    __slots__ = ("_audit", "_chained", "_change", "_count", "_order", "_proven", "_until")

    def __init__(self, write: Write, *, proven: bool = False) -> None:
        earlier, decision = write.log.at(write.order), write.decision
        self._audit = decision.audit
        self._proven = proven
        burst = decision.burst
        self._count, self._until = (burst.count, burst.until) if burst is not None else (1, 0.0)
        self._change = write.change
        self._order = write.order
        # Memos of one trace are forgotten together; another trace may settle before this one.
        self._chained = (
            earlier is not None
            and earlier.image is write.change.before
            and earlier.decision.trace == decision.trace
            and not earlier.decision.settled
            and row_of(earlier) is earlier
        )

    def encoded(self, encode: Encode) -> bytes:
        """The memo as bytes that only `read_memos` understands."""
        change = self._change
        before = change.before
        return _encoder.encode(
            _Memo(
                change.resource,
                change.type,
                change.at,
                change.relisted,
                self._order,
                msgspec.Raw(encode(change.after)),
                _NOTHING if before is None or self._chained else msgspec.Raw(encode(before)),
                before.version if before is not None else "",
                self._audit.records if self._audit is not None else (),
                self._proven,
                self._count,
                self._until,
                self._audit.unlisted if self._audit is not None else 0,
            )
        )


def read_memos(memos: list[bytes]) -> list[Recalled]:
    """The writes of these memos, in the order of their writes; raises msgspec.DecodeError.

    A change whose version before it was in a memo that is not here gets none: it then reads as
    a first sight of the object.
    """
    read = sorted((_decoder.decode(memo) for memo in memos), key=lambda memo: memo.order)
    images: dict[tuple[str, str], Image] = {}
    recalled: list[Recalled] = []
    for memo in read:
        after = _reader.image(memo.resource, memo.after)
        before = images.get((after.uid, memo.before_version)) if memo.before_version else None
        if before is None and bytes(memo.before) != b"null":
            before = _reader.image(memo.resource, memo.before)
        images[after.uid, after.version] = after
        change = Change(memo.resource, memo.type, after, memo.at, before, memo.relisted)
        audit = Match(memo.audit, memo.unlisted) if memo.audit else None
        recalled.append(Recalled(change, audit, memo.proven, memo.count, memo.until))
    return recalled

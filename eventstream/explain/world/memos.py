"""What the engine needs to go on after a restart: the change behind each open step.

A memo holds the redacted image that the write left, and the one before it only where no other
memo has it. Decisions are not stored: the engine makes them again from the changes.
"""

import msgspec

from eventstream.explain.world.claims import Match
from eventstream.explain.world.writes import Burst, Write, row_of
from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.images import Image
from eventstream.objects.observations import AuditRecord, Change, ChangeType
from eventstream.objects.resource import Resource

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
        earlier = write.log.at(write.order)
        self._audit = write.decision.audit
        self._proven = proven
        burst = write.decision.burst
        self._count, self._until = (burst.count, burst.until) if burst is not None else (1, 0.0)
        self._change = write.change
        self._order = write.order
        # Memos of one trace are forgotten together; another trace may settle before this one.
        self._chained = (
            earlier is not None
            and not earlier.base
            and row_of(earlier) is earlier
            and earlier.decision.trace == write.decision.trace
            and earlier.image is write.change.before
        )

    def __bytes__(self) -> bytes:
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

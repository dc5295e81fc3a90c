"""Folds a burst of like edits of one object into one step that is counted, as renewals are.

Something that sets the same fields hundreds of times a second tells nothing new each time. The
first few are steps of their own; the one after those stands for all that follow it closely. Whose
step stands for a write is told by the writes of its own object alone, which come in their order,
so that it is the same however the streams interleaved.
"""

from collections.abc import Sequence

from eventstream.explain.audit.identities import identity
from eventstream.explain.world.writes import Burst, Verdict, Write, row_of

FEW = 10
"""Like edits, one after the other, that are steps of their own."""

CLOSELY = 0.3
"""Seconds within which the next of a burst follows: three a second are still told one by one."""

_TEXTS = ("metadata.labels", "metadata.annotations")


def place(write: Write, verdict: Verdict) -> Sequence[Write]:
    """Settle whose step stands for this write; returns the writes whose steps are others by that.

    Besides this one those that stood, or stand now, for it.
    """
    known = write.decision.burst
    if known is None:
        before = _before(write)
        if before is None or not _alike(before, write, verdict):
            return ()
        known = write.decision.burst = Burst()
    elif known.restored:
        return ()
    number, head = _place(write, verdict)
    if known.number == number and known.head is head:
        return ()
    old, known.number, known.head = known.head, number, head
    if old is head:
        return [write]
    if old is not None:
        _count_out(old, write)
    if head is not None and head.decision.burst is not None:
        head.decision.burst.count += 1
        head.decision.burst.until = max(head.decision.burst.until, write.change.at)
    return [each for each in (old, write, head) if each is not None]


def _place(write: Write, verdict: Verdict) -> tuple[int, Write | None]:
    """Which of like edits it is, from 1 on, and the write whose step stands for it, if another."""
    before = _before(write)
    if before is None or not _alike(before, write, verdict):
        return 1, None
    number = before.decision.burst.number + 1 if before.decision.burst is not None else 2
    if number <= FEW + 1:
        return number, None
    head = row_of(before)
    folds = not head.base and _fields(head) == _fields(write)
    return (number, head) if folds else (FEW + 1, None)


def _before(write: Write) -> Write | None:
    """The write before it, if it came closely before."""
    if write.change.type != "MODIFIED":
        return None
    before = write.log.at(write.order)
    if before is None or not 0 <= write.change.at - before.change.at <= CLOSELY:
        return None
    return before


def _count_out(head: Write, write: Write) -> None:
    if head.decision.burst is None:
        return
    head.decision.burst.count -= 1
    followers = head.log.after(head.order)
    left = [each.change.at for each in followers if each is not write and row_of(each) is head]
    head.decision.burst.until = max(left, default=0.0)


def _alike(before: Write, write: Write, verdict: Verdict) -> bool:
    """Whether two writes, one after the other, differ in nothing but in what they set.

    What answers different writes is not alike: a controller that reports as its Pods come up.
    """
    known = before.decision.verdict
    if known is None or before.change.type != "MODIFIED" or write.change.relisted:
        return False
    if (
        known.rule != verdict.rule
        or known.causes != verdict.causes
        or known.actor != verdict.actor
        or known.actor_name != verdict.actor_name
        or known.verb != verdict.verb
        or known.subresource != verdict.subresource
    ):
        return False
    if before.decision.audit is None or write.decision.audit is None:
        return True
    return identity(before.decision.audit.record) == identity(write.decision.audit.record)


def _fields(write: Write) -> frozenset[str]:
    """Which fields a write changed; of labels and annotations not which."""
    found = set()
    for change in write.changes:
        of_texts = [text for text in _TEXTS if change.path.startswith(text)]
        found.add(of_texts[0] if of_texts else change.path)
    return frozenset(found)

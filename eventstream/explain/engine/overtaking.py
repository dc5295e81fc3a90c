"""What one change of an object means for another: replaced, ended, or held up by the same thing."""

import msgspec

from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.engine import desired
from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.outlook.holding import Outlook
from eventstream.explain.world.writes import Write


def overtakes(write: Write, trace: TraceLog) -> bool:
    """Whether a later write of another trace asked anew what this trace asked, or ended it."""
    verdict = write.decision.verdict
    if verdict is None or not (verdict.begins or write.decision.trace not in ("", trace.id)):
        return False
    if marks_deletion(write) or _is_lost(write):
        return True
    if not write.spec_changed:
        return False
    of_end = trace.began is not None and ends(trace.began)
    return of_end or desired.replaces(write, trace.began)


def _is_lost(write: Write) -> bool:
    return write.decision.rule == "node-lost"


def ends(began: Write) -> bool:
    """Whether a trace is about the end of its object: a deletion, or an eviction announced."""
    evicts = began.decision.verdict is not None and began.decision.verdict.verb == "evict"
    return marks_deletion(began) or evicts


def recreated(began: Write, latest: Write) -> bool:
    """Whether an object whose end began is there again, or still, and is not to go."""
    if latest is began:
        return False
    return not latest.gone and not latest.image.metadata.deletion_timestamp


def brings_stall(trace: TraceLog) -> tuple[bool, float]:
    """What decides with which of several traces a stall stays: the highest."""
    latest = trace.root.latest
    image = latest.image if latest is not None else None
    brings = image is not None and desired.brings_pods(trace.began, image)
    order = trace.began.order if trace.began is not None else trace.floor
    return brings, order if brings else -order


def waiting_for(owner: TraceLog, outlook: Outlook, cause: str) -> Outlook:
    """The same outlook, for a change that waits for what another one is stuck on."""
    holdings = tuple(
        msgspec.structs.replace(held, diagnosis=None, patient=True) for held in outlook.holdings
    )
    began = f"an earlier change ({cause})" if owner.began is not None else "what was there before"
    summary = f"Waiting for {began}, which is held up: {outlook.summary}"
    return Outlook("running", summary, holdings, outlook.stages)

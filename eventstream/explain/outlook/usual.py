"""Learns how long each kind of wait usually takes in this cluster, from the writes that end them.

It learns when a trace settles, as nothing decides its steps anew after that, and of one that never
does when its steps are a minute old. A trace's record says how far its waits are counted: each
counts once, whatever was decided on the way and however often Baton was started.

A wait goes from the write that is answered to the answer. Both are arrivals of watched writes, so
one clock; a write that was there before, or that only a new list showed, is no end of a wait. A
wait that something known to be wrong prolonged is left out: an image that was not there, a refused
Pod.
"""

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from eventstream.explain.outlook.hearing import Hearing
from eventstream.explain.outlook.waits import acting, becoming_ready, split, starting, usual_of
from eventstream.explain.vocabulary.records import Usual, WaitsSeen, WaitsUpsert
from eventstream.explain.world.pods import containers, is_ready, phase, waiting_reasons
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.observations import Coverage, Position

logger = logging.getLogger(__name__)

Measured = tuple[str, Write]
"""What the actor did (the part of a wait's key behind the slash), and the write it answers."""

_TROUBLE = ("BackOff", "Failed", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedMount")
_NO_DECISION = frozenset({"not-scheduled", "nominated"})


def waits_of(write: Write) -> list[tuple[str, Write, float]]:
    """The waits that this write ended: each one's key, what began it, and its seconds.

    None, and logged, where one odd object defeats the measuring: it must not end all others'.
    """
    try:
        return list(_waits(write))
    except Exception:
        logger.exception("How long %s was waited for cannot be told.", named(write.image))
        return []


def _waits(write: Write) -> Iterator[tuple[str, Write, float]]:
    verdict = write.decision.verdict
    if verdict is None or verdict.actor in ("client", "unknown"):
        return
    rule = _RULES.get(verdict.rule)
    if rule is None or not _arrived(write):
        return
    for what, began in rule(write):
        if began.decision.trace == write.decision.trace and _arrived(began):
            seconds = max(write.change.at - began.change.at, 0.0)
            yield f"{verdict.actor}/{what}", began, round(seconds, 3)


def _arrived(write: Write) -> bool:
    """Whether a write's arrival says when it was made, and it is decided and not settled yet."""
    change = write.change
    seen = change.type != "VANISHED" and not change.relisted
    return seen and not write.base and write.decision.verdict is not None


def _answer(what: str) -> Callable[[Write], Iterator[Measured]]:
    """The rule for a step whose verdict names what it answers."""

    def measured(write: Write) -> Iterator[Measured]:
        cause = _cause(write)
        if cause is not None:
            yield what, cause

    return measured


def _cause(write: Write) -> Write | None:
    causes = write.decision.verdict.causes if write.decision.verdict is not None else ()
    return causes[0] if causes else None


def _made(write: Write) -> Iterator[Measured]:
    """Pods for a number; a CronJob's time is due without a write, and a refusal takes its time."""
    cause, owner = _cause(write), write.image.metadata.controller
    if cause is None or owner is None or write.image.kind != "Pod":
        return
    if cause.image.kind == owner.kind and (cause.log.notes or {}).get("FailedCreate"):
        return
    if owner.kind == "StatefulSet":
        cause = _last_news(cause, write)  # It makes one Pod after the other has become ready.
    failed = owner.kind == "Job" and cause.image.kind == "Pod" and phase(cause.image) == "Failed"
    yield ("next-attempt" if failed else "create-pods"), cause


def _last_news(cause: Write, write: Write) -> Write:
    owner = cause.log if cause.image.kind != "Pod" else None
    if owner is None:
        return cause
    news = owner.family.news_between(cause.order, write.order)
    return max((cause, *news), key=lambda found: found.order)


def _bound(write: Write) -> Iterator[Measured]:
    """A new Pod's first decision; one that no node took waited for something else."""
    cause = _cause(write)
    if (
        cause is None
        or cause.decision.verdict is None
        or cause.decision.verdict.rule in _NO_DECISION
    ):
        return
    freed = cause.before is not None and _gates(cause.before) and not _gates(cause.image)
    if freed or (cause.change.type == "ADDED" and not _gates(cause.image)):
        yield "bind", cause


def _gates(image: Image) -> bool:
    return bool(getattr(getattr(image, "spec", None), "scheduling_gates", ()))


def _placed(write: Write) -> Iterator[Measured]:
    """A kubelet's first report on a Pod that was bound to it, and the one that says it runs."""
    cause = _cause(write)
    if cause is None or not (cause.change.type == "ADDED" or _rule(cause) == "bound"):
        return
    if not any(_rule(earlier).startswith("kubelet-") for earlier in _between(cause, write)):
        yield "report", cause
    if _rule(write) == "kubelet-running" and not _troubled(cause, write):
        yield starting(write), cause


def _reported(write: Write) -> Iterator[Measured]:
    """A kubelet's report that a Pod is ready for the first time since it started."""
    cause = _cause(write)
    if cause is None or is_ready(write.before) or not is_ready(write.image):
        return
    for earlier in _between(cause, write):
        if is_ready(earlier.image):
            return
        if _rule(earlier) == "kubelet-running":
            if not _troubled(earlier, write):
                yield "ready", earlier
            return


def _between(began: Write, write: Write) -> Iterator[Write]:
    """The writes to an object between two of them, newest first."""
    writes = write.log.writes
    for index in range(write.log.position(write.order) - 1, -1, -1):
        if writes[index].order <= began.order:
            return
        yield writes[index]


def _rule(write: Write) -> str:
    return write.decision.rule


def _troubled(began: Write, write: Write) -> bool:
    """Whether something was known to be wrong with the Pod meanwhile, or a container restarted."""
    if any((write.log.notes or {}).get(reason) for reason in _TROUBLE):
        return True
    if any(status.restart_count for status in containers(write.image)):
        return True
    return any(waiting_reasons(earlier.image) for earlier in _between(began, write))


def _claim(write: Write) -> Iterator[Measured]:
    """A volume bound to a claim, since another than this controller last wrote the claim."""
    if not any(change.path == "spec.volumeName" for change in write.changes):
        return
    for earlier in reversed(write.log.writes[: write.log.position(write.order)]):
        if _rule(earlier) != _rule(write):
            yield "bind-volume", earlier
            return


def _marked(what: str) -> Callable[[Write], Iterator[Measured]]:
    """The rule for the end of an object that was marked for deletion before."""

    def measured(write: Write) -> Iterator[Measured]:
        cause = _cause(write)
        if cause is not None and cause.image.metadata.deletion_timestamp and not cause.gone:
            yield what, cause

    return measured


def _custom(write: Write) -> Iterator[Measured]:
    """A custom controller's answer to a desired state, and the report that it is reached."""
    cause = _cause(write)
    if cause is None or cause.image.metadata.deletion_timestamp or write.gone:
        return
    yield acting(cause.image), cause
    if write.log is cause.log and _says_ready(write.image) and not _says_ready(write.before):
        yield becoming_ready(cause.image), cause


def _says_ready(image: Image | None) -> bool:
    """Whether a custom resource's condition Ready, or else Available, is True."""
    said = image.status if image is not None and isinstance(image.status, dict) else {}
    conditions = said.get("conditions")
    found = {
        entry.get("type"): entry.get("status")
        for entry in (conditions if isinstance(conditions, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("type"), str)
    }
    return bool(found.get("Ready", found.get("Available")) == "True")


_RULES: dict[str, Callable[[Write], Iterator[Measured]]] = {
    "bound": _bound,
    "claim-bound": _claim,
    "collected": _answer("collect"),
    "custom-create": _custom,
    "custom-patch": _custom,
    "custom-report": _custom,
    "finalizer-removed": _marked("let-go"),
    "kubelet-removed": _marked("stop"),
    "kubelet-reporting": _reported,
    "kubelet-running": _placed,
    "kubelet-starting": _placed,
    "made-for-owner": _made,
    "namespace-finalized": _marked("empty-namespace"),
    "replicaset-created": _answer("create-replicaset"),
    "replicaset-scaled": _answer("scale-replicaset"),
    "scaled-down": _answer("delete-pods"),
    "status-reported": _answer("report-status"),
    "type-established": _answer("establish"),
}
"""By the rule that decided a write, which waits that write ends."""

FIRST_ONLY = frozenset({"act", "become-ready"})
"""What is answered once: later writes to the same end add nothing to how long it took."""


KEPT = 200
"""Waits of one kind that are kept, the newest: what was usual last month is not usual now."""

KINDS = 256
"""Kinds of waits that are kept: each custom resource's type has its own."""


BACKLOG = 5.0
"""Seconds after a watch went on within which what happened meanwhile arrives, all at once."""

_RESUMPTIONS = 8
"""Beginnings of one resource's watch that are kept: waits are measured a minute later at most."""


class UsualWaits:
    """The newest waits by kind; `of` costs a look into a dict until more of a kind are learned.

    `hearing` knows when what was done could be seen at all.
    """

    def __init__(self) -> None:
        self.hearing = Hearing()
        self._states: dict[str, str] = {}
        self._resumed: dict[str, deque[float]] = {}
        self._samples: dict[str, deque[float]] = {}
        self._seen: dict[str, int] = {}
        self._at: dict[str, float] = {}
        self._known: dict[str, Usual] = {}
        self._learned: list[tuple[int, str, float, float]] = []

    def of(self, key: str, granted: float = 0.0) -> Usual:
        """What is usual for this kind of wait; `granted` seconds are added before it is unusual."""
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= 2 * KINDS:
                self._known.clear()  # Each custom resource's type has a default, too.
            samples = tuple(self._samples.get(key, ()))
            known = self._known[key] = usual_of(key, self._seen.get(key, 0), samples)
        if not granted:
            return known
        return msgspec.structs.replace(known, limit=known.limit + granted)

    def heard(self, told: Coverage | Position) -> None:
        """Take note of how a resource is watched, and of its lists."""
        if isinstance(told, Coverage):
            self.hearing.watched(told)
            self._watched(told)
        elif told.listed:
            self.hearing.listed(told)

    def _watched(self, coverage: Coverage) -> None:
        """What arrives late says nothing of a wait.

        A watch that follows a list has no backlog; one that goes on where another broke off has.
        """
        key = coverage.resource.key
        before = self._states.get(key)
        if coverage.state == "gone":
            self._states.pop(key, None)
            self._resumed.pop(key, None)
            return
        if coverage.state == "watching" and before not in ("watching", "listing"):
            self._resumed.setdefault(key, deque(maxlen=_RESUMPTIONS)).append(coverage.at)
        self._states[key] = coverage.state

    def _late(self, write: Write) -> bool:
        """Whether a write arrived with a backlog, so that its arrival is not its time."""
        resumed = self._resumed.get(write.log.resource_key, ())
        return any(0 <= write.change.at - at < BACKLOG for at in resumed)

    def _spans(self, began: Write, write: Write) -> bool:
        """Whether something of what led from one write to the other was not seen."""
        keys = began.log.resource_key, write.log.resource_key
        return self.hearing.spans(keys, began.change.at, write.change.at)

    def learn(
        self, writes: Iterable[Write], since: float, until: float = math.inf, *, whole: bool
    ) -> None:
        """Measure the waits that a trace's writes ended after `since` and up to `until`.

        `whole` says that `writes` are all that the trace ever had. They count from the next `news`
        on, so that all judgements of one tick rest on the same.
        """
        answered: set[tuple[str, int]] = set()
        for write in sorted(writes, key=lambda write: write.order):
            for key, began, seconds in waits_of(write):
                if self._late(write) or self._late(began) or self._spans(began, write):
                    continue
                if split(key)[1] in FIRST_ONLY:
                    answer = (key, began.order)
                    if not whole or answer in answered:
                        continue
                    answered.add(answer)
                if not since < write.change.at <= until:
                    continue
                self._learned.append((write.order, key, seconds, write.change.at))

    def news(self) -> list[WaitsUpsert]:
        """Count what was learned; returns the kinds that changed, as history is to keep them."""
        learned, self._learned = sorted(self._learned), []
        changed: dict[str, None] = {}
        for _, key, seconds, at in learned:
            samples = self._samples.pop(key, None)
            self._samples[key] = deque(maxlen=KEPT) if samples is None else samples
            self._samples[key].append(seconds)
            self._seen[key] = self._seen.get(key, 0) + 1
            self._at[key] = at
            self._known.pop(key, None)
            changed[key] = None
        while len(self._samples) > KINDS:
            oldest = next(iter(self._samples))
            self._forget(oldest)
            changed[oldest] = None
        return [WaitsUpsert(self._row(key)) for key in changed]

    def restore(self, rows: Iterable[WaitsSeen]) -> None:
        """Take up what history kept."""
        self._known.clear()
        for row in sorted(rows, key=lambda row: (row.at, row.key)):
            self._samples[row.key] = deque(row.samples, maxlen=KEPT)
            self._seen[row.key] = row.seen
            self._at[row.key] = row.at

    def _forget(self, key: str) -> None:
        """Let go of the kind that was not seen for longest."""
        del self._samples[key], self._seen[key], self._at[key]
        self._known.pop(key, None)

    def _row(self, key: str) -> WaitsSeen:
        samples = tuple(self._samples.get(key, ()))
        return WaitsSeen(key, self._seen.get(key, 0), samples, self._at.get(key, 0.0))

"""How long an actor took for a step: from the write that it answers to its own.

Both ends are arrivals of watched writes, so one clock; a write that was there before, or that
only a new list showed, is no end of a wait. A wait that something known to be wrong prolonged
says nothing of what is usual and is left out: an image that was not there, a refused Pod.
"""

from collections.abc import Callable, Iterator

from eventstream.explain.pods import containers, is_ready, phase, waiting_reasons
from eventstream.explain.waits import acting, becoming_ready, starting
from eventstream.explain.writes import Write
from eventstream.objects.images import Image

Measured = tuple[str, Write]
"""What the actor did (the part of a wait's key behind the slash), and the write it answers."""

_TROUBLE = ("BackOff", "Failed", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedMount")
_NO_DECISION = frozenset({"not-scheduled", "nominated"})


def waits_of(write: Write) -> Iterator[tuple[str, float]]:
    """The waits that this write ended: each one's key, and how many seconds it took."""
    verdict = write.verdict
    if verdict is None or verdict.actor in ("client", "unknown"):
        return
    rule = _RULES.get(verdict.rule)
    if rule is None or not _arrived(write):
        return
    for what, began in rule(write):
        if began.trace == write.trace and _arrived(began):
            seconds = max(write.change.at - began.change.at, 0.0)
            yield f"{verdict.actor}/{what}", round(seconds, 3)


def _arrived(write: Write) -> bool:
    """Whether a write's arrival says when it was made, and it is decided and not settled yet."""
    change = write.change
    seen = change.type != "VANISHED" and not change.relisted
    return seen and not write.base and write.verdict is not None


def _answer(what: str) -> Callable[[Write], Iterator[Measured]]:
    """The rule for a step whose verdict names what it answers."""

    def measured(write: Write) -> Iterator[Measured]:
        cause = _cause(write)
        if cause is not None:
            yield what, cause

    return measured


def _cause(write: Write) -> Write | None:
    causes = write.verdict.causes if write.verdict is not None else ()
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
    if cause is None or cause.verdict is None or cause.verdict.rule in _NO_DECISION:
        return
    freed = cause.before is not None and _gates(cause.before) and not _gates(cause.image)
    if freed or (cause.change.type == "ADDED" and not _gates(cause.image)):
        yield "bind", cause


def _gates(image: Image) -> bool:
    return bool(getattr(getattr(image, "spec", None), "scheduling_gates", ()))


def _kubelet(write: Write) -> Iterator[Measured]:
    """A kubelet's first report on a Pod, the one with a running container, the first ready one."""
    cause = _cause(write)
    if cause is None or write.verdict is None:
        return
    earlier = [w for w in write.log.writes if cause.order < w.order < write.order]
    reports = [w for w in earlier if w.verdict and w.verdict.rule.startswith("kubelet-")]
    placed = cause.change.type == "ADDED" or _rule(cause) == "bound"
    if placed and not reports:
        yield "report", cause
    if _troubled(write, earlier):
        return
    if placed and write.verdict.rule == "kubelet-running":
        yield starting(write), cause
    if is_ready(write.image) and not any(is_ready(w.image) for w in earlier):
        yield from (("ready", w) for w in reports if _rule(w) == "kubelet-running")


def _rule(write: Write) -> str:
    return write.verdict.rule if write.verdict is not None else ""


def _troubled(write: Write, earlier: list[Write]) -> bool:
    if any((write.log.notes or {}).get(reason) for reason in _TROUBLE):
        return True
    restarted = any(status.restart_count for status in containers(write.image))
    return restarted or any(waiting_reasons(each.image) for each in earlier)


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
    said = image.status if image is not None and isinstance(image.status, dict) else {}
    conditions = said.get("conditions")
    return any(
        isinstance(entry, dict) and entry.get("type") == "Ready" and entry.get("status") == "True"
        for entry in (conditions if isinstance(conditions, list) else ())
    )


_RULES: dict[str, Callable[[Write], Iterator[Measured]]] = {
    "bound": _bound,
    "claim-bound": _claim,
    "collected": _answer("collect"),
    "custom-create": _custom,
    "custom-patch": _custom,
    "custom-report": _custom,
    "finalizer-removed": _marked("let-go"),
    "kubelet-removed": _marked("stop"),
    "kubelet-reporting": _kubelet,
    "kubelet-running": _kubelet,
    "kubelet-starting": _kubelet,
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

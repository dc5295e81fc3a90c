"""How long an actor took for a step: from the write that it answers to its own.

Both ends are arrivals of watched writes, so one clock; a write that was there before, or that
only a new list showed, is no end of a wait. A wait that something known to be wrong prolonged
says nothing of what is usual and is left out: an image that was not there, a refused Pod.
"""

import logging
from collections.abc import Callable, Iterator

from eventstream.explain.outlook.waits import acting, becoming_ready, starting
from eventstream.explain.world.pods import containers, is_ready, phase, waiting_reasons
from eventstream.explain.world.text import named
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

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

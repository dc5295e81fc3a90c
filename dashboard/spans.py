"""Cuts the way of one Pod into spans: scheduling, network, pull, start, ready, and what delays it.

The order is the kubelet's: volumes are mounted, the sandbox and its network are made, images are
pulled, containers are created and started, and then the Pod becomes ready. Where the API shows no
boundary between two of them they are one span, named after both.

Source: pkg/kubelet/kubelet.go, SyncPod; pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod.
"""

from collections.abc import Iterator, Sequence

import msgspec

from dashboard.moments import (
    ARRIVAL,
    ENDED,
    LIST,
    STARTING,
    Moment,
    Told,
    arrival,
    became,
    condition_true,
    events,
    running_since,
    transition,
    waits,
)
from eventstream.explain.vocabulary.records import Step

BACKING_OFF = frozenset({"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", ENDED})


ORDER = (
    "scheduling",
    "volumes",
    "network",
    "volumes and network",
    "failed pull",
    "pull",
    "init containers",
    "start",
    "ready",
    "run",
    "back-off",
    "stop",
)
"""The kinds of span, in the order of a Pod's way."""


class Span(msgspec.Struct, frozen=True):
    """One stretch of an object's way, and who it waited for; `end` is None while it lasts."""

    name: str
    actor: str
    begin: Moment
    end: Moment | None
    detail: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took, never below nothing: clocks may differ by more than it took."""
        return None if self.end is None else max(self.end.at - self.begin.at, 0.0)

    @property
    def clocks(self) -> str:
        """By which clock it was measured; two, where its ends are on different ones."""
        end = self.end.clock if self.end else ARRIVAL
        return end if end == self.begin.clock else f"{self.begin.clock} to {end}"

    @property
    def mixed(self) -> bool:
        """Whether its ends are on different clocks."""
        return self.end is not None and self.end.clock != self.begin.clock

    @property
    def precision_ms(self) -> int:
        """How exact its length is at best."""
        return max(self.begin.precision_ms, self.end.precision_ms if self.end else 0)

    @property
    def step(self) -> str:
        """The step that ended it, or began it while it lasts."""
        return (self.end or self.begin).step


def pod_spans(steps: Sequence[Step], *, ahead: float, over: bool) -> tuple[Span, ...]:
    """The spans of a Pod from its steps in order.

    `ahead` is by how many seconds its node's clock is ahead of ours. Once `over`, nothing more is
    to come, and what never ended is left out rather than drawn as lasting.
    """
    own = [step for step in steps if step.verb != "renew"]
    spans = [*_starting(own, ahead), *_backing_off(own), *_ending(own)]
    gone = any(step.change_type in ("DELETED", "VANISHED") for step in own)
    if over or gone:
        spans = [span for span in spans if span.end is not None]
    return tuple(sorted(map(_in_order, spans), key=lambda span: span.begin.at))


def _in_order(span: Span) -> Span:
    """Begin a span no later than it ended: what a list showed was there before."""
    if span.end is None or span.end.at >= span.begin.at:
        return span
    begin = msgspec.structs.replace(span.begin, at=span.end.at)
    return msgspec.structs.replace(span, begin=begin)


def _starting(steps: list[Step], ahead: float) -> Iterator[Span]:
    created = next((step for step in steps if step.change_type == "ADDED"), None)
    bound = next((step for step in steps if step.verb == "bind"), None)
    placed = None if bound is None else transition(bound, "PodScheduled")
    if created is not None:
        yield Span("scheduling", "scheduler", arrival(created), placed)
    if placed is None:
        return
    told = [each for each in events(steps, ahead) if each.reason in _ON_THE_WAY]
    cursor = placed
    for each in told:
        if each.reason in _ATTACHING:
            yield Span(_ATTACHING[each.reason], "kubelet", cursor, _not_before(each, cursor))
            cursor = _not_before(each, cursor)
    attached = cursor is not placed
    begun = _begun(told, steps, cursor)
    if not attached or begun is None:
        yield Span("volumes and network", "kubelet", cursor, begun)
    if begun is not None:
        yield from _running(steps, told, begun)


_ATTACHING = {"SuccessfulAttachVolume": "volumes", "AddedInterface": "network"}
_ON_THE_WAY = STARTING | _ATTACHING.keys() | {"Failed"}


_SANDBOX = "PodReadyToStartContainers"


def _begun(told: list[Told], steps: list[Step], cursor: Moment) -> Moment | None:
    """When the sandbox stood at the latest: its first use, else the report of it."""
    for each in told:
        if each.reason not in _ATTACHING and (each.reason != "Failed" or each.image):
            return _not_before(each, cursor)
    stood, running = condition_true(steps, _SANDBOX), _running_report(steps)
    times = [transition(stood, _SANDBOX)] if stood else []
    times += [running_since(running)] if running else []
    return min(times, key=_at, default=None)


def _running(steps: list[Step], told: list[Told], begun: Moment) -> Iterator[Span]:
    """From the sandbox to a Pod that is ready, or that has ended."""
    cursor, unfinished = begun, False
    for span in _pulls(told, begun):
        yield span
        unfinished = unfinished or span.end is None or span.name != "pull"
        cursor = max(cursor, span.end or cursor, key=_at)
    inited = _initialized(steps)
    if inited is not None:
        until = _no_sooner(transition(inited, "Initialized"), cursor)
        yield Span("init containers", "kubelet", cursor, until)
        cursor = until
    running = _running_report(steps)
    started = [each.moment for each in told if each.reason == "Started"]
    if started and running is not None:
        start: Moment | None = max([cursor, *started], key=_at)
    else:
        start = running_since(running) if running else None
    if start is not None or not unfinished:
        yield Span("start", "kubelet", cursor, start, _at_hand(told))
    if start is not None and running is not None:
        yield from _after_start(steps, start)


def _at(moment: Moment) -> float:
    return moment.at


def _after_start(steps: list[Step], start: Moment) -> Iterator[Span]:
    ended = next(
        (step for step in steps for value in _ENDED if became(step, "status.phase", value)), None
    )
    ready = condition_true(steps, "Ready")
    if ended is not None and ready is not None and ready.at > ended.at:
        ready = None
    if ready is not None or ended is None:
        until = None if ready is None else _no_sooner(transition(ready, "Ready"), start)
        yield Span("ready", "kubelet", start, until)
        start = until or start
    if ended is not None:
        yield Span("run", "kubelet", start, _no_sooner(arrival(ended), start))


_ENDED = ('"Succeeded"', '"Failed"')


def _pulls(told: list[Told], begun: Moment) -> Iterator[Span]:
    """One span for each image that was pulled, with what the kubelet says that it took."""
    waiting: dict[str, Moment] = {}
    for each in told:
        if each.reason == "Pulling":
            waiting[each.image] = _not_before(each, begun)
        elif each.reason == "Pulled" and each.image in waiting and each.pull:
            took, size = each.pull
            detail = f"{each.image}, {took} as its kubelet says"
            detail += f", {_bytes(size)}" if size else ""
            begin = waiting.pop(each.image)
            yield Span("pull", "kubelet", begin, _not_before(each, begin), detail)
        elif each.reason == "Failed" and each.image in waiting:
            begin = waiting.pop(each.image)
            yield Span("failed pull", "kubelet", begin, _not_before(each, begin), each.image)
    for image, begin in waiting.items():
        yield Span("pull", "kubelet", begin, None, image)


def _at_hand(told: list[Told]) -> str:
    images = sorted({e.image for e in told if e.reason == "Pulled" and not e.pull and e.image})
    return f"already on the node: {', '.join(images)}" if images else ""


def _initialized(steps: list[Step]) -> Step | None:
    """When the init containers were done; None for a Pod that has none."""
    has = any(
        change.path.startswith("status.initContainerStatuses")
        for step in steps
        for change in step.changes
    )
    return condition_true(steps, "Initialized") if has else None


def _running_report(steps: list[Step]) -> Step | None:
    return next((step for step in steps if step.rule == "kubelet-running"), None)


def _backing_off(steps: list[Step]) -> Iterator[Span]:
    """Each wait of a container that failed before: from its end, or first refusal, to its run."""
    since: dict[str, tuple[Step, str]] = {}
    for step, container, reason in waits(s for s in steps if s.rule != "kubelet-stopping"):
        if reason in BACKING_OFF:
            begin, _ = since.get(container, (step, reason))
            since[container] = begin, reason
        elif container in since:
            begin, why = since.pop(container)
            yield Span("back-off", "kubelet", arrival(begin), arrival(step), why)
    for begin, why in since.values():
        if why != ENDED or not _has_ended(steps):
            yield Span("back-off", "kubelet", arrival(begin), None, why)


def _has_ended(steps: list[Step]) -> bool:
    """Whether a Pod came to its end, by itself or because it was deleted."""
    ended = any(became(step, "status.phase", value) for step in steps for value in _ENDED)
    return ended or any(step.verb in ("delete", "evict") for step in steps)


def _ending(steps: list[Step]) -> Iterator[Span]:
    asked = next((step for step in steps if step.verb in ("delete", "evict")), None)
    if asked is None or asked.change_type == "DELETED":
        return
    gone = next((step for step in steps if step.change_type in ("DELETED", "VANISHED")), None)
    yield Span("stop", "kubelet", arrival(asked), arrival(gone) if gone else None)


def _not_before(told: Told, cursor: Moment) -> Moment:
    return _no_sooner(told.moment, cursor)


def _no_sooner(moment: Moment, cursor: Moment) -> Moment:
    """The moment, drawn no earlier than what it follows: clocks differ, and seconds are cut."""
    if cursor.clock == LIST:
        return moment
    return msgspec.structs.replace(moment, at=max(moment.at, cursor.at))


def _bytes(size: int) -> str:
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.0f} MB" if size < 1_000_000_000 else f"{size / 1e9:.1f} GB"

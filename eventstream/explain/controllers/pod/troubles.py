"""Says what is wrong with a Pod that has a node, by its status and its Events.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (states and reasons);
pkg/kubelet/images/types.go (the image reasons); pkg/kubelet/events/event.go (the Events);
pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff, and pkg/kubelet/kubelet.go (a container
that keeps ending is started again after 10 s, doubled with each restart, at most 300 s; less where
its node is set so, and anew from the first after ten minutes without an end).
"""

from datetime import UTC, datetime

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.images import REASONS, image
from eventstream.explain.controllers.pod.podstates import (
    START_REASONS,
    called,
    declared,
    goes_on,
    hooked,
    is_init,
    policy_of,
    starting,
    starts_again,
)
from eventstream.explain.controllers.pod.probing import dying, killed, probing, replaced, unstarted
from eventstream.explain.controllers.pod.volumes import mounting
from eventstream.explain.controllers.shared.nodes import node_lost
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.notes import last_told, said
from eventstream.explain.world.pods import node_of, telling
from eventstream.explain.world.text import count, parse, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.numbers import whole
from eventstream.objects.pods import NEVER_RAN, ContainerState, ContainerStatus, Terminated

_BACK_OFF = expression(r"back-off (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)? restarting")
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0
_OUT_OF_MEMORY = "OOMKilled"
_UNSEEN = frozenset({"Unknown", "ContainerStatusUnknown"})
"""Reasons of an end that containerd and kubelets give where nobody saw it."""

_COUNTED_ANEW = 2 * _LONGEST_BACK_OFF
"""Seconds of a run after which a kubelet forgets earlier ends.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts.
"""

_SANDBOX = "SandboxChanged"
_OF_MEMORY = ("SystemOOM", "OOMKilling")
_KILLED = 137
"""The exit code of what ended by SIGKILL."""

_SLOW = 30.0
"""Seconds that a report may take, and clocks may differ, before a time is not believed."""

_APART = 5.0
"""Seconds between a container's end and what its node told of it, by two clocks of that node."""


def ending(write: Write, status: ContainerStatus) -> bool:
    """Whether a container has ended that keeps ending; to run out of memory once is enough."""
    ended = status.state.terminated
    if ended is None:
        return False
    if ended.reason == _OUT_OF_MEMORY:
        return bool(ended.exit_code) or goes_on(write, status.name)
    if ended.reason in NEVER_RAN:
        return True
    again = bool(status.restart_count) and _soon(ended) and not _lost_sight(status.last_state)
    return again and (bool(ended.exit_code) or goes_on(write, status.name))


def keeps_ending(write: Write, status: ContainerStatus) -> bool:
    """Whether a container that runs now has ended again and again, so that it may well again.

    One end is no loop, nor is one that nobody saw, as when its node was started anew.
    """
    last = status.last_state.terminated if status.last_state else None
    if last is None or _lost_sight(status.last_state):
        return False
    if last.reason == _OUT_OF_MEMORY:
        return True
    again = status.restart_count > 1 and _soon(last)
    return again and (bool(last.exit_code) or goes_on(write, status.name))


def _soon(ended: Terminated) -> bool:
    """Whether it ended before its kubelet would have begun to count its ends anew."""
    began, finished = parse(ended.started_at), parse(ended.finished_at)
    return began is None or finished is None or finished - began < _COUNTED_ANEW


def lasted(ended: Terminated) -> float:
    """Seconds that a container ran before it ended; 0 where its times do not tell."""
    began, finished = parse(ended.started_at), parse(ended.finished_at)
    return max(finished - began, 0.0) if began is not None and finished is not None else 0.0


def _lost_sight(state: ContainerState | None) -> bool:
    """Whether the runtime does not know how a container ended: its node went down beneath it."""
    ended = state.terminated if state is not None else None
    return ended is not None and ended.reason in _UNSEEN


def crash(write: Write, status: ContainerStatus, *, whole: bool = False) -> Trouble:
    """How a container keeps ending, in numbers; `whole`: last with all of its Pod's sandbox."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    evidence = (proofs.reports(write, status), *_restarts_at(write, status, ended))
    text = _subject(write, status)
    if ended is None:
        command = commands.logs(write, status.name)
        return Trouble("crash-loop", f"{text} keeps ending.", evidence, command)
    times = f"{count(status.restart_count, 'restart')} so far{_next_attempt(write, status, ended)}"
    if ended.reason in NEVER_RAN:
        why = ended.message or f"exit code {ended.exit_code}, {ended.reason}"
        text = sentence(f"{text} cannot be started ({times}): {why}")
        return Trouble("start-failed", text, evidence, commands.describe(write))
    if ended.reason == _OUT_OF_MEMORY:
        text = f"{text} ran out of memory ({_OUT_OF_MEMORY}{_limit(write, status)}); {times}."
        return Trouble("oom-killed", text, evidence, commands.describe(write))
    reason = f" ({ended.reason})" if ended.reason else ""
    well = not ended.exit_code and goes_on(write, status.name)
    though = " though it should go on" if well else ""
    how = f"exits with code {ended.exit_code}{reason}{though}"
    if whole:
        how = f"was stopped with its sandbox, which had changed (exit code {ended.exit_code})"
    text = f"{text} {how}; {times}."
    return Trouble("crash-loop", text, evidence, _logs(write, status))


def _subject(write: Write, status: ContainerStatus) -> str:
    """Whom the sentence is about: an init container keeps the whole Pod from starting."""
    if not is_init(write, status.name):
        return called(write, status.name)
    pod = write.image.metadata.name
    return f"Pod {pod} does not get past its init container {status.name}, which"


def _logs(write: Write, status: ContainerStatus) -> str:
    """The command that shows what the last run wrote; none shows it of a run nobody saw."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated
    newest = ended or last
    if newest is None or newest.reason == "ContainerStatusUnknown":
        return commands.describe(write)
    if ended is not None or last is None:
        return commands.logs(write, status.name)
    return commands.previous_logs(write, status.name)


def _limit(write: Write, status: ContainerStatus) -> str:
    """What it may have; without a limit it is the node's memory, or the Pod's, that ran out."""
    found = declared(write, status.name)
    limits = (found.resources.limits if found and found.resources else None) or {}
    return f"; its limit is {limits['memory']}" if "memory" in limits else ""


def _next_attempt(write: Write, status: ContainerStatus, ended: Terminated) -> str:
    """When the kubelet starts it again, where the container does not run already."""
    if status.state.running:
        return ""
    told = _told(status)
    if told is None and not starts_again(write, status.name, ended):
        return (
            f", and restart policy {policy_of(write, status.name)} does not ask for another start"
        )
    at = _due(status, ended)
    if at is not None and _other_clock(write, ended, at):
        at = None
    by_clock = f" (about {_clock(at)})" if at is not None else ""
    if told is not None:
        return f", and the next attempt {told:.0f} s after it ended{by_clock}"
    by = "by about" if _longest(status, ended) else "about"
    return f", and the next attempt {by} {_clock(at)}" if at is not None else ""


def _other_clock(write: Write, ended: Terminated, at: float) -> bool:
    """Whether its node's clock is seen to be wrong, so that a time by it would mislead.

    A kubelet tells of an end when it is past, and of a wait while it lasts.
    """
    finished, heard = parse(ended.finished_at), write.change.at
    return at < heard - _SLOW or (finished is not None and finished > heard + _SLOW)


def _restarts_at(
    write: Write, status: ContainerStatus, ended: Terminated | None
) -> tuple[Evidence, ...]:
    """Where the time of the next attempt is computed: said as the inference that it is."""
    if ended is None or status.state.running or _told(status) is not None:
        return ()
    if _due(status, ended) is None or not starts_again(write, status.name, ended):
        return ()
    longest = _longest(status, ended)
    often = f"that was restarted {count(status.restart_count, 'time')}"
    text = f"a kubelet waits up to {longest:.0f} s after the end of a container {often}"
    if not longest:
        when = "after ten minutes or more" if status.restart_count else "for the first time"
        text = f"a kubelet starts a container again at once that ends {when}"
    return (Evidence("inferred", "sequence", text, "why"),)


def _due(status: ContainerStatus, ended: Terminated) -> float | None:
    finished = parse(ended.finished_at)
    if finished is None:
        return None
    told = _told(status)
    return finished + (told if told is not None else _longest(status, ended))


def _told(status: ContainerStatus) -> float | None:
    """The back-off in seconds that the kubelet itself names."""
    waiting = status.state.waiting
    found = _BACK_OFF.search(waiting.message or "") if waiting else None
    if found is None:
        return None
    hours, minutes, seconds = (whole(part or "0") or 0 for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _longest(status: ContainerStatus, ended: Terminated) -> float:
    """The longest back-off by the number of restarts; the first restart comes at once.

    Restarts of long ago count no more, which their number does not tell: then it is shorter.
    """
    if not status.restart_count or not _soon(ended):
        return 0.0
    return float(min(_FIRST_BACK_OFF * 2 ** min(status.restart_count - 1, 5), _LONGEST_BACK_OFF))


def _clock(at: float | None) -> str:
    return datetime.fromtimestamp(at or 0.0, UTC).strftime("%H:%M:%S UTC")


def trouble(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What keeps a bound Pod from being ready, if it is known to be wrong."""
    return (
        node_lost(snapshot, write)
        or _waiting(snapshot, write)
        or mounting(snapshot, write)
        or _ending(snapshot, write)
        or probing(snapshot, write)
        or unstarted(snapshot, write)
        or _restarting(snapshot, write)
    )


def unproven(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that is ready for now: it is being killed, or just started after a failure."""
    announced = "Killing" in (write.log.notes or ())
    if not announced and (write.pod is None or write.pod.steady):
        return None  # As nearly every Pod of a large rollout.
    for status in telling(write.image):
        ends = dying(snapshot, write, status) if announced else None
        if ends is not None:
            return ends
        last = status.last_state.terminated if status.last_state else None
        if not status.state.running or last is None:
            continue
        by_probe = killed(snapshot, write, status)
        if by_probe is not None and snapshot.now - when(write) < by_probe.again_after:
            return by_probe.trouble
        again = by_probe is None and keeps_ending(write, status)
        again = again and not replaced(snapshot, write, status)
        if again and snapshot.now - _started(write, status) < PROVEN:
            return crash(write, status)
    return None


def _started(write: Write, status: ContainerStatus) -> float:
    """Since when a container runs: by its own time, where that is before Baton heard of it."""
    running = status.state.running
    began = parse(running.started_at) if running is not None else None
    return min(began, when(write)) if began is not None else when(write)


_TOLD = 3
"""Containers of one Pod whose trouble is told."""

PROVEN = 30.0
"""Seconds that a restarted container has to run before the failure is called past."""


def _waiting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What is wrong with containers that wait; all are told, the first gives the code."""
    found = [of_container(snapshot, write, status) for status in telling(write.image)]
    wrong = [trouble for trouble in found if trouble is not None]
    if len(wrong) < 2:
        return wrong[0] if wrong else None
    return msgspec.structs.replace(
        wrong[0],
        detail=" ".join(trouble.detail for trouble in wrong[:_TOLD]),
        evidence=tuple(piece for trouble in wrong[:_TOLD] for piece in trouble.evidence),
    )


def of_container(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble | None:
    """What is wrong with a container that waits, if that is more than for its turn."""
    reason = status.state.waiting.reason if status.state.waiting else ""
    if reason in REASONS:
        return image(snapshot, write, status)
    if reason == "CrashLoopBackOff":
        return _ended(snapshot, write, status)
    return starting(snapshot, write, status) if reason in START_REASONS else None


def _ending(snapshot: Snapshot, write: Write) -> Trouble | None:
    for status in telling(write.image):
        if ending(write, status) and not replaced(snapshot, write, status):
            return _ended(snapshot, write, status)
    return None


def _restarting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that runs, is not ready, and has ended again and again before it was.

    It has to outlive its last run before it is believed: until then it may end as it did.
    """
    for status in telling(write.image):
        if status.ready or not status.state.running or not keeps_ending(write, status):
            continue
        last = status.last_state.terminated if status.last_state else None
        began = parse(status.state.running.started_at) or when(write)
        asked = replaced(snapshot, write, status)
        if last is not None and not asked and snapshot.now - began < lasted(last) + PROVEN:
            return _starved(snapshot, write, status, crash(write, status))
    return None


def _ended(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    by_probe = killed(snapshot, write, status)
    if by_probe is not None:
        return by_probe.trouble
    wrong = hooked(snapshot, write, status) or _resettled(snapshot, write, status)
    return wrong or _starved(snapshot, write, status, crash(write, status))


def _resettled(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble | None:
    """A container that ended as its kubelet stopped the whole Pod, whose sandbox had changed.

    So it goes again and again where runtime and kubelet disagree on cgroups, or the runtime ends.
    Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod (Event SandboxChanged, before
    the containers are stopped, which may take their grace period).
    """
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    at = parse(ended.finished_at) if ended is not None else None
    if at is None:
        return None
    grace = write.image.spec.termination_grace_period_seconds or 0
    for note in snapshot.notes(write.log, _SANDBOX):
        told = last_told(note.after.spec)
        if told is not None and at - grace - _APART <= told <= at + _APART:
            wrong = crash(write, status, whole=True)
            shown = (*wrong.evidence, *proofs.events([note]))
            return msgspec.structs.replace(wrong, evidence=shown)
    return None


def _starved(snapshot: Snapshot, write: Write, status: ContainerStatus, wrong: Trouble) -> Trouble:
    """The same with what the Pod's node told of its memory as the container was killed.

    The kernel kills one process, and the runtime says OOMKilled where that was of a container at
    its own limit. Where a whole node ran out, or a child was killed, it just ends with code 137.
    Sources: pkg/kubelet/oom/oom_watcher_linux.go, Start (Event SystemOOM);
    https://github.com/kubernetes/node-problem-detector/tree/master/config (Event OOMKilling).
    """
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    at = parse(ended.finished_at) if ended is not None else None
    if ended is None or at is None or ended.exit_code != _KILLED or ended.reason == "OOMKilled":
        return wrong
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None or host.gone:
        return wrong
    for note in snapshot.notes(host.log, *_OF_MEMORY):
        told = last_told(note.after.spec)
        if told is not None and abs(told - at) <= _APART:
            return msgspec.structs.replace(
                wrong,
                detail=sentence(
                    f"{wrong.detail.rstrip('.')}; as it ended, {node} told: {said(note)}"
                ),
                evidence=(*wrong.evidence, *proofs.events([note])),
            )
    return wrong

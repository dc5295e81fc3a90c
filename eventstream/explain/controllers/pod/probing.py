"""Probes that fail: a Pod that does not become ready, or whose containers are killed for it.

Sources: pkg/kubelet/prober/prober.go (Event Unhealthy); kuberuntime_manager.go,
computePodActions (Event Killing, "failed liveness probe, will be restarted").
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.podstates import called, declared
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.pods import condition, containers
from eventstream.explain.world.text import count, parse, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus, Probe
from eventstream.objects.redaction import NOT_KEPT

_UNHEALTHY = expression(
    r"(?:\(combined from similar events\): )?(Startup|Liveness|Readiness) probe "
    r"(?:failed|errored[^:]*): ?(.*)",
    dot_all=True,
)
_KILLED = expression(r"failed (liveness|startup) probe")
_CONTAINER = expression(r"\{([^}]+)\}$")
_SPARE = 10.0


_REPLACED = expression(r"definition changed|resize requires restart")
"""Why a kubelet ends a container that did nothing wrong: somebody asked for another.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions.
"""


def replaced(snapshot: Snapshot, write: Write, status: ContainerStatus) -> bool:
    """Whether the container's last run was ended as its image or its resources were changed."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    began = parse(ended.started_at) if ended is not None else None
    finished = parse(ended.finished_at) if ended is not None else None
    for note in snapshot.notes(write.log, "Killing"):
        message: str = note.after.spec.message or ""
        if not message.startswith(f"Container {status.name} ") or not _REPLACED.search(message):
            continue
        at = parse(note.after.spec.last_timestamp)
        if at is None or began is None or finished is None or began - 1 <= at <= finished + 1:
            return True
    return False


class Killed(msgspec.Struct, frozen=True, gc=False):
    """A container killed for a kind of probe, and after how many seconds it may be again."""

    trouble: Trouble
    again_after: float
    kind: str


def probing(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A probe of a running container that has failed as often as its threshold asks."""
    if not write.log.notes:
        return None
    for status in containers(write.image):
        if status.ready or not status.state.running:
            continue
        started = parse(status.state.running.started_at)
        for kind, notes in _failures(snapshot, write, status, started).items():
            if _fails(write, status, kind, notes) and not (
                kind == "Readiness" and _is_new(snapshot, write, started)
            ):
                return _told(write, status, kind, notes)
    return None


def ripening(snapshot: Snapshot, write: Write) -> str:
    """What the failing readiness probe of a container that has just started says; else empty."""
    for status in containers(write.image) if write.log.notes else ():
        running = status.state.running
        started = parse(running.started_at) if running is not None else None
        if status.ready or running is None or not _is_new(snapshot, write, started):
            continue
        notes = _failures(snapshot, write, status, started).get("Readiness", [])
        if _fails(write, status, "Readiness", notes):
            return _told(write, status, "Readiness", notes).detail.rstrip(".")
    return ""


def _fails(write: Write, status: ContainerStatus, kind: str, notes: list[Change]) -> bool:
    """Whether a probe has failed as often as its threshold asks."""
    times = sum(note.after.spec.times for note in notes)
    return bool(times >= _probe(write, status, kind).failure_threshold)


_STARTING = 60.0
"""Seconds for which an application may start while its readiness probe fails: nothing comes of
that but that it gets no traffic yet, which is what the probe is for.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
"""


def _is_new(snapshot: Snapshot, write: Write, started: float | None) -> bool:
    """Whether a container has only just started, and was not ready since then."""
    ready = condition(write.image, "Ready")
    turned = parse(ready.last_transition_time) if ready is not None else None
    if started is None or (turned is not None and turned > started + 1):
        return False
    return snapshot.now - started < _STARTING


def killed(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Killed | None:
    """Whether the container last ended because its kubelet killed it for a failing probe."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    if ended is None or not write.log.notes:
        return None
    began, finished = parse(ended.started_at), parse(ended.finished_at)
    for note in snapshot.notes(write.log, "Killing"):
        found = _KILLED.search(note.after.spec.message or "")
        at = parse(note.after.spec.last_timestamp)
        if found is None or not _is_about(note, status):
            continue
        earlier = at is not None and began is not None and not began <= at <= (finished or at) + 1
        if earlier and not (ended.exit_code and _may_be_left_out(write)):
            continue  # It was for an earlier run that a probe killed it.
        kind = found[1].capitalize()
        notes = _failures(snapshot, write, status, None).get(kind, [])
        probe = _probe(write, status, kind)
        again = probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
        trouble = _told(write, status, kind, notes, note)
        return Killed(_presumed(trouble) if earlier else trouble, again + _SPARE, kind)
    return None


def _presumed(trouble: Trouble) -> Trouble:
    """The same of an end that no Event tells of, where an earlier one was for this probe."""
    return msgspec.structs.replace(
        trouble,
        detail=f"{trouble.detail} That the last end was for it, too, is inferred: after "
        f"{_BURST} Events about one Pod a kubelet leaves out most of the rest.",
        evidence=(*trouble.evidence, _UNTOLD),
    )


_BURST = 25
"""Events of a kubelet about one Pod after which its recorder drops nearly all further ones.

Source: staging/src/k8s.io/client-go/tools/record/events_cache.go, EventSourceObjectSpamFilter.
"""

_UNTOLD = Evidence(
    "inferred",
    "sequence",
    "no Event tells why the container ended last; it was killed for this probe before",
    "why",
)


def _may_be_left_out(write: Write) -> bool:
    """Whether the kubelet has told so much of the Pod that it may leave out what came since."""
    every = [note for notes in (write.log.notes or {}).values() for note in notes.values()]
    own = (note.after.spec for note in every if note.after.spec.component == "kubelet")
    return bool(sum(facts.times for facts in own) >= _BURST)


def unstarted(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container killed for its startup probe, which has not succeeded since then either.

    That it runs again proves nothing: only the probe can, and the kubelet kills it again else.
    """
    for status in containers(write.image):
        if not status.state.running or status.started is not False or not status.restart_count:
            continue
        by_probe = killed(snapshot, write, status)
        if by_probe is not None and by_probe.kind == "Startup":
            return by_probe.trouble
    return None


def dying(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble | None:
    """Whether the kubelet is killing a running container for a failing probe, as it announced."""
    if not write.log.notes:
        return None
    running = status.state.running
    started = parse(running.started_at) if running is not None else None
    for note in snapshot.notes(write.log, "Killing"):
        found = _KILLED.search(note.after.spec.message or "")
        at = parse(note.after.spec.last_timestamp)
        if found is None or at is None or started is None or not _is_about(note, status):
            continue
        if at > started:
            kind = found[1].capitalize()
            notes = _failures(snapshot, write, status, started).get(kind, [])
            return _told(write, status, kind, notes, note)
    return None


def _told(
    write: Write,
    status: ContainerStatus,
    kind: str,
    notes: list[Change],
    killing: Change | None = None,
) -> Trouble:
    times = sum(note.after.spec.times for note in notes)
    who = called(write, status.name)
    failed = f"has failed {count(times, 'time')}" if times else "fails"
    probe = f"The {kind.lower()} probe" if kind else "A probe"
    text = f"{probe} of {who[0].lower()}{who[1:]} {failed}"
    found = _UNHEALTHY.match(notes[0].after.spec.message or "") if notes else None
    output = found[2].strip() if found is not None else ""
    if status.restart_count:
        text += f" (restarted {count(status.restart_count, 'time')} so far)"
    detail = sentence(f"{text}: {output}" if output else text)
    evidence = (
        *proofs.events([*([killing] if killing is not None else []), *notes]),
        proofs.reports(write, status),
    )
    return Trouble("probe-failing", detail, evidence, commands.describe(write))


def _failures(
    snapshot: Snapshot, write: Write, status: ContainerStatus, since: float | None
) -> dict[str, list[Change]]:
    """Events Unhealthy of one container by the kind of probe; none that is older than `since`."""
    found: dict[str, list[Change]] = {}
    for note in snapshot.notes(write.log, "Unhealthy"):
        kind = _kind(note, write, status)
        last = parse(note.after.spec.last_timestamp)
        old = since is not None and last is not None and last < since
        if kind is not None and not old and _is_about(note, status):
            found.setdefault(kind, []).append(note)
    return found


def _kind(note: Change, write: Write, status: ContainerStatus) -> str | None:
    """Which probe an Event Unhealthy is about; None where it says that of none.

    "" where its message was not kept, and the container has more than one that it may be.
    """
    message: str = note.after.spec.message or ""
    told = _UNHEALTHY.match(message)
    if told is not None or message != NOT_KEPT:
        return told[1] if told is not None else None
    container = declared(write, status.name)
    probes = [kind for kind in _KINDS if getattr(container, f"{kind.lower()}_probe", None)]
    return probes[0] if len(probes) == 1 else ""


_KINDS = ("Startup", "Liveness", "Readiness")


def _is_about(note: Change, status: ContainerStatus) -> bool:
    """Whether the Event is about this container; one that names none may be about any."""
    found = _CONTAINER.search(note.after.spec.involved_object.field_path)
    return found is None or found[1] == status.name


def _probe(write: Write, status: ContainerStatus, kind: str) -> Probe:
    container = declared(write, status.name)
    found: Probe | None = getattr(container, f"{kind.lower()}_probe", None)
    return found or Probe()

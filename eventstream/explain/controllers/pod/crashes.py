"""A container that keeps ending: how, how often, and when its kubelet starts it again.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff; pkg/kubelet/kubelet.go (10 s,
doubled with each restart, at most 300 s, counted from the end of the container).
"""

from datetime import UTC, datetime

from eventstream.explain.controllers.pod.containers import called, declared
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.text import count
from eventstream.explain.world.times import parse
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.numbers import whole
from eventstream.objects.pods import ContainerStatus, Terminated

_BACK_OFF = expression(r"back-off (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)? restarting")
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0
_OUT_OF_MEMORY = "OOMKilled"


def ending(status: ContainerStatus) -> bool:
    """Whether a container has ended in failure again, or ran out of memory even once."""
    ended = status.state.terminated
    if ended is None or not ended.exit_code:
        return False
    return bool(status.restart_count) or ended.reason == _OUT_OF_MEMORY


def crash(write: Write, status: ContainerStatus) -> Trouble:
    """How a container keeps ending, in numbers."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    evidence = (proofs.reports(write, status), *_restarts_at(status, ended))
    command = commands.previous_logs(write, status.name)
    text = called(write, status.name)
    if ended is None:
        return Trouble("crash-loop", f"{text} keeps ending.", evidence, command)
    times = f"{count(status.restart_count, 'restart')} so far{_next_attempt(status, ended)}"
    if ended.reason == _OUT_OF_MEMORY:
        text = f"{text} was killed for using too much memory{_limit(write, status)}; {times}."
        return Trouble("oom-killed", text, evidence, commands.describe(write))
    reason = f" ({ended.reason})" if ended.reason else ""
    text = f"{text} exits with code {ended.exit_code}{reason}; {times}."
    return Trouble("crash-loop", text, evidence, command)


def _limit(write: Write, status: ContainerStatus) -> str:
    found = declared(write, status.name)
    limits = (found.resources.limits if found and found.resources else None) or {}
    return f", of which it may have {limits['memory']}" if "memory" in limits else ""


def _next_attempt(status: ContainerStatus, ended: Terminated) -> str:
    """When the kubelet starts it again, where the container does not run already."""
    if status.state.running:
        return ""
    told = _told(status)
    at = _due(status, ended)
    when = f" (about {_clock(at)})" if at is not None else ""
    if told is not None:
        return f", and the next attempt {told:.0f} s after it ended{when}"
    return f", and the next attempt about {_clock(at)}" if at is not None else ""


def _restarts_at(status: ContainerStatus, ended: Terminated | None) -> tuple[Evidence, ...]:
    """Where the time of the next attempt is computed: said as the inference that it is."""
    if ended is None or status.state.running or _told(status) is not None:
        return ()
    if _due(status, ended) is None:
        return ()
    text = (
        f"a kubelet waits {_doubled(status):.0f} s after the end of a container that was "
        f"restarted {count(status.restart_count, 'time')}"
    )
    return (Evidence("inferred", "sequence", text, "why"),)


def _due(status: ContainerStatus, ended: Terminated) -> float | None:
    finished = parse(ended.finished_at)
    if finished is None:
        return None
    told = _told(status)
    return finished + (told if told is not None else _doubled(status))


def _told(status: ContainerStatus) -> float | None:
    """The back-off in seconds that the kubelet itself names."""
    waiting = status.state.waiting
    found = _BACK_OFF.search(waiting.message or "") if waiting else None
    if found is None:
        return None
    hours, minutes, seconds = (whole(part or "0") or 0 for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _doubled(status: ContainerStatus) -> float:
    """The back-off by the number of restarts; the first restart comes at once."""
    if not status.restart_count:
        return 0.0
    return float(min(_FIRST_BACK_OFF * 2 ** min(status.restart_count - 1, 5), _LONGEST_BACK_OFF))


def _clock(at: float | None) -> str:
    return datetime.fromtimestamp(at or 0.0, UTC).strftime("%H:%M:%S UTC")

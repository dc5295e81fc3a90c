"""What a node told of its memory when a container was killed: the runtime may not know why.

The kernel kills one process, and the runtime says OOMKilled where that was of a container at its
own limit. Where a whole node ran out, or a child was killed, the container just ends with code 137.
Sources: pkg/kubelet/oom/oom_watcher_linux.go, Start (Event SystemOOM);
https://github.com/kubernetes/node-problem-detector/tree/master/config (Event OOMKilling).
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.notes import last_told, said
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import parse, sentence
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import ContainerStatus

_TOLD = ("SystemOOM", "OOMKilling")
_KILLED = 137
"""The exit code of what ended by SIGKILL."""

_APART = 5.0
"""Seconds between a container's end and what its node told of it, by two clocks of that node."""


def starved(snapshot: Snapshot, write: Write, status: ContainerStatus, wrong: Trouble) -> Trouble:
    """The same with what the Pod's node told of its memory as the container was killed."""
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    at = parse(ended.finished_at) if ended is not None else None
    if ended is None or at is None or ended.exit_code != _KILLED or ended.reason == "OOMKilled":
        return wrong
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None or host.gone:
        return wrong
    for note in snapshot.notes(host.log, *_TOLD):
        when = last_told(note.after.spec)
        if when is not None and abs(when - at) <= _APART:
            return msgspec.structs.replace(
                wrong,
                detail=sentence(
                    f"{wrong.detail.rstrip('.')}; as it ended, {node} told: {said(note)}"
                ),
                evidence=(*wrong.evidence, *proofs.events([note])),
            )
    return wrong

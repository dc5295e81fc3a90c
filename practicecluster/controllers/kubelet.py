"""A node's kubelet: starts Pods bound to it, reports their status, and finishes their deletion.

How each container fares is told by `Fares`.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet.go (SyncPod)
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/status/status_manager.go
"""

import zlib
from typing import Any

from practicecluster.controllers.actors import leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.cells import Cell, Cells, ended, say
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.mounting import Mounting
from practicecluster.writing.quantities import total as total_of
from practicecluster.writing.times import stamp

_OVER = ("Succeeded", "Failed")
_UNKNOWN = "The container could not be located when the pod was terminated"


class Kubelet(Mounting):
    """One worker for each Pod, as in a real one; status goes out as patches."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._started: set[str] = set()
        self._ending: set[str] = set()
        self._gone: set[str] = set()
        self._addresses = self._life = 0
        super().__init__(*arguments, **more)

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Pod of this node came, is to go, or went; or the node itself."""
        if kind == "Node":
            super().seen(kind, type_, before, thing)
            return
        if thing["spec"].get("nodeName") != self.node:
            return
        if type_ == "DELETED":
            self._gone.add(thing["metadata"]["uid"])
            self.held.pop(thing["metadata"]["uid"], None)
        elif self.node not in self._silent:
            self._take_up(thing)

    def _take_up(self, pod: Json) -> None:
        """Begin what is to be done with a Pod, once."""
        uid = pod["metadata"]["uid"]
        if leaving(pod):
            if uid not in self._ending:
                self._ending.add(uid)
                self.clock.start(self.safely(self._end(pod)))
        elif uid not in self._started and pod["status"].get("phase") not in _OVER:
            self._started.add(uid)
            self.clock.start(self.safely(self._run(pod)))

    def safely(self, work: Work) -> Work:
        """Do work for as long as the node does not boot; while it is silent, the work rests."""
        life = self._life
        for pause in super().safely(work):
            yield pause
            if life != self._life:
                return

    def lives(self, pod: Json, cells: Cells) -> bool:
        """Whether a Pod is neither to go nor gone, and its containers are still these."""
        uid = pod["metadata"]["uid"]
        return uid not in self._ending | self._gone and self.held.get(uid) is cells

    def back(self, *, booted: bool = False) -> None:
        """Take up again: the node first, then each Pod; once it has `booted`, all begin anew."""
        self.report_node()
        self._life += booted
        for pod in self.cached("Pod"):
            uid = pod["metadata"]["uid"]
            if pod["spec"].get("nodeName") != self.node or uid in self._gone:
                continue
            if booted and leaving(pod):
                self._ending.discard(uid)
            elif booted and pod["status"].get("phase") not in _OVER:
                self._started.add(uid)
                self.clock.start(self.safely(self._again_after_boot(pod)))
                continue
            elif (cells := self.held.get(uid)) is not None and not leaving(pod):
                self.clock.start(self.safely(self._said_again(pod, cells)))
            self._take_up(pod)

    def _said_again(self, pod: Json, cells: Cells) -> Work:
        yield self.clock.between(0.1, 1.0)
        if self.lives(pod, cells):
            self.send(pod, cells)

    def _again_after_boot(self, pod: Json) -> Work:
        before = self.held.get(pod["metadata"]["uid"])
        yield self.clock.between(0.5, 5.0)
        if before is not None and before.sandbox:
            text = "Pod sandbox changed, it will be killed and re-created."
            self.tell(pod, "SandboxChanged", text)
        yield from self._run(pod)

    def _run(self, pod: Json) -> Work:
        yield self.clock.between(0.01, 0.03)
        cells = self.begun(pod)
        self.send(pod, cells)
        yield from self._mount(pod, cells)
        yield from self._sandboxed(pod, cells)
        if not self.lives(pod, cells):
            return
        cells.sandbox = True
        self._addresses += 1
        cells.address = self._address()
        for cell in cells.inits:
            if cell.role == "sidecar":
                self.clock.start(self.safely(self.kept(pod, cells, cell)))
                while self.lives(pod, cells) and not cell.started:
                    yield 0.5
            else:
                yield from self.kept(pod, cells, cell)
            if not self.lives(pod, cells) or not cell.done:
                return
        for cell in cells.mains:
            self.clock.start(self.safely(self.kept(pod, cells, cell)))

    def begun(self, pod: Json) -> Cells:
        """The containers of a Pod that begins, or begins again as its node did."""
        uid = pod["metadata"]["uid"]
        before, cells = self.held.get(uid), Cells(pod)
        self.held[uid] = cells
        for was, now in zip(before.every if before else [], cells.every, strict=False):
            _carry(was, now, self.clock.now)
        return cells

    def _address(self) -> str:
        """Return an address of this node's own network, as each node has one for its Pods."""
        network, (third, last) = zlib.crc32(self.node.encode()) % 256, divmod(self._addresses, 254)
        return f"10.{network}.{third % 256}.{last + 1}"

    def send(self, pod: Json, cells: Cells, more: object = None) -> None:
        """Patch the status to what is known now, whatever others put beside it."""
        at, host = stamp(self.clock.now), f"10.1.0.{zlib.crc32(self.node.encode()) % 254 + 1}"

        def change(now: Json) -> None:
            status = now["status"]
            status["phase"] = cells.phase
            status["observedGeneration"] = now["metadata"].get("generation", 1)
            status.setdefault("startTime", at)
            status.setdefault("hostIP", host)
            status.setdefault("hostIPs", [{"ip": host}])
            if cells.reachable and cells.address:
                status.setdefault("podIP", cells.address)
                status.setdefault("podIPs", [{"ip": cells.address}])
            if asked := _asked(cells):
                status["allocatedResources"] = asked
                status["resources"] = {"requests": asked}
            status["containerStatuses"] = [cell.shown() for cell in cells.mains]
            if cells.inits:
                status["initContainerStatuses"] = [cell.shown() for cell in cells.inits]
            for told in cells.conditions():
                say(status, told, at)
            if callable(more):
                more(now)

        self.server.patch(self.who, pod, change, "status")

    def _end(self, pod: Json) -> Work:
        """Stop what runs, say so, and let the Pod go."""
        if pod["metadata"]["deletionGracePeriodSeconds"] == 0 and "finalizers" in pod["metadata"]:
            return
        cells = self.held.get(pod["metadata"]["uid"]) or Cells(pod)
        over = cells.phase in _OVER
        yield self.clock.between(0.06, 0.1)
        running = [cell for cell in cells.every if "running" in cell.state]
        for cell in running:
            self._told(pod, cell, "Killing", f"Stopping container {cell.name}")
        for cell in cells.every:
            if "waiting" in cell.state and not over:
                cell.state = {"waiting": {"reason": "ContainerCreating"}}
        self.send(pod, cells)
        yield from self._stopped(pod, cells, running)
        if not over:
            for cell in cells.every:
                if "waiting" in cell.state:
                    told = {"exitCode": 137, "reason": "ContainerStatusUnknown"}
                    told |= {"message": _UNKNOWN, "startedAt": None, "finishedAt": None}
                    cell.state, cell.ready, cells.lost = {"terminated": told}, False, True
                cell.started = False
            cells.over = True
            self.send(pod, cells)
        yield self.clock.between(0.01, 0.05) if not running else self.clock.between(0.5, 0.8)
        self.server.delete(self.who, pod, grace=0)

    def _stopped(self, pod: Json, cells: Cells, running: list[Cell]) -> Work:
        """Ask what runs to end, and kill it where its time is over."""
        grace = float(pod["metadata"]["deletionGracePeriodSeconds"])
        needed = max((self.fares.of(cell.spec).stops for cell in running), default=0.0)
        yield min(grace, needed) + self.clock.between(0.1, 0.2)
        if not running:
            cells.sandbox = False
            self.send(pod, cells)
            yield self.clock.between(0.3, 0.9)
        for cell in running:
            fare = self.fares.of(cell.spec)
            code = 137 if fare.stops > grace else fare.stopped
            at, told = self.clock.now, cell.state.get("running")
            if told is not None:
                state = ended(code, "Error" if code else "Completed", at, at)
                state["terminated"]["startedAt"] = told["startedAt"]
                cell.end(state)

    def evict(self, pod: Json, resource: str) -> None:
        """End a Pod for good, as its node runs out of something.

        Source: pkg/kubelet/eviction/eviction_manager.go, evictPod.
        """
        cells = self.held.pop(pod["metadata"]["uid"], None)
        if cells is None:
            return
        text = f"The node was low on resource: {resource}. Container c was using 2Gi, request is 0."
        self.tell(pod, "Evicted", text, "Warning")
        at = stamp(self.clock.now)
        for cell in cells.every:
            if "running" in cell.state:
                cell.state = ended(137, "Error", self.clock.now - 60, self.clock.now)
            cell.ready = cell.started = False
        said: Json = {"type": "DisruptionTarget", "status": "True", "lastTransitionTime": at}
        said |= {"reason": "TerminationByKubelet", "message": text, "lastProbeTime": None}

        def change(now: Json) -> None:
            put(now["status"], said)
            now["status"] |= {"phase": "Failed", "reason": "Evicted", "message": text}

        self.send(pod, cells, change)


def _carry(was: Cell, now: Cell, at: float) -> None:
    """What is known of a container from before its node went down."""
    now.restarts = was.restarts + ("running" in was.state)
    if "running" in was.state:
        now.last = ended(255, "Unknown", at - 60, at)
    elif was.state.get("terminated"):
        now.last = was.state


def _asked(cells: Cells) -> Json:
    """Return what the Pod as a whole was given."""
    total: Json = {}
    for cell in cells.mains:
        for name, value in (cell.spec.get("resources") or {}).get("requests", {}).items():
            total[name] = total_of([total.get(name, "0"), value])
    return total

"""A kubelet that does all its work: volumes, sandbox, init containers, probes, restarts, evictions.

How each fares is told by `Fares`; what is truly wrong it notes in `Faults`.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet.go (SyncPod)
"""

from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.writing.times import stamp
from tests.explain.simulation.cells import Cell, Cells, ended, say
from tests.explain.simulation.containers import Containers
from tests.explain.simulation.fares import failing
from tests.explain.simulation.faults import Fault

_GENERAL = (
    "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[], failed to "
    "process volumes=[]: context deadline exceeded"
)
_MOUNT_TIMEOUT = 123.0
_KINDS = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}


class Agent(Containers):
    """One node's kubelet."""

    def _run(self, pod: Json) -> Work:
        yield self.clock.between(0.01, 0.1)
        cells = self.begun(pod)
        self.send(pod, cells)
        yield from self._mount(pod, cells)
        yield from self._sandboxed(pod, cells)
        if not self.lives(pod, cells):
            return
        cells.sandbox = True
        self.addresses += 1
        self.send(pod, cells)
        for cell in cells.inits:
            if cell.role == "sidecar":
                self.clock.start(self._safely(self.kept(pod, cells, cell)))
                while self.lives(pod, cells) and not cell.started:
                    yield 0.5
            else:
                yield from self.kept(pod, cells, cell)
            if not self.lives(pod, cells) or not cell.done:
                return
        for cell in cells.mains:
            self.clock.start(self._safely(self.kept(pod, cells, cell)))

    def _mount(self, pod: Json, cells: Cells) -> Work:
        """Set up each volume, trying again later and later; every two minutes say what lacks."""
        fault: Fault | None = None
        pause, deadline = 0.5, self.clock.now + _MOUNT_TIMEOUT
        while self.lives(pod, cells):
            lacking = [self._lacks(pod, volume) for volume in pod["spec"].get("volumes", ())]
            left = [lack for lack in lacking if lack is not None]
            if not left:
                break
            told = [lack for lack in left if lack[1]]
            for _, message, _ in told:
                self._tell(pod, "FailedMount", message, "Warning")
            if self.clock.now >= deadline:
                names = " ".join(name for name, _, _ in left)
                self._tell(pod, "FailedMount", _GENERAL.format(names), "Warning")
                deadline = self.clock.now + _MOUNT_TIMEOUT
                told = told or left
            if told and fault is None:
                codes = " ".join(code for _, _, code in told)
                fault = self.faults.begin(pod, codes, "kubelet client attachdetach-controller")
            wait = pause if told else min(1.0, pause)
            pause = min(pause * 2, 122.0) if told else pause
            yield min(wait, max(deadline - self.clock.now, 0.5))
        self.faults.end(fault)

    def _lacks(self, pod: Json, volume: Json) -> tuple[str, str, str] | None:
        """A volume that is not there: its name, what the kubelet says of that, and the code."""
        space, name = pod["metadata"]["namespace"], volume["name"]
        for source, (kind, key) in _KINDS.items():
            wanted = volume.get(source, {}).get(key, "")
            if wanted and self.server.find(kind, space, wanted) is None:
                text = f'MountVolume.SetUp failed for volume "{name}" : {kind.lower()}'
                return name, f'{text} "{wanted}" not found', "config-missing"
        claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
        if claim and (claim, self.node) not in self.attached:
            return name, "", "volume-pending"
        why = failing(self.fares.mounts, claim, self.clock.now)
        if claim and why:
            text = f'MountVolume.MountDevice failed for volume "pv-{claim}" : {why}'
            return name, text, "volume-pending"
        return None

    def _sandboxed(self, pod: Json, cells: Cells) -> Work:
        fault: Fault | None = None
        app = pod["metadata"].get("labels", {}).get("app", "")
        while self.lives(pod, cells) and (
            why := failing(self.fares.sandboxes, app, self.clock.now)
        ):
            text = f"Failed to create pod sandbox: {why}"
            self._tell(pod, "FailedCreatePodSandBox", text, "Warning")
            fault = fault or self.faults.begin(pod, "sandbox-failed")
            yield self.clock.between(10.0, 14.0)
        self.faults.end(fault)
        yield self.clock.between(0.1, 0.6)

    def evict(self, pod: Json, resource: str) -> None:
        """End a Pod for good, as its node runs out of something.

        Source: pkg/kubelet/eviction/eviction_manager.go, evictPod.
        """
        cells = self.held.get(pod["metadata"]["uid"])
        if cells is None:
            return
        self.lost(pod)
        text = f"The node was low on resource: {resource}. Container c was using 2Gi, request is 0."
        self._tell(pod, "Evicted", text, "Warning")
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

    def press(self, type_: str, *, pressed: bool) -> None:
        """Report that the node runs out of something, or no longer does."""
        node = self.server.find("Node", "", self.node)
        assert node is not None
        at, value = stamp(self.clock.now), "True" if pressed else "False"
        said: Json = {"type": type_, "status": value, "lastTransitionTime": at}
        said |= {"reason": f"KubeletHas{type_}", "message": "kubelet has pressure"}
        self.server.patch(self.who, node, lambda now: put(now["status"], said), "status")

    def back(self) -> None:
        """The node has started anew: it reports first, then each Pod's containers begin again."""
        self.report_node()
        for pod in self.cached("Pod"):
            uid = pod["metadata"]["uid"]
            if pod["spec"].get("nodeName") != self.node or uid in self._gone:
                continue
            if "deletionTimestamp" in pod["metadata"]:
                self._ending.add(uid)
                self.clock.start(self._safely(self._end(pod)))
            elif pod["status"].get("phase") not in ("Succeeded", "Failed"):
                self._started.add(uid)
                self.clock.start(self._safely(self._again_after_boot(pod)))

    def _again_after_boot(self, pod: Json) -> Work:
        before = self.held.get(pod["metadata"]["uid"])
        yield self.clock.between(0.5, 5.0)
        if before is not None and before.sandbox:
            text = "Pod sandbox changed, it will be killed and re-created."
            self._tell(pod, "SandboxChanged", text)
        yield from self._run(pod)

    def _report(self, pod: Json, phase: str, state: Json, **_: object) -> None:
        """The last report on a Pod that goes: its containers have ended, or never were.

        Source: pkg/kubelet/status/status_manager.go, TerminatePod.
        """
        cells, now = self.held.get(pod["metadata"]["uid"]) or Cells(pod), self.clock.now
        for cell in cells.every:
            if "running" in cell.state:
                cell.state = ended(0, "Completed", now - 1, now)
            elif "waiting" in cell.state:
                text = "The container could not be located when the pod was terminated"
                told = {"exitCode": 137, "reason": "ContainerStatusUnknown", "message": text}
                cell.state = {"terminated": told | {"startedAt": None, "finishedAt": None}}
            cell.ready = cell.started = False
        codes = [cell.state["terminated"]["exitCode"] for cell in cells.every]

        def over(thing: Json) -> None:
            thing["status"]["phase"] = "Failed" if any(codes) else "Succeeded"

        self.send(pod, cells, over)

    def _stops_within(self, pod: Json, grace: float) -> float:
        fares = (self.fares.of(c["image"]) for c in pod["spec"]["containers"])
        return min(grace, max(fare.stops for fare in fares)) + super()._stops_within(pod, grace)

    def begun(self, pod: Json) -> Cells:
        """The containers of a Pod that begins, or begins again as its node did."""
        uid = pod["metadata"]["uid"]
        before, cells = self.held.get(uid), Cells(pod)
        self.held[uid] = cells
        for was, now in zip(before.every if before else [], cells.every, strict=False):
            _carry(was, now, self.clock.now)
        return cells

    def send(self, pod: Json, cells: Cells, more: object = None) -> None:
        """Patch the status to what is known now."""
        address, at = f"10.0.0.{self.addresses}", stamp(self.clock.now)

        def change(now: Json) -> None:
            status = now["status"]
            status["phase"] = cells.phase
            status["observedGeneration"] = now["metadata"]["generation"]
            status.setdefault("startTime", at)
            status.setdefault("hostIP", "10.1.0.1")
            if cells.sandbox:
                status.setdefault("podIP", address)
            status["containerStatuses"] = [cell.shown() for cell in cells.mains]
            if cells.inits:
                status["initContainerStatuses"] = [cell.shown() for cell in cells.inits]
            for told in cells.conditions():
                say(status, told, at)
            if callable(more):
                more(now)

        self.server.patch(self.who, pod, change, "status")


def _carry(was: Cell, now: Cell, at: float) -> None:
    """What is known of a container from before its node went down."""
    now.restarts = was.restarts + ("running" in was.state)
    if "running" in was.state:
        now.last = ended(255, "Unknown", at - 60, at)
    elif was.state.get("terminated"):
        now.last = was.state

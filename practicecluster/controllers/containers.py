"""What a kubelet does for each container: its image, its settings, its start, probes and restarts.

Sources: pkg/kubelet/images/image_manager.go; pkg/kubelet/kuberuntime/kuberuntime_manager.go;
pkg/kubelet/prober/worker.go; pkg/kubelet/pod_workers.go, completeWork
"""

import math
from typing import Any, Protocol

from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.cells import Cell, Cells, ended
from practicecluster.controllers.clock import Work
from practicecluster.controllers.fares import NEVER, Fare, Fares, Program
from practicecluster.controllers.heartbeats import Beating
from practicecluster.controllers.programs import run
from practicecluster.controllers.who import Who
from practicecluster.writing.times import stamp

_FIRST, _LONGEST = 10.0, 300.0
_PROVEN = 30.0
"""Seconds for which a container has to stay up before what ended it is called past."""
_SLACK = 3.0
_STARTING = 59.0
"""Seconds that an application may take to be ready before its readiness probe's failures count."""


_PRESENT = 'Container image "{}" already present on machine and can be accessed by the pod'


class Notes(Protocol):
    """Where is noted what is truly wrong with a Pod, for those who judge what others say of it."""

    def begin(self, thing: Json, codes: str, holders: str = "kubelet", within: float = 5.0) -> Any:
        """Something went wrong with an object; return what it is called from now on."""

    def lull(self, fault: Any) -> None:
        """What went wrong is tried again."""

    def end(self, fault: Any) -> None:
        """It is well again."""


class Unnoted:
    """Nobody judges."""

    def begin(self, thing: Json, codes: str, holders: str = "kubelet", within: float = 5.0) -> Any:
        """Something went wrong with an object."""

    def lull(self, fault: Any) -> None:
        """What went wrong is tried again."""

    def end(self, fault: Any) -> None:
        """It is well again."""


class Containers(Beating):
    """Keeps each container as its Pod asks; a worker stops where its Pod's life is another one.

    A `prompt` one shows that it backs off as soon as it does, as kubelets did before 1.36; later
    ones show it when they look at the Pod again, which is when the wait is over.
    """

    def __init__(
        self, server: Api, node: str, who: Who | None = None, *,
        silent: dict[str, float] | None = None, fares: Fares | None = None,
        faults: Notes | None = None, beats: bool = True, prompt: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(server, node, who, silent, beats=beats)
        self.fares = fares or Fares()
        self.faults = faults or Unnoted()
        self.images: set[str] = set()
        self.held: dict[str, Cells] = {}
        self._prompt = prompt

    def lives(self, pod: Json, cells: Cells) -> bool:
        """Whether a Pod is neither to go nor gone, and its containers are still these."""
        raise NotImplementedError

    def send(self, pod: Json, cells: Cells, more: object = None) -> None:
        """Report on a Pod."""
        raise NotImplementedError

    def kept(self, pod: Json, cells: Cells, cell: Cell) -> Work:
        """One container: run, and run again, as long as its Pod and its policy want it."""
        while self.lives(pod, cells):
            yield from self._pulled(pod, cells, cell)
            yield from self._configured(pod, cells, cell)
            if not self.lives(pod, cells):
                return
            yield from self._ran(pod, cells, cell)
            if not self.lives(pod, cells) or "terminated" not in cell.state:
                return
            well = not cell.state["terminated"]["exitCode"]
            again = cell.role == "sidecar" or cells.policy == "Always"
            again = (again and (cell.role != "init")) or (cells.policy != "Never" and not well)
            self.send(pod, cells)
            if not again:
                yield from self._settled(pod, cells)
                return
            yield from self._backed_off(pod, cells, cell)

    def _settled(self, pod: Json, cells: Cells) -> Work:
        """Once all containers are over for good, so is the Pod, after it was looked at again."""
        if cells.ends in ("Succeeded", "Failed") and not cells.settled:
            yield self.clock.between(1.0, 1.1)
            cells.settled = True
            if self.lives(pod, cells):
                self.send(pod, cells)

    def _pulled(self, pod: Json, cells: Cells, cell: Cell) -> Work:
        """Have the image here, trying again later and later; says so, and shows the Pod, first."""
        image = cell.spec["image"]
        pause, fault, fare = _FIRST, None, self.fares.of(cell.spec)
        while self.lives(pod, cells):
            if image in self.images and cell.spec.get("imagePullPolicy") != "Always":
                self._told(pod, cell, "Pulled", _PRESENT.format(image))
                yield from self._shown(pod, cells)
                return
            self._told(pod, cell, "Pulling", f'Pulling image "{image}"')
            yield from self._shown(pod, cells)
            refusal = fare.refusal
            refused = refusal is not None and self.clock.now < refusal.until
            took = fare.pull
            if refused or image in self.images:
                took = self.clock.between(0.01, 0.06)
            yield took
            if not self.lives(pod, cells):
                return
            if refusal is None or not refused:
                self.images.add(image)
                lasted = f"{took * 1000:.0f}ms" if took < 1 else f"{took:.3f}s"
                told = f'Successfully pulled image "{image}" in {lasted} ({lasted} including '
                self._told(pod, cell, "Pulled", f"{told}waiting). Image size: 778907 bytes.")
                self.faults.end(fault)
                return
            fault = fault or self.faults.begin(pod, refusal.code, "kubelet client")
            yield from self._not_pulled(pod, cells, cell, refusal.message, first=pause == _FIRST)
            yield pause * self.clock.between(1.0, 1.4)
            pause = min(pause * 2, _LONGEST)

    def _shown(self, pod: Json, cells: Cells) -> Work:
        yield self.clock.between(0.002, 0.01)
        if self.lives(pod, cells):
            self.send(pod, cells)

    def _not_pulled(
        self, pod: Json, cells: Cells, cell: Cell, why: str, *, first: bool
    ) -> Work:  # fmt: skip
        """Say that the image is refused, and that it is tried again."""
        image = cell.spec["image"]
        told = f'Failed to pull image "{image}": {why}'
        self._told(pod, cell, "Failed", told, "Warning")
        self._told(pod, cell, "Failed", "Error: ErrImagePull", "Warning")
        text = f'Back-off pulling image "{image}"'
        waits = {"reason": "ImagePullBackOff", "message": f"{text}: ErrImagePull: {why}"}
        if first or self._prompt:
            cells.reachable = True
            cell.state = {"waiting": {"reason": "ErrImagePull", "message": why}}
            if self._prompt:
                self.send(pod, cells)
                yield self.clock.between(0.5, 12.0)
            else:
                yield self.clock.between(0.15, 0.3)
            if not self.lives(pod, cells):
                return
            self._told(pod, cell, "BackOff", text)
            self._told(pod, cell, "Failed", "Error: ImagePullBackOff", "Warning")
            cell.state = {"waiting": waits} if self._prompt else cell.state
            self.send(pod, cells)
        cell.state = {"waiting": waits}

    def _configured(self, pod: Json, cells: Cells, cell: Cell) -> Work:
        """Wait until each ConfigMap and Secret that its environment comes from is there."""
        fault = None
        while self.lives(pod, cells) and (lack := self._missing(pod, cell)):
            fault = fault or self.faults.begin(pod, "config-missing", "kubelet client")
            self._told(pod, cell, "Failed", f"Error: {lack}", "Warning")
            cell.state = {"waiting": {"reason": "CreateContainerConfigError", "message": lack}}
            self.send(pod, cells)
            yield self.clock.between(10.0, 15.0)
        self.faults.end(fault)

    def _missing(self, pod: Json, cell: Cell) -> str:
        space = pod["metadata"]["namespace"]
        for source in cell.spec.get("envFrom", ()):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                name = source.get(key, {}).get("name", "")
                if name and self.server.find(kind, space, name) is None:
                    return f'{kind.lower()} "{name}" not found'
        return ""

    def _ran(self, pod: Json, cells: Cells, cell: Cell) -> Work:
        """One run; returns when it has ended, or when nothing more can happen to it."""
        began, fare = self.clock.now, self.fares.of(cell.spec)
        cell.restarts, cell.again = cell.restarts + cell.again, False
        if "terminated" in cell.state:
            cell.last = cell.state
        self._told(pod, cell, "Created", "Container created")
        if fare.reason == "StartError":
            text = "failed to create containerd task: exec: no such file or directory: unknown"
            self._told(pod, cell, "Failed", f"Error: {text}", "Warning")
            cell.key = f"containerd://{self.clock.random.getrandbits(256):064x}"
            self._ended(pod, cell, 0.0, ended(128, "StartError", 0.0, began, text))
            return
        yield self.clock.between(0.05, 0.12)
        if not self.lives(pod, cells):
            return
        self._begins(pod, cells, cell)
        if fare.runs is not None:
            yield from self._runs(pod, cells, cell, fare.runs)
        else:
            yield from self._lasts(pod, cells, cell, fare)

    def _runs(self, pod: Json, cells: Cells, cell: Cell, program: Program) -> Work:
        """A program that says by itself when it ends."""
        began = self.clock.now
        code = yield from run(program, self.server, cell, lambda: self.lives(pod, cells))
        if code is not None:
            state = ended(code, "Error" if code else "Completed", began, self.clock.now)
            yield self.clock.between(0.1, 0.5)
            if self.lives(pod, cells):
                self._ended(pod, cell, self.clock.now - began, state)

    def _lasts(self, pod: Json, cells: Cells, cell: Cell, fare: Fare) -> Work:
        """A run by what is known of how it fares; it may be probed meanwhile."""
        began = self.clock.now
        fell = fare.falls and cell.restarts > 0
        stays = fell and cells.policy == "Always"
        due = {"ends": NEVER if stays else began + fare.ends}
        if not cell.started:
            due["startup"] = began + self._period(cell, "startup")
        else:
            self._probes(cell, fare, due, began)
        failures: dict[str, int] = {}
        while (at := min(due.values())) < math.inf:
            yield max(at - self.clock.now, 0.0)
            if not self.lives(pod, cells):
                return
            kind = min(due, key=lambda key: due[key])
            if kind == "ends":
                code, reason = (0, "Completed") if fell else (fare.exits, fare.reason)
                reason = reason if code else "Completed"
                state = ended(code, reason, began, self.clock.now)
                yield self.clock.between(0.1, 0.5)
                if self.lives(pod, cells):
                    self._ended(pod, cell, self.clock.now - began, state)
                return
            if self._probed(pod, cells, cell, kind, began, due, failures):
                yield self.clock.between(0.5, 2.0)
                state = ended(137, "Error", began, self.clock.now)
                self._ended(pod, cell, self.clock.now - began, state, probed=True)
                return

    def _begins(self, pod: Json, cells: Cells, cell: Cell) -> None:
        """Its process runs, which is told and shown."""
        self._told(pod, cell, "Started", "Container started")
        cell.key = f"containerd://{self.clock.random.getrandbits(256):064x}"
        cells.reachable = True
        cell.state = {"running": {"startedAt": stamp(self.clock.now)}}
        cell.started = "startupProbe" not in cell.spec
        cell.ready = cell.started and "readinessProbe" not in cell.spec
        self._recovers(cell)
        self.send(pod, cells)

    def _probes(self, cell: Cell, fare: Fare, due: dict[str, float], began: float) -> None:
        """When each probe is next; one that succeeds on and on is not looked at meanwhile."""
        if "readinessProbe" in cell.spec:
            due["readiness"] = self.clock.now + self._period(cell, "readiness")
        if "livenessProbe" in cell.spec and fare.dies < math.inf:
            due["liveness"] = max(began + fare.dies, self.clock.now) + 1.0

    def _period(self, cell: Cell, kind: str) -> float:
        probe = cell.spec[f"{kind}Probe"]
        return float(probe.get("periodSeconds", 10)) * self.clock.between(0.9, 1.0)

    def _probed(
        self, pod: Json, cells: Cells, cell: Cell, kind: str, began: float, due: dict[str, float],
        failures: dict[str, int],
    ) -> bool:  # fmt: skip
        """One probe; returns whether the container is killed for it."""
        fare, age = self.fares.of(cell.spec), self.clock.now - began
        well = {"startup": age >= fare.starts, "readiness": age >= fare.ready}.get(kind, False)
        if well:
            due.pop(kind)
            if kind == "startup":
                cell.started = True
                cell.ready = "readinessProbe" not in cell.spec
                self._probes(cell, fare, due, began)
            else:
                cell.ready = True
            self.faults.end(cell.fault)
            self.send(pod, cells)
            return False
        due[kind] = self.clock.now + float(cell.spec[f"{kind}Probe"].get("periodSeconds", 10))
        count = failures[kind] = failures.get(kind, 0) + 1
        text = f"{kind.capitalize()} probe failed: HTTP probe failed with statuscode: 503"
        self._told(pod, cell, "Unhealthy", text, "Warning")
        over = count >= cell.spec[f"{kind}Probe"].get("failureThreshold", 3)
        if kind == "readiness":
            if over and cell.fault is None:
                self.clock.after(
                    max(_STARTING - age, 0.0), lambda: self._unready(pod, cells, cell, began)
                )
            return False
        if over:
            text = f"Container {cell.name} failed {kind} probe, will be restarted"
            self._told(pod, cell, "Killing", text)
            self.faults.end(cell.fault)
            cell.fault = self.faults.begin(pod, "probe-failing", "kubelet client")
        return bool(over)

    def _unready(self, pod: Json, cells: Cells, cell: Cell, began: float) -> None:
        """It has had its time to start, and is not ready."""
        same = cell.state.get("running", {}).get("startedAt") == stamp(began)
        if same and not cell.ready and cell.fault is None and self.lives(pod, cells):
            cell.fault = self.faults.begin(pod, "probe-failing", "kubelet client")

    def _ended(
        self, pod: Json, cell: Cell, lasted: float, state: Json, *, probed: bool = False
    ) -> None:
        """A run is over: what is known of it, and whether that is wrong."""
        told = state["terminated"]
        cell.end(state)
        if lasted > 2 * _LONGEST:
            cell.pause = _FIRST
        if probed:
            return
        policy = pod["spec"].get("restartPolicy", "Always")
        finishes = cell.role == "init" or policy != "Always"
        if told["exitCode"] == 0 and finishes:
            self.faults.end(cell.fault)
            return
        codes = {"OOMKilled": "oom-killed", "StartError": "start-failed"}
        code = codes.get(told["reason"], "crash-loop")
        if code == "crash-loop" and (not cell.restarts or policy == "Never"):
            return
        self.faults.end(cell.fault)
        cell.fault = self.faults.begin(pod, code, "kubelet client")

    def _recovers(self, cell: Cell) -> None:
        """A container that runs anew after a failure is well once it has outlived that."""
        fault, state, restarts = cell.fault, cell.state, cell.restarts
        if fault is None or fault.ended < math.inf:
            return
        self.faults.lull(fault)
        span = _PROVEN + _SLACK
        for kind in ("startup", "liveness"):
            if probe := cell.spec.get(f"{kind}Probe"):
                times = probe.get("failureThreshold", 3) * probe.get("periodSeconds", 10)
                span = max(span, times + 10.0 + _SLACK)

        def proven() -> None:
            if cell.fault is fault and cell.restarts == restarts and cell.state is state:
                self.faults.end(fault)

        self.clock.after(span, proven)

    def _backed_off(self, pod: Json, cells: Cells, cell: Cell) -> Work:
        """Wait before the next start, longer each time; the first comes at once."""
        yield self.clock.between(0.01, 0.1)
        if not self.lives(pod, cells):
            return
        ended_as = cell.state
        if cell.restarts:
            metadata = pod["metadata"]
            whose = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            text = f"Back-off restarting failed container {cell.name} in pod {whose}"
            self._told(pod, cell, "BackOff", text, "Warning")
            said = (
                f"back-off {_span(cell.pause)} restarting failed container={cell.name} pod={whose}"
            )
            waits = {"waiting": {"reason": "CrashLoopBackOff", "message": said}}
            if self._prompt:
                cell.last, cell.state = ended_as, waits
                self.send(pod, cells)
            yield cell.pause
            cell.pause = min(cell.pause * 2, _LONGEST)
            cell.last, cell.state = ended_as, waits
        cell.again = True

    def _told(self, pod: Json, cell: Cell, reason: str, text: str, type_: str = "Normal") -> None:
        """An Event about one container of the Pod."""
        where = "initContainers" if cell.role != "main" else "containers"
        self.events.tell(pod, reason, text, type_, self.node, f"spec.{where}{{{cell.name}}}")


def _span(seconds: float) -> str:
    """Return a duration as Go writes it."""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes}m{left}s" if minutes else f"{left}s"

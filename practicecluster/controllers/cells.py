"""What a kubelet knows of a Pod's containers, and the status that it makes of that.

Sources: pkg/kubelet/kubelet_pods.go, getPhase and generateAPIPodStatus;
pkg/kubelet/status/generate.go
"""

from typing import Any

import msgspec

from practicecluster.controllers.api import Json
from practicecluster.controllers.fares import identity, reference
from practicecluster.writing.times import stamp

_OVER = ("Succeeded", "Failed")
_LOG_BYTES = 2048
_CREATING: Json = {"waiting": {"reason": "ContainerCreating"}}
_INITIALIZING: Json = {"waiting": {"reason": "PodInitializing"}}


class Cell(msgspec.Struct, kw_only=True):
    """One container: what its spec says, how it is, and what is wrong with it.

    `key` is its runtime's name for the run that is or was, empty before the first; where it is to
    run `again`, that run will count as a restart. What `fault` stands for is known to those who
    note faults. `said` is the log of a program that runs in it.
    """

    spec: Json
    role: str
    state: Json
    last: Json = msgspec.field(default_factory=dict)
    restarts: int = 0
    ready: bool = False
    started: bool = False
    pause: float = 10.0
    fault: Any = None
    key: str = ""
    again: bool = False
    said: list[str] = msgspec.field(default_factory=list)

    @property
    def name(self) -> str:
        """What its Pod calls it."""
        return str(self.spec["name"])

    @property
    def done(self) -> bool:
        """Whether it ended as it should, or has started where it goes on beside the others."""
        if self.role == "sidecar":
            return self.started
        ended = self.state.get("terminated")
        return ended is not None and ended["exitCode"] == 0

    def shown(self) -> Json:
        """Its container status."""
        ready = self.done if self.role == "init" else self.ready
        image = self.spec["image"]
        told: Json = {
            "name": self.name, "state": self.state, "lastState": self.last, "ready": ready,
            "restartCount": self.restarts, "image": image, "imageID": "", "started": self.started,
        }  # fmt: skip
        if self.key:
            told |= {"image": reference(image), "imageID": identity(image)}
            told |= {"containerID": self.key, "resources": self.spec.get("resources", {})}
            if asked := self.spec.get("resources", {}).get("requests"):
                told["allocatedResources"] = asked
        mounts = [_mounted(mount) for mount in self.spec.get("volumeMounts") or ()]
        return told | ({"volumeMounts": mounts} if mounts else {})

    def end(self, state: Json) -> None:
        """Its run is over; of one that failed the end of its log is kept, where its spec says so.

        Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, readLastStringFromContainerLogs
        """
        told = state["terminated"]
        falls_back = self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if told["exitCode"] and falls_back and self.said and "message" not in told:
            told["message"] = "".join(f"{line}\n" for line in self.said)[-_LOG_BYTES:]
        self.state, self.ready, self.started = state, False, False
        if self.key:
            state["terminated"]["containerID"] = self.key


def _mounted(mount: Json) -> Json:
    told: Json = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        told |= {"readOnly": True, "recursiveReadOnly": "Disabled"}
    return told


class Cells:
    """All containers of one Pod in one life of it: a reboot of its node begins another."""

    def __init__(self, pod: Json) -> None:
        spec = pod["spec"]
        inits = spec.get("initContainers", [])
        waits = _INITIALIZING if inits else _CREATING
        self.inits = [Cell(spec=c, role=_role(c), state=_INITIALIZING) for c in inits]
        self.mains = [Cell(spec=c, role="main", state=waits) for c in spec["containers"]]
        self.policy = spec.get("restartPolicy", "Always")
        self.sandbox = self.over = False
        self.address = ""
        self.reachable = self.settled = self.lost = False

    @property
    def every(self) -> list[Cell]:
        """The init containers first."""
        return [*self.inits, *self.mains]

    @property
    def initialized(self) -> bool:
        """Whether the ordinary containers may start."""
        return all(cell.done for cell in self.inits)

    @property
    def ready(self) -> bool:
        """Whether the Pod can be called ready."""
        sidecars = [cell for cell in self.inits if cell.role == "sidecar"]
        return self.initialized and all(cell.ready for cell in (*sidecars, *self.mains))

    @property
    def phase(self) -> str:
        """The phase that is shown: a Pod has ended once its kubelet is sure of it."""
        ends = self.ends
        return "Running" if ends in _OVER and not (self.settled or self.over) else ends

    @property
    def ends(self) -> str:
        """The phase that follows from how the containers are."""
        if self.over:
            codes = [cell.state.get("terminated", {}).get("exitCode", 1) for cell in self.every]
            return "Failed" if any(codes) else "Succeeded"
        broken = any(c.state.get("terminated", {}).get("exitCode", 0) for c in self.inits)
        if not self.initialized:
            return "Failed" if broken and self.policy == "Never" else "Pending"
        ends = [c.state.get("terminated") or c.last.get("terminated") for c in self.mains]
        if any("waiting" in c.state and not c.last for c in self.mains):
            return "Pending"
        if self.policy == "Always" or any("running" in c.state for c in self.mains):
            return "Running"
        codes = [end["exitCode"] if end else 1 for end in ends]
        if not any(codes):
            return "Succeeded"
        return "Failed" if self.policy == "Never" else "Running"

    def conditions(self) -> list[tuple[str, bool, str, str]]:
        """Type, value, reason and message of each condition that a kubelet keeps."""
        phase, over = self.ends, self.phase in _OVER
        unready = " ".join(c.name for c in self.mains if not c.ready)
        told = f"containers with unready status: [{unready}]"
        why, done = "ContainersNotReady", ""
        if phase == "Succeeded":
            why, told, done = "PodCompleted", "", "PodCompleted"
        elif phase == "Failed" and not self.lost:
            why, told = "PodFailed", ""
        ready = self.ready and phase not in _OVER
        left = " ".join(c.name for c in self.inits if not c.done)
        waits = ("ContainersNotInitialized", f"containers with incomplete status: [{left}]")
        return [
            ("PodReadyToStartContainers", self.sandbox and not over, "", ""),
            ("Initialized", self.initialized, *((done, "") if self.initialized else waits)),
            ("Ready", ready, why, told), ("ContainersReady", ready, why, told),
            ("PodScheduled", True, "", ""),
        ]  # fmt: skip


def _role(container: Json) -> str:
    return "sidecar" if container.get("restartPolicy") == "Always" else "init"


def ended(code: int, reason: str, began: float, at: float, message: str = "") -> Json:
    """The state of a container whose process is over."""
    told = {"exitCode": code, "reason": reason, "startedAt": stamp(began), "finishedAt": stamp(at)}
    return {"terminated": told | ({"message": message} if message else {})}


def say(status: Json, told: tuple[str, bool, str, str], at: str) -> None:
    """Set one condition; its time is that of its last turn."""
    type_, true, reason, message = told
    conditions = status.setdefault("conditions", [])
    value = "True" if true else "False"
    old = next((c for c in conditions if c["type"] == type_), None)
    kept = old is not None and old["status"] == value
    said = {"type": type_, "observedGeneration": status.get("observedGeneration", 1)}
    said |= {"status": value, "lastProbeTime": None}
    said["lastTransitionTime"] = old["lastTransitionTime"] if kept and old else at
    if reason and (not true or reason == "PodCompleted"):
        said["reason"] = reason
        if message:
            said["message"] = message
    if old is None:
        conditions.append(said)
    else:
        conditions[conditions.index(old)] = said

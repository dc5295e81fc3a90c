"""What a kubelet does before a Pod's containers: its volumes, and the sandbox that they share.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/volumemanager/volume_manager.go
"""

from typing import Any

from practicecluster.controllers.api import Json
from practicecluster.controllers.cells import Cells
from practicecluster.controllers.clock import Work
from practicecluster.controllers.containers import Containers
from practicecluster.controllers.fares import failing

_GENERAL = (
    "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[], failed to "
    "process volumes=[]: context deadline exceeded"
)
_MOUNT_TIMEOUT = 123.0
_KINDS = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}


class Mounting(Containers):
    """Waits for each volume; `attached` are the claims and nodes of volumes that are there."""

    attached: set[tuple[str, str]] | None = None
    """None where volumes need not be attached."""

    def _mount(self, pod: Json, cells: Cells) -> Work:
        """Set up each volume, trying again later and later; every two minutes say what lacks."""
        fault: Any = None
        pause, deadline = 0.5, self.clock.now + _MOUNT_TIMEOUT
        while self.lives(pod, cells):
            lacking = [self._lacks(pod, volume) for volume in pod["spec"].get("volumes", ())]
            left = [lack for lack in lacking if lack is not None]
            if not left:
                break
            told = [lack for lack in left if lack[1]]
            for _, message, _ in told:
                self.tell(pod, "FailedMount", message, "Warning")
            if self.clock.now >= deadline:
                names = " ".join(name for name, _, _ in left)
                self.tell(pod, "FailedMount", _GENERAL.format(names), "Warning")
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
            optional = volume.get(source, {}).get("optional")
            if wanted and not optional and self.server.find(kind, space, wanted) is None:
                text = f'MountVolume.SetUp failed for volume "{name}" : {kind.lower()}'
                return name, f'{text} "{wanted}" not found', "config-missing"
        claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
        if claim and self.attached is not None and (claim, self.node) not in self.attached:
            return name, "", "volume-pending"
        why = failing(self.fares.mounts, claim, self.clock.now)
        if claim and why:
            text = f'MountVolume.MountDevice failed for volume "pv-{claim}" : {why}'
            return name, text, "volume-pending"
        return None

    def _sandboxed(self, pod: Json, cells: Cells) -> Work:
        fault: Any = None
        app = pod["metadata"].get("labels", {}).get("app", "")
        while self.lives(pod, cells) and (
            why := failing(self.fares.sandboxes, app, self.clock.now)
        ):
            text = f"Failed to create pod sandbox: {why}"
            self.tell(pod, "FailedCreatePodSandBox", text, "Warning")
            fault = fault or self.faults.begin(pod, "sandbox-failed")
            yield self.clock.between(10.0, 14.0)
        self.faults.end(fault)
        yield self.clock.between(0.35, 0.5)

    def tell(self, pod: Json, reason: str, text: str, type_: str = "Normal") -> None:
        """Send an Event about a Pod."""
        self.events.tell(pod, reason, text, type_, self.node)

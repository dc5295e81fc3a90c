"""A node's kubelet: starts Pods bound to it, reports their status, and finishes their deletion.

How a container fares is told by its image: `bad/…` cannot be pulled, `crash/…` exits with 1,
`done/…` exits with 0, all others run.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/status/status_manager.go
"""

import zlib

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.who import Who, kubelet
from practicecluster.writing.times import stamp


class Kubelet(Actor):
    """One worker for each Pod, as in a real one; status goes out as patches."""

    watches = ("Pod",)
    component = "kubelet"

    def __init__(self, server: Api, node: str, who: Who | None = None) -> None:
        super().__init__(server, who or kubelet(node))
        self.node = node
        self._started: set[str] = set()
        self._ending: set[str] = set()
        self._gone: set[str] = set()
        self._addresses = 0

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Pod of this node came, is to go, or went."""
        uid = thing["metadata"]["uid"]
        if thing["spec"].get("nodeName") != self.node:
            return
        if type_ == "DELETED":
            self._gone.add(uid)
        elif leaving(thing):
            if uid not in self._ending:
                self._ending.add(uid)
                self.clock.start(self._safely(self._end(thing)))
        elif uid not in self._started:
            self._started.add(uid)
            self.clock.start(self._safely(self._run(thing)))

    def _safely(self, work: Work) -> Work:
        try:
            yield from work
        except Refused:
            return  # The Pod is gone already.

    def _over(self, pod: Json) -> bool:
        return pod["metadata"]["uid"] in self._ending | self._gone

    def _run(self, pod: Json) -> Work:
        yield self.clock.between(0.01, 0.1)
        image = pod["spec"]["containers"][0]["image"]
        self._report(pod, "Pending", {"waiting": {"reason": "ContainerCreating"}}, started=False)
        yield self.clock.between(0.1, 0.6)
        if self._over(pod):
            return
        self._tell(pod, "Pulling", f'Pulling image "{image}"')
        self._report(pod, "Pending", {"waiting": {"reason": "ContainerCreating"}})
        yield self.clock.between(0.05, 2.0)
        if image.startswith("bad/"):
            yield from self._fail_to_pull(pod, image)
            return
        took = "80ms (80ms including waiting)"
        text = f'Successfully pulled image "{image}" in {took}. Image size: 778907 bytes.'
        self._tell(pod, "Pulled", text)
        self._addresses += 1
        restarts, last = 0, None
        while not self._over(pod):
            yield from self._start(pod, restarts, last)
            if self._over(pod) or not image.startswith(("crash/", "done/")):
                return
            yield self.clock.between(0.5, 3.0)
            if self._over(pod):
                return
            code = int(image.startswith("crash/"))
            ended = _exited(code, self.clock.now)
            policy = pod["spec"].get("restartPolicy", "Always")
            if policy == "Never" or (code == 0 and policy == "OnFailure"):
                self._report(pod, "Failed" if code else "Succeeded", ended)
                return
            yield from self._back_off(pod, restarts, ended)
            restarts, last = restarts + 1, ended

    def _start(self, pod: Json, restarts: int, last: Json | None) -> Work:
        self._tell(pod, "Created", "Container created")
        self._tell(pod, "Started", "Container started")
        probed = "readinessProbe" in pod["spec"]["containers"][0]
        running = {"running": {"startedAt": stamp(self.clock.now)}}
        self._report(pod, "Running", running, ready=not probed, restarts=restarts, last=last)
        if probed:
            yield self.clock.between(0.5, 4.0)
            if not self._over(pod):
                self._report(pod, "Running", running, ready=True, restarts=restarts, last=last)

    def _back_off(self, pod: Json, restarts: int, ended: Json) -> Work:
        self._report(pod, "Running", ended, restarts=restarts)
        yield self.clock.between(0.2, 1.0)
        if restarts and not self._over(pod):
            metadata = pod["metadata"]
            whose = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            text = f"Back-off restarting failed container c in pod {whose}"
            self._tell(pod, "BackOff", text, "Warning")
            waiting = {"reason": "CrashLoopBackOff", "message": "back-off " + text}
            self._report(pod, "Running", {"waiting": waiting}, restarts=restarts, last=ended)
            yield min(10.0 * 2.0 ** (restarts - 1), 300.0)

    def _fail_to_pull(self, pod: Json, image: str) -> Work:
        why = f'failed to resolve reference "{image}": not found'
        pause = 5.0
        while not self._over(pod):
            self._tell(pod, "Failed", f'Failed to pull image "{image}": {why}', "Warning")
            self._tell(pod, "Failed", "Error: ErrImagePull", "Warning")
            waiting = {"reason": "ErrImagePull", "message": why}
            self._report(pod, "Pending", {"waiting": waiting})
            yield self.clock.between(0.5, 1.5)
            if self._over(pod):
                return
            self._tell(pod, "BackOff", f'Back-off pulling image "{image}"')
            self._tell(pod, "Failed", "Error: ImagePullBackOff", "Warning")
            text = f'Back-off pulling image "{image}": {why}'
            waiting = {"reason": "ImagePullBackOff", "message": text}
            self._report(pod, "Pending", {"waiting": waiting})
            pause = min(pause * 2, 300.0)
            yield pause
            if not self._over(pod):
                self._tell(pod, "Pulling", f'Pulling image "{image}"')

    def _end(self, pod: Json) -> Work:
        if pod["metadata"]["deletionGracePeriodSeconds"] == 0 and "finalizers" in pod["metadata"]:
            return
        yield self.clock.between(0.005, 0.1)
        self._tell(pod, "Killing", "Stopping container c")
        metadata = pod["metadata"]
        now = self.server.find("Pod", metadata["namespace"], metadata["name"])
        same = now is not None and now["metadata"]["uid"] == metadata["uid"]
        if now is not None and same and self.clock.random.random() < 0.5:
            generation = now["metadata"]["generation"]

            def observed(thing: Json) -> None:
                thing["status"]["observedGeneration"] = generation

            self.server.patch(self.who, pod, observed, "status")
        grace = pod["metadata"]["deletionGracePeriodSeconds"]
        yield self._stops_within(pod, grace)
        phase = pod["status"].get("phase")
        if phase not in ("Succeeded", "Failed"):
            self._report(pod, "Succeeded", _exited(0, self.clock.now))
        yield self.clock.between(0.05, 0.5)
        self.server.delete(self.who, pod, grace=0)

    def _stops_within(self, pod: Json, grace: float) -> float:
        return self.clock.between(0.05, max(0.1, min(grace, 3.0)))

    def _address(self) -> str:
        """Return an address of this node's own network, as each node has one for its Pods."""
        network, (third, last) = zlib.crc32(self.node.encode()) % 256, divmod(self._addresses, 254)
        return f"10.{network}.{third % 256}.{last + 1}"

    def _tell(self, pod: Json, reason: str, text: str, type_: str = "Normal") -> None:
        self.events.tell(pod, reason, text, type_, self.node)

    def _report(
        self, pod: Json, phase: str, state: Json, *, ready: bool = False, restarts: int = 0,
        started: bool = True, last: Json | None = None,
    ) -> None:  # fmt: skip
        """Patch the status: what the kubelet knows, whatever others put beside it."""
        address = self._address()

        def change(now: Json) -> None:
            status, spec = now["status"], now["spec"]
            status["phase"] = phase
            status["observedGeneration"] = now["metadata"]["generation"]
            status.setdefault("startTime", stamp(self.clock.now))
            status.setdefault("hostIP", "10.1.0.1")
            if phase == "Running":
                status.setdefault("podIP", address)
            own = {"name": spec["containers"][0]["name"], "image": spec["containers"][0]["image"]}
            own |= {"state": state, "ready": ready, "restartCount": restarts, "started": ready}
            own["lastState"] = last or {}
            status["containerStatuses"] = [own]
            over = phase in ("Succeeded", "Failed")
            why = "PodCompleted" if phase == "Succeeded" else "ContainersNotReady"
            for type_, true in (
                ("PodReadyToStartContainers", started and not over), ("Initialized", True),
                ("Ready", ready), ("ContainersReady", ready), ("PodScheduled", True),
            ):  # fmt: skip
                self._say(status, type_, "True" if true else "False", "" if true else why)

        self.server.patch(self.who, pod, change, "status")

    def _say(self, status: Json, type_: str, value: str, reason: str) -> None:
        conditions = status.setdefault("conditions", [])
        old = next((c for c in conditions if c["type"] == type_), None)
        moved = old is None or old["status"] != value
        at = stamp(self.clock.now) if moved or old is None else old["lastTransitionTime"]
        said = {"type": type_, "status": value, "lastProbeTime": None, "lastTransitionTime": at}
        if reason and type_ in ("Ready", "ContainersReady"):
            said["reason"] = reason
            said["message"] = "containers with unready status: [c]"
        if old is None:
            conditions.append(said)
        else:
            conditions[conditions.index(old)] = said


def _exited(code: int, at: float) -> Json:
    ended = {"exitCode": code, "reason": "Error" if code else "Completed"}
    return {"terminated": ended | {"startedAt": stamp(at - 1), "finishedAt": stamp(at)}}

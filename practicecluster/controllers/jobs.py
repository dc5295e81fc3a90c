"""The Job controller: Pods that it counts before it lets them go, until enough succeeded or failed.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/job/job_controller.go
"""

import copy

from practicecluster.controllers.actors import Actor, children, condition, controller_of, leaving
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.replicasets import pod_of
from practicecluster.controllers.who import kcm
from practicecluster.writing.times import stamp

TRACKING = "batch.kubernetes.io/job-tracking"


class Jobs(Actor):
    """Notes ended Pods in the status, takes its finalizer from them, and then counts them."""

    watches = ("Job", "Pod")
    component = "job-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("job-controller"))
        self._awaited: dict[str, set[str]] = {}
        self._ended: set[str] = set()

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Job, or one of its Pods; one without a Job is let go."""
        uid = thing["metadata"]["uid"]
        if kind == "Job":
            self.enqueue(uid)
        elif TRACKING in thing["metadata"].get("finalizers", ()):
            owner = controller_of(thing)
            self._awaited.get(owner, set()).discard(uid)
            self.enqueue(owner if self.known("Job", owner) else uid)

    def reconcile(self, key: str) -> Work:
        """One look at one Job, or at a Pod whose Job is gone."""
        orphan = self.known("Pod", key)
        if orphan is not None:
            yield from self._let_go([orphan])
        job = self.known("Job", key)
        if key in self._ended and job is not None and not _over(job):
            return  # It has not heard of its own last write yet.
        if job is None:
            for pod in self.cached("Pod"):
                if controller_of(pod) == key:
                    yield from self._let_go([pod])
            return
        if _over(job):
            yield from self._let_go([p for p in children(self.cached("Pod"), job) if _ended(p)])
            return
        job = copy.deepcopy(job)
        pods = children(self.cached("Pod"), job)
        ended = [p for p in pods if _ended(p) and TRACKING in p["metadata"].get("finalizers", ())]
        if ended:
            yield from self._count(job, ended)
        yield from self._go_on(job, pods)

    def _let_go(self, pods: list[Json]) -> Work:
        for pod in pods:
            if TRACKING in pod["metadata"].get("finalizers", ()):
                yield self.clock.between(0.001, 0.006)
                self.server.patch(self.who, pod, _untracked)

    def _count(self, job: Json, ended: list[Json]) -> Work:
        uncounted: Json = {}
        for pod in ended:
            name = "succeeded" if pod["status"]["phase"] == "Succeeded" else "failed"
            uncounted.setdefault(name, []).append(pod["metadata"]["uid"])
        job["status"]["uncountedTerminatedPods"] = uncounted
        yield from self._write(job)
        yield from self._let_go(ended)
        for name, uids in uncounted.items():
            job["status"][name] = job["status"].get(name, 0) + len(uids)
        job["status"]["uncountedTerminatedPods"] = {}

    def _go_on(self, job: Json, pods: list[Json]) -> Work:
        status, spec, uid = job["status"], job["spec"], job["metadata"]["uid"]
        status.setdefault("startTime", stamp(self.clock.now))
        active = [p for p in pods if not _ended(p) and not leaving(p)]
        missing = min(spec["parallelism"], spec["completions"] - status.get("succeeded", 0))
        surplus: list[Json] = []
        if status.get("failed", 0) > spec["backoffLimit"] or _restarted_too_often(job, pods):
            why = "Job has reached the specified backoff limit"
            self._end(job, "Failed", "BackoffLimitExceeded", why, "Warning")
        elif status.get("succeeded", 0) >= spec["completions"]:
            self._end(job, "Complete", "CompletionsReached", "Job completed", "Normal")
        elif not self._awaited.get(uid) and not leaving(job):
            if status.get("failed", 0) and missing > len(active):
                yield self.clock.between(1.0, 3.0)
            for _ in range(max(0, missing - len(active))):
                yield from self._create(job)
                status["active"] = status.get("active", 0) + 1
            surplus = active[max(missing, 0) :]
        if _over(job):
            status.pop("active", None)
            surplus = active
        for pod in surplus:
            yield self.clock.between(0.001, 0.006)
            self.server.delete(self.who, pod)
            text = f"Deleted pod: {pod['metadata']['name']}"
            self.events.tell(job, "SuccessfulDelete", text)
        active = [pod for pod in active if pod not in surplus]
        if active and not _over(job):
            status["active"] = len(active)
        status.setdefault("uncountedTerminatedPods", {})
        yield from self._write(job)
        if _over(job):
            self._ended.add(uid)

    def _create(self, job: Json) -> Work:
        yield self.clock.between(0.001, 0.006)
        pod = pod_of(job)
        pod["metadata"]["finalizers"] = [TRACKING]
        made = self.made(job, pod)
        uid = made["metadata"]["uid"]
        if self.known("Pod", uid) is None:
            self._awaited.setdefault(job["metadata"]["uid"], set()).add(uid)
        self.events.tell(job, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _end(self, job: Json, type_: str, reason: str, text: str, kind: str) -> None:
        at = stamp(self.clock.now)
        first = "FailureTarget" if type_ == "Failed" else "SuccessCriteriaMet"
        for name in (first, type_):
            said = {"type": name, "status": "True", "reason": reason, "message": text}
            put(job["status"], said | {"lastProbeTime": at, "lastTransitionTime": at})
        if type_ == "Complete":
            job["status"]["completionTime"] = at
        self.events.tell(job, "Completed" if type_ == "Complete" else reason, text, kind)

    def _write(self, job: Json) -> Work:
        yield self.clock.between(0.001, 0.006)
        job.update(copy.deepcopy(self.server.update(self.who, job, "status")))


def _restarted_too_often(job: Json, pods: list[Json]) -> bool:
    """Whether containers that are started again in place used up what may fail."""
    limit, spec = job["spec"]["backoffLimit"], job["spec"]["template"]["spec"]
    counted = [p for p in pods if p["status"].get("phase") in ("Pending", "Running")]
    restarts = sum(
        container["restartCount"]
        for pod in counted
        for container in pod["status"].get("containerStatuses", ())
    )
    return bool(spec["restartPolicy"] == "OnFailure" and restarts and restarts >= limit)


def _ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _over(job: Json) -> bool:
    return bool(condition(job, "Complete") or condition(job, "Failed"))


def _untracked(pod: Json) -> None:
    held = [f for f in pod["metadata"].get("finalizers", ()) if f != TRACKING]
    pod["metadata"].pop("finalizers", None)
    if held:
        pod["metadata"]["finalizers"] = held

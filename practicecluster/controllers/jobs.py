"""The Job controller: Pods that it counts before it lets them go, until enough succeeded or failed.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/job/job_controller.go
"""

import itertools
from datetime import datetime

from practicecluster.controllers.actors import (
    Actor,
    children,
    condition,
    controller_of,
    is_ready,
    leaving,
)
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.replicasets import pod_of
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

TRACKING = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
_FIRST, _LONGEST = 10.0, 600.0
"""How long the next Pod waits after a failure, in seconds: twice as long each time."""
_BATCH = 1.0
"""Seconds for which what its Pods do is gathered before a Job is looked at."""


class Jobs(Actor):
    """Notes ended Pods in the status, takes its finalizer from them, and then counts them."""

    watches = ("Job", "Pod")
    component = "job-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("job-controller"))
        self._awaited: dict[str, set[str]] = {}
        self._ended: set[str] = set()
        self._done: dict[str, set[int]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Job, or one of its Pods; one without a Job is let go."""
        uid = thing["metadata"]["uid"]
        if kind == "Job":
            told = before is None or before["metadata"].get("generation") != thing["metadata"].get(
                "generation"
            )
            self.enqueue(uid, None if told else _BATCH)
            if type_ == "DELETED":
                self._done.pop(uid, None)
        elif TRACKING in thing["metadata"].get("finalizers", ()):
            owner = controller_of(thing)
            self._awaited.get(owner, set()).discard(uid)
            if self.known("Job", owner) is None:
                self.enqueue(uid)
            else:
                self.enqueue(owner, _BATCH)

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
        job = copied(job)
        pods = children(self.cached("Pod"), job)
        ended = [p for p in pods if _ended(p) and TRACKING in p["metadata"].get("finalizers", ())]
        yield from self._go_on(job, pods, ended)

    def _let_go(self, pods: list[Json]) -> Work:
        for pod in pods:
            if TRACKING in pod["metadata"].get("finalizers", ()):
                yield self.clock.between(0.001, 0.006)
                self.server.patch(self.who, pod, _untracked)

    def _count(self, job: Json, ended: list[Json]) -> Work:
        """Note Pods that ended, let them go, and count them, each in a write of its own."""
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
        if job["spec"].get("completionMode") == "Indexed":
            self._complete(job, ended)

    def _complete(self, job: Json, ended: list[Json]) -> None:
        """Note which indexes are done."""
        done = self._done.setdefault(job["metadata"]["uid"], set())
        done |= {_index(pod) for pod in ended if pod["status"]["phase"] == "Succeeded"}
        if done:
            job["status"]["completedIndexes"] = _ranges(sorted(done))

    def _go_on(self, job: Json, pods: list[Json], ended: list[Json]) -> Work:
        status, uid = job["status"], job["metadata"]["uid"]
        before = copied(status)
        if job["spec"].get("suspend"):
            yield from self._suspend(job, pods)
            return
        self._resume(job)
        status.setdefault("startTime", stamp(self.clock.now))
        active = [p for p in pods if not _ended(p) and not leaving(p)]
        _stand(status, active, pods)
        if ended:
            yield from self._count(job, ended)
        surplus: list[Json] = []
        if self._finish(job, pods, active):
            surplus = active
        elif not self._awaited.get(uid) and not leaving(job):
            wanted = _wanted(job)
            yield from self._fill(job, pods, wanted - len(active))
            surplus = active[max(wanted, 0) :]
        yield from self._drop(job, surplus)
        if surplus:
            _stand(status, [pod for pod in active if pod not in surplus], pods)
            status["terminating"] += len(surplus)
        status.setdefault("uncountedTerminatedPods", {})
        if status != before or ended:
            yield from self._write(job)
        if _over(job):
            self._ended.add(uid)

    def _finish(self, job: Json, pods: list[Json], active: list[Json]) -> bool:
        """Say that a Job is over, where it is."""
        failed, limit = job["status"].get("failed", 0), job["spec"].get("backoffLimit", 6)
        if failed > limit or _restarted_too_often(job, pods):
            why = "Job has reached the specified backoff limit"
            self._end(job, "Failed", "BackoffLimitExceeded", why, "Warning")
        elif self._too_late(job):
            why = "Job was active longer than specified deadline"
            self._end(job, "Failed", "DeadlineExceeded", why, "Warning")
        elif _done(job, active):
            self._end(job, "Complete", "CompletionsReached", "Job completed", "Normal")
        return _over(job)

    def _fill(self, job: Json, pods: list[Json], missing: int) -> Work:
        """Create the Pods that are missing, once the wait after a failure is over."""
        left = self._back_off(job, pods) if missing > 0 else 0.0
        if left > 0:
            self.enqueue(job["metadata"]["uid"], left)
            return
        taken = self._taken(job)
        for _ in range(missing):
            yield from self._create(job, taken)
            job["status"]["active"] = job["status"].get("active", 0) + 1

    def _drop(self, job: Json, surplus: list[Json]) -> Work:
        for pod in surplus:
            yield from self._let_go([pod])
            yield self.clock.between(0.001, 0.006)
            self.server.delete(self.who, pod)
            text = f"Deleted pod: {pod['metadata']['name']}"
            self.events.tell(job, "SuccessfulDelete", text)

    def _suspend(self, job: Json, pods: list[Json]) -> Work:
        """Take all Pods away, and say so."""
        status, before = job["status"], copied(job["status"])
        active = [p for p in pods if not _ended(p) and not leaving(p)]
        yield from self._drop(job, active)
        _stand(status, [], pods)
        status["terminating"] += len(active)
        status.pop("startTime", None)
        if not _is(job, "Suspended"):
            at = stamp(self.clock.now)
            said = {"type": "Suspended", "status": "True", "reason": "JobSuspended"}
            said |= {"message": "Job suspended", "lastProbeTime": at, "lastTransitionTime": at}
            put(status, said)
            self.events.tell(job, "Suspended", "Job suspended")
        status.setdefault("uncountedTerminatedPods", {})
        if status != before:
            yield from self._write(job)

    def _resume(self, job: Json) -> None:
        if _is(job, "Suspended"):
            at = stamp(self.clock.now)
            said = {"type": "Suspended", "status": "False", "reason": "JobResumed"}
            said |= {"message": "Job resumed", "lastProbeTime": at, "lastTransitionTime": at}
            put(job["status"], said)
            job["status"]["startTime"] = at
            self.clock.after(0.05, lambda: self.events.tell(job, "Resumed", "Job resumed"))

    def _back_off(self, job: Json, pods: list[Json]) -> float:
        """How many seconds it is too early for the next Pod after failures since the last success.

        Source: pkg/controller/job/backoff_utils.go, newBackoffRecord
        """
        ends = [(pod["status"].get("phase"), _ended_at(pod)) for pod in pods]
        well = max((at for phase, at in ends if phase == "Succeeded"), default=0.0)
        failures = [at for phase, at in ends if phase == "Failed" and at > well]
        if not failures:
            return 0.0
        pause = min(_FIRST * 2.0 ** (len(failures) - 1), _LONGEST)
        return float(max(failures) + pause - self.clock.now)

    def _too_late(self, job: Json) -> bool:
        seconds = job["spec"].get("activeDeadlineSeconds")
        if seconds is None:
            return False
        began = datetime.fromisoformat(job["status"]["startTime"]).timestamp()
        left = float(began + seconds - self.clock.now)
        if left > 0:
            self.enqueue(job["metadata"]["uid"], left)
        return left <= 0

    def _create(self, job: Json, taken: set[int]) -> Work:
        yield self.clock.between(0.001, 0.006)
        pod = pod_of(job)
        if job["spec"].get("completionMode") == "Indexed":
            _number(job, pod, taken)
        pod["metadata"]["finalizers"] = [TRACKING]
        made = self.made(job, pod)
        uid = made["metadata"]["uid"]
        if self.known("Pod", uid) is None:
            self._awaited.setdefault(job["metadata"]["uid"], set()).add(uid)
        self.events.tell(job, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _taken(self, job: Json) -> set[int]:
        """Which indexes of an indexed Job have a Pod, or are done."""
        pods = children(self.cached("Pod"), job)
        taken = {_index(pod) for pod in pods if _counts(pod)}
        return taken | self._done.get(job["metadata"]["uid"], set())

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
        job.update(copied(self.server.update(self.who, job, "status")))


def _number(job: Json, pod: Json, taken: set[int]) -> None:
    """Give a Pod of an indexed Job the lowest index that is not taken, which then is.

    Source: pkg/controller/job/indexed_job_utils.go, firstPendingIndexes
    """
    metadata, name = pod["metadata"], job["metadata"]["name"]
    index = next(i for i in itertools.count() if i not in taken)
    taken.add(index)
    metadata.setdefault("annotations", {})[INDEX] = str(index)
    metadata.setdefault("labels", {})[INDEX] = str(index)
    metadata["generateName"] = f"{name}-{index}-"
    pod["spec"]["hostname"] = f"{name}-{index}"
    field = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}
    for container in pod["spec"]["containers"]:
        container["env"] = [*(container.get("env") or ())]
        container["env"].append({"name": "JOB_COMPLETION_INDEX", "valueFrom": field})


def _index(pod: Json) -> int:
    return int(pod["metadata"].get("annotations", {}).get(INDEX, "0"))


def _ranges(numbers: list[int]) -> str:
    """Return numbers as a Job's status has them: 0,1,3-5, where two in a row are no range.

    Source: pkg/controller/job/indexed_job_utils.go, orderedIntervals.String
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}{',' if b == a + 1 else '-'}{b}" for a, b in found)


def _stand(status: Json, active: list[Json], pods: list[Json]) -> None:
    """Count what there is now."""
    status.pop("active", None)
    if active:
        status["active"] = len(active)
    status["ready"] = sum(is_ready(pod) for pod in active)
    status["terminating"] = sum(leaving(pod) and not _ended(pod) for pod in pods)


def _wanted(job: Json) -> int:
    """How many Pods shall run now."""
    completions, parallel = job["spec"].get("completions"), int(job["spec"].get("parallelism", 1))
    if completions is None:
        return parallel
    return min(parallel, int(completions) - int(job["status"].get("succeeded", 0)))


def _done(job: Json, active: list[Json]) -> bool:
    """Whether enough succeeded; without a number of completions, one is enough once none runs."""
    succeeded, wanted = job["status"].get("succeeded", 0), job["spec"].get("completions")
    return bool(succeeded and not active) if wanted is None else bool(succeeded >= wanted)


def _counts(pod: Json) -> bool:
    return bool(pod["status"].get("phase") != "Failed" and not leaving(pod))


def _ended_at(pod: Json) -> float:
    """When the last of a Pod's containers ended, in unix seconds; 0 where none did."""
    told = [
        status["state"]["terminated"].get("finishedAt")
        for status in pod["status"].get("containerStatuses", ())
        if "terminated" in status.get("state", {})
    ]
    return max((datetime.fromisoformat(at).timestamp() for at in told if at), default=0.0)


def _is(job: Json, type_: str) -> bool:
    found = condition(job, type_)
    return found is not None and found["status"] == "True"


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

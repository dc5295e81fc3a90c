"""The CronJob controller: a Job whenever one is due, and only some of the finished ones kept.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from practicecluster.controllers.actors import (
    Actor,
    children,
    condition,
    controller_of,
    leaving,
    owned_by,
    referred,
)
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.schedules import ScheduleError, next_after
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp


class CronJobs(Actor):
    """Old Jobs go, then what is due is made, then the status says so."""

    watches = ("CronJob", "Job")
    component = "cronjob-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("cronjob-controller"))
        self._due: dict[str, float] = {}
        self._armed: dict[str, tuple[str, str]] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A CronJob or one of its Jobs."""
        if kind == "CronJob":
            self.enqueue(thing["metadata"]["uid"])
            if type_ != "DELETED":
                self._arm(thing)
        elif owner := controller_of(thing):
            self.enqueue(owner)

    def _arm(self, tick: Json) -> None:
        """Wait for the next time that a schedule names; once for each schedule."""
        uid, spec = tick["metadata"]["uid"], tick["spec"]
        asked = spec["schedule"], spec.get("timeZone") or ""
        if self._armed.get(uid) == asked:
            return
        self._armed[uid] = asked
        self._wait(tick, asked)

    def _wait(self, tick: Json, asked: tuple[str, str]) -> None:
        uid = tick["metadata"]["uid"]
        try:
            at = next_after(asked[0], self.clock.now, asked[1])
        except ScheduleError as error:
            text = f"unparseable schedule: {asked[0]} : {error}"
            self.events.tell(tick, "UnparseableSchedule", text, "Warning")
            return

        def due() -> None:
            known = self.known("CronJob", uid)
            if known is None or self._armed.get(uid) != asked:
                return  # It is gone, or has another schedule now.
            self._due[uid] = at
            self.enqueue(uid)
            self._wait(known, asked)

        self.clock.after(at - self.clock.now + 0.02, due)

    def reconcile(self, key: str) -> Work:
        """One look at one CronJob."""
        tick = self.known("CronJob", key)
        if tick is None or leaving(tick):
            return
        jobs = children(self.cached("Job"), tick)
        after = copied(tick)
        status = after.setdefault("status", {})
        yield from self._clean(after, jobs)
        self._follow(after, jobs)
        at = self._due.get(key)
        if at is not None and not tick["spec"].get("suspend"):
            yield from self._begin(after, jobs, at)  # Refused, it is due at the next attempt, too.
        self._due.pop(key, None)
        if status.get("active") == []:
            del status["active"]
        if status != tick.get("status", {}):
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _follow(self, tick: Json, jobs: list[Json]) -> None:
        status, known = tick["status"], {job["metadata"]["uid"]: job for job in jobs}
        for reference in list(status.get("active", [])):
            job = known.get(reference["uid"])
            ended = job is None or condition(job, "Complete") or condition(job, "Failed")
            if not ended:
                continue
            status["active"].remove(reference)
            if job is not None:
                how = "Complete" if condition(job, "Complete") else "Failed"
                text = f"Saw completed job: {job['metadata']['name']}, condition: {how}"
                self.events.tell(tick, "SawCompletedJob", text)
                if how == "Complete":
                    status["lastSuccessfulTime"] = job["status"]["completionTime"]

    def _begin(self, tick: Json, jobs: list[Json], at: float) -> Work:
        policy, active = tick["spec"].get("concurrencyPolicy", "Allow"), tick["status"]
        if policy == "Forbid" and active.get("active"):
            self.events.tell(tick, "JobAlreadyActive", "Not starting job, it is active")
            return
        if policy == "Replace":
            running = {reference["uid"] for reference in active.get("active", ())}
            for job in [job for job in jobs if job["metadata"]["uid"] in running]:
                yield from self._delete(tick, job)
        yield self.clock.between(0.001, 0.006)
        metadata = tick["metadata"]
        made = copied(tick["spec"]["jobTemplate"])
        made |= {"kind": "Job", "apiVersion": "batch/v1", "status": {}}
        name = f"{metadata['name']}-{int(at // 60)}"
        template = made.pop("metadata", None) or {}
        made["metadata"] = {"name": name, "namespace": metadata["namespace"]}
        made["metadata"] |= {k: template[k] for k in ("labels",) if k in template}
        noted = {"batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(at)}
        made["metadata"]["annotations"] = (template.get("annotations") or {}) | noted
        made["metadata"]["ownerReferences"] = owned_by(tick)
        job = self.server.create(self.who, made)
        self.events.tell(tick, "SuccessfulCreate", f"Created job {name}")
        active.setdefault("active", []).append(
            referred(job) | {"resourceVersion": job["metadata"]["resourceVersion"]}
        )
        active["lastScheduleTime"] = stamp(at)

    def _clean(self, tick: Json, jobs: list[Json]) -> Work:
        limits = {"Complete": "successfulJobsHistoryLimit", "Failed": "failedJobsHistoryLimit"}
        for how, field in limits.items():
            ended = [job for job in jobs if condition(job, how)]
            ended.sort(key=lambda job: str(job["status"].get("startTime")))
            for job in ended[: max(0, len(ended) - tick["spec"][field])]:
                yield from self._delete(tick, job)

    def _delete(self, tick: Json, job: Json) -> Work:
        yield self.clock.between(0.001, 0.006)
        name = job["metadata"]["name"]
        try:
            self.server.delete(self.who, job)
        except Refused:
            return
        active = tick["status"].get("active", [])
        active[:] = [ref for ref in active if ref["uid"] != job["metadata"]["uid"]]
        self.events.tell(tick, "SuccessfulDelete", f"Deleted job {name}")

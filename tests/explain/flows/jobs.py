"""Jobs and CronJobs: job_controller.go (syncJob), cronjob_controllerv2.go."""

from typing import Any

from tests.explain.flow import Flow
from tests.explain.flows.parts import FAILED, STOPPED, belongs, start
from tests.explain.stories import Json, stamp
from tests.explain.things import POD_FINALIZER, condition, job, pod, thing

JOBS, CRONS = "job-controller", "cronjob-controller"


def worker(flow: Flow, owner: Json, name: str) -> Json:
    """A Job's Pod, which its finalizer keeps until it is counted."""
    return start(flow, flow.hand(JOBS).create(pod(owner, name, "", finalizers=[POD_FINALIZER])))


def let_go(flow: Flow, work: Json) -> None:
    """A marked Pod stops; the Job controller takes its finalizer, with which it is gone."""
    kubelet = flow.hand("kubelet", "kubelet")
    kubelet.report(work, **FAILED)
    kubelet.end(work)
    flow.hand(JOBS).delete(work)


def begun(flow: Flow, **spec: Any) -> Json:
    once = job(**spec)
    flow.hand("client", "kubectl-create").create(once)
    return once


def backoff_limit(flow: Flow) -> None:
    """The last allowed retry fails while another Pod runs, which goes before the status says so."""
    once = begun(flow, parallelism=2, completions=2, backoffLimit=0)
    first, second = worker(flow, once, "once-a"), worker(flow, once, "once-b")
    jobs = flow.hand(JOBS)
    jobs.report(once, active=2, startTime=stamp(flow.at))
    flow.hand("kubelet", "kubelet").report(first, **FAILED)
    jobs.mark(second, 30)
    uncounted = {"failed": [first["metadata"]["uid"]]}
    target = condition("FailureTarget", "True", "BackoffLimitExceeded")
    jobs.report(once, uncountedTerminatedPods=uncounted, conditions=[target])
    jobs.free(first)
    let_go(flow, second)
    failed = condition("Failed", "True", "BackoffLimitExceeded")
    jobs.report(once, failed=2, active=0, conditions=[target, failed])


def active_deadline(flow: Flow) -> None:
    """activeDeadlineSeconds has passed: the active Pods go before the status says so."""
    once = begun(flow, activeDeadlineSeconds=5)
    work = worker(flow, once, "once-a")
    jobs = flow.hand(JOBS)
    jobs.report(once, active=1, startTime=stamp(flow.at))
    flow.wait(7)
    jobs.mark(work, 30)
    target = condition("FailureTarget", "True", "DeadlineExceeded")
    jobs.report(once, conditions=[target])
    let_go(flow, work)
    failed = condition("Failed", "True", "DeadlineExceeded")
    jobs.report(once, failed=1, active=0, conditions=[target, failed])


def fewer_at_once(flow: Flow) -> None:
    """A lower parallelism lets the surplus go, suspending the rest; resuming starts anew."""
    once = begun(flow, parallelism=2, completions=4)
    first, second = worker(flow, once, "once-a"), worker(flow, once, "once-b")
    jobs, kubectl = flow.hand(JOBS), flow.hand("client", "kubectl-patch")
    jobs.report(once, active=2, startTime=stamp(flow.at))
    kubectl.change(once, {"spec": {"parallelism": 1}})
    jobs.mark(second, 30)
    jobs.report(once, active=1)
    let_go(flow, second)
    kubectl.change(once, {"spec": {"suspend": True}})
    jobs.mark(first, 30)
    jobs.report(once, active=0, conditions=[condition("Suspended", "True", "JobSuspended")])
    let_go(flow, first)
    kubectl.change(once, {"spec": {"suspend": False}})
    worker(flow, once, "once-c")
    resumed = condition("Suspended", "False", "JobResumed")
    jobs.report(once, active=1, conditions=[resumed], startTime=stamp(flow.at))


def enough_succeeded(flow: Flow) -> None:
    """completions are reached while more Pods than needed run."""
    once = begun(flow, parallelism=2, completions=None)
    first, second = worker(flow, once, "once-a"), worker(flow, once, "once-b")
    jobs = flow.hand(JOBS)
    jobs.report(once, active=2, startTime=stamp(flow.at))
    flow.hand("kubelet", "kubelet").report(first, **STOPPED)
    uncounted = {"succeeded": [first["metadata"]["uid"]]}
    jobs.report(once, uncountedTerminatedPods=uncounted, active=1)
    jobs.free(first)
    jobs.report(once, succeeded=1, uncountedTerminatedPods=None)
    flow.hand("client").mark(second, 30)
    flow.open.append(("Pod", "once-b", _EITHER))


_EITHER = (
    "A client, or the Job controller, which deletes active Pods when Job once is to end or run "
    "fewer."
)


def time_to_live(flow: Flow) -> None:
    once = begun(flow, ttlSecondsAfterFinished=5)
    work = worker(flow, once, "once-a")
    jobs = flow.hand(JOBS)
    flow.hand("kubelet", "kubelet").report(work, **STOPPED)
    jobs.free(work)
    ended = condition("Complete", "True", "CompletionsReached")
    ended["lastTransitionTime"] = stamp(flow.at)
    jobs.report(once, succeeded=1, active=0, conditions=[ended])
    flow.wait(6)
    flow.hand("ttl-after-finished-controller").mark(once, None, "foregroundDeletion")
    flow.hand("garbage-collector").delete(work)
    flow.hand("garbage-collector").delete(once)


def deleted_job(flow: Flow) -> None:
    """A Job is deleted while its Pod runs: the Job controller still has to let the Pod go."""
    once = begun(flow)
    work = worker(flow, once, "once-a")
    flow.hand("client").delete(once)
    flow.hand("garbage-collector").mark(work, 30)
    flow.hand(JOBS).free(work)
    kubelet = flow.hand("kubelet", "kubelet")
    kubelet.report(work, **STOPPED)
    kubelet.end(work)
    kubelet.delete(work)


def orphaned_job(flow: Flow) -> None:
    """A Job is deleted with its Pods left behind."""
    once = begun(flow)
    work = worker(flow, once, "once-a")
    flow.hand("client").mark(once, None, "orphan")
    flow.hand("garbage-collector").change(work, {"metadata": {"ownerReferences": []}})
    flow.hand("garbage-collector").delete(once)
    flow.hand(JOBS).free(work)


def cron(flow: Flow, **spec: Any) -> Json:
    tick = thing("CronJob", "tick", "batch/v1", spec={"schedule": "* * * * *"} | spec)
    return flow.exists(tick)


def ticked(flow: Flow, tick: Json, number: int) -> Json:
    """The schedule is due: a Job is made, its Pod runs and succeeds."""
    crons, jobs = flow.hand(CRONS), flow.hand(JOBS)
    run = crons.create(belongs(job(f"tick-{number}"), tick))
    reference = {"kind": "Job", "name": run["metadata"]["name"], "uid": run["metadata"]["uid"]}
    crons.report(tick, active=[reference], lastScheduleTime=stamp(flow.at))
    work = worker(flow, run, f"tick-{number}-a")
    flow.hand("kubelet", "kubelet").report(work, **STOPPED)
    jobs.free(work)
    ended = condition("Complete", "True", "CompletionsReached")
    ended["lastTransitionTime"] = stamp(flow.at)
    jobs.report(run, succeeded=1, conditions=[ended], completionTime=stamp(flow.at))
    crons.report(tick, active=[], lastSuccessfulTime=stamp(flow.at))
    run["work"] = None
    del run["work"]
    return run


def job_history(flow: Flow) -> None:
    """A CronJob keeps successfulJobsHistoryLimit finished Jobs; the oldest one goes."""
    tick = cron(flow, successfulJobsHistoryLimit=1, failedJobsHistoryLimit=1)
    first = ticked(flow, tick, 1)
    flow.wait(60)
    ticked(flow, tick, 2)
    flow.hand(CRONS).delete(first)
    flow.hand("garbage-collector").delete(flow.pods["tick-1-a"])


def replaced_job(flow: Flow) -> None:
    """concurrencyPolicy Replace: the Job that still runs goes when the next is due."""
    tick = cron(flow, concurrencyPolicy="Replace")
    crons = flow.hand(CRONS)
    first = crons.create(belongs(job("tick-1"), tick))
    worker(flow, first, "tick-1-a")
    flow.wait(60)
    crons.delete(first)
    flow.tell(tick, "SuccessfulDelete", "Deleted job tick-1", CRONS)
    crons.create(belongs(job("tick-2"), tick))
    flow.hand("garbage-collector").mark(flow.pods["tick-1-a"], 30)


FLOWS = (
    backoff_limit,
    active_deadline,
    fewer_at_once,
    enough_succeeded,
    time_to_live,
    deleted_job,
    orphaned_job,
    job_history,
    replaced_job,
)

"""Jobs and CronJobs: what they make, and what they delete on their own account."""

from eventstream.explain.controllers.job import deletions, outlook
from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import workloads
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.JOB,
        assess=workloads.assess,
        expires=deletions.expired,
        wanted=outlook.pods_wanted,
        why_made=outlook.next_attempt,
        keeps={kinds.POD: deletions.active_pod},
    ),
    Behaviour(
        kind=kinds.CRONJOB,
        assess=outlook.assess,
        told_by=outlook.TOLD_BY,
        why_made=outlook.schedule_due,
        keeps={kinds.JOB: deletions.old_job},
    ),
)

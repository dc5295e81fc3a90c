"""DaemonSets: on which nodes they have a Pod, and why."""

from eventstream.explain.controllers.daemonset import deletions, placing
from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import revisions, workloads
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.DAEMONSET,
        assess=workloads.assess,
        due=placing.to_start,
        wanted=placing.wanted,
        keeps={kinds.POD: deletions.old_pod, kinds.REVISION: revisions.old_revision},
    ),
)

"""StatefulSets: whose turn it is among their Pods, and which they replace."""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import conventions, revisions, workloads
from eventstream.explain.controllers.statefulset import deletions, ordered
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.STATEFULSET,
        assess=workloads.assess,
        in_order=True,
        due=ordered.to_start,
        going=ordered.to_stop,
        spared=ordered.in_range,
        keeps={kinds.POD: deletions.old_pod, kinds.REVISION: revisions.old_revision},
    ),
    Behaviour(kind=kinds.REVISION, assess=conventions.stored),
)

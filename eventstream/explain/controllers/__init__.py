"""What Baton knows of each controller: a folder each, known to the others through the registry."""

from eventstream.explain.controllers import (
    apiservice,
    autoscaler,
    budget,
    claim,
    daemonset,
    definition,
    deployment,
    job,
    namespace,
    node,
    pod,
    quota,
    replicaset,
    statefulset,
)
from eventstream.explain.controllers.registry import add

_FOLDERS = (
    apiservice,
    autoscaler,
    budget,
    claim,
    daemonset,
    definition,
    deployment,
    job,
    namespace,
    node,
    pod,
    quota,
    replicaset,
    statefulset,
)

for _folder in _FOLDERS:
    for _behaviour in _folder.BEHAVIOURS:
        add(_behaviour)

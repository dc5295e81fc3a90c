"""What Baton knows of each controller; to the others each is known through the registry."""

from eventstream.explain.controllers import (
    apiservice,
    autoscaler,
    budget,
    claim,
    daemonset,
    definition,
    deployment,
    ingress,
    job,
    namespace,
    node,
    pod,
    quota,
    replicaset,
    service,
    statefulset,
    volume,
)
from eventstream.explain.controllers.registry import add

_CONTROLLERS = (
    apiservice,
    autoscaler,
    budget,
    claim,
    daemonset,
    definition,
    deployment,
    ingress,
    job,
    namespace,
    node,
    pod,
    quota,
    replicaset,
    service,
    statefulset,
    volume,
)

for _controller in _CONTROLLERS:
    for _behaviour in _controller.BEHAVIOURS:
        add(_behaviour)

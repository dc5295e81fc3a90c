"""What Baton knows of each controller; to the others each is known through the registry."""

from eventstream.explain.controllers import (
    autoscaler,
    cronjob,
    daemonset,
    deployment,
    extensions,
    job,
    namespace,
    network,
    node,
    pod,
    policy,
    statefulset,
    storage,
    volume,
)
from eventstream.explain.controllers.registry import add

_CONTROLLERS = (
    autoscaler,
    cronjob,
    daemonset,
    deployment,
    extensions,
    job,
    namespace,
    network,
    node,
    pod,
    policy,
    statefulset,
    storage,
    volume,
)

for _controller in _CONTROLLERS:
    for _behaviour in _controller.BEHAVIOURS:
        add(_behaviour)

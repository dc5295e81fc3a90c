"""Gives each actor one lane, one hue and one plain name, the same on every screen.

The engine names actors as Kubernetes does (`replicaset-controller`); readers know them as "the
ReplicaSet controller". An actor that this table does not know still gets a name and a lane: the
engine may learn new ones without the screens changing.
"""

import msgspec

from eventstream.explain.records import Step

API_SERVER = "api-server"
ETCD = "etcd"

_ORDER = (
    "client",
    API_SERVER,
    ETCD,
    "custom-controller",
    "cronjob-controller",
    "job-controller",
    "horizontal-pod-autoscaler",
    "deployment-controller",
    "statefulset-controller",
    "daemonset-controller",
    "replication-controller",
    "replicaset-controller",
    "disruption-controller",
    "endpoints-controller",
    "garbage-collector",
    "namespace-controller",
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "?",
    "scheduler",
    "kubelet",
    "unknown",
)
_RANK = {actor: rank for rank, actor in enumerate(_ORDER)}

_LABELS = {
    API_SERVER: "API server",
    "cronjob-controller": "CronJob controller",
    "custom-controller": "custom controller",
    "daemonset-controller": "DaemonSet controller",
    "deployment-controller": "Deployment controller",
    "horizontal-pod-autoscaler": "HorizontalPodAutoscaler",
    "job-controller": "Job controller",
    "replicaset-controller": "ReplicaSet controller",
    "replication-controller": "ReplicationController controller",
    "statefulset-controller": "StatefulSet controller",
    "unknown": "unknown actor",
}

_HUES = {
    "client": "client",
    API_SERVER: "server",
    ETCD: "server",
    "scheduler": "scheduler",
    "kubelet": "kubelet",
    "custom-controller": "custom",
    "deployment-controller": "owner",
    "statefulset-controller": "owner",
    "daemonset-controller": "owner",
    "cronjob-controller": "owner",
    "replicaset-controller": "maker",
    "replication-controller": "maker",
    "job-controller": "maker",
    "unknown": "unknown",
}


_NAMED = {"client", "custom-controller", "kubelet", "scheduler", "unknown"}
"""Actors of which there may be several; the other names are only what a controller writes as."""


class Lane(msgspec.Struct, frozen=True, order=True):
    """One column of the sequence; sorts in the fixed order of lanes, then by `name`.

    `name` tells lanes of one actor apart: the node of a kubelet, the name of a custom controller.
    """

    rank: int
    actor: str
    name: str = ""

    @property
    def label(self) -> str:
        """What the actor is called: "ReplicaSet controller"."""
        return label(self.actor)

    @property
    def hue(self) -> str:
        """The name of its colour in the style sheets."""
        return hue(self.actor)


def label(actor: str) -> str:
    """Return an actor's plain name: "Deployment controller", "kubelet"."""
    return _LABELS.get(actor) or actor.replace("-", " ")


def hue(actor: str) -> str:
    """Return the name of an actor's colour in the style sheets."""
    return _HUES.get(actor, "other")


def lane(actor: str, name: str = "") -> Lane:
    """Return the lane of `actor`, told apart by `name` where several of its kind may act."""
    return Lane(_RANK.get(actor, _RANK["?"]), actor, name)


def lane_of(step: Step) -> Lane:
    """Return the lane of who sent the request of `step`."""
    if step.actor == "kubelet":
        return lane("kubelet", step.node or step.actor_name)
    if step.actor == "custom-controller":
        return lane(step.actor, step.actor_name)
    return lane(step.actor)


def named(actor: str, name: str) -> str:
    """Return actor and name as one phrase: "kubelet node-3", "client (kubectl-create)"."""
    plain = label(actor)
    if actor not in _NAMED or name in {"", f"default-{actor}"}:
        return plain
    return f"{plain} ({name})" if actor == "client" else f"{plain} {name}"

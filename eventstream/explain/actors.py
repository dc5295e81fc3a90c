"""Who can act in a cluster: the stable names of the contract, and what people call them."""

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """An actor's stable `id`, the `title` that sentences use, and its place among the lanes."""

    id: str
    title: str
    lane: int
    source_url: str = ""


_CONTROLLER = "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/"

ACTORS: dict[str, Actor] = {
    actor.id: actor
    for actor in (
        Actor("client", "client", 0),
        Actor(
            "api-server",
            "API server",
            1,
            "https://kubernetes.io/docs/concepts/overview/components/#kube-apiserver",
        ),
        Actor(
            "custom-controller",
            "custom controller",
            10,
            "https://kubernetes.io/docs/concepts/extend-kubernetes/operator/",
        ),
        Actor(
            "horizontal-pod-autoscaler",
            "HorizontalPodAutoscaler",
            11,
            _CONTROLLER + "podautoscaler/horizontal.go",
        ),
        Actor("cronjob-controller", "CronJob controller", 12, _CONTROLLER + "cronjob"),
        Actor("deployment-controller", "Deployment controller", 13, _CONTROLLER + "deployment"),
        Actor("replicaset-controller", "ReplicaSet controller", 14, _CONTROLLER + "replicaset"),
        Actor(
            "replication-controller",
            "ReplicationController controller",
            15,
            _CONTROLLER + "replication",
        ),
        Actor("statefulset-controller", "StatefulSet controller", 16, _CONTROLLER + "statefulset"),
        Actor("daemonset-controller", "DaemonSet controller", 17, _CONTROLLER + "daemon"),
        Actor("job-controller", "Job controller", 18, _CONTROLLER + "job"),
        Actor("garbage-collector", "garbage collector", 20, _CONTROLLER + "garbagecollector"),
        Actor("namespace-controller", "namespace controller", 21, _CONTROLLER + "namespace"),
        Actor(
            "node-lifecycle-controller",
            "node lifecycle controller",
            22,
            _CONTROLLER + "nodelifecycle",
        ),
        Actor(
            "taint-eviction-controller",
            "taint eviction controller",
            23,
            _CONTROLLER + "tainteviction",
        ),
        Actor("disruption-controller", "disruption controller", 24, _CONTROLLER + "disruption"),
        Actor(
            "resourcequota-controller",
            "resource quota controller",
            25,
            _CONTROLLER + "resourcequota",
        ),
        Actor(
            "persistentvolume-controller",
            "persistent volume controller",
            26,
            _CONTROLLER + "volume/persistentvolume",
        ),
        Actor("pod-garbage-collector", "Pod garbage collector", 27, _CONTROLLER + "podgc"),
        Actor("endpoints-controller", "endpoints controller", 28, _CONTROLLER + "endpoint"),
        Actor(
            "pvc-protection-controller",
            "claim protection controller",
            31,
            _CONTROLLER + "volume/pvcprotection",
        ),
        Actor(
            "attach-detach-controller",
            "attach/detach controller",
            32,
            _CONTROLLER + "volume/attachdetach",
        ),
        Actor(
            "ephemeral-volume-controller",
            "ephemeral volume controller",
            33,
            _CONTROLLER + "volume/ephemeral",
        ),
        Actor(
            "ttl-after-finished-controller",
            "TTL-after-finished controller",
            34,
            _CONTROLLER + "ttlafterfinished",
        ),
        Actor("ttl-controller", "TTL controller", 35, _CONTROLLER + "ttl"),
        Actor("node-ipam-controller", "node IPAM controller", 36, _CONTROLLER + "nodeipam"),
        Actor(
            "scheduler",
            "scheduler",
            30,
            "https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
        ),
        Actor(
            "kubelet",
            "kubelet",
            40,
            "https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet",
        ),
        Actor("unknown", "unknown actor", 50),
    )
}
"""Every actor by id; an id that is not here is a defect."""


def title(actor: str) -> str:
    """What sentences call the actor, without an article."""
    return ACTORS[actor].title

"""Who can act in a cluster: the stable names of the contract, and what people call them."""

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """An actor's stable `id`, the `title` that sentences use, and its place among the lanes.

    `looks_after` is a sentence without its subject: what it watches, and what it does about it.
    """

    id: str
    title: str
    lane: int
    source_url: str
    looks_after: str


_DOCS = "https://kubernetes.io/docs/"
_CONTROLLER = "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/"

ACTORS: dict[str, Actor] = {
    actor.id: actor
    for actor in (
        Actor(
            "client",
            "client",
            0,
            _DOCS + "reference/using-api/",
            "asks the API server for changes: a person with kubectl or oc, a pipeline, a GitOps "
            "agent. Its name is one that it chose for itself.",
        ),
        Actor(
            "api-server",
            "API server",
            1,
            _DOCS + "concepts/overview/components/#kube-apiserver",
            "accepts, refuses and stores every change in etcd, and sends it to all who watch. "
            "The only one that reads and writes etcd.",
        ),
        Actor(
            "custom-controller",
            "custom controller",
            10,
            _DOCS + "concepts/extend-kubernetes/operator/",
            "looks after custom resources: the half of an operator that acts.",
        ),
        Actor(
            "horizontal-pod-autoscaler",
            "HorizontalPodAutoscaler",
            11,
            _CONTROLLER + "podautoscaler/horizontal.go",
            "sets the number of replicas of a workload from what it measures of its Pods.",
        ),
        Actor(
            "cronjob-controller",
            "CronJob controller",
            12,
            _CONTROLLER + "cronjob",
            "creates a Job whenever a CronJob's schedule says so, and deletes old ones.",
        ),
        Actor(
            "deployment-controller",
            "Deployment controller",
            13,
            _CONTROLLER + "deployment",
            "looks after Deployments: keeps one ReplicaSet for each Pod template, and moves Pods "
            "from the old one to the new one.",
        ),
        Actor(
            "replicaset-controller",
            "ReplicaSet controller",
            14,
            _CONTROLLER + "replicaset",
            "looks after ReplicaSets: creates and deletes Pods until as many exist as are desired.",
        ),
        Actor(
            "replication-controller",
            "ReplicationController controller",
            15,
            _CONTROLLER + "replication",
            "looks after ReplicationControllers, as the ReplicaSet controller does after "
            "ReplicaSets.",
        ),
        Actor(
            "statefulset-controller",
            "StatefulSet controller",
            16,
            _CONTROLLER + "statefulset",
            "looks after StatefulSets: Pods with a number and a claim of their own, one after "
            "the other.",
        ),
        Actor(
            "daemonset-controller",
            "DaemonSet controller",
            17,
            _CONTROLLER + "daemon",
            "looks after DaemonSets: one Pod on each node that fits.",
        ),
        Actor(
            "job-controller",
            "Job controller",
            18,
            _CONTROLLER + "job",
            "looks after Jobs: runs Pods until enough have succeeded, or too many have failed.",
        ),
        Actor(
            "garbage-collector",
            "garbage collector",
            20,
            _CONTROLLER + "garbagecollector",
            "deletes objects whose owners are gone, and takes references to owners away.",
        ),
        Actor(
            "namespace-controller",
            "namespace controller",
            21,
            _CONTROLLER + "namespace",
            "empties a namespace that is being deleted, and then lets it go.",
        ),
        Actor(
            "node-lifecycle-controller",
            "node lifecycle controller",
            22,
            _CONTROLLER + "nodelifecycle",
            "watches over nodes: taints them by their conditions, and marks the Pods of a silent "
            "one not ready.",
        ),
        Actor(
            "taint-eviction-controller",
            "taint eviction controller",
            23,
            _CONTROLLER + "tainteviction",
            "deletes Pods from nodes with a taint that they do not tolerate.",
        ),
        Actor(
            "disruption-controller",
            "disruption controller",
            24,
            _CONTROLLER + "disruption",
            "looks after PodDisruptionBudgets: counts how many Pods may be missing now.",
        ),
        Actor(
            "resourcequota-controller",
            "resource quota controller",
            25,
            _CONTROLLER + "resourcequota",
            "counts what a namespace uses of its ResourceQuotas.",
        ),
        Actor(
            "persistentvolume-controller",
            "persistent volume controller",
            26,
            _CONTROLLER + "volume/persistentvolume",
            "binds PersistentVolumeClaims to PersistentVolumes.",
        ),
        Actor(
            "pod-garbage-collector",
            "Pod garbage collector",
            27,
            _CONTROLLER + "podgc",
            "deletes Pods whose node is gone, and old ones that have ended.",
        ),
        Actor(
            "endpoints-controller",
            "endpoints controller",
            28,
            _CONTROLLER + "endpoint",
            "keeps the addresses behind each Service up to date.",
        ),
        Actor(
            "serviceaccount-controller",
            "ServiceAccount controller",
            37,
            _CONTROLLER + "serviceaccount",
            "keeps a ServiceAccount default in each namespace.",
        ),
        Actor(
            "root-ca-cert-publisher",
            "root certificate publisher",
            38,
            _CONTROLLER + "certificates/rootcacertpublisher",
            "keeps the certificate of the API server in each namespace.",
        ),
        Actor(
            "endpointslice-controller",
            "EndpointSlice controller",
            29,
            _CONTROLLER + "endpointslice",
            "keeps the EndpointSlices of each Service up to date.",
        ),
        Actor(
            "endpointslicemirroring-controller",
            "EndpointSlice mirroring controller",
            39,
            _CONTROLLER + "endpointslicemirroring",
            "repeats in EndpointSlices the Endpoints that clients wrote.",
        ),
        Actor(
            "pvc-protection-controller",
            "claim protection controller",
            31,
            _CONTROLLER + "volume/pvcprotection",
            "keeps a claim from going while a Pod uses it.",
        ),
        Actor(
            "attach-detach-controller",
            "attach/detach controller",
            32,
            _CONTROLLER + "volume/attachdetach",
            "attaches volumes to the nodes whose Pods use them.",
        ),
        Actor(
            "ephemeral-volume-controller",
            "ephemeral volume controller",
            33,
            _CONTROLLER + "volume/ephemeral",
            "creates the claim of a volume that lives as long as its Pod.",
        ),
        Actor(
            "ttl-after-finished-controller",
            "TTL-after-finished controller",
            34,
            _CONTROLLER + "ttlafterfinished",
            "deletes finished Jobs once their time to live has passed.",
        ),
        Actor(
            "ttl-controller",
            "TTL controller",
            35,
            _CONTROLLER + "ttl",
            "says on each Node how long its kubelet may cache Secrets and ConfigMaps.",
        ),
        Actor(
            "node-ipam-controller",
            "node IPAM controller",
            36,
            _CONTROLLER + "nodeipam",
            "gives each node a range of addresses for its Pods.",
        ),
        Actor(
            "scheduler",
            "scheduler",
            30,
            _DOCS + "concepts/scheduling-eviction/kube-scheduler/",
            "looks for Pods without a node, chooses one for each, and sends a binding.",
        ),
        Actor(
            "kubelet",
            "kubelet",
            40,
            "https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet",
            "runs the Pods that are bound to its node: network, volumes, images, containers, "
            "probes. It reports their state.",
        ),
        Actor(
            "unknown",
            "unknown actor",
            50,
            _DOCS + "reference/using-api/server-side-apply/#field-management",
            "stands for somebody whose name the API does not show: the step says who it can have "
            "been.",
        ),
    )
}
"""Every actor by id; an id that is not here is a defect."""


def title(actor: str) -> str:
    """What sentences call the actor, without an article."""
    return ACTORS[actor].title

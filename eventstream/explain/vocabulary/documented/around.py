"""What belongs to a Deployment's creation without a number: parts of step 12, and what follows.

A kubelet's work shows only as far as it tells of it, and the controllers report what they counted
until the Deployment is available.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.step import DocumentedStep


def _part(
    name: str,
    title: str,
    happens: str,
    sees: str,
    hidden: str,
    *,
    fields: tuple[str, ...] = (),
    reasons: tuple[str, ...] = (),
    source_url: str = sources.POD_LIFECYCLE,
) -> DocumentedStep:
    return DocumentedStep(
        f"step-12-{name}",
        None,
        "kubelet",
        title,
        happens,
        sees,
        hidden,
        source_url,
        fields=fields,
        reasons=reasons,
    )


START = (
    _part(
        "volumes",
        "Volumes",
        "Volumes are attached to the node and mounted for the Pod; ConfigMaps and Secrets too.",
        "Only trouble: an Event FailedMount or FailedAttachVolume.",
        "A mount that succeeds: the kubelet says nothing of it.",
        reasons=("SuccessfulAttachVolume", "FailedMount", "FailedAttachVolume"),
        source_url=sources.VOLUMES,
    ),
    _part(
        "network",
        "Sandbox and network",
        "The runtime makes the Pod's sandbox, and the CNI plugin attaches its network: the Pod has "
        "an IP address.",
        "Condition PodReadyToStartContainers; on OpenShift an Event AddedInterface of multus.",
        "The plugin's own steps. A failure shows as an Event FailedCreatePodSandBox.",
        fields=("status.conditions[PodReadyToStartContainers]",),
        reasons=("AddedInterface",),
    ),
    _part(
        "image",
        "Image",
        "The runtime pulls the image, unless the node has it and need not look for a newer one.",
        "Events Pulling and Pulled, with how long it took and how large the image is.",
        "The progress of the pull: runtime and registry settle that between them.",
        reasons=("Pulling", "Pulled"),
        source_url=sources.IMAGES,
    ),
    _part(
        "init",
        "Init containers",
        "Each init container runs to its end, one after the other, before the others are created.",
        "Their state in the Pod's status, and condition Initialized.",
        "Anything, if the Pod has none: then there is nothing to report.",
        fields=("status.initContainerStatuses",),
        source_url=sources.INIT_CONTAINERS,
    ),
    _part(
        "container",
        "Create and start",
        "The runtime creates the container and starts its process.",
        "Events Created and Started, then the container's state in the Pod's status.",
        "What the process does; its output is in the container's log, not in the API.",
        reasons=("Created", "Started"),
    ),
    _part(
        "probes",
        "Probes",
        "Startup, readiness and liveness probes begin.",
        "Only their outcome: condition Ready, and an Event Unhealthy when a probe fails.",
        "Each probe that succeeds: the kubelet reports none of them.",
        reasons=("Unhealthy",),
        source_url=sources.PROBES,
    ),
)
"""What the kubelet does within step 12, in its order: volumes come before the sandbox.

Source: pkg/kubelet/kubelet.go, SyncPod.
"""

FOLLOWING = (
    DocumentedStep(
        "after-replicaset",
        None,
        "replicaset-controller",
        "The ReplicaSet's status is written",
        "It counts the ReplicaSet's Pods as they come, become ready and available, and writes the "
        "numbers into the ReplicaSet's status.",
        "Each of its reports: the numbers before and after.",
        "The Pods that it had counted: they are inferred from what moved since its last report.",
        sources.REPLICASET_STATUS,
        rules=("status-reported",),
        kind="ReplicaSet",
    ),
    DocumentedStep(
        "after-deployment",
        None,
        "deployment-controller",
        "The Deployment's status is written",
        "It adds up its ReplicaSets and writes replicas, ready, up to date and available into the "
        "Deployment's status, with conditions Progressing and Available.",
        "Each of its reports: the numbers before and after, and the conditions that turned.",
        "Which ReplicaSet's news it answered: inferred in the same way.",
        sources.DEPLOYMENT_PROGRESS,
        rules=("status-reported",),
        kind="Deployment",
    ),
    DocumentedStep(
        "after-available",
        None,
        "deployment-controller",
        "The Deployment is available",
        "Enough Pods have been ready for minReadySeconds: condition Available turns to True. What "
        "the client asked for is so.",
        "Condition Available in the Deployment's status.",
        "Whether the application does what it should: Ready says only that its probes succeed.",
        sources.DEPLOYMENT_COMPLETE,
        fields=("status.conditions[Available].status",),
        kind="Deployment",
    ),
)
"""What follows the sixteen in the same trace."""

"""The documented steps of a Deployment's creation: sixteen, and what happens around them.

The example is `kubectl create deployment nginx --image=bitnami/nginx:latest --replicas=3`. Each
step says who does what, and what a client of the API can see of it. A kubelet's work shows only
as far as it tells of it, and the controllers report what they counted until the Deployment is
available.
"""

import msgspec

from eventstream.explain.vocabulary import sources


class DocumentedStep(msgspec.Struct, frozen=True):
    """A step of a documented sequence.

    `id` is its anchor; `number` its place among the sixteen, None for what lies within one of
    them or follows; `kind` what is written to. `sees` is what a client of the API can see of it,
    `hidden` what it cannot and why. The last three say how a trace shows a step that has no
    number: a write by one of `rules`, a changed field that begins with one of `fields` (a
    condition counts once it is True), or an Event with one of `reasons`.
    """

    id: str
    number: int | None
    actor: str
    title: str
    happens: str
    sees: str
    hidden: str
    source_url: str
    kind: str = ""
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


_ETCD = "The write to etcd itself: only the API server talks to etcd."
_OTHERS = "Whether and when other watchers received it: each has a connection of its own."


def _step(
    number: int, actor: str, title: str, happens: str, sees: str, hidden: str, source_url: str
) -> DocumentedStep:
    kind = "Deployment" if number <= 3 else "ReplicaSet" if number <= 6 else "Pod"
    return DocumentedStep(
        f"step-{number}", number, actor, title, happens, sees, hidden, source_url, kind=kind
    )


CREATION = (
    _step(
        1,
        "client",
        "A client asks for a Deployment",
        "kubectl or oc sends one REST call to the API server: create Deployment nginx, with this "
        "image and 3 replicas.",
        "The new Deployment, and in its managedFields the name that the client gave itself.",
        "The call itself, and who the user is: only the API server's audit log records requests.",
        sources.API_CONCEPTS,
    ),
    _step(
        2,
        "api-server",
        "The Deployment is stored",
        "It authenticates the caller, checks what the caller may do, lets admission look at the "
        "object, and writes a new record to etcd.",
        "The Deployment's resourceVersion: it was given when the record was written.",
        _ETCD + " Nor what admission checked before.",
        sources.API_CONCEPTS,
    ),
    _step(
        3,
        "api-server",
        "Watchers are told",
        "It sends an ADDED event with the new Deployment to all who watch Deployments.",
        "The event itself: Baton is one of the watchers, and received it.",
        _OTHERS,
        sources.API_CONCEPTS,
    ),
    _step(
        4,
        "deployment-controller",
        "A ReplicaSet is asked for",
        "It receives the event, finds no ReplicaSet with the Deployment's Pod template, and sends "
        "a REST call: create one.",
        "The new ReplicaSet, whose owner is the Deployment and whose writer in managedFields is "
        "the controller manager; and often an Event ScalingReplicaSet that says so.",
        "When it received the event, and its call: only an audit log records that.",
        sources.DEPLOYMENT_SYNC,
    ),
    _step(
        5,
        "api-server",
        "The ReplicaSet is stored",
        "It writes a ReplicaSet record to etcd.",
        "The ReplicaSet's resourceVersion.",
        _ETCD,
        sources.API_CONCEPTS,
    ),
    _step(
        6,
        "api-server",
        "Watchers are told",
        "It sends an ADDED event with the new ReplicaSet to all who watch ReplicaSets.",
        "The event itself, as Baton received it.",
        _OTHERS,
        sources.API_CONCEPTS,
    ),
    _step(
        7,
        "replicaset-controller",
        "Three Pods are asked for",
        "It receives the event, compares 3 desired Pods with 0 that exist, and sends REST calls to "
        "create 3: one first, then more at a time as long as they succeed.",
        "Each new Pod with its owner, and Events SuccessfulCreate that name it.",
        "Its own count, which it takes from a cache: both numbers are worked out from the objects.",
        sources.REPLICASET_MANAGE,
    ),
    _step(
        8,
        "api-server",
        "The Pods are stored, and watchers told",
        "It writes 3 Pod records to etcd and sends one ADDED event for each.",
        "Each Pod's resourceVersion, and the events.",
        _ETCD,
        sources.API_CONCEPTS,
    ),
    _step(
        9,
        "scheduler",
        "A node is chosen for each Pod",
        "It receives each Pod that has no node, rules out nodes that do not fit, ranks the others, "
        "and sends a binding: this Pod, that node.",
        "spec.nodeName, which of a Pod that exists only a binding sets, and an Event Scheduled. A "
        "binding leaves no entry in managedFields.",
        "Which nodes it looked at and how it ranked them; only when none fits does it say why.",
        sources.BINDING,
    ),
    _step(
        10,
        "api-server",
        "The Pods are updated with their node",
        "It reads each Pod's record and writes the node that the scheduler chose into it.",
        "Each Pod's next resourceVersion, with spec.nodeName set.",
        _ETCD,
        sources.API_CONCEPTS,
    ),
    _step(
        11,
        "api-server",
        "Watchers are told",
        "It sends a MODIFIED event for each Pod: this Pod was scheduled to that node.",
        "The events, as Baton received them.",
        "That the node's kubelet received its own: it asks only for the Pods of its node.",
        sources.API_CONCEPTS,
    ),
    _step(
        12,
        "kubelet",
        "The node starts the Pod",
        "The kubelet of that node receives the event, has the network attached, pulls the image, "
        "creates the container and starts it.",
        "What the kubelet tells: Events such as Pulling and Started, and reports in the Pod's "
        "status while no container runs yet.",
        "The work on the node: runtime, network plugin and registry do not speak to the API "
        "server. A kubelet that is quick may report nothing before its container runs.",
        sources.POD_LIFECYCLE,
    ),
    _step(
        13,
        "kubelet",
        "The running container is reported",
        "It sends the container's status to the API server with a REST call.",
        "The Pod's status: running, since when, from which image; its writer is the kubelet.",
        "The call itself; and how long the container had been running before it was sent.",
        sources.KUBELET_STATUS,
    ),
    _step(
        14,
        "api-server",
        "The Pod's status is stored",
        "It updates the Pod's status in etcd from that report.",
        "The resourceVersion of the Pod with its container running.",
        _ETCD,
        sources.API_CONCEPTS,
    ),
    _step(
        15,
        "kubelet",
        "It keeps reporting, like a heartbeat",
        "It reports again whenever the state of a container changes, and renews its node's Lease "
        "every ten seconds, unless it is set otherwise, to say that it is alive.",
        "Each later report, and each renewal of the Lease.",
        "That the container still runs: nothing is sent as long as nothing changes.",
        sources.NODE_HEARTBEATS,
    ),
    _step(
        16,
        "api-server",
        "The Pod's status is kept current",
        "It writes each of those reports to etcd, so that the Pod's status stays current.",
        "The resourceVersions of the later reports, and of the renewed Lease.",
        _ETCD,
        sources.API_CONCEPTS,
    ),
)
"""In order; the number of each is its place, from 1."""


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
        "An Event SuccessfulAttachVolume where one had to be attached; else only trouble: an Event "
        "FailedMount or FailedAttachVolume.",
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
        "Each init container runs to its end, one after the other, before the others are created; "
        "a sidecar among them only has to start.",
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
        "Enough Pods have been ready for minReadySeconds: condition Available turns to True. "
        "Enough are all but maxUnavailable, a quarter rounded down unless it says otherwise: here "
        "all 3, so that what the client asked for is so.",
        "Condition Available in the Deployment's status.",
        "Whether the application does what it should: Ready says only that its probes succeed.",
        sources.DEPLOYMENT_COMPLETE,
        fields=("status.conditions[Available].status",),
        kind="Deployment",
    ),
)
"""What follows the sixteen in the same trace."""

"""The rules about Pods and Nodes, and about clients, custom controllers and the API server."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.words import DocumentedRule

PODS = (
    DocumentedRule(
        "bound",
        "A Pod's spec.nodeName appeared: only a binding sets it, and the scheduler that "
        "spec.schedulerName names sends it.",
        ("scheduler",),
        (sources.BINDING,),
    ),
    DocumentedRule(
        "not-scheduled",
        "The scheduler wrote condition PodScheduled as False, with what no node satisfied.",
        ("scheduler",),
        (sources.BINDING,),
    ),
    DocumentedRule(
        "nominated",
        "The scheduler set or withdrew status.nominatedNodeName: it keeps room for the Pod there, "
        "makes some by preempting others, or no longer does.",
        ("scheduler",),
        (sources.PREEMPTION, sources.BINDING),
    ),
    DocumentedRule(
        "kubelet-starting",
        "The kubelet of the Pod's node wrote its status while no container runs yet: the sandbox, "
        "the network, the image, the init containers.",
        ("kubelet",),
        (sources.KUBELET_STATUS,),
    ),
    DocumentedRule(
        "kubelet-running",
        "The kubelet's first report in which a container of the Pod runs.",
        ("kubelet",),
        (sources.KUBELET_STATUS,),
    ),
    DocumentedRule(
        "kubelet-reporting",
        "A later report of the kubelet: a container became ready, ended or was started again.",
        ("kubelet",),
        (sources.KUBELET_STATUS,),
    ),
    DocumentedRule(
        "kubelet-stopping",
        "The kubelet reported on a Pod that is being deleted: its containers are stopping.",
        ("kubelet",),
        (sources.KUBELET_STATUS,),
    ),
    DocumentedRule(
        "kubelet-finished",
        "A deleted Pod's grace period went to 0 after its containers had stopped: its kubelet "
        "says that it may be removed.",
        ("kubelet",),
        (sources.POD_DELETION,),
    ),
    DocumentedRule(
        "kubelet-removed",
        "A deleted Pod that had a node and had stopped is gone: its kubelet made the last delete.",
        ("kubelet",),
        (sources.POD_DELETION,),
    ),
    DocumentedRule(
        "claims-noted",
        "The status of a Pod got the names of ResourceClaims, by the field manager of the "
        "controller that makes them by the Pod's templates.",
        ("resourceclaim-controller",),
        (sources.RESOURCE_CLAIMS,),
    ),
    DocumentedRule(
        "mirrored",
        "A Pod was created with the annotation of a mirror: the kubelet shows one that it runs "
        "from a manifest of its own.",
        ("kubelet",),
        (sources.MIRROR_PODS,),
    ),
    DocumentedRule(
        "pod-failed",
        "The controller manager marked a Pod failed, since its node is gone or out of service, or "
        "it is to go and never had one, and no kubelet will report on it any more.",
        ("pod-garbage-collector",),
        (sources.POD_COLLECTION,),
    ),
    DocumentedRule(
        "pod-unready",
        "The controller manager turned a Pod's condition Ready to False, since its node is not "
        "ready or the kubelet there is silent.",
        ("node-lifecycle-controller",),
        (sources.NODE_LIFECYCLE,),
    ),
    DocumentedRule(
        "pod-forced",
        "A Pod was removed before its kubelet had reported that it ended: somebody did not wait "
        "for it.",
        ("client",),
        (sources.POD_DELETION,),
    ),
    DocumentedRule(
        "pod-collected",
        "A Pod was removed that the Pod garbage collector had marked failed.",
        ("pod-garbage-collector",),
        (sources.POD_COLLECTION,),
    ),
)

_DISRUPTING = (
    "taint-eviction-controller",
    "device-taint-eviction-controller",
    "scheduler",
    "client",
    "custom-controller",
    "pod-garbage-collector",
)

_DISRUPTED_BY = (
    sources.TAINT_EVICTION,
    sources.DEVICE_TAINT_EVICTION,
    sources.PREEMPTION,
    sources.EVICTION,
    sources.POD_COLLECTION,
)

DISRUPTIONS = (
    DocumentedRule(
        "disruption-announced",
        "Condition DisruptionTarget appeared on a Pod: its reason says who is about to delete it, "
        "and an Event or who closed its node who asked to evict it.",
        _DISRUPTING,
        _DISRUPTED_BY,
    ),
    DocumentedRule(
        "disrupted",
        "A Pod with condition DisruptionTarget was deleted: the condition's reason says by whom "
        "and why.",
        _DISRUPTING,
        _DISRUPTED_BY,
    ),
    DocumentedRule(
        "disruption-withdrawn",
        "Condition DisruptionTarget went back to False: the deletion that it announced did not "
        "come in time.",
        ("disruption-controller",),
        (sources.DISRUPTION,),
    ),
)

NODES = (
    DocumentedRule(
        "node-registered",
        "A Node was created by a manager that only a kubelet is.",
        ("kubelet",),
        (sources.NODE_REGISTRATION,),
    ),
    DocumentedRule(
        "node-reported",
        "A kubelet wrote its Node, and more than the time of its heartbeat changed.",
        ("kubelet",),
        (sources.NODE_HEARTBEATS,),
    ),
    DocumentedRule(
        "node-heartbeat",
        "A kubelet wrote its Node, and nothing but the time of its heartbeat changed.",
        ("kubelet",),
        (sources.NODE_HEARTBEATS,),
    ),
    DocumentedRule(
        "heartbeat",
        "A node's Lease was renewed: counted, and shown as one row that says how often.",
        ("kubelet",),
        (sources.NODE_HEARTBEATS,),
    ),
    DocumentedRule(
        "node-lost",
        "The controller manager set a Node's condition Ready to Unknown: its kubelet has neither "
        "reported nor renewed its Lease for too long.",
        ("node-lifecycle-controller",),
        (sources.NODE_LIFECYCLE,),
    ),
    DocumentedRule(
        "node-watched-over",
        "The controller manager wrote a Node: which of its controllers did is told by the field, "
        "which only one of them writes.",
        (
            "node-lifecycle-controller",
            "ttl-controller",
            "node-ipam-controller",
            "attachdetach-controller",
        ),
        (
            sources.NODE_LIFECYCLE,
            sources.NODE_TTL,
            sources.NODE_ADDRESSES,
            sources.ATTACHED_VOLUMES,
        ),
    ),
)


WRITERS = (
    DocumentedRule(
        "client-created",
        "A new object names a field manager that is no component of Kubernetes, and no controller "
        "of the cluster accounts for it: a client asked for it.",
        ("client",),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "client-changed",
        "The managedFields entry behind a change belongs to a manager that is no component of "
        "Kubernetes and has not shown itself to be a custom controller; or fields that no "
        "controller takes away are gone, which leaves no entry.",
        ("client",),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "component",
        "The manager's name stands for one component of Kubernetes, and no other rule knows the "
        "change: who is told, why is not.",
        ("scheduler", "kubelet", "api-server"),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "undocumented",
        "The change was seen, and no rule explains it: the object, its fields and the name in "
        "managedFields are shown, and nothing is guessed.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "defect",
        "A rule of Baton failed on this write; the change is shown, and the failure with it.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "found-by-list",
        "A new list after a gap showed a version that no watch had delivered: several writes may "
        "lie behind it, so it names nobody.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
)

CUSTOM = (
    DocumentedRule(
        "custom-create",
        "An object was created that names a custom resource as its owner, by the manager that set "
        "that ownerReference; or one called after such a resource, right after that changed, by "
        "the manager that writes the status of its kind.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "custom-report",
        "A custom resource's status was written by a manager that looks after it.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "custom-patch",
        "A manager that writes a custom resource's status or finalizer, or owns its children, "
        "changed one of them.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "program-acted",
        "A manager that is no part of Kubernetes, and no tool of people's, reported in the status "
        "of one of Kubernetes' own kinds, put a finalizer on what exists, or named an owner of "
        "what it made.",
        ("custom-controller",),
        (sources.CUSTOM_CONTROLLERS,),
    ),
    DocumentedRule(
        "custom-delete",
        "What a custom resource owns was deleted while the resource itself waits, marked for "
        "deletion, for the finalizer of its controller.",
        ("custom-controller",),
        (sources.FINALIZERS,),
    ),
    DocumentedRule(
        "client-or-controller",
        "A custom resource's metadata was written by a manager that has not shown yet whether it "
        "is a controller or a client; or what one owns lost fields, which leaves no entry; or a "
        "manager that is a controller wrote what nothing ties to a custom resource; or a manager "
        "set a mark of its own name, such as a taint of karpenter.sh by karpenter; or a reference "
        "to an owner went whose selector still matches.",
        ("unknown",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "definition-reported",
        "The API server wrote the conditions of a CustomResourceDefinition, or of an APIService.",
        ("api-server",),
        (sources.DEFINITION_STATUS, sources.API_SERVICE_STATUS),
    ),
    DocumentedRule(
        "type-established",
        "Condition Established of a CustomResourceDefinition became True: the API server serves "
        "the type from now on.",
        ("api-server",),
        (sources.DEFINITION_STATUS,),
    ),
    DocumentedRule(
        "type-deleted",
        "A custom resource was deleted whose CustomResourceDefinition is being deleted.",
        ("api-server",),
        (sources.DEFINITION_FINALIZER,),
    ),
)

SERVER = (
    DocumentedRule(
        "store",
        "Every version of an object has a resourceVersion, which etcd gave it: the write was "
        "stored.",
        ("api-server",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "broadcast",
        "Baton's own watch received the version: the API server sends each to all who watch.",
        ("api-server",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "quota-charged",
        "The API server's admission wrote a ResourceQuota's status: it charges an object before "
        "it stores it.",
        ("api-server",),
        (sources.QUOTA_ADMISSION,),
    ),
    DocumentedRule(
        "budget-charged",
        "The API server wrote a PodDisruptionBudget's status: it charges an eviction before it "
        "evicts.",
        ("api-server",),
        (sources.EVICTION,),
    ),
    DocumentedRule(
        "audited",
        "The audit log names another actor than the object showed: its word counts.",
        (),
        (sources.AUDITING,),
    ),
    DocumentedRule(
        "refused",
        "The audit log has a request that the API server refused, of which no watch can tell.",
        (),
        (sources.AUDITING,),
    ),
)

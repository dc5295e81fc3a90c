"""Every rule by its name: what it recognizes a write by, whose write that is, and the source.

Here are those about controllers, volumes and deletions; in a deletion the object names nobody.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rules_of_pods import (
    CUSTOM,
    DISRUPTIONS,
    NODES,
    PODS,
    SERVER,
    WRITERS,
)
from eventstream.explain.vocabulary.documented.words import DocumentedRule
from eventstream.explain.vocabulary.registry import MAKERS, STATUS_WRITERS

_COMPANIONS = (
    "serviceaccount-controller",
    "root-ca-cert-publisher",
    "endpoints-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
)
_MAKERS = tuple(dict.fromkeys(maker.actor for maker in MAKERS.values()))
_MAKING = tuple(dict.fromkeys(maker.source_url for maker in MAKERS.values()))

DEPLOYING = (
    DocumentedRule(
        "replicaset-created",
        "A ReplicaSet that a Deployment owns was created: of the controllers only the Deployment "
        "controller does that, when no ReplicaSet has the Deployment's Pod template.",
        ("deployment-controller",),
        (sources.DEPLOYMENT_SYNC,),
    ),
    DocumentedRule(
        "replicaset-scaled",
        "The controller manager changed spec.replicas of a ReplicaSet that a Deployment owns: a "
        "step of a rollout, or a new number of replicas.",
        ("deployment-controller",),
        (sources.DEPLOYMENT_ROLLING,),
    ),
    DocumentedRule(
        "replicaset-updated",
        "The controller manager changed another part of a Deployment's ReplicaSet: its revision, "
        "or annotations and minReadySeconds copied from the Deployment.",
        ("deployment-controller",),
        (sources.DEPLOYMENT_ROLLING,),
    ),
    DocumentedRule(
        "made-for-owner",
        "A new object has a controlling owner of a kind whose built-in controller alone makes "
        "such children: fewer existed than desired, or one was due.",
        _MAKERS,
        _MAKING,
    ),
    DocumentedRule(
        "tended",
        "The controller manager changed an object that a built-in controller had made: that "
        "controller keeps its labels, revision and annotations as they should be.",
        _MAKERS,
        _MAKING,
    ),
    DocumentedRule(
        "scaled-down",
        "A child was deleted while its owner had more than it wanted, or the owner's controller "
        "says in an Event that it deleted it.",
        _MAKERS,
        _MAKING,
    ),
    DocumentedRule(
        "status-reported",
        "The controller manager wrote the status of a kind: which controller does that is fixed "
        "for each built-in kind.",
        tuple(dict.fromkeys(actor for actor, _ in STATUS_WRITERS.values())),
        tuple(dict.fromkeys(source_url for _, source_url in STATUS_WRITERS.values())),
    ),
    DocumentedRule(
        "autoscaled",
        "The scale subresource was written from within the controller manager: only the "
        "HorizontalPodAutoscaler does so there.",
        ("horizontal-pod-autoscaler",),
        (sources.AUTOSCALER,),
    ),
    DocumentedRule(
        "adopted",
        "An ownerReference appeared on an object that nobody controlled and that the owner's "
        "selector matches.",
        _MAKERS,
        (sources.ADOPTION,),
    ),
    DocumentedRule(
        "released",
        "An ownerReference went from an object whose labels the owner's selector no longer "
        "matches.",
        _MAKERS,
        (sources.ADOPTION,),
    ),
    DocumentedRule(
        "companion-kept",
        "The controller manager wrote what one controller keeps in each namespace, or for each "
        "Service: the account default, the certificate of the API server, endpoints.",
        _COMPANIONS,
        (
            sources.SERVICE_ACCOUNTS,
            sources.ROOT_CERTIFICATES,
            sources.ENDPOINTS,
            sources.ENDPOINT_SLICES,
        ),
    ),
    DocumentedRule(
        "companion-dropped",
        "Endpoints went whose Service is gone; where that cannot be told, it stays open who did.",
        ("endpoints-controller", "unknown"),
        (sources.ENDPOINTS, sources.ENDPOINT_SLICES),
    ),
)

VOLUMES = (
    DocumentedRule(
        "claim-made",
        "The controller manager created a PersistentVolumeClaim: for a StatefulSet's Pod, or for "
        "a volume that lives as long as its Pod.",
        ("statefulset-controller", "ephemeral-volume-controller"),
        (sources.CLAIMS_OF_STATEFULSETS, sources.EPHEMERAL_VOLUMES),
    ),
    DocumentedRule(
        "claim-bound",
        "The fields that bind a claim to a volume were written, or the annotation that names the "
        "node where its volume is to be.",
        ("persistentvolume-controller", "scheduler"),
        (sources.VOLUME_BINDING, sources.BINDING),
    ),
    DocumentedRule(
        "claim-grown",
        "The size of a PersistentVolume followed what its claim asks for, or a kubelet reported "
        "on a claim whose volume was to grow.",
        ("custom-controller", "kubelet"),
        (sources.EXPANSION,),
    ),
    DocumentedRule(
        "volume-provisioned",
        "A PersistentVolume was created with the annotation that names its provisioner.",
        ("persistentvolume-controller", "custom-controller"),
        (sources.VOLUME_BINDING, sources.PROVISIONING),
    ),
    DocumentedRule(
        "claim-retention",
        "The owner of a StatefulSet's claim was set, or taken away, as its retention policy asks.",
        ("statefulset-controller",),
        (sources.CLAIMS_OF_STATEFULSETS,),
    ),
)


DELETIONS = (
    DocumentedRule(
        "client-deleted",
        "An object was deleted, and no controller of the cluster had a reason to, or would have "
        "given another time to stop: a client asked. A deletion leaves no name in the object.",
        ("client",),
        (sources.API_CONCEPTS, sources.POD_DELETION),
    ),
    DocumentedRule(
        "node-taken-away",
        "A Node was deleted, and an autoscaler of nodes, or a cloud's controller, says in an Event "
        "about it that it was them.",
        ("custom-controller",),
        (sources.NODES,),
    ),
    DocumentedRule(
        "deletion-unknown",
        "An object was deleted, and a client may have asked as well as a controller: both are "
        "named, and neither is claimed.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "deletion-shortened",
        "A Pod that was being deleted already got less time to stop: a client asked for that, "
        "unless the namespace controller or the taint eviction controller may have.",
        ("client", "unknown"),
        (sources.POD_DELETION,),
    ),
    DocumentedRule(
        "deletion-done",
        "An object that was marked for deletion earlier is gone, and nothing had to be waited for: "
        "it was the one who had asked.",
        (),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "vanished",
        "A complete list no longer holds the object: that it went is certain, who asked is not.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "collected",
        "All owners that an object names are gone, or wait for it in foreground mode.",
        ("garbage-collector",),
        (sources.GARBAGE_COLLECTION,),
    ),
    DocumentedRule(
        "orphaned",
        "A reference to an owner went that is being deleted in orphan mode.",
        ("garbage-collector",),
        (sources.COLLECTOR,),
    ),
    DocumentedRule(
        "dangling-reference",
        "A reference to an owner that is gone went from an object that another owner still holds.",
        ("garbage-collector",),
        (sources.COLLECTOR,),
    ),
    DocumentedRule(
        "finalizer-removed",
        "A finalizer went: whose it is says who removed it, as a removal leaves no name behind.",
        (
            "garbage-collector",
            "job-controller",
            "pvc-protection-controller",
            "pv-protection-controller",
            "volumeattributesclass-protection-controller",
            "podgroup-protection-controller",
            "persistentvolume-controller",
            "resourceclaim-controller",
            "api-server",
            "custom-controller",
            "client",
            "unknown",
        ),
        (
            sources.FINALIZERS,
            sources.COLLECTOR,
            sources.JOB_SYNC,
            sources.CLAIM_PROTECTION,
            sources.VOLUME_PROTECTION,
            sources.CLASS_PROTECTION,
            sources.GROUP_PROTECTION,
            sources.VOLUME_BINDING,
            sources.RESOURCE_CLAIMS,
            sources.DEFINITION_FINALIZER,
        ),
    ),
    DocumentedRule(
        "job-counted",
        "The job-tracking finalizer went from a Pod: the Job controller has counted it, or need "
        "not count it any more.",
        ("job-controller",),
        (sources.JOB_SYNC,),
    ),
    DocumentedRule(
        "housekeeping",
        "A controller deletes on its own account: old revisions, Pods of an old revision, Jobs "
        "past their time. Where a client could have done it as well, it stays open who did.",
        (
            "deployment-controller",
            "statefulset-controller",
            "daemonset-controller",
            "job-controller",
            "cronjob-controller",
            "ttl-after-finished-controller",
            "unknown",
        ),
        (
            sources.DEPLOYMENT_SYNC,
            sources.STATEFULSET_CONTROL,
            sources.DAEMONSET_SYNC,
            sources.JOB_SYNC,
            sources.CRONJOB_SYNC,
            sources.TTL_AFTER_FINISHED,
            sources.HISTORY,
        ),
    ),
    DocumentedRule(
        "namespace-emptied",
        "An object was deleted whose namespace is being deleted.",
        ("namespace-controller", "unknown"),
        (sources.NAMESPACE_DELETE,),
    ),
    DocumentedRule(
        "namespace-finalized",
        "The finalizer of an empty namespace went, or the namespace with it. Where content was "
        "said to be left it stays open who ended it: a client may have, by force.",
        ("namespace-controller", "unknown"),
        (sources.NAMESPACE_DELETE,),
    ),
)


RULE_GROUPS: dict[str, tuple[DocumentedRule, ...]] = {
    "Who wrote at all": WRITERS,
    "The API server": SERVER,
    "Deployments, ReplicaSets and other makers": DEPLOYING,
    "Pods: scheduler and kubelet": PODS,
    "Pods that must go": DISRUPTIONS,
    "Nodes": NODES,
    "Deletions": DELETIONS,
    "Volumes": VOLUMES,
    "Custom resources and operators": CUSTOM,
}
"""The rules as a reader looks for them; every rule is in one group."""

DOCUMENTED_RULES: dict[str, DocumentedRule] = {
    rule.name: rule for rules in RULE_GROUPS.values() for rule in rules
}
"""Every rule by name."""

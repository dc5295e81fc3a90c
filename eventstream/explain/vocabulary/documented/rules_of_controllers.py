"""What the rules about built-in controllers and volumes recognize a write by."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import DocumentedRule
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
        "A ReplicaSet that a Deployment owns was created: only the Deployment controller does "
        "that, when no ReplicaSet has the Deployment's Pod template.",
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
        "or annotations copied from the Deployment.",
        ("deployment-controller",),
        (sources.DEPLOYMENT_ROLLING,),
    ),
    DocumentedRule(
        "made-for-owner",
        "A new object has a controlling owner of a kind whose built-in controller alone makes "
        "such children, because fewer existed than desired.",
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
        "claim-retention",
        "The owner of a StatefulSet's claim was set, or taken away, as its retention policy asks.",
        ("statefulset-controller",),
        (sources.CLAIMS_OF_STATEFULSETS,),
    ),
)

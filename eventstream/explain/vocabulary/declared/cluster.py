"""Declares the controllers of what is no workload, and the components that are no controller.

These are clients, servers, kubelets and operators.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import Controller
from eventstream.explain.vocabulary.sources import CONTROLLER, DOCS, K8S

CLUSTER = (
    Controller(
        id="horizontal-pod-autoscaler",
        title="HorizontalPodAutoscaler",
        lane=11,
        source_url=CONTROLLER + "podautoscaler/horizontal.go",
        looks_after=(
            "sets the number of replicas of a workload from what it measures, of its Pods or "
            "of what it is told to."
        ),
        kinds=(kinds.AUTOSCALER,),
        account="horizontal-pod-autoscaler",
        reports=((kinds.AUTOSCALER, sources.AUTOSCALER),),
    ),
    Controller(
        id="garbage-collector",
        title="garbage collector",
        lane=20,
        source_url=CONTROLLER + "garbagecollector",
        looks_after=("deletes objects whose owners are gone, and takes references to owners away."),
        account="generic-garbage-collector",
        finalizers=(
            ("foregroundDeletion", sources.COLLECTOR),
            ("orphan", sources.COLLECTOR),
        ),
    ),
    Controller(
        id="namespace-controller",
        title="namespace controller",
        lane=21,
        source_url=CONTROLLER + "namespace",
        looks_after="empties a namespace that is being deleted, and then lets it go.",
        kinds=(kinds.NAMESPACE,),
        account="namespace-controller",
        reports=((kinds.NAMESPACE, sources.NAMESPACE_DELETE),),
    ),
    Controller(
        id="node-lifecycle-controller",
        title="node lifecycle controller",
        lane=22,
        source_url=CONTROLLER + "nodelifecycle",
        looks_after=(
            "watches over nodes: taints them by their conditions, and marks the Pods of "
            "a silent one not ready."
        ),
        account="node-controller",
    ),
    Controller(
        id="taint-eviction-controller",
        title="taint eviction controller",
        lane=23,
        source_url=CONTROLLER + "tainteviction",
        looks_after="deletes Pods from nodes with a taint NoExecute that they do not tolerate.",
        managers=("TaintManager",),
        account="node-controller",
    ),
    Controller(
        id="disruption-controller",
        title="disruption controller",
        lane=24,
        source_url=CONTROLLER + "disruption",
        looks_after="looks after PodDisruptionBudgets: counts how many Pods may be missing now.",
        kinds=(kinds.BUDGET,),
        reports=((kinds.BUDGET, sources.DISRUPTION),),
        managers=("DisruptionController",),
        account="disruption-controller",
    ),
    Controller(
        id="resourcequota-controller",
        title="resource quota controller",
        lane=25,
        source_url=CONTROLLER + "resourcequota",
        looks_after="counts what a namespace uses of its ResourceQuotas.",
        kinds=(kinds.QUOTA,),
        account="resourcequota-controller",
        reports=((kinds.QUOTA, sources.QUOTA_CONTROLLER),),
    ),
    Controller(
        id="persistentvolume-controller",
        title="persistent volume controller",
        lane=26,
        source_url=CONTROLLER + "volume/persistentvolume",
        looks_after="binds PersistentVolumeClaims to PersistentVolumes.",
        kinds=(kinds.CLAIM,),
        account="persistent-volume-binder",
        reports=(
            (kinds.CLAIM, sources.VOLUME_BINDING),
            (kinds.VOLUME, sources.VOLUME_BINDING),
        ),
        finalizers=(("kubernetes.io/pv-controller", sources.VOLUME_BINDING),),
    ),
    Controller(
        id="pod-garbage-collector",
        title="Pod garbage collector",
        lane=27,
        source_url=CONTROLLER + "podgc",
        looks_after="deletes Pods whose node is gone, and old ones that have ended.",
        managers=("PodGC",),
        account="pod-garbage-collector",
    ),
    Controller(
        id="endpoints-controller",
        title="endpoints controller",
        lane=28,
        source_url=CONTROLLER + "endpoint",
        looks_after="keeps the addresses behind each Service up to date.",
        kinds=(kinds.ENDPOINTS,),
        account="endpoint-controller",
    ),
    Controller(
        id="serviceaccount-controller",
        title="ServiceAccount controller",
        lane=37,
        source_url=CONTROLLER + "serviceaccount",
        looks_after="keeps a ServiceAccount default in each namespace.",
        kinds=(kinds.SERVICE_ACCOUNT,),
        account="service-account-controller",
    ),
    Controller(
        id="root-ca-cert-publisher",
        title="root certificate publisher",
        lane=38,
        source_url=CONTROLLER + "certificates/rootcacertpublisher",
        looks_after="keeps the certificate of the API server in each namespace.",
        account="root-ca-cert-publisher",
    ),
    Controller(
        id="endpointslice-controller",
        title="EndpointSlice controller",
        lane=29,
        source_url=CONTROLLER + "endpointslice",
        looks_after="keeps the EndpointSlices of each Service up to date.",
        kinds=(kinds.ENDPOINT_SLICE,),
        account="endpointslice-controller",
    ),
    Controller(
        id="endpointslicemirroring-controller",
        title="EndpointSlice mirroring controller",
        lane=39,
        source_url=CONTROLLER + "endpointslicemirroring",
        looks_after="repeats in EndpointSlices the Endpoints that clients wrote.",
        account="endpointslicemirroring-controller",
    ),
    Controller(
        id="pvc-protection-controller",
        title="claim protection controller",
        lane=31,
        source_url=CONTROLLER + "volume/pvcprotection",
        looks_after="keeps a claim from going while a Pod uses it.",
        account="pvc-protection-controller",
        finalizers=(("kubernetes.io/pvc-protection", sources.CLAIM_PROTECTION),),
    ),
    Controller(
        id="pv-protection-controller",
        title="volume protection controller",
        lane=41,
        source_url=CONTROLLER + "volume/pvprotection",
        looks_after="keeps a volume from going while a claim is bound to it.",
        account="pv-protection-controller",
        finalizers=(("kubernetes.io/pv-protection", sources.VOLUME_PROTECTION),),
    ),
    Controller(
        id="volumeattributesclass-protection-controller",
        title="volume attributes class protection controller",
        lane=44,
        source_url=CONTROLLER + "volume/vacprotection",
        looks_after="keeps a VolumeAttributesClass from going while a claim or a volume names it.",
        account="volumeattributesclass-protection-controller",
        finalizers=(("kubernetes.io/vac-protection", sources.CLASS_PROTECTION),),
    ),
    Controller(
        id="podgroup-protection-controller",
        title="PodGroup protection controller",
        lane=45,
        source_url=CONTROLLER + "scheduling/podgroupprotection",
        looks_after="keeps a PodGroup from going while Pods of it have not ended.",
        account="podgroup-protection-controller",
        finalizers=(("scheduling.k8s.io/podgroup-protection", sources.GROUP_PROTECTION),),
    ),
    Controller(
        id="resourceclaim-controller",
        title="ResourceClaim controller",
        lane=42,
        source_url=CONTROLLER + "resourceclaim",
        looks_after="makes the ResourceClaims that Pods ask for, and frees them after use.",
        managers=("ResourceClaimController",),
        account="resource-claim-controller",
        finalizers=(("resource.kubernetes.io/delete-protection", sources.RESOURCE_CLAIMS),),
    ),
    Controller(
        id="clusterrole-aggregation-controller",
        title="ClusterRole aggregation controller",
        lane=46,
        source_url=CONTROLLER + "clusterroleaggregation",
        looks_after="gathers the rules of a ClusterRole that is made up of others.",
        managers=("clusterrole-aggregation-controller",),
        account="clusterrole-aggregation-controller",
    ),
    Controller(
        id="device-taint-eviction-controller",
        title="device taint eviction controller",
        lane=43,
        source_url=CONTROLLER + "devicetainteviction",
        looks_after="deletes Pods that use a device whose taint NoExecute they do not tolerate.",
        account="device-taint-eviction-controller",
    ),
    Controller(
        id="attachdetach-controller",
        title="attach/detach controller",
        lane=32,
        source_url=CONTROLLER + "volume/attachdetach",
        looks_after="attaches volumes to the nodes whose Pods use them.",
        account="attachdetach-controller",
    ),
    Controller(
        id="ephemeral-volume-controller",
        title="ephemeral volume controller",
        lane=33,
        source_url=CONTROLLER + "volume/ephemeral",
        looks_after="creates the claim of a volume that lives as long as its Pod.",
        account="ephemeral-volume-controller",
    ),
    Controller(
        id="ttl-after-finished-controller",
        title="TTL-after-finished controller",
        lane=34,
        source_url=CONTROLLER + "ttlafterfinished",
        looks_after="deletes finished Jobs once their time to live has passed.",
        account="ttl-after-finished-controller",
    ),
    Controller(
        id="ttl-controller",
        title="TTL controller",
        lane=35,
        source_url=CONTROLLER + "ttl",
        looks_after="says on each Node how long its kubelet may cache Secrets and ConfigMaps.",
        account="ttl-controller",
    ),
    Controller(
        id="node-ipam-controller",
        title="node IPAM controller",
        lane=36,
        source_url=CONTROLLER + "nodeipam",
        looks_after="gives each node a range of addresses for its Pods.",
        account="node-controller",
    ),
)


COMPONENTS = (
    Controller(
        id="client",
        title="client",
        lane=0,
        hue="client",
        source_url=DOCS + "reference/using-api/",
        looks_after=(
            "asks the API server for changes: a person with kubectl or oc, a pipeline, "
            "a program of which nothing else is known. Its name is one that it chose for itself."
        ),
    ),
    Controller(
        id="api-server",
        title="API server",
        lane=1,
        hue="server",
        source_url=DOCS + "concepts/overview/components/#kube-apiserver",
        looks_after=(
            "accepts, refuses and stores every change in etcd, and sends it to all who "
            "watch. The only one that reads and writes etcd."
        ),
        kinds=(kinds.DEFINITION, kinds.API_SERVICE),
        managers=("kube-apiserver",),
        users=(
            "system:apiserver",
            "system:kube-apiserver",
        ),
        finalizers=(("customresourcecleanup.apiextensions.k8s.io", sources.DEFINITION_FINALIZER),),
    ),
    Controller(
        id="custom-controller",
        title="custom controller",
        lane=10,
        hue="custom",
        source_url=DOCS + "concepts/extend-kubernetes/operator/",
        looks_after=(
            "looks after custom resources, as the half of an operator that acts, or works on "
            "Kubernetes' own kinds without being a part of Kubernetes."
        ),
    ),
    Controller(
        id="scheduler",
        title="scheduler",
        lane=30,
        hue="scheduler",
        source_url=DOCS + "concepts/scheduling-eviction/kube-scheduler/",
        looks_after="looks for Pods without a node, chooses one for each, and sends a binding.",
        managers=("kube-scheduler", "KubeScheduler"),
        users=("system:kube-scheduler",),
    ),
    Controller(
        id="kubelet",
        title="kubelet",
        lane=40,
        hue="kubelet",
        source_url=K8S + "pkg/kubelet",
        looks_after=(
            "runs the Pods that are bound to its node: network, volumes, images, "
            "containers, probes. It reports their state."
        ),
        kinds=(
            kinds.POD,
            kinds.NODE,
        ),
        managers=("kubelet",),
    ),
    Controller(
        id="unknown",
        title="unknown actor",
        lane=50,
        hue="unknown",
        source_url=DOCS + "reference/using-api/server-side-apply/#field-management",
        looks_after=(
            "stands for somebody whose name the API does not show: the step says who it "
            "can have been."
        ),
    ),
)

"""Where in Kubernetes' source or documentation each rule of ours rests, by a short name.

A place in the source is a file and the names in it that matter, at one version of Kubernetes; a
test holds each against the names that this version has.
"""

import msgspec

VERSION = "1.36"
"""The version of Kubernetes whose source is named."""

K8S = f"https://github.com/kubernetes/kubernetes/blob/release-{VERSION}/"
DOCS = "https://kubernetes.io/docs/"
CONTROLLER = K8S + "pkg/controller/"


class Source(msgspec.Struct, frozen=True):
    """A place in Kubernetes' source: a `path` from its root, and the `symbols` there."""

    path: str
    symbols: tuple[str, ...]


PINNED: dict[str, Source] = {}
"""The places in the source that are named below, by their address."""


def _in(path: str, *symbols: str) -> str:
    """The address of a file; remembers which names in it are meant, beside those named before."""
    address = K8S + path
    known = PINNED[address].symbols if address in PINNED else ()
    PINNED[address] = Source(path, tuple(dict.fromkeys((*known, *symbols))))
    return address


_APISERVER = "staging/src/k8s.io/apiserver/"
_EXTENSIONS = "staging/src/k8s.io/apiextensions-apiserver/"

API_CONCEPTS = DOCS + "reference/using-api/api-concepts/"
FIELD_MANAGEMENT = DOCS + "reference/using-api/server-side-apply/#field-management"
DEPLOYMENT_SYNC = _in("pkg/controller/deployment/sync.go", "getNewReplicaSet", "cleanupDeployment")
DEPLOYMENT_ROLLING = _in("pkg/controller/deployment/rolling.go", "rolloutRolling")
DEPLOYMENT_PROGRESS = _in("pkg/controller/deployment/progress.go", "syncRolloutStatus")
DEPLOYMENT_COMPLETE = _in(
    "pkg/controller/deployment/util/deployment_util.go", "DeploymentComplete", "FindNewReplicaSet"
)
REPLICASET_MANAGE = _in("pkg/controller/replicaset/replica_set.go", "manageReplicas")
REPLICASET_STATUS = _in("pkg/controller/replicaset/replica_set_utils.go", "calculateStatus")
STATEFULSET_CONTROL = _in(
    "pkg/controller/statefulset/stateful_set_control.go", "processReplica", "processCondemned"
)
DAEMONSET_SYNC = _in("pkg/controller/daemon/daemon_controller.go", "podsShouldBeOnNode", "manage")
JOB_SYNC = _in("pkg/controller/job/job_controller.go", "syncJob", "manageJob")
CRONJOB_SYNC = _in("pkg/controller/cronjob/cronjob_controllerv2.go", "syncCronJob")
HISTORY = _in("pkg/controller/history/controller_history.go", "CreateControllerRevision")
AUTOSCALER = _in("pkg/controller/podautoscaler/horizontal.go", "reconcileAutoscaler")
QUOTA_ADMISSION = DOCS + "concepts/policy/resource-quotas/"
QUOTA_CONTROLLER = _in(
    "pkg/controller/resourcequota/resource_quota_controller.go", "syncResourceQuota"
)
NAMESPACE_DELETE = _in(
    "pkg/controller/namespace/deletion/namespaced_resources_deleter.go",
    "deleteAllContent",
    "finalizeNamespace",
)
VOLUME_BINDING = _in("pkg/controller/volume/persistentvolume/pv_controller.go", "syncClaim")
EXPANSION = DOCS + "concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims"
PROVISIONING = DOCS + "concepts/storage/persistent-volumes/#dynamic"
VOLUME_DELETION = DOCS + "concepts/storage/persistent-volumes/#delete"
CLAIM_PROTECTION = _in(
    "pkg/controller/volume/pvcprotection/pvc_protection_controller.go", "processPVC"
)
VOLUME_PROTECTION = _in(
    "pkg/controller/volume/pvprotection/pv_protection_controller.go", "processPV", "isBeingUsed"
)
CLASS_PROTECTION = _in(
    "pkg/controller/volume/vacprotection/vac_protection_controller.go", "processVAC", "isBeingUsed"
)
GROUP_PROTECTION = _in(
    "pkg/controller/scheduling/podgroupprotection/podgroup_protection_controller.go",
    "processPodGroup",
    "hasActivePods",
)
RESOURCE_CLAIMS = _in("pkg/controller/resourceclaim/controller.go", "syncPod", "syncClaim")
DEVICE_TAINT_EVICTION = _in(
    "pkg/controller/devicetainteviction/device_taint_eviction.go", "addConditionAndDeletePod"
)
EPHEMERAL_VOLUMES = _in("pkg/controller/volume/ephemeral/controller.go", "handleVolume")
CLAIMS_OF_STATEFULSETS = _in(
    "pkg/controller/statefulset/stateful_pod_control.go", "createPersistentVolumeClaims"
)
TAINT_EVICTION = _in("pkg/controller/tainteviction/taint_eviction.go", "addConditionAndDeletePod")
POD_COLLECTION = _in("pkg/controller/podgc/gc_controller.go", "markFailedAndDeletePod")
EVICTION = _in("pkg/registry/core/pod/storage/eviction.go", "addConditionAndDeletePod")
PREEMPTION = _in("pkg/scheduler/framework/preemption/preemption.go", "findCandidates")
TTL_AFTER_FINISHED = _in(
    "pkg/controller/ttlafterfinished/ttlafterfinished_controller.go", "processJob"
)
ADOPTION = _in("pkg/controller/controller_ref_manager.go", "NewPodControllerRefManager")
SERVICE_ACCOUNTS = _in(
    "pkg/controller/serviceaccount/serviceaccounts_controller.go", "syncNamespace"
)
ROOT_CERTIFICATES = _in(
    "pkg/controller/certificates/rootcacertpublisher/publisher.go", "syncNamespace"
)
ENDPOINTS = _in("pkg/controller/endpoint/endpoints_controller.go", "syncService")
ENDPOINT_SLICES = _in("pkg/controller/endpointslice/endpointslice_controller.go", "syncService")
COLLECTOR = _in("pkg/controller/garbagecollector/garbagecollector.go", "attemptToDeleteItem")
NODE_ADDRESSES = _in("pkg/controller/nodeipam/ipam/range_allocator.go", "updateCIDRsAllocation")
ATTACHED_VOLUMES = _in(
    "pkg/controller/volume/attachdetach/statusupdater/node_status_updater.go", "updateNodeStatus"
)
NODE_TTL = _in("pkg/controller/ttl/ttl_controller.go", "updateNodeIfNeeded")
MIRROR_PODS = _in("pkg/kubelet/pod/mirror_client.go", "CreateMirrorPod")
NODE_REGISTRATION = _in("pkg/kubelet/kubelet_node_status.go", "registerWithAPIServer")
DISRUPTION = _in("pkg/controller/disruption/disruption.go", "updatePdbStatus")
NODE_LIFECYCLE = _in(
    "pkg/controller/nodelifecycle/node_lifecycle_controller.go", "monitorNodeHealth"
)
GARBAGE_COLLECTION = DOCS + "concepts/architecture/garbage-collection/"
DELETED_AGAIN = _in(
    _APISERVER + "pkg/registry/generic/registry/store.go", "deletionFinalizersForGarbageCollection"
)
POD_DELETION = DOCS + "concepts/workloads/pods/pod-lifecycle/#pod-termination"
BINDING = _in("pkg/scheduler/schedule_one.go", "bindingCycle", "bind", "handleSchedulingFailure")
POD_LIFECYCLE = DOCS + "concepts/workloads/pods/pod-lifecycle/"
INIT_CONTAINERS = DOCS + "concepts/workloads/pods/init-containers/"
PROBES = POD_LIFECYCLE + "#container-probes"
IMAGES = DOCS + "concepts/containers/images/"
VOLUMES = DOCS + "concepts/storage/volumes/"
KUBELET_STATUS = _in("pkg/kubelet/status/status_manager.go", "syncPod")
NODES = DOCS + "concepts/architecture/nodes/"
NODE_HEARTBEATS = DOCS + "concepts/architecture/nodes/#node-heartbeats"
FINALIZERS = DOCS + "concepts/overview/working-with-objects/finalizers/"
CUSTOM_RESOURCES = DOCS + "concepts/extend-kubernetes/api-extension/custom-resources/"
CUSTOM_CONTROLLERS = CUSTOM_RESOURCES + "#custom-controllers"
DEFINITION_STATUS = _in(
    _EXTENSIONS + "pkg/controller/status/naming_controller.go", "calculateNamesAndConditions"
)
API_SERVICE_STATUS = _in(
    "staging/src/k8s.io/kube-aggregator/pkg/controllers/status/remote/"
    "remote_available_controller.go",
    "sync",
)
DEFINITION_FINALIZER = _in(
    _EXTENSIONS + "pkg/controller/finalizer/crd_finalizer.go", "deleteInstances"
)
DEPLOYMENT_CONFIG = (
    "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html/"
    "building_applications/deployments"
)
OPERATOR = DOCS + "concepts/extend-kubernetes/operator/"
AUDITING = DOCS + "tasks/debug/debug-cluster/audit/"
CONTROLLERS = DOCS + "concepts/architecture/controller/"

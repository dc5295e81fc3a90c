"""Where in Kubernetes' source or documentation each rule of ours rests, by a short name."""

_K8S = "https://github.com/kubernetes/kubernetes/blob/master/"
_DOCS = "https://kubernetes.io/docs/"

API_CONCEPTS = _DOCS + "reference/using-api/api-concepts/"
FIELD_MANAGEMENT = _DOCS + "reference/using-api/server-side-apply/#field-management"
DEPLOYMENT_SYNC = _K8S + "pkg/controller/deployment/sync.go"
DEPLOYMENT_ROLLING = _K8S + "pkg/controller/deployment/rolling.go"
DEPLOYMENT_PROGRESS = _K8S + "pkg/controller/deployment/progress.go"
DEPLOYMENT_COMPLETE = _K8S + "pkg/controller/deployment/util/deployment_util.go"
REPLICASET_MANAGE = _K8S + "pkg/controller/replicaset/replica_set.go"
REPLICASET_STATUS = _K8S + "pkg/controller/replicaset/replica_set_utils.go"
STATEFULSET_CONTROL = _K8S + "pkg/controller/statefulset/stateful_set_control.go"
DAEMONSET_SYNC = _K8S + "pkg/controller/daemon/daemon_controller.go"
JOB_SYNC = _K8S + "pkg/controller/job/job_controller.go"
CRONJOB_SYNC = _K8S + "pkg/controller/cronjob/cronjob_controllerv2.go"
HISTORY = _K8S + "pkg/controller/history/controller_history.go"
AUTOSCALER = _K8S + "pkg/controller/podautoscaler/horizontal.go"
QUOTA_ADMISSION = (
    _K8S + "staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go"
)
QUOTA_CONTROLLER = _K8S + "pkg/controller/resourcequota/resource_quota_controller.go"
NAMESPACE_DELETE = _K8S + "pkg/controller/namespace/deletion/namespaced_resources_deleter.go"
VOLUME_BINDING = _K8S + "pkg/controller/volume/persistentvolume/pv_controller.go"
DISRUPTION = _K8S + "pkg/controller/disruption/disruption.go"
NODE_LIFECYCLE = _K8S + "pkg/controller/nodelifecycle/node_lifecycle_controller.go"
GARBAGE_COLLECTION = _DOCS + "concepts/architecture/garbage-collection/"
POD_DELETION = _DOCS + "concepts/workloads/pods/pod-lifecycle/#pod-termination"
POD_DISRUPTION = _DOCS + "concepts/workloads/pods/disruptions/#pod-disruption-conditions"
BINDING = _K8S + "pkg/scheduler/schedule_one.go"
POD_LIFECYCLE = _DOCS + "concepts/workloads/pods/pod-lifecycle/"
KUBELET_STATUS = _K8S + "pkg/kubelet/status/status_manager.go"
NODE_HEARTBEATS = _DOCS + "concepts/architecture/nodes/#node-heartbeats"
FINALIZERS = _DOCS + "concepts/overview/working-with-objects/finalizers/"
CUSTOM_RESOURCES = _DOCS + "concepts/extend-kubernetes/api-extension/custom-resources/"
DEFINITION_STATUS = (
    _K8S + "staging/src/k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go"
)
DEFINITION_FINALIZER = (
    _K8S + "staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go"
)
OPERATOR = _DOCS + "concepts/extend-kubernetes/operator/"
CONTROLLERS = _DOCS + "concepts/architecture/controller/"

"""Which lists and maps of the built-in types are merged, by which keys; all others are atomic.

Type names are those of Kubernetes' API without its version. The facts are the markers `listType`,
`listMapKey`, `mapType`, `structType` and `patchMergeKey` of the API's types.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

_CONDITIONS = (
    "DaemonSetStatus DeploymentStatus HorizontalPodAutoscalerStatus NamespaceStatus NodeStatus "
    "PersistentVolumeClaimStatus PodDisruptionBudgetStatus PodStatus ReplicaSetStatus "
    "ReplicationControllerStatus ServiceStatus StatefulSetStatus CertificateSigningRequestStatus "
    "FlowSchemaStatus PriorityLevelConfigurationStatus ServiceCIDRStatus "
    "ValidatingAdmissionPolicyStatus CustomResourceDefinitionStatus APIServiceStatus "
    "DeploymentConfigStatus"
)
_CONTAINER = {
    "env": ("name",),
    "ports": ("containerPort", "protocol"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
}
MAPS: dict[str, tuple[str, ...]] = {
    **{f"{status}.conditions": ("type",) for status in _CONDITIONS.split()},
    **{f"Container.{name}": keys for name, keys in _CONTAINER.items()},
    **{f"EphemeralContainer.{name}": keys for name, keys in _CONTAINER.items()},
    "CSINodeSpec.drivers": ("name",),
    "ContainerStatus.allocatedResourcesStatus": ("name",),
    "ContainerStatus.volumeMounts": ("mountPath",),
    "MutatingWebhook.matchConditions": ("name",),
    "MutatingWebhookConfiguration.webhooks": ("name",),
    "NodeStatus.addresses": ("type",),
    "ObjectMeta.ownerReferences": ("uid",),
    "PodSpec.containers": ("name",),
    "PodSpec.ephemeralContainers": ("name",),
    "PodSpec.hostAliases": ("ip",),
    "PodSpec.imagePullSecrets": ("name",),
    "PodSpec.initContainers": ("name",),
    "PodSpec.resourceClaims": ("name",),
    "PodSpec.schedulingGates": ("name",),
    "PodSpec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "PodSpec.volumes": ("name",),
    "PodStatus.podIPs": ("ip",),
    "PodStatus.resourceClaimStatuses": ("name",),
    "ResourceClaimStatus.devices": ("driver", "device", "pool", "shareID"),
    "ResourceClaimStatus.reservedFor": ("uid",),
    "ResourceRequirements.claims": ("name",),
    "ServiceAccount.secrets": ("name",),
    "ServiceSpec.ports": ("port", "protocol"),
    "ValidatingAdmissionPolicySpec.matchConditions": ("name",),
    "ValidatingAdmissionPolicySpec.variables": ("name",),
    "ValidatingWebhook.matchConditions": ("name",),
    "ValidatingWebhookConfiguration.webhooks": ("name",),
}
"""Lists of objects that are told apart by these keys."""

MERGE_KEYS: dict[str, str] = {"JobStatus.conditions": "type", "PodStatus.hostIPs": "ip"}
"""The key of a strategic merge where it is not the first of the list's keys."""

SETS = frozenset(
    {
        "CSIDriverSpec.volumeLifecycleModes",
        "Endpoint.addresses",
        "NodeSpec.podCIDRs",
        "ObjectMeta.finalizers",
        "PodFailurePolicyOnExitCodesRequirement.values",
        "UncountedTerminatedPods.failed",
        "UncountedTerminatedPods.succeeded",
        "ValidatingAdmissionPolicyBindingSpec.validationActions",
    }
)
"""Lists whose values are owned one by one."""

MERGED_PLAIN = frozenset({"ObjectMeta.finalizers", "NodeSpec.podCIDRs"})
"""Lists of plain values that a strategic merge adds to."""

RETAIN_KEYS = frozenset(
    {"DeploymentSpec.strategy", "PodSpec.volumes", "PodStatus.resourceClaimStatuses"}
)
"""Fields of which a strategic merge may say which keys are kept (`$retainKeys`)."""

ATOMIC_MAPS = frozenset(
    {"PodSpec.nodeSelector", "ReplicationControllerSpec.selector", "ServiceSpec.selector"}
)
ATOMIC_STRUCTS = frozenset(
    {
        "ConfigMapKeySelector",
        "CrossVersionObjectReference",
        "EndpointAddress",
        "EndpointPort",
        "FileKeySelector",
        "LabelSelector",
        "LocalObjectReference",
        "MatchResources",
        "NamedRuleWithOperations",
        "NodeSelector",
        "NodeSelectorTerm",
        "ObjectFieldSelector",
        "ObjectReference",
        "OwnerReference",
        "ParamKind",
        "ParamRef",
        "ResourceFieldSelector",
        "RoleRef",
        "ScopeSelector",
        "SecretKeySelector",
        "SecretReference",
        "ServiceBackendPort",
        "Subject",
        "TopologySelectorTerm",
        "TypedLocalObjectReference",
        "Variable",
    }
)
"""Types that one manager owns as a whole."""

ALWAYS: dict[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "CSINode": "spec",
        "CSINodeSpec": "drivers",
        "ClusterRole": "rules",
        "ClusterRoleBinding": "roleRef",
        "Container": "resources",
        "ContainerResourceMetricSource": "target",
        "ContainerStatus": "state lastState",
        "CronJob": "spec status",
        "CronJobSpec": "jobTemplate",
        "CustomResourceDefinition": "spec status",
        "CustomResourceDefinitionSpec": "names versions",
        "CustomResourceDefinitionStatus": "conditions acceptedNames storedVersions",
        "DaemonSet": "spec status",
        "DaemonSetSpec": "selector template updateStrategy",
        "Deployment": "spec status",
        "DeploymentConfig": "spec status",
        "DeploymentConfigSpec": "strategy",
        "DeploymentSpec": "selector template strategy",
        "Endpoint": "addresses conditions",
        "EndpointSlice": "endpoints ports",
        "Event": "involvedObject source regarding deprecatedSource eventTime firstTimestamp "
        "lastTimestamp deprecatedFirstTimestamp deprecatedLastTimestamp reportingComponent "
        "reportingInstance",
        "ExternalMetricSource": "metric target",
        "HTTPIngressPath": "backend",
        "HTTPIngressRuleValue": "paths",
        "HorizontalPodAutoscaler": "spec status",
        "HorizontalPodAutoscalerSpec": "scaleTargetRef",
        "HorizontalPodAutoscalerStatus": "currentMetrics",
        "Ingress": "spec status",
        "IngressClass": "spec",
        "IngressServiceBackend": "port",
        "IngressStatus": "loadBalancer",
        "Job": "spec status",
        "JobSpec": "template",
        "JobTemplateSpec": "metadata spec",
        "Lease": "spec",
        "LimitRange": "spec",
        "LimitRangeSpec": "limits",
        "MutatingWebhook": "clientConfig admissionReviewVersions",
        "Namespace": "spec status",
        "NetworkPolicy": "spec",
        "NetworkPolicySpec": "podSelector",
        "Node": "spec status",
        "NodeDaemonEndpoints": "kubeletEndpoint",
        "NodeSelector": "nodeSelectorTerms",
        "NodeStatus": "daemonEndpoints nodeInfo",
        "ObjectMetricSource": "describedObject target metric",
        "PersistentVolume": "spec status",
        "PersistentVolumeClaim": "spec status",
        "PersistentVolumeClaimSpec": "resources",
        "PersistentVolumeClaimTemplate": "metadata spec",
        "Pod": "spec status",
        "PodDisruptionBudget": "spec status",
        "PodSpec": "containers",
        "PodTemplate": "template",
        "PodTemplateSpec": "metadata spec",
        "PodsMetricSource": "metric target",
        "PolicyRule": "verbs",
        "PreferredSchedulingTerm": "preference",
        "ProjectedVolumeSource": "sources",
        "ReplicaSet": "spec status",
        "ReplicaSetSpec": "selector template",
        "ReplicationController": "spec status",
        "ResourceMetricSource": "target",
        "ResourceQuota": "spec status",
        "Role": "rules",
        "RoleBinding": "roleRef",
        "Scale": "spec status",
        "Service": "spec status",
        "ServiceStatus": "loadBalancer",
        "StatefulSet": "spec status",
        "StatefulSetSpec": "selector template updateStrategy",
        "ValidatingWebhook": "clientConfig admissionReviewVersions",
        "WeightedPodAffinityTerm": "podAffinityTerm",
        "openshift.DeploymentStrategy": "resources",
    }.items()
}
"""Fields that the server's own objects have even when empty, so that nobody owns their presence."""

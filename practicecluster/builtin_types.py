"""The types that the server serves from the start: those of kube-apiserver 1.36, in its order.

Left out are the subresources that stream, such as exec. Secrets are a type and hold nothing.
"""

from practicecluster.resources import READ_WRITE, ResourceType

_NO_COLLECTION_DELETE = tuple(verb for verb in READ_WRITE if verb != "deletecollection")
_CORE = """
bindings Binding verbs=create
componentstatuses ComponentStatus cluster short=cs verbs=get,list
configmaps ConfigMap short=cm
endpoints Endpoints short=ep
events Event short=ev
limitranges LimitRange short=limits
namespaces Namespace cluster short=ns status sub=finalize
nodes Node cluster short=no status
persistentvolumeclaims PersistentVolumeClaim short=pvc status
persistentvolumes PersistentVolume cluster short=pv status
pods Pod short=po in=all status sub=binding,ephemeralcontainers,eviction,log,resize
podtemplates PodTemplate
replicationcontrollers ReplicationController short=rc in=all status sub=scale
resourcequotas ResourceQuota short=quota status
secrets Secret
serviceaccounts ServiceAccount short=sa
services Service short=svc in=all status
"""
_GROUPS = {
    "apiregistration.k8s.io/v1": """
apiservices APIService cluster in=api-extensions status
""",
    "apps/v1": """
controllerrevisions ControllerRevision
daemonsets DaemonSet short=ds in=all status
deployments Deployment short=deploy in=all status sub=scale
replicasets ReplicaSet short=rs in=all status sub=scale
statefulsets StatefulSet short=sts in=all status sub=scale
""",
    "events.k8s.io/v1": """
events Event short=ev storage=events
""",
    "authentication.k8s.io/v1": """
selfsubjectreviews SelfSubjectReview cluster verbs=create
""",
    "authorization.k8s.io/v1": """
selfsubjectaccessreviews SelfSubjectAccessReview cluster verbs=create
""",
    "autoscaling/v2": """
horizontalpodautoscalers HorizontalPodAutoscaler short=hpa in=all status
""",
    "autoscaling/v1": """
horizontalpodautoscalers HorizontalPodAutoscaler short=hpa in=all status
""",
    "batch/v1": """
cronjobs CronJob short=cj in=all status
jobs Job in=all status
""",
    "certificates.k8s.io/v1": """
certificatesigningrequests CertificateSigningRequest cluster short=csr status
""",
    "networking.k8s.io/v1": """
ingressclasses IngressClass cluster
ingresses Ingress short=ing status
ipaddresses IPAddress cluster short=ip
networkpolicies NetworkPolicy short=netpol
servicecidrs ServiceCIDR cluster status
""",
    "policy/v1": """
poddisruptionbudgets PodDisruptionBudget short=pdb status
""",
    "rbac.authorization.k8s.io/v1": """
clusterrolebindings ClusterRoleBinding cluster
clusterroles ClusterRole cluster
rolebindings RoleBinding
roles Role
""",
    "storage.k8s.io/v1": """
csidrivers CSIDriver cluster
csinodes CSINode cluster
csistoragecapacities CSIStorageCapacity
storageclasses StorageClass cluster short=sc
volumeattachments VolumeAttachment cluster status
volumeattributesclasses VolumeAttributesClass cluster short=vac
""",
    "admissionregistration.k8s.io/v1": """
mutatingadmissionpolicies MutatingAdmissionPolicy cluster in=api-extensions
mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster in=api-extensions
mutatingwebhookconfigurations MutatingWebhookConfiguration cluster in=api-extensions
validatingadmissionpolicies ValidatingAdmissionPolicy cluster in=api-extensions status
validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster in=api-extensions
validatingwebhookconfigurations ValidatingWebhookConfiguration cluster in=api-extensions
""",
    "apiextensions.k8s.io/v1": """
customresourcedefinitions CustomResourceDefinition cluster short=crd,crds in=api-extensions status
""",
    "scheduling.k8s.io/v1": """
priorityclasses PriorityClass cluster short=pc
""",
    "coordination.k8s.io/v1": """
leases Lease
""",
    "node.k8s.io/v1": """
runtimeclasses RuntimeClass cluster
""",
    "discovery.k8s.io/v1": """
endpointslices EndpointSlice
""",
    "resource.k8s.io/v1": """
deviceclasses DeviceClass cluster
resourceclaims ResourceClaim status
resourceclaimtemplates ResourceClaimTemplate
resourceslices ResourceSlice cluster
""",
    "flowcontrol.apiserver.k8s.io/v1": """
flowschemas FlowSchema cluster status
prioritylevelconfigurations PriorityLevelConfiguration cluster status
""",
}
_OPENSHIFT = """
deploymentconfigs DeploymentConfig short=dc in=all status sub=instantiate,log,rollback,scale
"""


def _parse(api_version: str, row: str) -> ResourceType:
    """Return the type of one row: plural, kind, then marks and `key=value` settings."""
    group, _, version = api_version.rpartition("/")
    plural, kind, *marks = row.split()
    settings = dict(mark.split("=", 1) for mark in marks if "=" in mark)
    verbs = _NO_COLLECTION_DELETE if plural == "namespaces" else READ_WRITE
    if "verbs" in settings:
        verbs = tuple(settings["verbs"].split(","))
    return ResourceType(
        group=group,
        version=version,
        plural=plural,
        kind=kind,
        namespaced="cluster" not in marks,
        short_names=tuple(settings.get("short", "").split(",")) if "short" in settings else (),
        categories=(settings["in"],) if "in" in settings else (),
        verbs=verbs,
        has_status="status" in marks,
        storage=settings.get("storage", ""),
        subresources=tuple(settings["sub"].split(",")) if "sub" in settings else (),
    )


def builtin_types() -> list[ResourceType]:
    """Return the built-in types, core first, in the order in which discovery lists them."""
    return _parsed({"v1": _CORE, **_GROUPS})


def openshift_types() -> list[ResourceType]:
    """Return what OpenShift's own API server adds: its older way to roll out."""
    return _parsed({"apps.openshift.io/v1": _OPENSHIFT})


def _parsed(tables: dict[str, str]) -> list[ResourceType]:
    return [
        _parse(api_version, row)
        for api_version, table in tables.items()
        for row in table.strip().splitlines()
    ]

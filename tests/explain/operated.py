"""What operators write, as their source has it: who makes what for whom, and what each says.

Each story ends where something is stuck. The names of the writers are those that the API shows.
"""

from typing import Any

from eventstream.kinds import taught
from eventstream.objects.decoding import Decoder
from tests.explain.flow import Flow, Hand
from tests.explain.stories import Json
from tests.explain.things import condition, deployment, job, owned_by, pod, replicaset, thing


class Operated(Flow):
    """A flow whose reader knows the kinds that come with Baton."""

    def __init__(self) -> None:
        super().__init__()
        self._decoder = Decoder(b"operated", judge=taught.judge())

    def controller(self, manager: str) -> Hand:
        """The hand of a custom controller."""
        return self.hand("custom-controller", manager)

    def client(self, manager: str = "kubectl-client-side-apply") -> Hand:
        """The hand of a person."""
        return self.hand("client", manager)


def made_for(owner: Json, kind: str, name: str, api: str, **parts: Any) -> Json:
    """An object that `owner` controls."""
    return thing(kind, name, api, owner, **parts)


def says(hand: Hand, about: Json, *conditions: Json, **status: Any) -> None:
    """A controller writes the status, with the generation that it has seen."""
    hand.report(about, **status, conditions=list(conditions))


def stuck_pod(flow: Operated, maker: Hand, owner: Json, name: str) -> Json:
    """A Pod whose image does not exist."""
    made = maker.create(pod(owner, name, ""))
    flow.hand("scheduler", "").bind(made)
    said = 'failed to resolve reference "docker.io/library/nginx:1": not found'
    waits = {"waiting": {"reason": "ErrImagePull", "message": said}}
    flow.hand("kubelet", "kubelet").report(
        made,
        phase="Pending",
        conditions=[condition("Ready", "False", "ContainersNotReady")],
        containerStatuses=[{"name": "c", "ready": False, "restartCount": 0, "state": waits}],
    )
    return made


def cert_manager(flow: Operated) -> Json:
    """A Certificate whose Challenge is answered wrongly."""
    api, acme = "cert-manager.io/v1", "acme.cert-manager.io/v1"
    issuer = {"name": "letsencrypt", "kind": "Issuer"}
    spec = {"secretName": "web-tls", "issuerRef": issuer, "dnsNames": ["web.example.com"]}
    cert = flow.client().create(thing("Certificate", "web", api, spec=spec))
    absent = "Issuing certificate as Secret does not exist"
    issuing = condition("Issuing", "True", "DoesNotExist", absent)
    says(flow.controller("cert-manager-certificates-trigger"), cert, issuing)
    unready = condition("Ready", "False", "DoesNotExist", absent)
    says(flow.controller("cert-manager-certificates-readiness"), cert, issuing, unready)
    requests = flow.controller("cert-manager-certificates-request-manager")
    request = requests.create(
        made_for(cert, "CertificateRequest", "web-1", api, spec={"issuerRef": issuer})
    )
    approved = condition("Approved", "True", "cert-manager.io")
    says(flow.controller("cert-manager-certificaterequests-approver"), request, approved)
    acmes = flow.controller("cert-manager-certificaterequests-issuer-acme")
    order = acmes.create(made_for(request, "Order", "web-1-7", acme, spec={"dnsNames": ["web"]}))
    waits = 'Waiting on certificate issuance from order shop/web-1-7: "pending"'
    says(acmes, request, approved, condition("Ready", "False", "Pending", waits))
    orders = flow.controller("cert-manager-orders")
    orders.report(order, state="pending", url="https://acme.example.com/1")
    challenge = orders.create(
        made_for(order, "Challenge", "web-1-7-9", acme, spec={"type": "HTTP-01"})
    )
    challenges = flow.controller("cert-manager-challenges")
    challenges.change(challenge, {"metadata": {"finalizers": ["acme.cert-manager.io/finalizer"]}})
    challenges.report(challenge, state="pending", processing=True)
    challenges.create(thing("Service", "solver", owner=challenge, spec={}))
    wrong = "wrong status code '404', expected '200'"
    said = f"Waiting for HTTP-01 challenge propagation: {wrong}"
    challenges.report(challenge, presented=True, reason=said)
    return cert


def flux_kustomization(flow: Operated) -> Json:
    """A Kustomization whose GitRepository cannot be fetched."""
    api, source = "kustomize.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1"
    repository = flow.client("flux").create(
        thing("GitRepository", "podinfo", source, spec={"url": "https://git.example.com/podinfo"})
    )
    ref = {"kind": "GitRepository", "name": "podinfo"}
    applied = flow.client("flux").create(
        thing("Kustomization", "apps", api, spec={"sourceRef": ref})
    )
    sources = flow.controller("gotk-source-controller")
    sources.change(repository, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    denied = "failed to checkout and determine revision: authentication required"
    failed = [
        condition("Ready", "False", "GitOperationFailed", denied) | {"observedGeneration": 1},
        condition("FetchFailed", "True", "GitOperationFailed", denied) | {"observedGeneration": 1},
    ]
    says(sources, repository, *failed, observedGeneration=-1)
    kustomize = flow.controller("gotk-kustomize-controller")
    kustomize.change(applied, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    absent = "Source artifact not found, retrying in 30s"
    unready = condition("Ready", "False", "ArtifactFailed", absent) | {"observedGeneration": 1}
    says(kustomize, applied, unready, observedGeneration=-1)
    return applied


def flux_release(flow: Operated) -> Json:
    """A HelmRelease whose HelmRepository is not there."""
    api, source = "helm.toolkit.fluxcd.io/v2", "source.toolkit.fluxcd.io/v1"
    repository = flow.client("flux").create(
        thing("HelmRepository", "charts", source, spec={"url": "https://charts.example.com"})
    )
    release = flow.client("flux").create(thing("HelmRelease", "web", api, spec={"chart": {}}))
    helm = flow.controller("helm-controller")
    helm.change(release, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    ref = {"kind": "HelmRepository", "name": "charts"}
    mark = "helm.toolkit.fluxcd.io"
    labels = {"labels": {f"{mark}/name": "web", f"{mark}/namespace": "shop"}}
    named = thing("HelmChart", "shop-web", source, spec={"sourceRef": ref}, metadata=labels)
    chart = helm.create(named)
    waits = "HelmChart 'shop/shop-web' is not ready: it has not been reconciled"
    begun = [
        condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
        condition("Ready", "False", "SourceNotReady", waits),
    ]
    helm.report(release, helmChart="shop/shop-web", conditions=begun)
    sources = flow.controller("gotk-source-controller")
    gone = "failed to fetch Helm repository index: no such host"
    says(sources, repository, condition("Ready", "False", "Failed", gone))
    none = "no artifact available for HelmRepository source 'charts'"
    fetch = condition("FetchFailed", "True", "NoSourceArtifact", none)
    says(sources, chart, fetch, condition("Ready", "False", "NoSourceArtifact", none))
    return release


def applies(flow: Operated, manager: str, name: str, **metadata: Any) -> Json:
    """A Deployment with a mark is applied, and its Pods do not come up."""
    web = deployment(name, 1)
    web["metadata"] |= metadata
    made = flow.controller(manager).create(web, op="Apply")
    rs = flow.hand("deployment-controller").create(replicaset(made, f"{name}-1", 1))
    flow.hand("deployment-controller").report(made, observedGeneration=1, replicas=1)
    stuck_pod(flow, flow.hand("replicaset-controller"), rs, f"{name}-1-x")
    return made


def flux_applies(flow: Operated) -> Json:
    """A Kustomization whose Deployment does not come up."""
    api = "kustomize.toolkit.fluxcd.io/v1"
    applied = flow.client("flux").create(thing("Kustomization", "apps", api, spec={}))
    reports = flow.controller("gotk-kustomize-controller")
    reports.change(applied, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    begun = [condition("Reconciling", "True", "Progressing"), condition("Ready", "Unknown")]
    says(reports, applied, *begun, observedGeneration=-1)
    mark = "kustomize.toolkit.fluxcd.io"
    labels = {f"{mark}/name": "apps", f"{mark}/namespace": "shop"}
    applies(flow, "kustomize-controller", "web", labels=labels)
    failed = "timeout waiting for: [Deployment/shop/web status: 'InProgress']"
    unready = condition("Ready", "False", "HealthCheckFailed", failed) | {"observedGeneration": 1}
    inventory = {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]}
    says(reports, applied, unready, observedGeneration=-1, inventory=inventory)
    return applied


def argo_applies(flow: Operated) -> Json:
    """An Application that Argo CD syncs long after it was made, as Git has something new."""
    api = "argoproj.io/v1alpha1"
    whole = thing("Application", "shop", api, spec={"destination": {}})
    whole["metadata"]["namespace"] = "argocd"
    whole = flow.client().create(whole)
    argo = flow.controller("argocd-application-controller")
    synced = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    argo.report(whole, **synced)
    flow.wait(600.0)
    annotations = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
    applies(flow, "argocd-controller", "web", annotations=annotations)
    one = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    argo.report(whole, health={"status": "Progressing"}, resources=[one])
    return whole


def tekton(flow: Operated) -> Json:
    """A PipelineRun whose TaskRun's Pod cannot pull its image."""
    api = "tekton.dev/v1"
    run = flow.client("kubectl-create").create(thing("PipelineRun", "build", api, spec={}))
    controller = flow.controller("tekton-controller")
    says(controller, run, condition("Succeeded", "Unknown", "Started"))
    task = controller.create(made_for(run, "TaskRun", "build-compile", api, spec={}))
    says(controller, run, condition("Succeeded", "Unknown", "Running", "Tasks Completed: 0"))
    says(controller, task, condition("Succeeded", "Unknown", "Started"))
    stuck_pod(flow, controller, task, "build-compile-pod")
    says(controller, task, condition("Succeeded", "Unknown", "Pending", "pod status Pending"))
    return run


def knative(flow: Operated) -> Json:
    """A Service whose Revision's Pod cannot pull its image."""
    api = "serving.knative.dev/v1"
    service = flow.client().create(thing("Service", "hello", api, spec={"template": {}}))
    controller = flow.controller("controller")
    begun = condition("Ready", "Unknown", "RevisionMissing", "no Revision yet")
    says(controller, service, begun, observedGeneration=1)
    config = controller.create(made_for(service, "Configuration", "hello", api, spec={}))
    route = controller.create(made_for(service, "Route", "hello", api, spec={}))
    revision = controller.create(made_for(config, "Revision", "hello-1", api, spec={}))
    says(controller, config, condition("Ready", "Unknown"), observedGeneration=1)
    says(controller, route, begun, observedGeneration=1)
    web = deployment("hello-1", 1)
    web["metadata"]["ownerReferences"] = [owned_by(revision)]
    web = controller.create(web)
    image = made_for(revision, "Image", "hello-1", "caching.internal.knative.dev/v1alpha1", spec={})
    controller.create(image)
    autoscaling = "autoscaling.internal.knative.dev/v1alpha1"
    scaler = controller.create(made_for(revision, "PodAutoscaler", "hello-1", autoscaling, spec={}))
    says(controller, revision, condition("Ready", "Unknown", "Deploying"), observedGeneration=1)
    rs = flow.hand("deployment-controller").create(replicaset(web, "hello-1-a", 1))
    flow.hand("deployment-controller").report(web, observedGeneration=1, replicas=1)
    stuck_pod(flow, flow.hand("replicaset-controller"), rs, "hello-1-a-x")
    queued = condition("Active", "Unknown", "Queued", "Requests to the target are being buffered")
    says(flow.controller("autoscaler"), scaler, queued, condition("Ready", "Unknown", "Queued"))
    return service


def crossplane(flow: Operated) -> Json:
    """A claim whose managed resource cannot be created."""
    api = "example.org/v1"
    claim = flow.client().create(thing("Database", "orders", api, spec={"size": 1}))
    core = flow.controller("crossplane")
    core.change(claim, {"metadata": {"finalizers": ["finalizer.apiextensions.crossplane.io"]}})
    claimed = {"apiVersion": api, "kind": "Database", "namespace": "shop", "name": "orders"}
    composite = thing("XDatabase", "orders-x", api, spec={"size": 1, "claimRef": claimed})
    del composite["metadata"]["namespace"]
    claim_of = {"crossplane.io/claim-name": "orders", "crossplane.io/claim-namespace": "shop"}
    composite["metadata"]["labels"] = claim_of
    composite = core.create(composite)
    ref = {"apiVersion": api, "kind": "XDatabase", "name": "orders-x"}
    core.change(claim, {"spec": {"resourceRef": ref}})
    waits = "Composite resource claim is waiting for composite resource to become Ready"
    synced = condition("Synced", "True", "ReconcileSuccess")
    says(core, claim, synced, condition("Ready", "False", "Waiting", waits))
    managed = made_for(
        composite, "RDSInstance", "orders-x-db", "database.aws.crossplane.io/v1beta1"
    )
    del managed["metadata"]["namespace"]
    managed["spec"] = {"forProvider": {}}
    managed = core.create(managed)
    says(core, composite, synced, condition("Ready", "False", "Creating", "Unready resources: db"))
    provider = flow.controller("crossplane-aws-provider")
    denied = "create failed: cannot create RDS instance: AccessDenied"
    wrong = condition("Synced", "False", "ReconcileError", denied)
    says(provider, managed, wrong, condition("Ready", "False", "Creating"))
    return claim


def strimzi(flow: Operated) -> Json:
    """A Kafka whose Pod cannot pull its image."""
    kafka = flow.client().create(thing("Kafka", "events", "kafka.strimzi.io/v1", spec={}))
    operator = flow.controller("strimzi-cluster-operator")
    api = "core.strimzi.io/v1"
    pods = thing("StrimziPodSet", "events-broker", api, spec={"pods": []})
    pods["metadata"]["ownerReferences"] = [owned_by(kafka, controller=False)]
    pods = operator.create(pods)
    creating = condition("NotReady", "True", "Creating", "Kafka cluster is being deployed")
    says(operator, kafka, creating, observedGeneration=1)
    stuck_pod(flow, operator, pods, "events-broker-0")
    operator.report(pods, observedGeneration=1, pods=1, readyPods=0, currentPods=1)
    return kafka


def jobset(flow: Operated) -> Json:
    """A JobSet whose Job's Pod cannot pull its image."""
    made = flow.client().create(thing("JobSet", "train", "jobset.x-k8s.io/v1alpha2", spec={}))
    controller = flow.controller("jobset")
    worker = job("train-w-0")
    worker["metadata"]["ownerReferences"] = [owned_by(made)]
    worker = controller.create(worker)
    controller.report(made, replicatedJobsStatus=[{"name": "w", "active": 1}])
    stuck_pod(flow, flow.hand("job-controller"), worker, "train-w-0-x")
    flow.hand("job-controller").report(worker, active=1, ready=0)
    return made


def rollout(flow: Operated) -> Json:
    """An Argo Rollout whose Pod cannot pull its image."""
    api = "argoproj.io/v1alpha1"
    made = flow.client().create(thing("Rollout", "web", api, spec={"replicas": 1}))
    controller = flow.controller("rollouts-controller")
    rs = controller.create(replicaset(made, "web-1", 1))
    stuck_pod(flow, flow.hand("replicaset-controller"), rs, "web-1-x")
    waits = "more replicas need to be updated"
    controller.report(made, observedGeneration="1", phase="Progressing", message=waits)
    return made


def cluster_api(flow: Operated) -> Json:
    """A Cluster whose Machine cannot be made by its provider."""
    api, infra = "cluster.x-k8s.io/v1beta2", "infrastructure.cluster.x-k8s.io/v1beta1"
    ref = {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "AWSCluster", "name": "east"}
    whole = flow.client().create(thing("Cluster", "east", api, spec={"infrastructureRef": ref}))
    core = flow.controller("capi-manager")
    core.change(whole, {"metadata": {"finalizers": ["cluster.cluster.x-k8s.io"]}})
    probe = "Remote connection not established yet"
    unavailable = condition("Available", "False", "NotAvailable", "* ControlPlaneAvailable: waits")
    begun = [unavailable, condition("RemoteConnectionProbe", "False", "ProbeFailed", probe)]
    core.report(whole, phase="Provisioning", observedGeneration=1, conditions=begun)
    group = made_for(whole, "MachineDeployment", "east-md", api, spec={"replicas": 1})
    group = flow.client().create(group)
    says(core, group, condition("Available", "False", "NotAvailable"), observedGeneration=1)
    machines = core.create(made_for(group, "MachineSet", "east-md-1", api, spec={"replicas": 1}))
    says(core, machines, condition("MachinesReady", "False", "NotReady"), observedGeneration=1)
    cloud = {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "AWSMachine", "name": "east-a"}
    machine = core.create(
        made_for(machines, "Machine", "east-md-1-a", api, spec={"infrastructureRef": cloud})
    )
    instance = core.create(made_for(machine, "AWSMachine", "east-a", infra, spec={}))
    unready = condition("Ready", "False", "NotReady", "* InfrastructureReady: waits")
    core.report(machine, phase="Provisioning", observedGeneration=1, conditions=[unready])
    aws = flow.controller("cluster-api-provider-aws")
    quota = "failed to run instance: VcpuLimitExceeded"
    failed = condition("InstanceReady", "False", "InstanceProvisionFailed", quota)
    says(
        aws,
        instance,
        failed | {"severity": "Error"},
        condition("Ready", "False", "InstanceProvisionFailed", quota),
    )
    return whole


def kueue(flow: Operated) -> Json:
    """A Job that Kueue lets wait, as its ClusterQueue has lost a flavor."""
    api = "kueue.x-k8s.io/v1beta2"
    shared = thing("ClusterQueue", "team", api, spec={})
    del shared["metadata"]["namespace"]
    shared = flow.client().create(shared)
    kueue_ = flow.controller("kueue")
    lost = "Can't admit new workloads: references missing ResourceFlavor(s): gpu."
    says(kueue_, shared, condition("Active", "False", "FlavorNotFound", lost))
    queue = flow.client().create(thing("LocalQueue", "own", api, spec={"clusterQueue": "team"}))
    says(
        kueue_,
        queue,
        condition("Active", "False", "ClusterQueueIsInactive", "its queue is not active"),
    )
    labels = {"labels": {"kueue.x-k8s.io/queue-name": "own"}}
    waits = job("train", suspend=True)
    waits["metadata"] |= labels
    waits = flow.client().create(waits)
    load = kueue_.create(
        made_for(waits, "Workload", "job-train", api, spec={"queueName": "own", "active": True})
    )
    stopped = "ClusterQueue team is inactive"
    says(kueue_, load, condition("QuotaReserved", "False", "WaitingForQuota", stopped))
    return waits


CHAINS = {
    story.__name__: story
    for story in (
        cert_manager, flux_applies, argo_applies, flux_kustomization, flux_release, tekton,
        knative, crossplane, strimzi, jobset, rollout, cluster_api, kueue,
    )
}  # fmt: skip
"""Every story, by its name."""

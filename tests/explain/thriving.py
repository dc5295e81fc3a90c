"""Operators whose work goes well, if slowly: what they write until all is as asked for."""

from tests.explain.flow import Hand
from tests.explain.flows.parts import READY
from tests.explain.operated import Operated, made_for, says
from tests.explain.stories import Json
from tests.explain.things import condition, deployment, job, pod, replicaset, thing

SEEN = {"observedGeneration": 1}
DONE = {
    "phase": "Succeeded",
    "conditions": [condition("Ready", "False", "PodCompleted")],
    "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 0}}}],
}


def seen(type_: str, status: str, reason: str, message: str = "") -> Json:
    """A condition of the newest generation, as Flux writes them."""
    return condition(type_, status, reason, message) | SEEN


def runs(flow: Operated, maker: Hand, owner: Json, name: str) -> Json:
    """A Pod that comes up."""
    made = maker.create(pod(owner, name, ""))
    flow.hand("scheduler", "").bind(made)
    flow.hand("kubelet", "kubelet").report(made, **READY)
    return made


def cert_manager(flow: Operated) -> Json:
    """A Certificate that a CA issues."""
    api, issuer = "cert-manager.io/v1", {"name": "ca", "kind": "Issuer"}
    authority = flow.client().create(thing("Issuer", "ca", api, spec={}))
    says(flow.controller("cert-manager-issuers"), authority, condition("Ready", "True"))
    spec = {"secretName": "web", "issuerRef": issuer}
    cert = flow.client().create(thing("Certificate", "web", api, spec=spec))
    absent = "Issuing certificate as Secret does not exist"
    issuing = condition("Issuing", "True", "DoesNotExist", absent)
    unready = condition("Ready", "False", "DoesNotExist", absent)
    says(flow.controller("cert-manager-certificates-trigger"), cert, issuing)
    readiness = flow.controller("cert-manager-certificates-readiness")
    says(readiness, cert, issuing, unready)
    flow.controller("cert-manager-certificates-key-manager").report(
        cert, nextPrivateKeySecretName="x"
    )
    requests = flow.controller("cert-manager-certificates-request-manager")
    spec = {"issuerRef": issuer}
    request = requests.create(made_for(cert, "CertificateRequest", "web-1", api, spec=spec))
    approved = condition("Approved", "True", "cert-manager.io")
    says(flow.controller("cert-manager-certificaterequests-approver"), request, approved)
    issued = condition("Ready", "True", "Issued", "Certificate fetched from issuer successfully")
    says(flow.controller("cert-manager-certificaterequests-issuer-ca"), request, approved, issued)
    says(flow.controller("cert-manager-certificates-issuing"), cert, unready, revision=1)
    says(readiness, cert, condition("Ready", "True", "Ready", "Certificate is up to date"))
    return cert


def flux(flow: Operated) -> Json:
    """A Kustomization that waits for its first fetch, and then for its Deployment."""
    api, source = "kustomize.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1"
    repository = flow.client("flux").create(thing("GitRepository", "podinfo", source, spec={}))
    ref = {"sourceRef": {"kind": "GitRepository", "name": "podinfo"}}
    applied = flow.client("flux").create(thing("Kustomization", "apps", api, spec=ref))
    fetches = flow.controller("gotk-source-controller")
    reports = flow.controller("gotk-kustomize-controller")
    fetches.change(repository, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    reports.change(applied, {"metadata": {"finalizers": ["finalizers.fluxcd.io"]}})
    absent = "Source artifact not found, retrying in 30s"
    says(reports, applied, seen("Ready", "False", "ArtifactFailed", absent), observedGeneration=-1)
    building = seen("Ready", "Unknown", "Progressing", "building artifact")
    says(fetches, repository, seen("Reconciling", "True", "Progressing"), building)
    says(fetches, repository, seen("Ready", "True", "Succeeded"), **SEEN)
    flow.wait(25.0)
    checks = seen("Ready", "Unknown", "Progressing", "Reconciliation in progress")
    begun = [seen("Reconciling", "True", "Progressing"), checks]
    says(reports, applied, *begun, observedGeneration=-1)
    mark = "kustomize.toolkit.fluxcd.io"
    web = deployment("web", 1)
    web["metadata"]["labels"] = {f"{mark}/name": "apps", f"{mark}/namespace": "shop"}
    web = flow.controller("kustomize-controller").create(web, op="Apply")
    rs = flow.hand("deployment-controller").create(replicaset(web, "web-1", 1))
    runs(flow, flow.hand("replicaset-controller"), rs, "web-1-x")
    all_ready = SEEN | {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    flow.hand("replicaset-controller").report(rs, **all_ready)
    available = [
        condition("Available", "True", "MinimumReplicasAvailable"),
        condition("Progressing", "True", "NewReplicaSetAvailable"),
    ]
    counts = all_ready | {"updatedReplicas": 1, "conditions": available}
    flow.hand("deployment-controller").report(web, **counts)
    says(reports, applied, seen("Ready", "True", "ReconciliationSucceeded"), **SEEN)
    return applied


def tekton(flow: Operated) -> Json:
    """A PipelineRun whose one task takes some minutes."""
    api = "tekton.dev/v1"
    run = flow.client("kubectl-create").create(thing("PipelineRun", "build", api, spec={}))
    controller = flow.controller("tekton-controller")
    says(controller, run, condition("Succeeded", "Unknown", "Started"))
    task = controller.create(made_for(run, "TaskRun", "build-a", api, spec={}))
    says(controller, run, condition("Succeeded", "Unknown", "Running", "Tasks Completed: 0"))
    steps = runs(flow, controller, task, "build-a-pod")
    says(controller, task, condition("Succeeded", "Unknown", "Running", "Not all Steps have ended"))
    flow.wait(400.0)
    flow.hand("kubelet", "kubelet").report(steps, **DONE)
    says(controller, task, condition("Succeeded", "True", "Succeeded"))
    says(controller, run, condition("Succeeded", "True", "Succeeded", "Tasks Completed: 1"))
    return run


def crossplane(flow: Operated) -> Json:
    """A resource outside that takes ten minutes to come into being."""
    api = "rds.aws.crossplane.io/v1beta1"
    base = flow.client().create(thing("Instance", "orders", api, spec={"forProvider": {}}))
    provider = flow.controller("crossplane-aws-provider")
    provider.change(base, {"metadata": {"finalizers": ["finalizer.managedresource.crossplane.io"]}})
    synced = condition("Synced", "True", "ReconcileSuccess")
    says(provider, base, synced, condition("Ready", "False", "Creating"))
    flow.wait(600.0)
    says(provider, base, synced, condition("Ready", "True", "Available"))
    return base


def kueue(flow: Operated) -> Json:
    """A Job that waits in its queue, is admitted, and runs for an hour."""
    api, controller = "kueue.x-k8s.io/v1beta2", flow.controller("kueue")
    train = job("train", suspend=True)
    train["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "own"}
    train = flow.client().create(train)
    spec = {"queueName": "own", "active": True}
    load = controller.create(made_for(train, "Workload", "job-train", api, spec=spec))
    says(controller, load, condition("QuotaReserved", "False", "WaitingForQuota", "others run"))
    flow.wait(3000.0)
    admitted = [condition("QuotaReserved", "True"), condition("Admitted", "True")]
    says(controller, load, *admitted)
    controller.change(train, {"spec": {"suspend": False}})
    jobs = flow.hand("job-controller")
    works = runs(flow, jobs, train, "train-x")
    jobs.report(train, active=1, ready=1)
    flow.wait(3600.0)
    flow.hand("kubelet", "kubelet").report(works, **DONE)
    jobs.report(train, active=0, succeeded=1, conditions=[condition("Complete", "True")])
    says(controller, load, *admitted, condition("Finished", "True", "Succeeded"))
    return train


WELL = {story.__name__: story for story in (cert_manager, flux, tekton, crossplane, kueue)}
"""Every story, by its name."""

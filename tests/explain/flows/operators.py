"""Operators without a framework, GitOps and custom resources that nobody looks after."""

from tests.explain.flow import Flow
from tests.explain.flows.parts import FAILED, belongs, made, numbered, running, start, stop
from tests.explain.things import condition, deployment, pod, thing, website

OPERATOR = ("custom-controller", "OpenAPI-Generator")


def plain_operator(flow: Flow) -> None:
    """A Python client: finalizer, child, status; a change; and clean-up when the CR goes."""
    site = flow.hand("client", "kubectl-client-side-apply").create(website())
    operator = flow.hand(*OPERATOR)
    operator.change(site, {"metadata": {"finalizers": ["example.com/site"]}})
    web = operator.create(belongs(deployment("shopfront", 1), site))
    ready = [condition("Ready", "True", "Reconciled")]
    operator.report(site, observedGeneration=1, phase="Ready", conditions=ready)
    rs = flow.hand("deployment-controller").create(numbered(web, "shopfront-1", 1, 1))
    work = start(flow, made(flow, "replicaset-controller", rs, "shopfront-1-a"))
    flow.hand("client", "kubectl-patch").change(site, {"spec": {"replicas": 3}})
    operator.scale(web, 3)
    operator.report(site, observedGeneration=2)
    flow.hand("deployment-controller").scale(rs, 3)
    flow.hand("client").mark(site, None, "example.com/site")
    operator.delete(web)
    operator.delete(site)
    flow.hand("garbage-collector").delete(rs)
    flow.hand("garbage-collector").mark(work, 30)
    stop(flow, work)


def loose_children(flow: Flow) -> None:
    """It also writes what nothing ties to its resources, and so might be anybody's."""
    site = flow.hand("client", "kubectl-create").create(website())
    operator = flow.hand(*OPERATOR)
    operator.change(site, {"metadata": {"finalizers": ["example.com/site"]}})
    loose = operator.create(thing("ConfigMap", "elsewhere", metadata={"labels": {"b": "c"}}))
    operator.report(site, observedGeneration=1, phase="Ready")
    operator.change(loose, {"metadata": {"labels": {"a": "b"}}})
    either = (
        "OpenAPI-Generator looks after custom resources here: it is that controller, or a client "
        "that calls itself by the same name."
    )
    deleted = "A client, or OpenAPI-Generator, which looks after custom resources and wrote it."
    flow.open += [("ConfigMap", "elsewhere", either)] * 2 + [("ConfigMap", "elsewhere", deleted)]
    flow.hand("client").mark(site, None, "example.com/site")
    operator.delete(loose)
    operator.delete(site)


def own_pods(flow: Flow) -> None:
    """An operator that makes Pods itself, and replaces one that failed."""
    site = flow.hand("client", "kubectl-create").create(website())
    operator = flow.hand(*OPERATOR)
    first = start(flow, operator.create(pod(site, "shopfront-a", "")))
    operator.report(site, observedGeneration=1, phase="Ready")
    flow.hand("kubelet", "kubelet").report(first, **FAILED)
    operator.mark(first, 30)
    flow.open.append(("Pod", "shopfront-a", _EITHER))
    operator.create(pod(site, "shopfront-b", ""))


_EITHER = "A client, or the custom controller of Website shopfront, which may delete what it made."


def cluster_wide(flow: Flow) -> None:
    """A cluster-scoped owner, of objects in a namespace."""
    site = website()
    del site["metadata"]["namespace"]
    flow.hand("client", "kubectl-create").create(site)
    operator = flow.hand("custom-controller", "site-controller")
    web = operator.create(belongs(deployment("shopfront", 1), site, controller=False))
    operator.report(site, observedGeneration=1)
    flow.hand("client").delete(site)
    flow.hand("garbage-collector").delete(web)


def nobody_acts(flow: Flow) -> None:
    """A custom resource of a type whose controller does not run."""
    flow.hand("client", "kubectl-create").create(website())
    flow.wait(90)
    flow.hand("client", "kubectl-create").create(website("second"))


def gitops(flow: Flow) -> None:
    """Server-side apply by kubectl and by Flux, Argo CD, Helm; custom resources too."""
    flux = flow.hand("client", "kustomize-controller")
    web = flux.create(deployment("web", 1), op="Apply")
    rs = flow.hand("deployment-controller").create(numbered(web, "web-1", 1, 1))
    flux.change(web, {"spec": {"replicas": 2}}, op="Apply")
    flow.hand("deployment-controller").scale(rs, 2)
    site = flow.hand("client", "argocd-controller").create(website())
    flow.hand("client", "helm").change(site, {"spec": {"replicas": 5}})
    applied = flow.hand("client", "kubectl")
    other = applied.create(deployment("other", 1), op="Apply")
    applied.change(other, {"spec": {"replicas": 2}}, op="Apply")


def edited_status(flow: Flow) -> None:
    """A manifest with a status, of a type without a status subresource, proves no controller."""
    site = website() | {"status": {"phase": "New"}}
    flow.hand("client", "helm").create(site)
    flow.hand("client", "helm").change(site, {"spec": {"replicas": 5}})


def taken_over(flow: Flow) -> None:
    """An operator adopts a Deployment that was there."""
    site = flow.hand("client", "kubectl-create").create(website())
    web, _, _ = running(flow, 1)
    operator = flow.hand("custom-controller", "site-controller")
    operator.report(site, observedGeneration=1)
    operator.change(web, {"metadata": belongs({"metadata": {}}, site)["metadata"]})
    operator.scale(web, 2)


FLOWS = (
    plain_operator,
    loose_children,
    own_pods,
    cluster_wide,
    nobody_acts,
    gitops,
    edited_status,
    taken_over,
)

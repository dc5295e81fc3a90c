"""Names of field managers that people's tools go by, and libraries that anything may be built on.

A name is a hint alone: where a write looks like a controller's, one of these leaves open whose it
is, or makes it a client's. The API server derives it from the user agent where none is given.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
"""

TOOLS = frozenset(
    {
        "ansible", "argo", "argocd", "before-first-apply", "clusterctl", "cmctl", "dashboard",
        "devspace", "eksctl", "flux", "flux-client-side-apply", "Freelens", "freelens",
        "HashiCorp", "Headlamp", "headlamp", "Helm", "helm", "istioctl", "k9s", "kapp", "kn",
        "kustomize", "Lens", "lens", "linkerd", "Mozilla", "node-fetch", "oc", "octant", "odo",
        "okteto", "OpenLens", "openshift-console", "operator-sdk", "skaffold", "telepresence",
        "Terraform", "terraform", "terraform-provider-helm", "terraform-provider-kubernetes",
        "tilt", "tkn", "vcluster", "velero", "virtctl", "werf",
    }
)  # fmt: skip
"""Tools that people, and pipelines of theirs, change a cluster with."""

COMMANDS = frozenset({"HTTPie", "PostmanRuntime", "curl", "wget"})
"""HTTP clients for a command line: a person's, or those of a script, which may be an operator."""

LIBRARIES = COMMANDS | {
    "axios", "fabric8-kubernetes-client", "Go-http-client", "kube-rs", "okhttp",
    "OpenAPI-Generator", "python-requests", "python-urllib3", "rancher", "Swagger-Codegen",
    "unknown",
}  # fmt: skip
"""Names of HTTP libraries and proxies, which scripts, people and operators bear alike."""

_PREFIXES = ("kubectl", "pulumi-kubernetes", "ansible-")
_NO_TOOLS = ("-operator", "-controller")
"""How the names of controllers end, also of those that run what people use: `ansible-operator`."""


def is_tool(manager: str) -> bool:
    """Whether a field manager of this name is a tool that people use."""
    return manager in TOOLS or (manager.startswith(_PREFIXES) and not manager.endswith(_NO_TOOLS))


def is_of_a_cloud(manager: str) -> bool:
    """Whether it is a cloud's own controllers, which are no custom ones, and have no name here.

    Source: https://kubernetes.io/docs/concepts/architecture/cloud-controller/
    """
    return "cloud-controller" in manager


def is_program(manager: str) -> bool:
    """Whether a manager that is no part of Kubernetes goes by a name that is a program's own."""
    return not (is_tool(manager) or manager in LIBRARIES or is_of_a_cloud(manager))


_BESIDE = ("cert-manager-gateway-shim", "cert-manager-ingress-shim", "gatekeeper-", "kyverno-")


def tells_beside(component: str, group: str) -> bool:
    """Whether an Event's reporter tells of what others look after: of its policies, certificates.

    Of a kind of its own group it is the controller.
    Sources: https://github.com/kyverno/kyverno (kyverno-admission, kyverno-scan);
    https://github.com/open-policy-agent/gatekeeper (gatekeeper-webhook, gatekeeper-audit);
    https://cert-manager.io/docs/troubleshooting/ (cert-manager-gateway-shim of a Gateway).
    """
    return component.startswith(_BESIDE) and component.partition("-")[0] not in group

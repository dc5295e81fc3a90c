"""Says which RBAC rule would grant what the server forbade, so that it can be copied as it is."""

from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource


def rbac_rule(resource: Resource) -> str:
    """Return the one entry of a Role's `rules`, as YAML, that lets `resource` be watched.

    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
    """
    return (
        f'- apiGroups: ["{resource.group}"]\n'
        f'  resources: ["{resource.plural}"]\n'
        f'  verbs: ["get", "list", "watch"]\n'
    )


def forbidden(resource: Resource, namespace: str | None, said: Problem) -> Problem:
    """Return the server's refusal with the rule that would lift it and where to put that rule."""
    scope = f"of namespace {namespace}" if namespace else "in every namespace"
    role = f"Role in namespace {namespace}" if namespace else "ClusterRole"
    return Problem(
        "forbidden",
        said.message,
        f"no RBAC rule lets this user or service account list and watch the {resource.plural} "
        f"{scope if resource.namespaced else 'of the cluster'}",
        f"add this rule to a {role} that is bound to it; it is tried again within a minute",
        rbac_rule(resource),
    )

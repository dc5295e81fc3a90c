"""Reads from a CustomResourceDefinition which resource its objects can be watched as."""

from eventstream.expressions import expression
from eventstream.objects.cluster_kinds import DefinitionSpec, DefinitionStatus
from eventstream.objects.images import Image
from eventstream.objects.resource import Resource

CRDS = Resource(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)

_VERSION = expression(r"v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?")


def custom_resource(definition: Image) -> Resource | None:
    """Return the one resource to watch for a CRD; None until the API server serves it.

    A type can be watched once its condition Established is True. Of several served versions the
    stored one is taken, as it loses nothing in conversion, else the one Kubernetes prefers.
    """
    spec, status = definition.spec, definition.status
    if not isinstance(spec, DefinitionSpec) or not isinstance(status, DefinitionStatus):
        return None
    if not any(each.type == "Established" and each.status == "True" for each in status.conditions):
        return None
    served = [version for version in spec.versions if version.served]
    if not served:
        return None
    version = max(served, key=lambda each: (each.storage, *version_priority(each.name)))
    return Resource(
        spec.group,
        version.name,
        spec.names.plural,
        spec.names.kind,
        namespaced=spec.scope == "Namespaced",
    )


def defined_name(definition: Image) -> tuple[str, str]:
    """Return the group and plural that a CRD defines, which its name is made of."""
    plural, _, group = definition.metadata.name.partition(".")
    return group, plural


def version_priority(name: str) -> tuple[int, int, int]:
    """Return a key that orders API versions as Kubernetes prefers them: v2, v1, v1beta1, other.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
    """
    found = _VERSION.fullmatch(name)
    if found is None:
        return (-1, 0, 0)
    major, stability, minor = found.groups()
    return ({None: 2, "beta": 1, "alpha": 0}[stability], int(major), int(minor or 0))

"""How programs mark what they apply for a custom resource, and who deletes what it lost.

What applies manifests from Git sets no ownerReference, and writes under another name than the one
under which it reports: a mark of its own, its name and the resource that the mark names tell
together. Sources:
https://fluxcd.io/flux/components/kustomize/kustomizations/#garbage-collection (labels
`kustomize.toolkit.fluxcd.io`); https://fluxcd.io/flux/components/helm/helmreleases/ (the same of
`helm.toolkit.fluxcd.io`);
https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ (the annotation
`tracking-id`); https://docs.crossplane.io/v1.20/concepts/claims/ (labels of what is made for a
claim).
"""

from typing import NamedTuple

from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.text import named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image, Metadata


class _Mark(NamedTuple):
    """Labels that name a custom resource of a kind, or of any, and who sets them."""

    kind: str
    name: str
    namespace: str
    managers: tuple[str, ...]


_FLUX, _HELM = "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"
_CLAIM = "crossplane.io/claim-"
_MARKS = (
    _Mark("Kustomization", f"{_FLUX}name", f"{_FLUX}namespace", ("kustomize-controller",)),
    _Mark("HelmRelease", f"{_HELM}name", f"{_HELM}namespace", ("helm-controller",)),
    _Mark("", f"{_CLAIM}name", f"{_CLAIM}namespace",
         ("crossplane", "apiextensions.crossplane.io/claim")),
)  # fmt: skip
_TRACKING = "argocd.argoproj.io/tracking-id"
_ARGO = ("argocd-controller", "argocd-application-controller")
_ARGO_NAMESPACES = ("argocd", "openshift-gitops")
"""Where Argo CD and OpenShift GitOps look for Applications as they come: a tracking id without a
namespace names one where its Argo CD runs, which may be elsewhere, so that this is told with it.
"""
_APPLIERS = frozenset({*_ARGO, *(manager for mark in _MARKS for manager in mark.managers)})


class Marked(NamedTuple):
    """The custom resource for which an object was applied, and what ties the two together."""

    site: Write
    proof: Evidence


def appliers(image: Image) -> list[str]:
    """Who wrote an object that applies manifests, and deletes what these have no longer.

    Those that mark what they apply otherwise, as Argo CD may by a common label, go by that name;
    of an object that is shown without managedFields only its mark tells.
    """
    entries = image.metadata.managed_fields
    if entries:
        return sorted({entry.manager for entry in entries} & _APPLIERS)
    labels, annotations = image.metadata.labels or {}, image.metadata.annotations or {}
    found = [mark.managers[0] for mark in _MARKS if mark.name in labels]
    return [*found, _ARGO[0]] if _TRACKING in annotations else found


def is_of(key: str, manager: str) -> bool:
    """Whether a key of a label, an annotation or a taint bears the name of its manager.

    The first word of its domain is what the manager is called, or begins with: `karpenter.sh/…`;
    or it contains the name as one word: `ToBeDeletedByClusterAutoscaler`.
    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
    #syntax-and-character-set
    """
    domain, slash, _ = key.partition("/")
    word, dot, _ = domain.partition(".")
    if slash and dot and word and f"{manager}-".startswith(f"{word}-"):
        return True
    return len(name := _joined(manager)) >= _TELLING and name in _joined(key)


def _joined(text: str) -> str:
    return text.replace("-", "").lower()


_TELLING = 8
"""Letters of a name that does not stand in a key by chance."""


def marked_for(view: View, manager: str) -> Marked | None:
    """The custom resource for which the writer applied this object, if the object is marked so."""
    metadata = view.write.image.metadata
    labels = metadata.labels or {}
    for mark in _MARKS:
        name, namespace = labels.get(mark.name), labels.get(mark.namespace)
        if name and namespace and manager in mark.managers:
            found = _found(view, mark.kind, (namespace,), name)
            return _marked(found[0], manager) if found else None
    return _tracked(view, metadata, manager) if manager in _ARGO else None


def _tracked(view: View, metadata: Metadata, manager: str) -> Marked | None:
    application, colon, _ = (metadata.annotations or {}).get(_TRACKING, "").partition(":")
    if not colon:
        return None
    place, apart, name = application.rpartition("_")
    found = _found(view, "Application", (place,) if apart else _ARGO_NAMESPACES, name)
    if len(found) != 1:
        return None  # Of two of that name the mark does not say which.
    if apart:
        return _marked(found[0], manager)
    default = f"; the mark names no namespace, and {found[0].log.ref.namespace} is a usual one"
    return _marked(found[0], manager, default)


def _found(view: View, kind: str, namespaces: tuple[str, ...], name: str) -> list[Write]:
    return [
        site
        for namespace in namespaces
        for site in view.custom_resources(namespace, name)
        if site.log.uid != view.write.log.uid and kind in ("", site.image.kind)
        if not site.gone
    ]


def _marked(site: Write, manager: str, more: str = "") -> Marked:
    """What ties the object to the custom resource, in place of a reference."""
    said = f"it is marked as applied for {named(site.image)}, as {manager} marks what it applies"
    return Marked(site, Evidence("inferred", "sequence", f"{said}{more}", "who"))

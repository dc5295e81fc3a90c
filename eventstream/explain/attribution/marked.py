"""Objects that say by a label or an annotation which custom resource they were applied for.

What applies manifests from Git sets no ownerReference, and writes under another name than the one
under which it reports. Its mark, its name and the resource that the mark names tell together.

Sources: https://fluxcd.io/flux/components/kustomize/kustomizations/#garbage-collection (labels
`kustomize.toolkit.fluxcd.io`); https://fluxcd.io/flux/components/helm/helmreleases/ (the same of
`helm.toolkit.fluxcd.io`); https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
(the annotation `tracking-id`); https://docs.crossplane.io/v1.20/concepts/claims/ (labels of what
is made for a claim).
"""

from typing import NamedTuple

from eventstream.explain.attribution.customs import asked
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.text import named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Metadata


class Mark(NamedTuple):
    """Labels that name a custom resource of a kind, or of any, and who sets them."""

    kind: str
    name: str
    namespace: str
    managers: tuple[str, ...]


_FLUX, _HELM = "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"
_CLAIM = "crossplane.io/claim-"
MARKS = (
    Mark("Kustomization", f"{_FLUX}name", f"{_FLUX}namespace", ("kustomize-controller",)),
    Mark("HelmRelease", f"{_HELM}name", f"{_HELM}namespace", ("helm-controller",)),
    Mark("", f"{_CLAIM}name", f"{_CLAIM}namespace",
         ("crossplane", "apiextensions.crossplane.io/claim")),
)  # fmt: skip
TRACKING = "argocd.argoproj.io/tracking-id"
_ARGO = ("argocd-controller", "argocd-application-controller")
_ARGO_NAMESPACES = ("argocd", "openshift-gitops")
"""Where Argo CD and OpenShift GitOps look for Applications as they come: a tracking id without a
namespace names one where its Argo CD runs, which may be elsewhere, so that this is told with it.
"""
ANSWERS = 60.0
"""Seconds within which a first fetch and application answer a change of the resource."""


class Marked(NamedTuple):
    """The custom resource for which an object was applied, and what ties the two together."""

    site: Write
    proof: Evidence


def marked_for(view: View, manager: str) -> Marked | None:
    """The custom resource for which the writer applied this object, if the object is marked so."""
    metadata = view.write.image.metadata
    labels = metadata.labels or {}
    for mark in MARKS:
        name, namespace = labels.get(mark.name), labels.get(mark.namespace)
        if name and namespace and manager in mark.managers:
            found = _found(view, mark.kind, (namespace,), name)
            return _marked(found[0], manager) if found else None
    return _tracked(view, metadata, manager) if manager in _ARGO else None


def _tracked(view: View, metadata: Metadata, manager: str) -> Marked | None:
    application, colon, _ = (metadata.annotations or {}).get(TRACKING, "").partition(":")
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


def lately_asked(view: View, site: Write) -> Write | None:
    """What the custom resource was asked for, if that is so lately that this answers it."""
    since = asked(view, site)
    late = since.base or abs(view.write.change.at - since.change.at) > ANSWERS
    return None if late else since

"""Says which managers are custom controllers, and which custom resource an object belongs to.

Only evidence counts: who owns the status or a finalizer of a custom resource, or made itself the
maker of an object by setting its ownerReference to one. A name alone is no evidence. Of an object
that names no owner, as an operator need not set one, its name, its time and the operator's other
work tell together. What applies manifests from Git sets none, and writes under another name than
the one under which it reports: there a mark of its own, its name and the resource that the mark
names tell together. Sources of the marks:
https://fluxcd.io/flux/components/kustomize/kustomizations/#garbage-collection (labels
`kustomize.toolkit.fluxcd.io`); https://fluxcd.io/flux/components/helm/helmreleases/ (the same of
`helm.toolkit.fluxcd.io`);
https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ (the annotation
`tracking-id`); https://docs.crossplane.io/v1.20/concepts/claims/ (labels of what is made for a
claim).
"""

from typing import NamedTuple

from eventstream.explain.attribution import proofs
from eventstream.explain.vocabulary.declared.tools import is_tool
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.claims import BUILT_IN
from eventstream.explain.world.families import HIGHEST, owner_of
from eventstream.explain.world.text import listing, named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import Image, Metadata, OwnerReference
from eventstream.objects.kinds import is_built_in
from eventstream.objects.managed_fields import paths, status_writers


def served_by(view: View, manager: str) -> Write | None:
    """The custom resource that an object without an owner was made for, as far as that shows.

    The writer looks after resources of that kind, and does not set what they ask for; the object
    is called after one, and was written right after that had changed, or was made so before.
    Source: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/
    """
    if not is_built_in(view.write.image.api_version) or view.write.image.metadata.owner_references:
        return None
    if not view.is_controller(manager):
        return None
    made = any(
        write.decision.verdict is not None
        and (write.decision.verdict.rule, write.decision.verdict.actor_name)
        == ("custom-create", manager)
        for write in view.backwards(view.write.log.uid)
    )
    for site in namesakes(view):
        if site.gone or not view.is_controller(manager, site.image.kind):
            continue
        if any_of(owned(site.image, manager), "spec"):
            continue
        if made or answers(view, site):
            return site
    return None


def answers(view: View, site: Write) -> bool:
    """Whether this write came right after the custom resource had changed."""
    since = asked(view, site)
    return not since.base and abs(view.write.change.at - since.change.at) <= _ANSWERS


_ANSWERS = 10.0
"""Seconds within which operators that look around now and then are taken to have answered."""


def namesakes(view: View) -> list[Write]:
    """The custom resources that the object may be called after: `shop` for `shop-web-1`."""
    metadata = view.write.image.metadata
    parts = metadata.name.split("-")
    least = max(len(parts) - _MOST_PARTS, 0)
    names = ["-".join(parts[:end]) for end in range(len(parts), least, -1)]
    return [site for name in names for site in view.custom_resources(metadata.namespace, name)]


_MOST_PARTS = 6


def asked(view: View, site: Write) -> Write:
    """The write by which a custom resource last asked for something: its spec, or its deletion."""
    if site.image.metadata.deletion_timestamp:
        return view.mark_of(site)
    return view.last_spec_change(site.log.uid) or site


def called_after(site: Write, manager: str) -> Evidence:
    """What ties the object to the custom resource, in place of a reference."""
    said = f"{manager} looks after {site.image.kind} objects, and this one is called after "
    return Evidence("inferred", "sequence", f"{said}{named(site.image)}, which had changed", "who")


def owned(image: Image, manager: str) -> set[str]:
    """The paths of all fields that this manager set."""
    entries = (entry for entry in image.metadata.managed_fields if entry.manager == manager)
    return {path for entry in entries for path in paths(entry.fields)}


def authors(image: Image) -> set[str]:
    """The managers that set something of an object beside its status; Kubernetes' own aside."""
    entries = image.metadata.managed_fields
    return {entry.manager for entry in entries if not entry.subresource} - BUILT_IN


def any_of(fields: set[str], prefix: str) -> bool:
    """Whether one of these paths lies below a prefix."""
    return any(path.startswith(prefix) for path in fields)


def custom_owner(image: Image) -> OwnerReference | None:
    """The custom resource that the object belongs to: its controller, else any such owner."""
    owners = image.metadata.owner_references
    found = [owner for owner in owners if not is_built_in(owner.api_version)]
    return next((owner for owner in found if owner.controller), found[0] if found else None)


def belongs_to(view: View) -> ObjectLog | None:
    """The custom resource closest above an object, over its owner's owners; None without one.

    An object may reference its owner without `controller`, as a deployer's Pod does.
    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
    """
    owner, seen = owner_of(view.write.image), {view.write.log.uid}
    while owner and owner not in seen and len(seen) <= HIGHEST:
        log = view.log(owner)
        if not log.seen:
            return None
        if not is_built_in(log.ref.api_version):
            return log
        seen.add(owner)
        latest = view.latest(owner)
        owner = owner_of(latest.image) if latest is not None else log.owner
    return None


def asked_above(view: View) -> tuple[Write, ...]:
    """The latest desired state of the custom resource that an object belongs to, if it has one.

    Whoever changed the object: it is told with what was asked of that resource.
    """
    above = belongs_to(view)
    cause = view.last_spec_change(above.uid) if above is not None else None
    return (cause,) if cause is not None else ()


def proof_above(view: View, manager: str, above: ObjectLog | None) -> Evidence | None:
    """Why the writer acts for the custom resource that an object belongs to, or None."""
    if above is None or is_tool(manager):
        return None
    whose = f"{above.ref.kind} {above.ref.name}"
    if manager.startswith(_WORKERS.get(above.ref.kind, ())):
        return proofs.owns(f"{manager} is what a Pod of {whose} runs to do its work")
    if not view.is_controller(manager, above.ref.kind):
        return None
    said = f"{manager} looks after {above.ref.kind} objects, and this one belongs to {whose}"
    return Evidence("inferred", "sequence", said, "who")


_WORKERS = {"DeploymentConfig": ("openshift-deploy", "deployer-invocation-")}
"""By kind, how programs call themselves that run in a Pod made for a resource, and act for it.

Source: https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html/
building_applications/deployments#deployments-and-deploymentconfigs_what-deployments-are
"""


def custom_keeper(view: View, does: str = "delete") -> str:
    """The custom controller that may have made an object, and so may delete it; else empty.

    Its custom resource is named, or else the managers that wrote it and look after such elsewhere.
    A custom resource's own controller writes it, too: only who set what it asks for made it.
    """
    image = view.write.image
    owner = custom_owner(image)
    if owner is not None:
        whose = f"{owner.kind} {owner.name}"
        return f"the custom controller of {whose}, which may {does} what it made"
    names = {name for name in authors(image) if not is_tool(name)}
    if not is_built_in(image.api_version):
        names = {name for name in names if any_of(owned(image, name), "spec")}
    found = sorted(name for name in names if view.is_controller(name))
    return f"{listing(found)}, which looks after custom resources and wrote it" if found else ""


def pruner(view: View) -> str:
    """Who else may delete what no custom controller is known to have made; else empty.

    What applies manifests deletes what these have no longer, many a controller keeps runs that are
    over for a while only, and an operator lets the Pods go that a set of its makes for it: in its
    own order, or so that they come up anew.
    """
    image = view.write.image
    owner = owner_of(image)
    if not owner:
        reporters = sorted(status_writers(image))
        if image.health is not None and image.health.over and reporters:
            return (
                f"{listing(reporters)}, which reports on it and may keep for a while what is over"
            )
        found = appliers(image)
        if not is_built_in(image.api_version):  # Its own controller only reports on it.
            found = [name for name in found if any_of(owned(image, name), "spec")]
        return f"{listing(found)}, which deletes what it is to apply no longer" if found else ""
    above = view.latest(owner) if image.kind == "Pod" else None
    custom = custom_owner(above.image) if above is not None else None
    if above is None or custom is None:
        return ""
    whose = f"{custom.kind} {custom.name}"
    return f"the custom controller of {whose}, to which {named(above.image)} belongs"


def controls(image: Image, manager: str) -> bool:
    """Whether the object itself shows that this manager is its custom controller."""
    return not is_tool(manager) and proof_of(image, manager) is not None


def proof_of(image: Image, manager: str) -> Evidence | None:
    """Why the writer counts as a custom controller, or None.

    Who also sets a custom resource's spec asks for something; a finalizer of theirs came with
    the manifest and proves nothing.
    """
    fields = owned(image, manager)
    owner = custom_owner(image)
    if owner is not None and any_of(fields, "metadata.ownerReferences"):
        return proofs.owns(f"{manager} set the ownerReference to {owner.kind} {owner.name}")
    if is_built_in(image.api_version):
        return None
    if manager in status_writers(image):
        return proofs.owns(f"{manager} writes this object's status")
    if any_of(fields, "metadata.finalizers") and not any_of(fields, "spec"):
        return proofs.owns(f"{manager} put a finalizer on this object")
    return None


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

"""What controllers keep beside Services and namespaces: endpoints, accounts, certificates."""

import msgspec

from eventstream.explain.attribution import evidence
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.text import named, seen, told_changes
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image


class Companion(msgspec.Struct, frozen=True):
    """Who alone keeps such an object, and why there is one; `of` is the kind that it follows."""

    actor: str
    why: str
    source_url: str
    of: str


_ACCOUNT = Companion(
    "serviceaccount-controller",
    "Each namespace has a ServiceAccount default, for Pods that name no other.",
    sources.SERVICE_ACCOUNTS,
    "Namespace",
)
_CERTIFICATE = Companion(
    "root-ca-cert-publisher",
    "Each namespace has a ConfigMap with the certificate by which Pods know the API server.",
    sources.ROOT_CERTIFICATES,
    "Namespace",
)
_ENDPOINTS = Companion(
    "endpoints-controller",
    "It lists the addresses of the Pods that the Service of the same name selects.",
    sources.ENDPOINTS,
    "Service",
)
_SLICES = {
    "endpointslice-controller.k8s.io": Companion(
        "endpointslice-controller",
        "It lists the addresses of the Pods that its Service selects.",
        sources.ENDPOINT_SLICES,
        "Service",
    ),
    "endpointslicemirroring-controller.k8s.io": Companion(
        "endpointslicemirroring-controller",
        "It repeats the addresses of an Endpoints object that a client wrote.",
        sources.ENDPOINT_SLICES,
        "Endpoints",
    ),
}


def _companion(image: Image) -> Companion | None:
    """Who keeps this object, by its kind and name, or by its label."""
    name = image.metadata.name
    if (image.kind, name) == ("ServiceAccount", "default"):
        return _ACCOUNT
    if (image.kind, name) == ("ConfigMap", "kube-root-ca.crt"):
        return _CERTIFICATE
    if image.kind == "Endpoints":
        return _ENDPOINTS
    if image.kind == "EndpointSlice":
        label = (image.metadata.labels or {}).get("endpointslice.kubernetes.io/managed-by", "")
        return _SLICES.get(label)
    return None


def kept(view: View, who: Writer) -> Verdict | None:
    """A controller made, or brought up to date, what it keeps beside a namespace or a Service."""
    write = view.write
    companion = _companion(write.image)
    created = write.change.type == "ADDED"
    if companion is None or not (who.built_in or _unsigned(write, companion)):
        return None
    cause = _followed(view, companion)
    act = f"created {named(write.image)}"
    if not created:
        act = f"updated {named(write.image)}: {told_changes(write.changes)}"
    return Verdict(
        rule="companion-kept",
        actor=companion.actor,
        actor_name=who.manager,
        verb="create" if created else "update",
        what=f"The {title(companion.actor)} {act}.",
        why=companion.why,
        who_grade="reported" if who.built_in else "inferred",
        why_grade="inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who)),
        source_url=companion.source_url,
        loop=Loop(
            seen(cause) if cause else f"{companion.of} objects",
            f"1 {write.image.kind} for it desired, with what exists",
            act,
        ),
    )


def _unsigned(write: Write, companion: Companion) -> bool:
    """Whether it is a new account: one without any field has no managedFields at all."""
    new = write.change.type == "ADDED" and companion is _ACCOUNT
    return new and not write.image.metadata.managed_fields


def _followed(view: View, companion: Companion) -> Write | None:
    """The latest desired state of the object that this one follows, where that was seen."""
    metadata = view.write.image.metadata
    owner = metadata.controller
    if owner is not None:
        return view.last_spec_change(owner.uid)
    if companion.of == "Namespace":
        found = view.by_name("Namespace", None, metadata.namespace or "")
    else:
        found = view.by_name("Service", metadata.namespace, metadata.name)
    return view.last_spec_change(found.log.uid) if found is not None else None


def dropped(view: View) -> Verdict | None:
    """Endpoints go with the Service of their name, and slices also when they are not needed.

    Source: pkg/controller/endpoint/endpoints_controller.go, syncService;
    pkg/controller/endpointslice/endpointslice_controller.go, syncService.
    """
    write = view.write
    companion = _companion(write.image)
    if companion is None or companion.of == "Namespace":
        return None
    service = None
    if companion is _ENDPOINTS:
        metadata = write.image.metadata
        service = view.by_name("Service", metadata.namespace, metadata.name)
    gone = service is not None and service.gone
    if companion is _ENDPOINTS and service is not None and not gone:
        return None
    why = f"Service {write.image.metadata.name} is gone, and its endpoints with it."
    if not gone:
        why = f"A client, or the {title(companion.actor)}, which keeps no more than are needed."
    return Verdict(
        rule="companion-dropped",
        actor=companion.actor if gone else "unknown",
        verb="delete",
        what=deletion(write, f"The {title(companion.actor)}" if gone else "Somebody"),
        why=why,
        who_grade="inferred" if gone else "unknown",
        why_grade="inferred" if gone else "unknown",
        causes=(service,) if gone and service is not None else (),
        evidence=(evidence.saw(write), *evidence.owned(write)),
        source_url=companion.source_url,
    )

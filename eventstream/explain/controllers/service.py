"""Services: how one stands, and what controllers keep beside them and beside namespaces.

A Service's endpoints are the ready Pods that its selector matches. Whether somebody is behind it is
told from these: an EndpointSlice would say the same again, with each change of each Pod.
Source: https://kubernetes.io/docs/concepts/services-networking/service/.
"""

import msgspec

from eventstream.explain.attribution import evidence
from eventstream.explain.controllers.registry import Behaviour, holding_of
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.deletions.removals import deletion
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.known import MAKERS
from eventstream.explain.world.notes import said, warned
from eventstream.explain.world.pods import has_ended, is_ready
from eventstream.explain.world.text import count, listing, named, seen, sentence, told_changes, when
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.images import Image
from eventstream.objects.network_kinds import LoadBalanced, ServiceSpec


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


_REFUSED = ("SyncLoadBalancerFailed", "UnAvailableLoadBalancer", "CreatingLoadBalancerFailed")
_SPARE = 60.0
"""Seconds after which a Service that selects no Pod is called wrong: its Pods may come later."""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a Service: done once a ready Pod is behind it, and it has what it asks for."""
    spec, name = write.image.spec, named(write.image)
    if not isinstance(spec, ServiceSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    selects = bool(spec.selector) and spec.type != "ExternalName"
    pods = _pods(snapshot, write) if selects else []
    known = bool(pods) or snapshot.world.places.knows("Pod")
    held = _balancing(snapshot, write)
    if selects and known:
        held.extend(_selecting(snapshot, write, pods))
    if held:
        return pending(held, (), snapshot, "")
    if spec.type == "ExternalName":
        return complete(write, f"{name} is another name for a host.")
    if not spec.selector:
        return complete(write, f"{name} selects no Pods: its endpoints are kept by somebody else.")
    if not known:
        return unknown(write, f"{name} selects Pods, and Baton has not seen any Pod.")
    ready = sum(is_ready(pod.image) for pod in pods)
    if pods and spec.publish_not_ready_addresses:
        what = count(len(pods), "Pod")
        return complete(write, f"{name} leads to {what}, ready or not, as it asks for.")
    if not ready:
        why = "none of its Pods is ready" if pods else "what it selects has no Pods"
        return complete(write, f"{name} has no endpoints now: {why}.")
    return complete(write, f"{name} leads to {count(ready, 'ready Pod')}.")


def _pods(snapshot: Snapshot, write: Write) -> list[Write]:
    """The Pods that it selects and that have not ended."""
    found = _matching(snapshot, write, "Pod")
    return [pod for pod in found if not has_ended(pod.image)]


def _matching(snapshot: Snapshot, write: Write, *of: str) -> list[Write]:
    wanted = (write.image.spec.selector or {}).items()
    found: list[Write] = []
    for log in snapshot.world.places.inhabitants(write.image.metadata.namespace):
        own = snapshot.alive(log) if log.ref.kind in of else None
        if own is not None and wanted <= _labels(own).items():
            found.append(own)
    return found


def _labels(write: Write) -> dict[str, str]:
    """The labels of a Pod, or of the Pods that a workload makes."""
    template = getattr(write.image.spec, "template", None)
    metadata = template.metadata if template is not None else write.image.metadata
    return metadata.labels or {}


def _balancing(snapshot: Snapshot, write: Write) -> list[Holding]:
    """The load balancer that it asks for and has not; a cloud's controller makes it."""
    image, name = write.image, named(write.image)
    status = image.status
    balancer = status.load_balancer if isinstance(status, LoadBalanced) else None
    if image.spec.type != "LoadBalancer" or (balancer is not None and balancer.ingress):
        return []
    waiting_for = f"a load balancer for {name}"
    plain = Holding(
        2, "custom-controller", "", when(write), waiting_for, wait="balance", about=write
    )
    notes = snapshot.latest_notes(write.log, *_REFUSED)
    if not notes:  # Who makes it on bare metal has reasons of its own.
        other = warned(write.log, 0.0)
        if other is None:
            return [plain]
        notes = snapshot.latest_notes(write.log, other.after.spec.reason or "")
    detail = sentence(f"{name} gets no load balancer: {said(notes[0])}")
    wrong = Trouble("not-ready", detail, proofs.events(notes), commands.describe(write))
    return [troubled(plain, wrong)]


def _selecting(snapshot: Snapshot, write: Write, pods: list[Write]) -> list[Holding]:
    """What keeps it from having endpoints: no Pod is ready, or none is meant to be."""
    selector, name = write.image.spec.selector, named(write.image)
    if any(is_ready(pod.image) for pod in pods) or (
        pods and write.image.spec.publish_not_ready_addresses
    ):
        return []
    if pods:
        held = (holding_of(snapshot, pod) for pod in pods)
        return [holding for holding in held if holding is not None]
    if _matching(snapshot, write, *MAKERS):
        return []  # It has none on purpose, or its own trace says why.
    labels = listing([f"{key}={value}" for key, value in sorted(selector.items())])
    waiting_for = f"Pods with {labels}, which {name} selects"
    plain = Holding(1, "client", "", when(write), waiting_for, about=write)
    if snapshot.now - when(write) < _SPARE:
        return [plain]
    nobody = f"no Pod has {labels}, and no workload of Kubernetes' own makes such Pods"
    detail = f"{name} has no endpoints: {nobody}."
    shown = (proofs.seen(write, f"spec.selector of {name} is {labels}"),)
    return [troubled(plain, Trouble("not-ready", detail, shown, commands.describe(write)))]


BEHAVIOURS = (Behaviour(kind=kinds.SERVICE, assess=assess, needs=("Pod", *MAKERS)),)

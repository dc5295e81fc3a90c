"""How a Service stands, and an Ingress that leads to some: whether somebody is behind, and serves.

A Service's endpoints are the ready Pods that its selector matches; those that are to go count as
ready no more. Whether somebody is behind it is
told from these: an EndpointSlice would say the same again, with each change of each Pod.
No field says that a controller has accepted an Ingress. An address shows that it has; without one
it is not known, as there are controllers that never write it.
Sources: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions,
https://kubernetes.io/docs/concepts/services-networking/service/ and
https://kubernetes.io/docs/concepts/services-networking/ingress/
"""

from collections.abc import Iterator
from typing import Any

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import Behaviour, holding_of
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.controllers.shared.refusals import perhaps_refused
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.known import MAKERS
from eventstream.explain.world.notes import quoted, said, warned
from eventstream.explain.world.pods import has_ended, is_ready
from eventstream.explain.world.text import count, listing, named, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.words import meaning
from eventstream.objects.network_kinds import IngressSpec, LoadBalanced, ServicePort, ServiceSpec
from eventstream.objects.pods import Condition, Container, PodSpec

_REFUSED = ("SyncLoadBalancerFailed", "UnAvailableLoadBalancer", "CreatingLoadBalancerFailed")
_SPARE = 60.0
"""Seconds after which a Service that selects no Pod is called wrong: its Pods may come later."""


def assess_service(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of a Service: done once a ready Pod is behind it, and it has what it asks for."""
    spec, name = write.image.spec, named(write.image)
    if not isinstance(spec, ServiceSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    selects = bool(spec.selector) and spec.type != "ExternalName"
    pods = _pods(snapshot, write) if selects else []
    known = bool(pods) or not snapshot.hides("Pod")
    held = _balancing(snapshot, write)
    if selects and known:
        held.extend(_selecting(snapshot, write, pods, balanced=not held))
    if held:
        return pending(held, (), snapshot, "")
    if spec.type == "ExternalName":
        return complete(write, f"{name} is another name for a host.")
    if not spec.selector:
        whose = "its endpoints, if it has any, are kept by somebody else"
        return complete(write, f"{name} selects no Pods: {whose}.")
    if not known:
        return unknown(write, f"{name} selects Pods, and Baton has not seen any Pod.")
    nameless = _nowhere(spec, pods)
    but = f", but {_lacking(nameless)}" if nameless else ""
    if pods and spec.publish_not_ready_addresses:
        what = count(len(pods), "Pod")
        return complete(write, f"{name} leads to {what}, ready or not, as it asks for{but}.")
    return complete(write, f"{name} {_serving(pods)}{but}.")


def _serving(pods: list[Write]) -> str:
    """What is behind a Service now."""
    ready = [pod for pod in pods if is_ready(pod.image)]
    staying = sum(pod.image.metadata.deletion_timestamp is None for pod in ready)
    if staying:
        return f"leads to {count(staying, 'ready Pod')}"
    if not pods:
        return "has no endpoints now: what it selects has no Pods"
    why = "its Pods that are ready are to go" if ready else "none of its Pods is ready"
    return f"has no ready endpoints now: {why}"


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
        refused = _unbalanced(status)
        if other is None and refused is not None:
            why = f"its condition {refused.type} is False: {refused.message}"
            detail = sentence(f"{name} has no load balancer, and {why}")
            shown = (proofs.says(write, refused),)
            return [troubled(plain, Trouble("not-ready", detail, shown, commands.describe(write)))]
        if other is None:
            return [perhaps_refused(snapshot, plain)]
        notes = snapshot.latest_notes(write.log, other.after.spec.reason or "")
    detail = sentence(f"{name} gets no load balancer: {said(notes[0])}")
    wrong = Trouble("not-ready", detail, proofs.events(notes), commands.describe(write))
    return [troubled(plain, wrong)]


def _unbalanced(status: Any) -> Condition | None:
    """The condition by which who makes load balancers says why there is none; Cilium writes one.

    Source: https://docs.cilium.io/en/stable/network/lb-ipam/ (IPAMRequestSatisfied). Of those of
    Kubernetes' own that end in Error, False is well; and what is on its way is not refused, as in
    Tailscale's reason ProxyPending.
    """
    for one in status.conditions if isinstance(status, LoadBalanced) else ():
        if one.type.endswith("Error") or meaning(one.reason or "") == "progressing":
            continue
        if one.status == "False" and one.message:
            return one
    return None


def _selecting(
    snapshot: Snapshot, write: Write, pods: list[Write], *, balanced: bool
) -> list[Holding]:
    """What keeps it from having endpoints: no Pod is ready, or none is meant to be.

    Who makes its Pods may wait for its load balancer, so that what lacks that is told along.
    """
    selector, name = write.image.spec.selector, named(write.image)
    if any(is_ready(pod.image) for pod in pods) or (
        pods and write.image.spec.publish_not_ready_addresses
    ):
        return _unled(snapshot, write, pods)
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
    also = "" if balanced else "; nor has it a load balancer yet"
    detail = f"{name} has no endpoints: {nobody}{also}."
    shown = (proofs.seen(write, f"spec.selector of {name} is {labels}"),)
    return [troubled(plain, Trouble("not-ready", detail, shown, commands.describe(write)))]


_HEADLESS = "None"
"""The clusterIP of a Service that has none: names lead to its Pods, whatever ports they have.

Source: https://kubernetes.io/docs/concepts/services-networking/service/#headless-services
"""


def _nowhere(spec: ServiceSpec, pods: list[Write]) -> list[ServicePort]:
    """The ports that call a container's port by a name which none of these Pods has for it.

    A Pod without the port is no endpoint of it. The protocol has to be the same, too; of init
    containers only sidecars count. A headless Service still gives the addresses of its Pods.
    Source (FindPort and getEndpointPorts):
    https://github.com/kubernetes/endpointslice/blob/master/utils.go
    """
    if not spec.publish_not_ready_addresses:
        pods = [pod for pod in pods if is_ready(pod.image)]
    if not pods or spec.cluster_ip == _HEADLESS:
        return []
    there = {
        (port.name, port.protocol)
        for pod in pods
        if isinstance(pod.image.spec, PodSpec)
        for container in (*pod.image.spec.containers, *_sidecars(pod.image.spec))
        for port in container.ports
    }
    by_name = [port for port in spec.ports if isinstance(port.target_port, str)]
    return [port for port in by_name if (port.target_port, port.protocol) not in there]


def _sidecars(spec: PodSpec) -> list[Container]:
    return [each for each in spec.init_containers if each.restart_policy == "Always"]


def _lacking(ports: list[ServicePort]) -> str:
    """That these ports lead nowhere, and why."""
    names = listing([f"{port.target_port} ({port.protocol})" for port in ports])
    return f"no container of its Pods has a port named {names}, which its targetPort asks for"


_SPARE_OF_PORTS = 5.0
"""Seconds for which a Service may be ahead of the Pods that have its port."""


def _unled(snapshot: Snapshot, write: Write, pods: list[Write]) -> list[Holding]:
    """That it leads nowhere, though Pods are there: none has a port that it asks for by name."""
    spec, name = write.image.spec, named(write.image)
    nowhere = _nowhere(spec, pods)
    if not nowhere or len(nowhere) < len(spec.ports):
        return []
    waiting_for = f"{name} to name a port that its Pods have"
    plain = Holding(1, "client", "", when(write), waiting_for, about=write)
    if snapshot.now - when(write) < _SPARE_OF_PORTS:
        return [plain]
    detail = f"{name} has no endpoints: {_lacking(nowhere)}."
    wanted = listing([f"{port.target_port} ({port.protocol})" for port in nowhere])
    shown = (proofs.seen(write, f"targetPort of {name} is {wanted}"),)
    return [troubled(plain, Trouble("spec-invalid", detail, shown, commands.describe(write)))]


_CLASS = "kubernetes.io/ingress.class"
"""The annotation that named the class before there was a field."""

_SPARE_OF_BACKENDS = 30.0
"""Seconds for which its Services may come later than it does: manifests have no order."""


def assess_ingress(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of an Ingress: done once it has an address, and its Services exist."""
    image, name = write.image, named(write.image)
    if not isinstance(image.spec, IngressSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    lost = [] if snapshot.hides("Service") else list(_lost(snapshot, write))
    if lost:
        return pending([_misled(snapshot, write, lost)], (), snapshot, "")
    addresses = _addresses(write)
    if addresses:
        return complete(write, f"{name} is served at {listing(addresses)}.")
    note = warned(write.log, 0.0)
    whose = image.spec.ingress_class_name or (image.metadata.annotations or {}).get(_CLASS)
    if note is not None:
        detail = sentence(f"{name} has no address; {quoted(note)}")
        wrong = Trouble("not-ready", detail, proofs.events([note]), commands.describe(write))
        waiting_for = f"{name} to be served"
        plain = Holding(1, "custom-controller", whose or "", when(write), waiting_for, about=write)
        return pending([troubled(plain, wrong)], (), snapshot, "")
    if whose:
        return unknown(write, f"{name} has no address from its class {whose}; some give none.")
    no_class = "names no class, so that each controller decides for itself whether to serve it"
    return unknown(write, f"{name} {no_class}; it has no address.")


def _addresses(write: Write) -> list[str]:
    status = write.image.status
    balancer = status.load_balancer if isinstance(status, LoadBalanced) else None
    return [at.ip or at.hostname for at in (balancer.ingress if balancer else ())]


def _lost(snapshot: Snapshot, write: Write) -> Iterator[str]:
    """The Services that it leads to and that do not exist."""
    spec = write.image.spec
    backends = [path.backend for rule in spec.rules if rule.http for path in rule.http.paths]
    if spec.default_backend is not None:
        backends.append(spec.default_backend)
    services = [each.service for each in backends if each.service is not None]
    names = {each.name for each in services if each.port.name != _BY_ANNOTATION}
    for name in sorted(names):
        found = snapshot.by_name("Service", write.image.metadata.namespace, name)
        if found is None or found.gone:
            yield name


_BY_ANNOTATION = "use-annotation"
"""The port by which a backend is an action that an annotation of the Ingress describes.

Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/
annotations/#actions
"""


def _misled(snapshot: Snapshot, write: Write, lost: list[str]) -> Holding:
    name = named(write.image)
    services = f"Service{'s' if len(lost) > 1 else ''} {listing(lost)}"
    since = _apart(snapshot, write, lost)
    waiting_for = f"{services}, which {name} leads to, to be created"
    plain = Holding(1, "client", "", since, waiting_for, about=write)
    if snapshot.now - since < _SPARE_OF_BACKENDS:
        return plain
    verb = "does" if len(lost) == 1 else "do"
    detail = f"{name} leads to {services}, which {verb} not exist."
    shown = (proofs.seen(write, f"spec of {name} names {listing(lost)}"),)
    return troubled(plain, Trouble("spec-invalid", detail, shown, commands.describe(write)))


def _apart(snapshot: Snapshot, write: Write, lost: list[str]) -> float:
    """Since when it leads to nothing: its own change, or the end of the first of its Services."""
    namespace = write.image.metadata.namespace
    ends = (snapshot.by_name("Service", namespace, name) for name in lost)
    gone = min((when(end) for end in ends if end is not None), default=0.0)
    return max(when(write), gone)


BEHAVIOURS = (
    Behaviour(kind=kinds.SERVICE, assess=assess_service, needs=("Pod", *MAKERS)),
    Behaviour(kind=kinds.INGRESS, assess=assess_ingress, needs=("Service",)),
)

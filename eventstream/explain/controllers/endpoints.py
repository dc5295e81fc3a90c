"""How a Service stands: whether Pods are behind it, and whether its load balancer is there.

Its endpoints are the ready Pods that its selector matches, and are told from these: an
EndpointSlice would say the same again, with each change of each Pod.
Source: https://kubernetes.io/docs/concepts/services-networking/service/.
"""

from eventstream.explain.controllers.registry import Behaviour, holding_of
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.tellings import latest, warned
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.known import MAKERS
from eventstream.explain.world.notes import said
from eventstream.explain.world.pods import has_ended, is_ready
from eventstream.explain.world.text import count, listing, named, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.network_kinds import LoadBalanced, ServiceSpec

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
    if pods and not ready:
        what = count(len(pods), "Pod")
        return complete(write, f"{name} leads to {what}, ready or not, as it asks for.")
    if not ready:
        return complete(write, f"{name} has no endpoints now: what it selects has no Pods.")
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
    notes = latest(snapshot, write.log, *_REFUSED)
    if not notes:  # Who makes it on bare metal has reasons of its own.
        other = warned(write.log, 0.0)
        if other is None:
            return [plain]
        notes = latest(snapshot, write.log, other.after.spec.reason or "")
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

"""How an Ingress stands: whether its Services exist, and whether somebody serves it.

No field says that a controller has accepted one. An address shows that it has; without one it is
not known, as there are controllers that never write it.
Source: https://kubernetes.io/docs/concepts/services-networking/ingress/
"""

from collections.abc import Iterator

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared.conventions import complete, unknown
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.notes import quoted, warned
from eventstream.explain.world.text import listing, named, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.network_kinds import IngressSpec, LoadBalanced

_CLASS = "kubernetes.io/ingress.class"
"""The annotation that named the class before there was a field."""

_SPARE = 30.0
"""Seconds for which its Services may come later than it does: manifests have no order."""


def assess(snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """The outlook of an Ingress: done once it has an address, and its Services exist."""
    image, name = write.image, named(write.image)
    if not isinstance(image.spec, IngressSpec):
        return unknown(write, f"{name} is not as the API documents it; see its flags.")
    lost = [] if not snapshot.world.places.knows("Service") else list(_lost(snapshot, write))
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
    no_class = "names no class, so that only a controller whose class is the default serves it"
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
    names = {backend.service.name for backend in backends if backend.service}
    for name in sorted(names):
        found = snapshot.by_name("Service", write.image.metadata.namespace, name)
        if found is None or found.gone:
            yield name


def _misled(snapshot: Snapshot, write: Write, lost: list[str]) -> Holding:
    name = named(write.image)
    services = f"Service{'s' if len(lost) > 1 else ''} {listing(lost)}"
    since = _apart(snapshot, write, lost)
    waiting_for = f"{services}, which {name} leads to, to be created"
    plain = Holding(1, "client", "", since, waiting_for, about=write)
    if snapshot.now - since < _SPARE:
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


BEHAVIOURS = (Behaviour(kind=kinds.INGRESS, assess=assess, needs=("Service",)),)

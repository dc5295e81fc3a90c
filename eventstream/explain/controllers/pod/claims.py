"""A Pod that cannot be placed for its volume claims: which claims, and what is said of them.

Sources: pkg/scheduler/framework/plugins/volumebinding (the messages);
pkg/controller/volume/persistentvolume (Events ProvisioningFailed, FailedBinding, …).
"""

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.text import listing, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, PodSpec

_NOT_FOUND = expression(r'persistentvolumeclaim "([^"]+)" not found')
_ABOUT_CLAIMS = expression(
    r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" not found"
    r"|plugin \"VolumeBinding\"",
    ignore_case=True,
)
_UNBOUND = "unbound immediate PersistentVolumeClaims"
"""Says of the claims only that they are not bound, which is said already."""

_PROVISIONING = ("ProvisioningFailed", "ExternalProvisioning", "Provisioning")
_TELLING = ("ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "Provisioning")
"""Events of a claim that say why it is not bound, what failed first.

Those that wait for the first consumer are none: the Pod that asks is that consumer.
"""


def concerns(message: str) -> bool:
    """Whether the scheduler's message says that the Pod's claims are what it waits for.

    That no volume fits which a node can reach is the scheduler's own finding, one reason of many.
    """
    return _ABOUT_CLAIMS.search(message) is not None


def provisioned(snapshot: Snapshot, write: Write) -> Write | None:
    """A claim of the Pod for which a volume is being made: the scheduler waits for that to bind.

    Source: pkg/scheduler/framework/plugins/volumebinding/binder.go, BindPodVolumes.
    """
    for claim in _unbound(snapshot, write):
        if snapshot.notes(claim.log, *_PROVISIONING):
            return claim
    return None


def pending_claims(snapshot: Snapshot, write: Write, found: Condition | None = None) -> Trouble:
    """Which claims the Pod waits for, and why, as far as Events about them tell."""
    pod, message = write.image.metadata, (found.message if found is not None else "") or ""
    said = (proofs.says(write, found),) if found is not None else ()
    missing = _NOT_FOUND.search(message)
    if missing is not None:
        claim = f"PersistentVolumeClaim {missing[1]}"
        detail = f"Pod {pod.name} waits for {claim}, which does not exist."
        return Trouble("volume-pending", detail, said, commands.describe(write), holder="client")
    unbound = _unbound(snapshot, write)
    if not unbound:
        told = "" if _UNBOUND in message else f": {message}"
        what = "its volume claims, which are not bound yet"
        detail = sentence(f"Pod {pod.name} waits for {what}{told}")
        return Trouble("volume-pending", detail, said, commands.describe(write))
    first = next((claim for claim in unbound if _notes(snapshot, claim)), unbound[0])
    notes = _notes(snapshot, first)
    names = listing([claim.image.metadata.name for claim in unbound])
    many = len(unbound) > 1
    what = f"PersistentVolumeClaim{'s' if many else ''} {names}"
    last = notes[0].after.spec if notes else None
    why = f": {said_by(last.message, last.reason)}" if last is not None and last.message else ""
    verb = "are" if many else "is"
    detail = sentence(f"Pod {pod.name} waits for {what}, which {verb} not bound yet{why}")
    shown = proofs.status(first, f"{what} {verb} {_phase(first) or 'without a phase'}")
    evidence = (*said, shown, *proofs.events(notes))
    by = last.component if last is not None and last.reason == "ProvisioningFailed" else ""
    holder = "custom-controller" if by not in ("", "persistentvolume-controller") else ""
    return Trouble("volume-pending", detail, evidence, commands.describe(first), holder=holder)


def _notes(snapshot: Snapshot, claim: Write) -> list[Change]:
    """The newest of each telling reason, what failed first."""
    every = (snapshot.notes(claim.log, reason) for reason in _TELLING)
    return [told[0] for told in every if told]


def failed(snapshot: Snapshot, claim: Write) -> bool:
    """Whether the making of the claim's volume was reported as failed: it is tried again since."""
    return bool(snapshot.notes(claim.log, "ProvisioningFailed"))


def _unbound(snapshot: Snapshot, write: Write) -> list[Write]:
    return [claim for claim in _claims(snapshot, write) if _phase(claim) != "Bound"]


def _claims(snapshot: Snapshot, write: Write) -> list[Write]:
    spec = write.image.spec
    volumes = spec.volumes if isinstance(spec, PodSpec) else ()
    names = [v.persistent_volume_claim.claim_name for v in volumes if v.persistent_volume_claim]
    namespace = write.image.metadata.namespace
    found = [snapshot.by_name("PersistentVolumeClaim", namespace, name) for name in names]
    return [claim for claim in found if claim is not None and not claim.gone]


def _phase(claim: Write) -> str:
    return str(getattr(claim.image.status, "phase", "") or "")

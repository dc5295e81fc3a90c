"""Why an image cannot be had: it does not exist, the registry denies it, or the pull fails.

Source: pkg/kubelet/images/types.go (the reasons) and image_manager.go (the messages).
"""

from eventstream.explain.controllers.pod.containers import declared, role_of
from eventstream.explain.controllers.pod.pulls import Failure, failure, image_named, is_telling
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import listing
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus

REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Reasons of a waiting container that are about its image."""

_SECRETS = "FailedToRetrieveImagePullSecret"
_LISTED = expression(r"image pull secrets \(([^)]+)\)")

_BY_KIND = {
    "missing": ("image-not-found", "the registry has no such image", False),
    "denied": ("image-pull-denied", "the registry denies it", True),
    "rate": ("image-pull-failed", "the registry's rate limit is reached", True),
    "certificate": (
        "image-pull-failed",
        "the node does not accept the registry's certificate, or its plain HTTP",
        True,
    ),
    "platform": ("image-pull-failed", "it is not there for the node's platform", True),
    "space": ("image-pull-failed", "the node's disk is full", True),
    "ambiguous": (
        "image-not-found",
        "the name has no registry, and the node cannot tell which one is meant",
        True,
    ),
    "invalid": ("image-not-found", "that is no image name", True),
    "signature": ("image-pull-failed", "its signature is not accepted", True),
    "cut": ("image-pull-failed", "the connection to the registry was cut", True),
    "slow": ("image-pull-failed", "the pull did not end in time", True),
    "network": ("image-pull-failed", "the node does not reach the registry", True),
    "unavailable": ("image-pull-failed", "the registry fails or is unavailable", True),
}
"""The code of each kind of failure, what it means, and whether the registry's reason is quoted."""


_BY_REASON = {"RegistryUnavailable": "unavailable", "SignatureValidationFailed": "signature"}
"""Reasons of the kubelet that say by themselves what kind of failure it is."""


def image(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    """What is wrong with the image of a container that waits for one of `REASONS`."""
    waiting = status.state.waiting
    reason, message = (waiting.reason, waiting.message or "") if waiting else ("", "")
    found = declared(write, status.name)
    ref = image_named(message) or (found.image if found is not None else "") or f"of {status.name}"
    every = [note for note in snapshot.notes(write.log, "Failed") if _about(note, status.name, ref)]
    notes = [note for note in every if is_telling(note.after.spec.message or "")]
    if not is_telling(message):
        message = (notes[0].after.spec.message or "") if notes else ""
    evidence = (proofs.reports(write, status), *proofs.events(notes[:1] or every))
    code, detail = _judged(write, reason, message, ref, _whose(write, status.name))
    if code == "image-pull-denied":
        lacking = snapshot.notes(write.log, _SECRETS)[:1]
        evidence = (*evidence, *proofs.events(lacking))
        detail = f"{detail}{_secrets(lacking)}"
    return Trouble(code, f"{detail}.", evidence, commands.describe(write))


def _whose(write: Write, container: str) -> str:
    """Which container of the Pod an image is for, where it is none of the ordinary ones."""
    role = role_of(write, container)
    return "" if role == "Container" else f" of {role[0].lower()}{role[1:]} {container}"


def _judged(write: Write, reason: str, message: str, ref: str, whose: str) -> tuple[str, str]:
    """The code, and the sentence without its full stop."""
    pod = write.image.metadata.name
    why = failure(message, ref) if message else Failure("", "")
    if reason == "InvalidImageName":
        said = f": {why.said}" if why.said else ""
        return "image-not-found", f"Pod {pod} asks for {ref}{whose}, which is no image name{said}"
    if reason == "ErrImageNeverPull":
        where = f"node {node_of(write.image)} has it not, and its pull policy is Never"
        return "image-not-found", f"Pod {pod} needs image {ref}{whose}: {where}"
    text = f"Pod {pod} cannot get image {ref}{whose}"
    kind = why.kind or _BY_REASON.get(reason, "")
    code, means, quoted = _BY_KIND.get(kind, ("image-pull-failed", "", True))
    doubt = " (or it does not exist)" if why.doubtful else ""
    said = why.said if quoted else ""
    told = ": ".join(part for part in (means + doubt, said) if part)
    return code, f"{text}{f': {told}' if told else ''} ({reason})"


def _secrets(lacking: list[Change]) -> str:
    """Which image pull secrets the kubelet could not have, as its Event says."""
    found = _LISTED.search(lacking[0].after.spec.message or "") if lacking else None
    if found is None:
        return ""
    names = listing([name.strip() for name in found[1].split(",")])
    return f"; the kubelet could not retrieve its image pull secret {names}"


def _about(note: Change, container: str, ref: str) -> bool:
    """Whether an Event is about this container's image: others of the Pod may fail too."""
    path: str = note.after.spec.involved_object.field_path
    if path:
        return path.endswith(f"{{{container}}}")
    message: str = note.after.spec.message or ""
    return ref in message

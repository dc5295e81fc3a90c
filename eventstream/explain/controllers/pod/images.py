"""Why an image cannot be had: it does not exist, the registry denies it, or the pull fails.

Source: pkg/kubelet/images/types.go (the reasons) and image_manager.go (the messages).
"""

from functools import lru_cache

from eventstream.explain.controllers.pod.containers import declared
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.world.pods import node_of
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

_MISSING = expression(
    r"not found|does not exist|manifest unknown|NotFound|no such image", ignore_case=True
)
_DENIED = expression(r"denied|unauthorized|authentication|forbidden|\b40[13]\b", ignore_case=True)


@lru_cache
def _says_missing(text: str) -> bool:
    """Remembered, as each judgement of a Pod that waits asks the same."""
    return _MISSING.search(text) is not None


@lru_cache
def _says_denied(text: str) -> bool:
    return _DENIED.search(text) is not None


def image(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    """What is wrong with the image of a container that waits for one of `REASONS`."""
    found = declared(write, status.name)
    ref = found.image if found is not None and found.image else f"of {status.name}"
    notes = [note for note in snapshot.notes(write.log, "Failed") if _about(note, status.name, ref)]
    evidence = (proofs.reports(write, status), *proofs.events(notes))
    code, detail = _judged(write, status, ref, notes)
    return Trouble(code, detail, evidence, commands.describe(write))


def _judged(
    write: Write, status: ContainerStatus, ref: str, notes: list[Change]
) -> tuple[str, str]:
    pod, reason = (
        write.image.metadata.name,
        status.state.waiting.reason if status.state.waiting else "",
    )
    if reason == "InvalidImageName":
        return "image-not-found", f"Pod {pod} asks for {ref}, which is no image name."
    if reason == "ErrImageNeverPull":
        where = f"node {node_of(write.image)} has it not, and may not pull it"
        return "image-not-found", f"Pod {pod} needs image {ref}: {where}."
    message = (status.state.waiting.message if status.state.waiting else "") or ""
    said = [message, *(note.after.spec.message or "" for note in notes)]
    text = f"Pod {pod} cannot get image {ref}"
    missing = any(map(_says_missing, said))
    if any(map(_says_denied, said)):
        doubt = " (or it does not exist)" if missing else ""
        return "image-pull-denied", f"{text}: the registry denies it{doubt} ({reason})."
    if missing:
        return "image-not-found", f"{text}: the registry has no such image ({reason})."
    return "image-pull-failed", f"{text} ({reason})."


def _about(note: Change, container: str, ref: str) -> bool:
    """Whether an Event is about this container's image: others of the Pod may fail too."""
    path: str = note.after.spec.involved_object.field_path
    if path:
        return path.endswith(f"{{{container}}}")
    message: str = note.after.spec.message or ""
    return ref in message

"""ControllerRevisions: which one an owner is brought to, and which old ones it keeps."""

from eventstream.explain.deletions.deciding import Housekeeper, either
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.registry import maker_of, title
from eventstream.explain.world.text import count
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

HASH = "controller-revision-hash"
"""The label by which a Pod, or a ControllerRevision, says which revision it is of."""


def newest_revision(view: View, parent: Write) -> Image | None:
    """The ControllerRevision that the owner is being brought to."""
    found = [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order))
        and latest.image.kind == "ControllerRevision"
        and not latest.gone
    ]
    return max(found, key=lambda image: getattr(image.spec, "revision", 0), default=None)


def old_revision(view: View, parent: Write) -> Housekeeper | None:
    """Revisions that nothing runs any more are kept up to a limit; the oldest beyond it go.

    Source: pkg/controller/statefulset/stateful_set_control.go, truncateHistory;
    pkg/controller/daemon/update.go, cleanupHistory (which also deletes duplicates).
    """
    kind, name = parent.image.kind, parent.image.metadata.name
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    present = sorted(present_children(view, parent, "ControllerRevision"), key=_number)
    used = _used(view, parent)
    history = [
        image
        for image in present
        if image.metadata.name not in used
        and (image.metadata.labels or {}).get(HASH, image.metadata.name) not in used
    ]
    if kind == "DaemonSet" and present and present[-1] in history:
        history.remove(present[-1])
    surplus = len(history) - limit if isinstance(limit, int) else 0
    maker = maker_of(view.write.image, parent.image)
    actor = maker.actor if maker is not None else "unknown"
    if view.write.image.uid in {image.uid for image in history[: max(surplus, 0)]}:
        why = (
            f"It keeps {count(limit or 0, 'old revision')} of {kind} {name} "
            f"(revisionHistoryLimit), and there were {len(history)}."
        )
        return Housekeeper(actor, why, sources.HISTORY, parent)
    if isinstance(limit, int) and kind == "StatefulSet":
        return None
    return either(
        f"the {title(actor)}, which keeps a limited number of revisions of {name}.",
        sources.HISTORY,
    )


def _used(view: View, parent: Write) -> set[str]:
    """Names or hashes of the revisions that the owner is at, or that a Pod of it is of."""
    status = parent.image.status
    used = {getattr(status, "current_revision", ""), getattr(status, "update_revision", "")}
    for pod in present_children(view, parent, "Pod"):
        used.add((pod.metadata.labels or {}).get(HASH, ""))
    return used - {""}


def _number(image: Image) -> int:
    return int(getattr(image.spec, "revision", 0))


def present_children(view: View, parent: Write, kind: str) -> list[Image]:
    """The owner's children of one kind that existed just before this write."""
    return [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order)) and latest.image.kind == kind and not latest.gone
    ]

"""Old revisions that controllers delete: empty ReplicaSets and ControllerRevisions."""

from eventstream.explain.deletions.keepers import Housekeeper, either
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.text import count
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_HASH = "controller-revision-hash"


def old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets; the oldest empty ones go.

    It does so once a rollout is complete, or paused.
    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    if limit is None or not _empty(image) or not _at_rest(parent.image):
        return None
    present = _present(view, parent, "ReplicaSet")
    newest = max((_revision_of(found) for found in present), default=0)
    old = sorted(r for found in present if (r := _revision_of(found)) < newest)
    surplus = len(old) - limit
    if surplus <= 0 or _revision_of(image) not in old[:surplus]:
        return None
    name = parent.image.metadata.name
    why = (
        f"It keeps {count(limit, 'old ReplicaSet')} of Deployment {name} (revisionHistoryLimit), "
        f"and there were {len(old)}."
    )
    return Housekeeper("deployment-controller", why, sources.DEPLOYMENT_SYNC, parent)


def _at_rest(image: Image) -> bool:
    """Whether a Deployment is complete, as deployment_util.go has it, or paused."""
    spec, status = image.spec, image.status
    desired = getattr(spec, "replicas", None)
    counts = ("updated_replicas", "replicas", "available_replicas")
    whole = all(getattr(status, name, None) == desired for name in counts)
    seen = getattr(status, "observed_generation", 0) >= (image.metadata.generation or 0)
    return (whole and seen) or bool(getattr(spec, "paused", False))


def _empty(image: Image) -> bool:
    desired, existing = getattr(image.spec, "replicas", 1), getattr(image.status, "replicas", 1)
    return desired == 0 and existing == 0


def _revision_of(image: Image) -> int:
    text = (image.metadata.annotations or {}).get("deployment.kubernetes.io/revision", "")
    return int(text) if text.isdigit() else 0


def old_revision(view: View, parent: Write) -> Housekeeper | None:
    """Revisions that nothing runs any more are kept up to a limit; the oldest beyond it go.

    Source: pkg/controller/statefulset/stateful_set_control.go, truncateHistory;
    pkg/controller/daemon/update.go, cleanupHistory (which also deletes duplicates).
    """
    kind, name = parent.image.kind, parent.image.metadata.name
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    present = sorted(_present(view, parent, "ControllerRevision"), key=_number)
    used = _used(view, parent)
    history = [
        image
        for image in present
        if image.metadata.name not in used
        and (image.metadata.labels or {}).get(_HASH, image.metadata.name) not in used
    ]
    if kind == "DaemonSet" and present and present[-1] in history:
        history.remove(present[-1])
    surplus = len(history) - limit if isinstance(limit, int) else 0
    actor = "statefulset-controller" if kind == "StatefulSet" else "daemonset-controller"
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
    for pod in _present(view, parent, "Pod"):
        used.add((pod.metadata.labels or {}).get(_HASH, ""))
    return used - {""}


def _number(image: Image) -> int:
    return int(getattr(image.spec, "revision", 0))


def _present(view: View, parent: Write, kind: str) -> list[Image]:
    """The owner's children of one kind that existed just before this write."""
    return [
        latest.image
        for child in view.children(parent.log.uid)
        if (latest := child.at(view.order)) and latest.image.kind == kind and not latest.gone
    ]

"""Old ReplicaSets of a Deployment: which of the empty ones are kept."""

from eventstream.explain.controllers.shared.revisions import present_children
from eventstream.explain.deletions.deciding import Housekeeper
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.text import count
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.numbers import whole


def old_replicaset(view: View, parent: Write) -> Housekeeper | None:
    """A Deployment keeps revisionHistoryLimit old ReplicaSets; the oldest empty ones go.

    It does so once a rollout is complete, or paused.
    Source: pkg/controller/deployment/sync.go, cleanupDeployment.
    """
    image = view.write.image
    limit = getattr(parent.image.spec, "revision_history_limit", None)
    if limit is None or not _empty(image) or not _at_rest(parent.image):
        return None
    present = present_children(view, parent, "ReplicaSet")
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
    return whole(text) or 0

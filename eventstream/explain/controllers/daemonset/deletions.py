"""Pods that a DaemonSet replaces: those of an older revision, failed ones, those on unfit nodes."""

from eventstream.explain.controllers.shared.revisions import HASH, newest_revision
from eventstream.explain.deletions.deciding import Housekeeper, either, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write


def old_pod(view: View, parent: Write) -> Housekeeper | None:
    """A DaemonSet replaces Pods of an older revision, failed ones, and those on unfit nodes.

    Source: pkg/controller/daemon/update.go, rollingUpdate; daemon_controller.go, manage.
    """
    image = view.write.image
    name = parent.image.metadata.name
    newest = newest_revision(view, parent)
    wanted = (newest.metadata.labels or {}).get(HASH, "") if newest is not None else ""
    revision = (image.metadata.labels or {}).get(HASH, "")
    strategy = getattr(getattr(parent.image.spec, "update_strategy", None), "type", "")
    if wanted and revision and revision != wanted and strategy != "OnDelete":
        why = f"The Pod is of revision {revision}; DaemonSet {name} is being updated to {wanted}."
        return Housekeeper("daemonset-controller", why, sources.DAEMONSET_SYNC, parent)
    if would_say(view, parent.log.uid):
        return None  # It tells of each Pod that it deletes, and told nothing of this one.
    reason = (
        f"the DaemonSet controller, which replaces Pods of {name} and takes them off unfit nodes."
    )
    return either(reason, sources.DAEMONSET_SYNC)

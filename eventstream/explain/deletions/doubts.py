"""Who else than a client can have deleted an object, where nothing in the object says who did."""

from collections.abc import Callable

from eventstream.explain.attribution.customs import custom_keeper, custom_owner
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.deletions.removals import is_mirror
from eventstream.explain.world.pods import has_ended, node_of
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in


def doubt(view: View) -> str:
    """Who else may have deleted it, in words; empty where only a client can have."""
    return next((said for rule in _DOUBTS if (said := rule(view))), "")


def _unseen_owner(view: View) -> str:
    owners = view.write.image.metadata.owner_references
    if any(not view.log(owner.uid).seen for owner in owners):
        return "A client, or the garbage collector: its owner was not seen, so it cannot be told."
    if any(view.missed(owner.uid) for owner in owners):
        return "A client, or a controller: what became of its owner then fell into a gap."
    return ""


def _by_its_kind(view: View) -> str:
    image = view.write.image
    if is_mirror(image) and not image.metadata.deletion_grace_period_seconds:
        return "A client, or its kubelet: the Pod mirrors one that the node runs from a file."
    if image.kind == "Pod" and _of_a_gone_node(view):
        return "A client, or the Pod garbage collector, since the node of the Pod is gone."
    if image.kind == "Node" and _in_a_cloud(image):
        return "A client, or the cloud controller manager, which deletes nodes whose machine went."
    return ""


def _custom(view: View) -> str:
    keeper = custom_keeper(view)
    return f"A client, or {keeper}." if keeper else ""


def _hidden(view: View) -> str:
    """Who else may have deleted it, for a reader who is not shown namespaces or types."""
    image = view.write.image
    custom = not is_built_in(image.api_version)
    if custom and not view.is_shown("CustomResourceDefinition"):
        return "A client, or the API server: whether its type is being deleted is not shown."
    if may_be_emptied(view):
        return (
            "A client, or the namespace controller: whether its namespace is being deleted is "
            "not shown."
        )
    return ""


def may_be_emptied(view: View) -> bool:
    """Whether the object's namespace may be being deleted, as a reader cannot see who may not."""
    spaced = bool(view.write.image.metadata.namespace)
    return spaced and not view.is_shown("Namespace") and not view.namespace_lived()


def _of_a_gone_node(view: View) -> bool:
    """Whether a Pod that had ended already was left on a node that is gone.

    The Pod garbage collector marks others failed first, with a condition that names it.
    """
    node = node_of(view.write.image)
    host = view.by_name("Node", None, node) if node else None
    ended = has_ended(view.write.before or view.write.image)
    return ended and host is not None and host.gone


def _in_a_cloud(image: Image) -> bool:
    """Whether a cloud controller manager looks after the Node; its name is only a hint."""
    return any("cloud-controller" in entry.manager for entry in image.metadata.managed_fields)


_DOUBTS: tuple[Callable[[View], str], ...] = (_unseen_owner, _by_its_kind, _custom, _hidden)


def cleaner(view: View) -> str:
    """Who else cleans up in a namespace that goes: whose finalizer still holds a custom resource.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    """
    owner = custom_owner(view.write.image)
    latest = view.latest(owner.uid) if owner is not None else None
    if latest is None:
        return custom_keeper(view)
    metadata = latest.image.metadata
    busy = metadata.deletion_timestamp and not latest.gone
    return custom_keeper(view) if busy and set(metadata.finalizers) - PROPAGATION else ""


def collects(owner: Write) -> bool:
    """Gone, or waiting in foreground mode for exactly this."""
    return owner.gone or "foregroundDeletion" in owner.image.metadata.finalizers

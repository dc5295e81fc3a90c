"""Objects that name no owner, and yet belong to a custom resource that they are called after.

An operator need not set ownerReferences; then only names, times and its other work tie the two.
"""

from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.claims import BUILT_IN
from eventstream.explain.world.marks import mark_of
from eventstream.explain.world.text import named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.managed_fields import paths


def served_by(view: View, manager: str) -> Write | None:
    """The custom resource that an object without an owner was made for, as far as that shows.

    The writer looks after resources of that kind, and does not set what they ask for; the object
    is called after one, and was written right after that had changed, or was made so before.
    Source: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/
    """
    if not is_built_in(view.write.image.api_version) or view.write.image.metadata.owner_references:
        return None
    if not view.is_controller(manager):
        return None
    made = any(
        write.decision.verdict is not None
        and (write.decision.verdict.rule, write.decision.verdict.actor_name)
        == ("custom-create", manager)
        for write in view.backwards(view.write.log.uid)
    )
    for site in namesakes(view):
        if site.gone or not view.is_controller(manager, site.image.kind):
            continue
        if any_of(owned(site.image, manager), "spec"):
            continue
        if made or answers(view, site):
            return site
    return None


def answers(view: View, site: Write) -> bool:
    """Whether this write came right after the custom resource had changed."""
    since = asked(view, site)
    return not since.base and abs(view.write.change.at - since.change.at) <= _ANSWERS


_ANSWERS = 10.0
"""Seconds within which operators that look around now and then are taken to have answered."""


def namesakes(view: View) -> list[Write]:
    """The custom resources that the object may be called after: `shop` for `shop-web-1`."""
    metadata = view.write.image.metadata
    parts = metadata.name.split("-")
    least = max(len(parts) - _MOST_PARTS, 0)
    names = ["-".join(parts[:end]) for end in range(len(parts), least, -1)]
    return [site for name in names for site in view.custom_resources(metadata.namespace, name)]


_MOST_PARTS = 6


def asked(view: View, site: Write) -> Write:
    """The write by which a custom resource last asked for something: its spec, or its deletion."""
    if site.image.metadata.deletion_timestamp:
        return mark_of(view, site)
    return view.last_spec_change(site.log.uid) or site


def called_after(site: Write, manager: str) -> Evidence:
    """What ties the object to the custom resource, in place of a reference."""
    said = f"{manager} looks after {site.image.kind} objects, and this one is called after "
    return Evidence("inferred", "sequence", f"{said}{named(site.image)}, which had changed", "who")


def owned(image: Image, manager: str) -> set[str]:
    """The paths of all fields that this manager set."""
    entries = (entry for entry in image.metadata.managed_fields if entry.manager == manager)
    return {path for entry in entries for path in paths(entry.fields)}


def authors(image: Image) -> set[str]:
    """The managers that set something of an object beside its status; Kubernetes' own aside."""
    entries = image.metadata.managed_fields
    return {entry.manager for entry in entries if not entry.subresource} - BUILT_IN


def any_of(fields: set[str], prefix: str) -> bool:
    """Whether one of these paths lies below a prefix."""
    return any(path.startswith(prefix) for path in fields)

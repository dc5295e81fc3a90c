"""Whose an object is, and what it is called."""

from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image


def owner_of(image: Image) -> str:
    """The uid of the object's controller; without one, of its first owner; else empty."""
    metadata = image.metadata
    references = metadata.owner_references
    if not references:
        return ""
    return (references[0] if len(references) == 1 else metadata.controller or references[0]).uid


def is_controlled(image: Image) -> bool:
    """Whether its owner counts it among its own: references without `controller` do not.

    A deployer's Pod is none of the replicas of the ReplicationController that it works for.
    Source: pkg/controller/controller_ref_manager.go, ClaimObject.
    """
    return image.metadata.controller is not None


def changed_hands(write: Write) -> bool:
    """Whether the object was adopted or released: it has another controller than before."""
    before = write.before
    if before is None or write.gone:
        return False
    old, new = before.metadata.owner_references, write.image.metadata.owner_references
    if old is new:  # As nearly always: equal references of many objects are one.
        return False
    return old != new and owner_of(before) != owner_of(write.image)


def reference(image: Image) -> ObjectRef:
    """The contract's naming of an object."""
    metadata = image.metadata
    return ObjectRef(
        image.api_version, image.kind, metadata.namespace or None, metadata.name, image.uid
    )

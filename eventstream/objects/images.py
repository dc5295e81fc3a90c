"""Narrow images of Kubernetes objects: all that Baton ever keeps of one.

The structs are the allowlist: a field that no struct names is not kept, so it can neither leak
nor cost memory. What was left out is remembered as a keyed digest, so that a change there still
shows, as "changed, value hidden". Encoding an image gives Kubernetes JSON again, which decodes
to the same image: a recording made of images replays as the live stream did.
"""

from typing import Any

import msgspec

DIGEST = "x-baton-digest"
"""JSON key of the digest of a part that is not kept whole."""


class OwnerReference(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The owner of an object. https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/"""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class FieldsEntry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One managedFields entry: who last set which fields, and when (whole seconds).

    `fields` holds the paths (`f:spec.f:replicas`) as one interned string set shared by all
    objects with the same fields. https://kubernetes.io/docs/reference/using-api/server-side-apply/
    """

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str = ""
    api_version: str = ""
    fields: str = msgspec.field(name="fieldsV1", default="")


class Metadata(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Object metadata; annotations keep every key, and values only where they are allowed."""

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    generation: int | None = None
    generate_name: str = ""
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    managed_fields: tuple[FieldsEntry, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The owner with `controller: true`, if any."""
        for owner in self.owner_references:
            if owner.controller:
                return owner
        return None


class Image(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One version of one object, narrowed and redacted.

    `spec` and `status` are kind-specific structs (see `eventstream.objects.kinds`) or, for kinds
    without one, plain redacted JSON values. `flags` says what about the object was not as the
    API documents it (`loose: spec.replicas is a string`), and is empty for a sound object.
    """

    api_version: str
    kind: str
    metadata: Metadata
    spec: Any = None
    status: Any = None
    flags: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """The object's uid; empty only for an object that came without one (flagged)."""
        return self.metadata.uid

    @property
    def version(self) -> str:
        """Its resourceVersion, as the server gave it."""
        return self.metadata.resource_version

"""Narrow images of Kubernetes objects: all that Baton ever keeps of one.

The structs are the allowlist: a field that no struct names is not kept, so it can neither leak
nor cost memory. What was left out is remembered as a keyed digest, so that a change there still
shows, as "changed, value hidden". Encoding an image gives Kubernetes JSON again, which decodes
to the same image: a recording made of images replays as the live stream did.
"""

from typing import Any

import msgspec

from eventstream.objects.health.records import Health
from eventstream.objects.numbers import Int64

NO_FIELDS = msgspec.Raw(b"{}")
"""The fieldsV1 of an entry that came without any."""


class OwnerReference(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """An owner, as the API documents it under "Owners and Dependents"."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class FieldsEntry(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """One managedFields entry: who last set which fields, and when (whole seconds).

    `fields` is the fieldsV1 JSON without the values inside its keys (uids, addresses, names), so
    that objects with the same fields share one text and no value leaks through a key.
    Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str | None = None
    api_version: str = ""
    fields: msgspec.Raw = msgspec.field(name="fieldsV1", default=NO_FIELDS)


class Metadata(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Object metadata; annotations keep every key, and values only where they are allowed."""

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    generation: Int64 | None = None
    generate_name: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: Int64 | None = None
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


class Image(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """One version of one object, narrowed and redacted.

    `spec` and `status` are kind-specific structs (see `eventstream.objects.kinds`) or, for kinds
    without one and for objects that do not fit theirs, plain redacted JSON values. A kind whose
    content stands at the top level (Event, ControllerRevision) has it in `spec`. `other` has the
    further fields of a custom resource, each hidden as a whole, and `health` how that one stands by
    its own word. `flags` says what about the object
    was not as the API documents it, and is empty for a sound object.
    """

    api_version: str
    kind: str
    metadata: Metadata
    spec: Any = None
    status: Any = None
    other: dict[str, str] | None = None
    health: Health | None = msgspec.field(name="x-baton-health", default=None)
    flags: tuple[str, ...] = msgspec.field(name="x-baton-flags", default=())

    @property
    def uid(self) -> str:
        """The object's uid; a made-up one (`no-uid:…`) for an object that came without."""
        return self.metadata.uid

    @property
    def version(self) -> str:
        """Its resourceVersion, as the server gave it."""
        return self.metadata.resource_version

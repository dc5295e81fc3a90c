"""Reads an object that the structs refuse: nothing of a cluster is skipped for being odd."""

from collections.abc import Callable
from typing import Any

import msgspec

from eventstream.objects.images import Image, Metadata
from eventstream.objects.redaction import Redactor
from eventstream.objects.resource import Resource


def read_metadata(resource: Resource, raw: bytes) -> Metadata:
    """Whatever of the metadata is usable; never fails on JSON of any shape."""
    return _metadata(resource, msgspec.json.decode(raw))[0]


def read_loosely(
    resource: Resource, raw: bytes, redactor: Redactor, settle: Callable[[Metadata], None]
) -> Image:
    """An image with plain redacted values and a flag for each thing that was wrong.

    An object without a uid gets one made of its namespace and name, so that it still has a
    history of its own.
    """
    value = msgspec.json.decode(raw)
    metadata, flags = _metadata(resource, value)
    settle(metadata)
    if not isinstance(value, dict):
        return Image(resource.api_version, resource.kind, metadata, flags=("not an object", *flags))
    return Image(
        _text(value.get("apiVersion")) or resource.api_version,
        _text(value.get("kind")) or resource.kind,
        metadata,
        redactor.spec(value.get("spec")),
        redactor.status(value.get("status")),
        tuple(flags),
    )


def _metadata(resource: Resource, value: Any) -> tuple[Metadata, list[str]]:
    given = value.get("metadata") if isinstance(value, dict) else None
    flags: list[str] = []
    if not isinstance(given, dict):
        flags.append("no metadata")
        given = {}
    fields: dict[str, Any] = {}
    for name, item in given.items():
        try:
            msgspec.convert({name: item}, Metadata, strict=False)
        except msgspec.ValidationError as error:
            if item is not None:
                flags.append(f"metadata.{name} not as documented: {error}")
        else:
            fields[name] = item
    if not fields.get("uid"):
        flags.append("no uid")
        where = f"{fields.get('namespace', '')}/{fields.get('name', '')}"
        fields["uid"] = f"no-uid:{resource.key}:{where}"
    fields.pop("managedFields", None)
    return msgspec.convert(fields, Metadata, strict=False), flags


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

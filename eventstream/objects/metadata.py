"""Redacts an object's metadata, and lets what many objects have in common be shared."""

import msgspec

from eventstream.objects.images import Metadata, OwnerReference
from eventstream.objects.managed_fields import shared_entry
from eventstream.objects.redaction import Redactor
from eventstream.objects.sharing import Shared, Words

_set = msgspec.structs.force_setattr


class MetadataSettler:
    """Settles metadata for one installation."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._owners = Shared[tuple[OwnerReference, ...]]()
        self._words = Words()

    def word(self, text: str) -> str:
        """The same text, as one string for all objects."""
        return self._words[text]

    def settled(self, metadata: Metadata) -> Metadata:
        """The metadata, redacted in place before anybody else sees it: a copy would cost double."""
        if metadata.annotations:
            _set(metadata, "annotations", self._redactor.annotations(metadata.annotations))
        if metadata.managed_fields:
            entries = tuple([shared_entry(entry) for entry in metadata.managed_fields])
            _set(metadata, "managed_fields", entries)
        if metadata.owner_references:
            _set(metadata, "owner_references", self._owners[metadata.owner_references])
        return metadata

"""Redacts an object's metadata, and lets what many objects have in common be shared."""

import msgspec

from eventstream.objects.images import Metadata, OwnerReference
from eventstream.objects.managed_fields import shared_entry
from eventstream.objects.redaction import Redactor
from eventstream.objects.sharing import Kept, Shared, Words
from eventstream.objects.uids import bounded

_TEXTS_KEPT = 4096
_WORDS = ("namespace", "generate_name", "creation_timestamp")
_set = msgspec.structs.force_setattr


def _bound_owners(owners: tuple[OwnerReference, ...]) -> None:
    for owner in owners:
        _set(owner, "uid", bounded(owner.uid))


class MetadataSettler:
    """Settles metadata for one installation."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._owners = Shared[tuple[OwnerReference, ...]](_bound_owners)
        self._words = Words()
        self._texts = Kept[tuple[tuple[str, str], ...], dict[str, str]](_TEXTS_KEPT)

    def word(self, text: str) -> str:
        """The same text, as one string for all objects."""
        return self._words[text]

    def settled(self, metadata: Metadata) -> Metadata:
        """The metadata, redacted in place before anybody else sees it: a copy would cost double."""
        if metadata.labels:
            _set(metadata, "labels", self._shared(metadata.labels))
        if metadata.annotations:
            shown = self._redactor.annotations(metadata.annotations)
            _set(metadata, "annotations", self._shared(shown))
        if metadata.managed_fields:
            entries = tuple(map(shared_entry, metadata.managed_fields))
            _set(metadata, "managed_fields", entries)
        if metadata.owner_references:
            _set(metadata, "owner_references", self._owners[metadata.owner_references])
        self._words.share(metadata, _WORDS)
        return metadata

    def _shared(self, texts: dict[str, str]) -> dict[str, str]:
        """The one dictionary of equal labels or annotations, as the Pods of a workload have."""
        key = tuple(texts.items())
        known = self._texts.get(key)
        if known is None:
            size = sum(map(len, texts)) + sum(map(len, texts.values()))
            known = self._texts.keep(key, texts, size)
        return known

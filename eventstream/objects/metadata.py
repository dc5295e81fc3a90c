"""Redacts an object's metadata, and lets what many objects have in common be shared."""

import msgspec

from eventstream.objects.images import Metadata, OwnerReference
from eventstream.objects.managed_fields import FieldsSettler
from eventstream.objects.redaction import Redactor
from eventstream.objects.sharing import Kept, Shared, Words
from eventstream.objects.uids import bounded

_TEXTS_KEPT = 4096


def _bounded(owners: tuple[OwnerReference, ...]) -> tuple[OwnerReference, ...]:
    return tuple(msgspec.structs.replace(owner, uid=bounded(owner.uid)) for owner in owners)


class MetadataSettler:
    """Settles metadata for one installation."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._owners = Shared[tuple[OwnerReference, ...]](_bounded)
        self._words = Words()
        self._fields = FieldsSettler()
        self._texts = Kept[tuple[tuple[str, str], ...], dict[str, str]](_TEXTS_KEPT)

    def word(self, text: str) -> str:
        """The same text, as one string for all objects."""
        return self._words[text]

    def settled(self, metadata: Metadata) -> Metadata:
        """The metadata, redacted, with what it shares with others."""
        word = self._words
        labels, annotations = metadata.labels, metadata.annotations
        owners, entries = metadata.owner_references, metadata.managed_fields
        if annotations:
            annotations = self._shared(self._redactor.annotations(annotations))
        return Metadata(
            metadata.name,
            metadata.namespace and word[metadata.namespace],
            metadata.uid,
            metadata.resource_version,
            metadata.generation,
            metadata.generate_name and word[metadata.generate_name],
            metadata.creation_timestamp and word[metadata.creation_timestamp],
            metadata.deletion_timestamp,
            metadata.deletion_grace_period_seconds,
            labels and self._shared(labels),
            annotations,
            owners and self._owners[owners],
            metadata.finalizers,
            entries and tuple(map(self._fields.shared, entries)),
        )

    def _shared(self, texts: dict[str, str]) -> dict[str, str]:
        """The one dictionary of equal labels or annotations, as the Pods of a workload have."""
        key = tuple(texts.items())
        known = self._texts.get(key)
        if known is None:
            word, size = self._words, sum(map(len, texts)) + sum(map(len, texts.values()))
            own = {word[name]: word[value] for name, value in key}
            known = self._texts.keep(key, own, size)
        return known

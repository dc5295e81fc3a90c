"""Decodes one spec or status into its struct, and remembers specs that come again and again."""

from collections.abc import Callable
from typing import Any

import msgspec

from eventstream.objects.pods import ContainerStatus, Part, PodStatus
from eventstream.objects.redaction import Redactor
from eventstream.objects.workloads import PodTemplate

_SPECS_KEPT = 4096
Flags = tuple[str, ...]


class PartDecoder:
    """Decodes parts for one installation.

    A Pod's spec arrives again with each of its status reports: the last few thousand distinct
    specs are kept by digest, so that an unchanged one costs a digest and shares one struct.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._decoders: dict[type[Part], msgspec.json.Decoder[Any]] = {}
        self._specs: dict[tuple[type[Part], str], Part] = {}

    def spec(self, struct: type[Part], raw: msgspec.Raw) -> tuple[Any, Flags]:
        """The spec in `struct`, or as plain redacted JSON with a flag where it does not fit."""
        digest = self._redactor.digest(raw)
        known = self._specs.get((struct, digest))
        if known is not None:
            return known, ()
        part, flags = self._decode(struct, raw, digest)
        if not flags:
            if len(self._specs) >= _SPECS_KEPT:
                del self._specs[next(iter(self._specs))]
            self._specs[struct, digest] = part
        return part, flags

    def status(self, struct: type[Part], raw: msgspec.Raw) -> tuple[Any, Flags]:
        """As `spec`, for a status; statuses rarely repeat, so none is kept."""
        return self._decode(struct, raw, self._redactor.digest(raw))

    def plain(self, raw: msgspec.Raw, redact: Callable[[Any], Any]) -> Any:
        """A part of a kind without a struct, as redacted JSON values; None where it is absent."""
        return redact(msgspec.json.decode(raw)) if bytes(raw) else None

    def _decode(self, struct: type[Part], raw: msgspec.Raw, digest: str) -> tuple[Any, Flags]:
        text = bytes(raw)
        flags: Flags = ()
        try:
            part = self._decoder(struct).decode(text or b"{}")
        except msgspec.ValidationError as error:
            part, flags = self._loosely(struct, text, str(error))
        if isinstance(part, Part):
            self._settle(part, digest)
        return part, flags

    def _loosely(self, struct: type[Part], text: bytes, error: str) -> tuple[Any, Flags]:
        """Without nulls and with numbers in strings accepted; failing that, plain and redacted."""
        value = _without_nulls(msgspec.json.decode(text))
        try:
            return msgspec.convert(value or {}, struct, strict=False), ()
        except msgspec.ValidationError:
            where = struct.__name__.removesuffix("Spec").removesuffix("Status")
            return self._redactor.status(value), (f"not as documented ({where}): {error}",)

    def _settle(self, part: Part, digest: str) -> None:
        """Fill in the digest, unless a recording brought its own, and scrub free text."""
        if not part.digest:
            msgspec.structs.force_setattr(part, "digest", digest)
        for condition in getattr(part, "conditions", ()):
            self._scrub(condition)
        if isinstance(part, PodStatus):
            self._scrub(part)
            for container in part.init_container_statuses:
                self._container(container)
            for container in part.container_statuses:
                self._container(container)
        template = getattr(part, "template", None)
        if template is not None:
            self._template(template)

    def _container(self, container: ContainerStatus) -> None:
        if container.state.waiting is not None:
            self._scrub(container.state.waiting)
        if container.last_state is not None and container.last_state.waiting is not None:
            self._scrub(container.last_state.waiting)

    def _scrub(self, holder: Any) -> None:
        if holder.message:
            msgspec.structs.force_setattr(holder, "message", self._redactor.message(holder.message))

    def _template(self, template: PodTemplate) -> None:
        if template.metadata.annotations:
            hidden = self._redactor.annotations(template.metadata.annotations)
            msgspec.structs.force_setattr(template.metadata, "annotations", hidden)

    def _decoder(self, struct: type[Part]) -> msgspec.json.Decoder[Any]:
        decoder = self._decoders.get(struct)
        if decoder is None:
            decoder = self._decoders[struct] = msgspec.json.Decoder(struct)
        return decoder


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value

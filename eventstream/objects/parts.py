"""Decodes one spec or status into its struct, and remembers specs that come again and again."""

from collections.abc import Callable
from typing import Any

import msgspec

from eventstream.expressions import expression
from eventstream.objects.bounds import LARGE, bounded_part
from eventstream.objects.loosely import fit
from eventstream.objects.pods import (
    NEVER_RAN,
    Condition,
    ContainerStatus,
    Part,
    PodSpec,
    PodStatus,
    Terminated,
)
from eventstream.objects.redaction import Redactor
from eventstream.objects.sharing import Kept, Shared, Words
from eventstream.objects.workloads import PodTemplate

NOTHING = msgspec.Raw(b"{}")
"""The spec or status of an object that came without one."""

Flags = tuple[str, ...]
_SPECS_KEPT, _ROOM_FOR_SPECS = 8192, 24 * 1024 * 1024
_TEXTS_KEPT, _LONGEST_TEXT_KEPT = 1024, 8192
_KNOWN = frozenset(
    {"apiVersion", "kind", "metadata", "spec", "status", "x-baton-flags", "x-baton-health"}
)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DIGEST = expression(r"[0-9a-f]{16}")
_WORDS_OF_CONDITION = ("type", "status", "reason")
_WORDS_OF_STATUS = ("phase", "start_time", "qos_class")
_REASON, _TIME = ("reason",), ("last_transition_time",)
_WORDS_OF_SPEC = ("node_name", "scheduler_name", "service_account_name", "restart_policy")
_WORDS_OF_CONTAINER = ("name", "image", "image_pull_policy")
_set = msgspec.structs.force_setattr


def is_digest(text: str) -> bool:
    """Whether a recording brought this digest along; anything else is not believed."""
    return _DIGEST.fullmatch(text) is not None


class PartDecoder:
    """Decodes parts for one installation.

    A Pod's spec arrives again with each of its status reports: the last few thousand distinct
    specs are kept by digest, so that an unchanged one costs a digest and shares one struct; of
    the latest the text is kept too, whose hash costs a fifth of the digest.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._decoders: dict[type[Part], msgspec.json.Decoder[Any]] = {}
        self._specs = Kept[tuple[type[Part], str], Part](_SPECS_KEPT, _ROOM_FOR_SPECS)
        self._latest: dict[tuple[type[Part], bytes], Part] = {}
        self._conditions = Shared[Condition](self._settle_condition, _size_of)
        self._words = Words()
        self._texts = redactor.words

        self._containers = Shared[ContainerStatus](self._scrub_container)

    def spec(self, struct: type[Part], raw: msgspec.Raw) -> tuple[Any, Flags]:
        """The spec in `struct`, with a flag for each field that does not fit it."""
        text = bytes(raw)
        known = self._latest.get((struct, text))
        if known is not None:
            return known, ()
        digest = self._redactor.digest(raw)
        known = self._specs.get((struct, digest))
        if known is not None:
            self._keep(struct, text, known)
            return known, ()
        part, flags = self._decode(struct, raw, digest, "spec")
        if not flags:
            self._specs.keep((struct, digest), part, len(text))
            self._keep(struct, text, part)
        return part, flags

    def _keep(self, struct: type[Part], text: bytes, part: Part) -> None:
        if len(text) > _LONGEST_TEXT_KEPT:
            return
        if len(self._latest) >= _TEXTS_KEPT:
            del self._latest[next(iter(self._latest))]
        self._latest[struct, text] = part

    def status(self, struct: type[Part], raw: msgspec.Raw) -> tuple[Any, Flags]:
        """As `spec`, for a status; statuses rarely repeat, so none is kept."""
        return self._decode(struct, raw, self._redactor.digest(raw), "status")

    def plain(self, raw: msgspec.Raw, redact: Callable[[Any], Any], path: str) -> tuple[Any, Flags]:
        """A part of a kind without a struct, as redacted JSON values; None where it is absent."""
        if raw is NOTHING:
            return None, ()
        try:
            value = redact(msgspec.json.decode(raw))
        except RecursionError:
            return self._hidden(raw), (f"{path}: nested too deeply",)
        return bounded_part(value, path) if len(raw) > LARGE else (value, ())

    def others(self, raw: msgspec.Raw | bytes) -> dict[str, str] | None:
        """What an object holds beside spec and status, each field as one hidden value."""
        try:
            fields = _fields.decode(raw)
        except msgspec.ValidationError:
            return None  # No object at all, which its metadata's flags tell.
        return {key: self._hidden(fields[key]) for key in fields if key not in _KNOWN} or None

    def _hidden(self, raw: msgspec.Raw) -> str:
        try:
            return self._redactor.hide_any(msgspec.json.decode(raw))
        except RecursionError:
            return self._redactor.hide(self._redactor.digest(raw))

    def _decode(
        self, struct: type[Part], raw: msgspec.Raw, digest: str, path: str
    ) -> tuple[Any, Flags]:
        flags: Flags = ()
        try:
            part = self._decoder(struct).decode(raw)
        except msgspec.ValidationError:
            part, flags = fit(struct, msgspec.json.decode(raw), path)
        if len(raw) > LARGE:
            flags += bounded_part(part, path)[1]
        self._settle(part, digest)
        return part, flags

    def _settle(self, part: Part, digest: str) -> None:
        """Fill in the digest, unless a recording brought its own, scrub free text, and share."""
        if not (part.digest and is_digest(part.digest)):
            _set(part, "digest", digest)
        conditions = getattr(part, "conditions", None)
        if conditions:
            _set(part, "conditions", tuple(map(self._conditions.__getitem__, conditions)))
        if type(part) is PodStatus:
            self._settle_pod(part)
        elif type(part) is PodSpec:
            self._settle_pod_spec(part)
        template = getattr(part, "template", None)
        if template is not None:
            self._settle_template(template)

    def _settle_pod(self, status: PodStatus) -> None:
        shared = self._containers.__getitem__
        self._words.share(status, _WORDS_OF_STATUS)
        if status.message:
            self._scrub(status)
        if status.reason:
            self._texts.share(status, _REASON)
        if status.container_statuses:
            _set(status, "container_statuses", tuple(map(shared, status.container_statuses)))
        if status.init_container_statuses:
            found = tuple(map(shared, status.init_container_statuses))
            _set(status, "init_container_statuses", found)
        if status.ephemeral_container_statuses:
            found = tuple(map(shared, status.ephemeral_container_statuses))
            _set(status, "ephemeral_container_statuses", found)

    def _settle_pod_spec(self, spec: PodSpec) -> None:
        self._words.share(spec, _WORDS_OF_SPEC)
        for container in (*spec.init_containers, *spec.containers, *spec.ephemeral_containers):
            self._texts.share(container, _WORDS_OF_CONTAINER)
        _keep_claims(spec)

    def _settle_condition(self, condition: Condition) -> None:
        self._scrub(condition)
        self._texts.share(condition, _WORDS_OF_CONDITION)
        self._words.share(condition, _TIME)

    def _scrub_container(self, container: ContainerStatus) -> None:
        for state in (container.state, container.last_state):
            if state is None:
                continue
            if state.waiting is not None:
                self._scrub(state.waiting)
                self._texts.share(state.waiting, _REASON)
            if state.terminated is not None:
                self._scrub_end(state.terminated)
                self._texts.share(state.terminated, _REASON)

    def _scrub_end(self, ended: Terminated) -> None:
        """A message is kept where the process never ran: else it may be the program's own."""
        if ended.reason in NEVER_RAN:
            self._scrub(ended)
        elif ended.message is not None:
            _set(ended, "message", None)

    def _scrub(self, holder: Any) -> None:
        if holder.message:
            _set(holder, "message", self._redactor.message(holder.message))

    def _settle_template(self, template: PodTemplate) -> None:
        if template.spec.digest:  # Only a whole part has one.
            _set(template.spec, "digest", "")
        self._settle_pod_spec(template.spec)
        if template.metadata.annotations:
            hidden = self._redactor.annotations(template.metadata.annotations)
            _set(template.metadata, "annotations", hidden)

    def _decoder(self, struct: type[Part]) -> msgspec.json.Decoder[Any]:
        decoder = self._decoders.get(struct)
        if decoder is None:
            decoder = self._decoders[struct] = msgspec.json.Decoder(struct)
        return decoder


def _size_of(condition: Condition) -> int:
    """About how many bytes it takes: its words are shared, and its message is its own."""
    return 256 + len(condition.reason or "") + len(condition.message or "")


def _keep_claims(spec: PodSpec) -> None:
    """Of the volumes those that are claims: of the others nothing is kept."""
    if spec.volumes:
        _set(spec, "volumes", tuple([v for v in spec.volumes if v.persistent_volume_claim]))

"""Decodes one spec or status into its struct, and remembers specs that come again and again."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from eventstream.expressions import expression
from eventstream.objects.bounds import LARGE, bounded_part
from eventstream.objects.loosely import fit
from eventstream.objects.pods import (
    NEVER_RAN,
    Condition,
    Container,
    ContainerState,
    ContainerStatus,
    Part,
    PodSpec,
    PodStatus,
)
from eventstream.objects.redaction import Redactor
from eventstream.objects.sharing import Kept, Shared, Words
from eventstream.objects.workloads import PodTemplate

NOTHING = msgspec.Raw(b"{}")
"""The spec or status of an object that came without one."""

Flags = tuple[str, ...]
_SPECS_KEPT, _ROOM_FOR_SPECS = 8192, 24 * 1024 * 1024
_TEXTS_KEPT, _LONGEST_TEXT_KEPT = 1024, 8192
_ALIKE_KEPT, _ROOM_FOR_ALIKE = 4096, 4 * 1024 * 1024
_CONTAINERS_TAKE = 5
"""So many times the bytes of what they are looked up by, packed closely, containers take."""
_KNOWN = frozenset(
    {"apiVersion", "kind", "metadata", "spec", "status", "x-baton-flags", "x-baton-health"}
)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DIGEST = expression(r"[0-9a-f]{16}")
_REASON = ("reason",)
_WORDS_OF_SPEC = ("node_name", "scheduler_name", "service_account_name", "restart_policy")
_WORDS_OF_CONTAINER = ("name", "image", "image_pull_policy")
S = TypeVar("S", bound=msgspec.Struct)
replace = msgspec.structs.replace
_encode = msgspec.msgpack.Encoder().encode


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
        self._conditions = Shared[Condition](self._condition, _size_of)
        self._words = Words()
        self._texts = redactor.words

        self._containers = Shared[ContainerStatus](self._container)
        self._alike = Kept[bytes, tuple[Container, ...]](_ALIKE_KEPT, _ROOM_FOR_ALIKE)

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
            part, more = bounded_part(part, path)
            flags += more
        return self._settled(part, digest), flags

    def _settled(self, part: Part, digest: str) -> Part:
        """The part with its digest, unless a recording brought one, scrubbed of free text."""
        if part.digest and is_digest(part.digest):
            digest = part.digest
        if type(part) is PodStatus:
            return self._pod_status(part, digest)
        settled: dict[str, Any] = {"digest": digest}
        conditions = getattr(part, "conditions", None)
        if conditions:
            settled["conditions"] = tuple(map(self._conditions.__getitem__, conditions))
        if type(part) is PodSpec:
            settled |= self._of_spec(part)
        template = getattr(part, "template", None)
        if template is not None:
            settled["template"] = self.template(template)
        return replace(part, **settled)

    def _pod_status(self, status: PodStatus, digest: str) -> PodStatus:
        """The status settled: as it comes with nearly every write, it is made in one go."""
        word, shared = self._words, self._containers.__getitem__
        own, first = status.container_statuses, status.init_container_statuses
        added = status.ephemeral_container_statuses
        return PodStatus(
            digest,
            word[status.phase] if status.phase else "",
            status.reason and self._texts[status.reason],
            status.message and self._redactor.message(status.message),
            status.nominated_node_name,
            status.start_time and word[status.start_time],
            status.pod_ip,
            status.qos_class and word[status.qos_class],
            status.observed_generation,
            tuple(map(self._conditions.__getitem__, status.conditions)),
            first and tuple(map(shared, first)),
            own and tuple(map(shared, own)),
            added and tuple(map(shared, added)),
            status.resize and word[status.resize],
            status.resource_claim_statuses,
        )

    def _of_spec(self, spec: PodSpec) -> dict[str, Any]:
        """What changes of a spec; of the volumes those are kept that are claims, and no others."""
        settled: dict[str, Any] = self._words.of(spec, _WORDS_OF_SPEC)
        for name in ("init_containers", "containers", "ephemeral_containers"):
            found = getattr(spec, name)
            if found:
                settled[name] = self._settled_containers(found)
        if spec.volumes:
            kept = [each for each in spec.volumes if each.persistent_volume_claim or each.ephemeral]
            settled["volumes"] = tuple(kept)
        return settled

    def _settled_containers(self, found: tuple[Container, ...]) -> tuple[Container, ...]:
        """The containers in shared words; those of all Pods of a template are one tuple.

        Their specs differ, as each names a volume of its own for its token.
        """
        key = _encode(found)
        known = self._alike.get(key)
        if known is None:
            known = tuple([self._worded(each, _WORDS_OF_CONTAINER) for each in found])
            known = self._alike.keep(key, known, _CONTAINERS_TAKE * len(key))
        return known

    def template(self, template: PodTemplate) -> PodTemplate:
        """The Pod template, redacted, sharing what it has in common with others."""
        spec = replace(template.spec, digest="", **self._of_spec(template.spec))
        metadata = template.metadata
        if metadata.annotations:
            hidden = self._redactor.annotations(metadata.annotations)
            metadata = replace(metadata, annotations=hidden)
        return PodTemplate(metadata, spec)

    def _worded(self, struct: S, fields: tuple[str, ...]) -> S:
        return replace(struct, **self._texts.of(struct, fields))

    def _condition(self, condition: Condition) -> Condition:
        text, at, message = self._texts, condition.last_transition_time, condition.message
        return Condition(
            text[condition.type],
            text[condition.status],
            condition.reason and text[condition.reason],
            message and self._redactor.message(message),
            at and self._words[at],
            condition.last_update_time,
            condition.last_heartbeat_time,
            condition.observed_generation,
        )

    def _container(self, container: ContainerStatus) -> ContainerStatus:
        state, last = container.state, container.last_state
        return ContainerStatus(
            self._words[container.name],
            container.ready,
            container.started,
            container.restart_count,
            self._state(state),
            self._state(last) if last is not None else None,
        )

    def _scrubbed(self, holder: S) -> S:
        settled, message = self._texts.of(holder, _REASON), getattr(holder, "message", None)
        if message:
            settled["message"] = self._redactor.message(message)
        return replace(holder, **settled) if settled else holder

    def _state(self, state: ContainerState) -> ContainerState:
        """The state; a message is kept where the process never ran, else it may be its own."""
        waiting, ended = state.waiting, state.terminated
        if waiting is not None:
            waiting = self._scrubbed(waiting)
        if ended is not None:
            if ended.message is not None and ended.reason not in NEVER_RAN:
                ended = replace(ended, message=None)
            ended = self._scrubbed(ended)
        if waiting is state.waiting and ended is state.terminated:
            return state
        return replace(state, waiting=waiting, terminated=ended)

    def _decoder(self, struct: type[Part]) -> msgspec.json.Decoder[Any]:
        decoder = self._decoders.get(struct)
        if decoder is None:
            decoder = self._decoders[struct] = msgspec.json.Decoder(struct)
        return decoder


def _size_of(condition: Condition) -> int:
    """About how many bytes it takes: its words are shared, and its message is its own."""
    return 256 + len(condition.reason or "") + len(condition.message or "")

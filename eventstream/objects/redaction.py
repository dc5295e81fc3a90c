"""What may be kept of free text and of unknown objects, and what takes the place of the rest.

Baton is read by people who may not read the cluster's secrets, so withholding is the default:
an annotation's value, a string in a custom resource and anything that looks like a credential
become `hidden:` and a keyed digest. Equal values have equal digests within one installation, so
a change shows; the key keeps them from being guessed elsewhere. What is hidden already stays as
it is, so that a recording of redacted objects reads as the live stream did.
"""

from hashlib import blake2b
from typing import Any

import msgspec

from eventstream.expressions import expression
from eventstream.objects.health.records import Health
from eventstream.objects.messages import scrub
from eventstream.objects.sharing import Words

HIDDEN = "hidden:"
NOT_KEPT = "(message not kept)"
"""Takes the place of each message where none is kept; see `Redactor`."""

MESSAGE_LIMIT = 1024
"""Characters of a message that are kept, as many as the API itself allows an Event."""

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""Marks the bookmark that ends a WatchList's initial state."""

SHOWN_ANNOTATIONS = frozenset(
    {
        INITIAL_EVENTS_END,
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        "batch.kubernetes.io/job-completion-index",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
        "kubectl.kubernetes.io/restartedAt",
        "kubernetes.io/config.source",
        "openshift.io/deployment-config.latest-version",
        "openshift.io/deployment.phase",
        "pod.kubernetes.io/index",
        "volume.kubernetes.io/selected-node",
    }
)
"""Annotations whose values Kubernetes itself writes, and explanations use."""

_NUMBERED = "deployment.kubernetes.io/revision-history"
"""The annotation in which a ReplicaSet keeps its earlier numbers: shown where it is just that."""

_TRACKING = "argocd.argoproj.io/tracking-id"
"""The annotation in which Argo CD notes for which Application it applied an object, by names."""

_MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a mirror Pod with what Events call its Pod by: shown where it is just that."""

_LONGEST_SHOWN_ANNOTATION = 253
_SHOWN_STATUS_STRINGS = frozenset({"phase", "state", "health"})
_CONDITION_STRINGS = frozenset({"type", "status", "reason", "message", "lastTransitionTime"})
_DEEPEST = 32
_CLEAN_KEPT = 2048
_SOUND_KEPT = 16_384
_PASSES = 4

_HIDDEN = expression(r"hidden:[0-9a-f]{12}")
_WORDS = expression(r"[A-Za-z][A-Za-z _-]{0,39}")
_NUMBERS = expression(r"[0-9]{1,9}(,[0-9]{1,9}){0,24}")
_HASH = expression(r"[0-9a-f-]{1,64}")
_TRACKED = expression(r"[a-z0-9._-]+:[A-Za-z0-9.-]*/[A-Za-z0-9]+:[a-z0-9.-]*/[A-Za-z0-9.:-]+")


class Redactor:
    """Hides values with digests keyed by one installation's `key` (at most 64 bytes count).

    Without `messages` none of these is kept, of whatever content: only that there was one.
    """

    def __init__(self, key: bytes, *, messages: bool = True) -> None:
        self._messages = messages
        self._keyed = blake2b(digest_size=8, key=key[:64])
        self._clean: set[str] = set()
        self.words = Words(self.text)
        self.sound: set[tuple[str | None, ...]] = set()

    def digest(self, value: bytes | msgspec.Raw) -> str:
        """Sixteen hex digits that stand for `value` within this installation."""
        keyed = self._keyed.copy()
        keyed.update(value)
        return keyed.hexdigest()

    def hide(self, value: str) -> str:
        """The text that takes the place of `value`; a text already hidden stays as it is."""
        if value.startswith(HIDDEN) and _HIDDEN.fullmatch(value):
            return value
        return HIDDEN + self.digest(value.encode("utf-8", "surrogatepass"))[:12]

    def hide_any(self, value: Any) -> str:
        """The text that takes the place of a JSON value of any shape."""
        if isinstance(value, str):
            return self.hide(value)
        return self.hide(msgspec.json.encode(value, order="sorted").decode())

    def annotations(self, annotations: dict[str, str]) -> dict[str, str]:
        """The same keys, with values only where they are allowed."""
        return {
            key: self.words[value] if _is_shown(key, value) else self.hide(value)
            for key, value in annotations.items()
        }

    def message(self, text: str) -> str:
        """What is kept of a message: as `text`, or only that there was one."""
        if not self._messages:
            return NOT_KEPT if text else text
        return text if text in self._clean else self.text(text)

    def text(self, text: str) -> str:
        """`text` without what looks like a credential, and at most 1024 characters of it.

        What comes out would come out unchanged again. It is remembered, for the same texts come
        again and again; a text with a credential is never kept.
        """
        shown = text
        for _ in range(_PASSES):
            if shown in self._clean:
                return shown
            again = _cut(scrub(shown, self.hide))
            if again == shown:
                return self._remember(shown)
            shown = again
        return self.hide(text)

    def remember(self, texts: tuple[str | None, ...]) -> None:
        """Let `sound` hold texts that stay as they are, of those that come together."""
        if len(self.sound) >= _SOUND_KEPT:
            self.sound.clear()
        self.sound.add(texts)

    def _remember(self, clean: str) -> str:
        if len(self._clean) >= _CLEAN_KEPT:
            self._clean.clear()
        self._clean.add(clean)
        return clean

    def spec(self, value: Any, depth: int = 0) -> Any:
        """A custom resource's spec: numbers, booleans and the shape; every string hidden.

        What is nested deeper than any sensible object is hidden as one.
        """
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict | list) and depth >= _DEEPEST:
            return self.hide_any(value)
        if isinstance(value, dict):
            return {key: self.spec(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.spec(item, depth + 1) for item in value]
        return value

    def status(self, value: Any, shows: frozenset[str] = frozenset()) -> Any:
        """A custom resource's status: as a spec, with its phase and its conditions shown.

        `shows` are dotted paths below it, of texts that its kind's declaration lets be seen.
        """
        if not isinstance(value, dict):
            return self.spec(value)
        return {key: self._status_field(key, item, shows) for key, item in value.items()}

    def _status_field(self, key: str, item: Any, shows: frozenset[str]) -> Any:
        if key == "conditions" and isinstance(item, list):
            return [self._condition(entry) for entry in item]
        if isinstance(item, str):
            if key in shows:
                return self.message(item)
            if key in _SHOWN_STATUS_STRINGS and _WORDS.fullmatch(item):
                return item
        if shows and isinstance(item, dict):
            below = frozenset(path[len(key) + 1 :] for path in shows if path.startswith(f"{key}."))
            if below:
                return {name: self._status_field(name, one, below) for name, one in item.items()}
        return self.spec(item, 1)

    def health(self, health: Health) -> Health:
        """The same health, without what looks like a credential; a message as others are kept."""
        return msgspec.structs.replace(
            health,
            by=self.text(health.by),
            reason=self.text(health.reason),
            message=self.message(health.message),
            since=self.text(health.since),
            holder=self.text(health.holder),
            rule=self.text(health.rule),
            waits_for=tuple(self.text(name) for name in health.waits_for),
        )

    def _condition(self, entry: Any) -> Any:
        if not isinstance(entry, dict):
            return self.spec(entry)
        return {
            key: self._told(key, item)
            if key in _CONDITION_STRINGS and isinstance(item, str)
            else self.spec(item, 2)
            for key, item in entry.items()
        }

    def _told(self, key: str, text: str) -> str:
        return self.message(text) if key == "message" else self.text(text)


def _is_shown(key: str, value: str) -> bool:
    if key == _NUMBERED:
        return _NUMBERS.fullmatch(value) is not None
    if key == _MIRROR:
        return _HASH.fullmatch(value) is not None
    if key == _TRACKING:
        return len(value) <= _LONGEST_SHOWN_ANNOTATION and _TRACKED.fullmatch(value) is not None
    return key in SHOWN_ANNOTATIONS and len(value) <= _LONGEST_SHOWN_ANNOTATION


def _cut(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"

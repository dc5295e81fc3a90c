"""What may be kept of free text and of unknown objects, and what takes the place of the rest.

Baton is read by people who may not read the cluster's secrets, so withholding is the default:
an annotation's value, a string in a custom resource and anything that looks like a credential
become `hidden:` and a keyed digest. Equal values have equal digests within one installation, so
a change shows; the key keeps them from being guessed elsewhere.
"""

import re
from hashlib import blake2b
from typing import Any

HIDDEN = "hidden:"
_HIDDEN = re.compile(r"hidden:[0-9a-f]{12}")
MESSAGE_LIMIT = 1024

SHOWN_ANNOTATIONS = frozenset(
    {
        "batch.kubernetes.io/cronjob-scheduled-timestamp",
        "batch.kubernetes.io/job-completion-index",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
        "kubectl.kubernetes.io/restartedAt",
        "kubernetes.io/config.source",
        "pod.kubernetes.io/index",
        "volume.kubernetes.io/selected-node",
    }
)
"""Annotations whose values Kubernetes itself writes, and explanations use."""

_SHOWN_STATUS_STRINGS = frozenset({"phase", "state", "health"})
_CONDITION_STRINGS = frozenset({"type", "status", "reason", "message", "lastTransitionTime"})

_CREDENTIAL = re.compile(
    r"(?P<before>://[^/\s:@]*:|\bbearer\s+|\b(?:password|passwd|secret|token|api[-_]?key|"
    r"authorization|credential)s?[\"']?\s*[=:]\s*[\"']?)(?P<value>[^\s\"'@,;&]+)",
    re.IGNORECASE,
)
_LONG_RANDOM = re.compile(r"(?<![:\w/.@-])(?=[^\s]*\d)(?=[^\s]*[a-zA-Z])[\w+/=]{40,}(?![\w.])")


class Redactor:
    """Hides values with digests keyed by one installation's `key`."""

    def __init__(self, key: bytes) -> None:
        self._key = key[:64]

    def digest(self, value: bytes) -> str:
        """Sixteen hex digits that stand for `value` within this installation."""
        return blake2b(value, digest_size=8, key=self._key).hexdigest()

    def hide(self, value: str) -> str:
        """The text that takes the place of `value`; a text already hidden stays as it is."""
        if _HIDDEN.fullmatch(value):
            return value
        return HIDDEN + self.digest(value.encode("utf-8", "surrogatepass"))[:12]

    def annotations(self, annotations: dict[str, str]) -> dict[str, str]:
        """The same keys, with values only where they are allowed."""
        return {
            key: value if key in SHOWN_ANNOTATIONS else self.hide(value)
            for key, value in annotations.items()
        }

    def message(self, text: str) -> str:
        """`text` without what looks like a credential, and at most 1024 characters of it."""
        if len(text) > MESSAGE_LIMIT:
            text = text[: MESSAGE_LIMIT - 1] + "…"
        text = _CREDENTIAL.sub(lambda m: m["before"] + self.hide(m["value"]), text)
        return _LONG_RANDOM.sub(lambda m: self.hide(m[0]), text)

    def spec(self, value: Any) -> Any:
        """A custom resource's spec: numbers, booleans and the shape; every string hidden."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {key: self.spec(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.spec(item) for item in value]
        return value

    def status(self, value: Any) -> Any:
        """A custom resource's status: as a spec, with its phase and its conditions shown."""
        if not isinstance(value, dict):
            return self.spec(value)
        return {key: self._status_field(key, item) for key, item in value.items()}

    def _status_field(self, key: str, item: Any) -> Any:
        if key == "conditions" and isinstance(item, list):
            return [self._condition(entry) for entry in item]
        if key in _SHOWN_STATUS_STRINGS and isinstance(item, str) and len(item) <= 64:
            return item
        return self.spec(item)

    def _condition(self, entry: Any) -> Any:
        if not isinstance(entry, dict):
            return self.spec(entry)
        return {
            key: self.message(item)
            if key in _CONDITION_STRINGS and isinstance(item, str)
            else self.spec(item)
            for key, item in entry.items()
        }

"""What a runtime's message says of an image that it could not pull, read by its structure.

The name of an image, its registry and its tag can hold any word, `denied` or `not-found` too: they
are taken out of the message before its words count. What is left is the runtime's and the
registry's own: containerd, CRI-O and Docker wrap the registry's error code and HTTP status.
Sources: pkg/kubelet/images/image_manager.go (what the kubelet puts before it);
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes (the codes).
"""

from functools import lru_cache

import msgspec

from eventstream.expressions import expression

_SHOWN = 300
"""Characters of the registry's reason that a sentence quotes."""

_BEFORE = expression(
    r"^(?:\(combined from similar events\): |Back-off pulling image \"[^\"]*\"(?:: )?"
    r"|Failed to (?:pull|inspect) image \"[^\"]*\": |Error: "
    r"|(?:ErrImagePull|RegistryUnavailable|SignatureValidationFailed): "
    r"|rpc error: code = \w+ desc = |Error response from daemon: "
    r"|image pull failed for \S+ because the [a-z ]+(?:: )?)"
)
"""What kubelets, gRPC and Docker put before a runtime's error; there may be several."""

_BECAUSE = expression(r"image pull failed for \S+ because the ([a-z ]+)")
_OF_KUBELETS = ("signature", "unavailable")
"""Source: pkg/kubelet/images/image_manager.go, evalCRIPullErr."""

_CALLED = expression(r'^Back-off pulling image "([^"]+)"')
_MANIFEST = expression(r"reading manifest \S+ in \S+")
_QUOTED = expression(r'\\?"[^"]*"')
_PUNCTUATION = "\"'`,;:()[]"

_WORDS = {
    "rate": (r"(?:^|\s)429(?:\s|:|$)", "toomanyrequests", "too many requests", "rate limit"),
    "signature": ("signature validation failed", "signature was required", "source image rejected"),
    "certificate": ("x509:", "certificate", "tls: failed to verify", "http response to https"),
    "platform": (
        "no match for platform",
        "no matching manifest",
        "no image found in (?:manifest list|image index)",
        "cannot be used on this platform",
    ),
    "space": ("no space left on device", "disk quota exceeded"),
    "ambiguous": ("short[- ]name", "unqualified.search"),
    "invalid": ("invalid reference format", "couldn't parse image", "must be lowercase"),
    "network": (
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "tls handshake",
        "no route to host",
        "network is unreachable",
        "server misbehaving",
        r"client\.timeout",
        "proxyconnect",
        "request canceled",
    ),
    "cut": ("connection reset", "unexpected eof", "(?:^|: )eof$"),
    "slow": ("deadline exceeded",),
    "denied": (
        r"(?:^|\s)40[13](?:\s|:|$)",
        "unauthorized",
        "denied",
        "forbidden",
        "no basic auth credentials",
        "authentication required",
        "authorization failed",
        "insufficient_scope",
        "may require",
        "no pull access",
        "invalid username",
        "requested access to the resource",
    ),
    "missing": (
        "not found",
        "manifest unknown",
        "name unknown",
        "unknown manifest",
        "does not exist",
        "no such image",
    ),
    "unavailable": (
        r"(?:^|\s)5\d\d(?:\s|:|$)",
        "service unavailable",
        "internal server error",
        "registry is unavailable",
    ),
}
"""Kinds of failure, the surest first, by words of the runtimes and registries, in lower case."""

_PATTERNS = {kind: expression("|".join(words)) for kind, words in _WORDS.items()}


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a pull failed: its `kind`, empty where the message is of no known form.

    `said` is the registry's or the runtime's reason without the names before it. `doubtful` is a
    denial that may as well mean that there is no such image: registries do not tell strangers.
    """

    kind: str
    said: str
    doubtful: bool = False


def image_named(message: str) -> str:
    """The image that a kubelet's message is about; empty if it names none."""
    found = _CALLED.match(message)
    return found[1] if found is not None else ""


def is_telling(message: str) -> bool:
    """Whether a message brings a reason, and not only that the pull is put off or has failed."""
    return bool(_bare(message)) and _bare(message) not in _REASONS_ALONE


_REASONS_ALONE = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)


@lru_cache(maxsize=256)
def failure(message: str, ref: str) -> Failure:
    """Why the image `ref` could not be had; remembered, as each judgement asks the same."""
    bare = _bare(message)
    words = _unnamed(bare, ref).lower()
    kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.search(words)), "")
    kind = kind or _put_before(message)
    doubtful = kind == "denied" and _PATTERNS["missing"].search(words) is not None
    return Failure(kind, _reason(bare), doubtful)


def _put_before(message: str) -> str:
    """What a kubelet itself says of a pull, where the runtime says no more."""
    found = _BECAUSE.search(message)
    words = found[1] if found is not None else ""
    return next((kind for kind in _OF_KUBELETS if _PATTERNS[kind].search(words)), "")


def _bare(message: str) -> str:
    """The message without what kubelets and runtimes put before every error."""
    text = " ".join(message.split())
    while (found := _BEFORE.match(text)) is not None and found.end():
        text = text[found.end() :]
    return text


def _unnamed(text: str, ref: str) -> str:
    """The message without names: what is quoted, addresses, paths, and the image itself."""
    names = {ref, ref.partition("@")[0], _untagged(ref)}
    text = _QUOTED.sub(" ", _MANIFEST.sub(" ", text))
    words = [word for word in text.split() if "/" not in word or word.startswith("i/o")]
    return " ".join(word for word in words if word.strip(_PUNCTUATION) not in names)


def _untagged(ref: str) -> str:
    head, _, tail = ref.partition("@")[0].rpartition(":")
    return head if head and "/" not in tail else ref


def _reason(bare: str) -> str:
    """What comes behind the last name in the message; the whole where that leaves nothing."""
    words = bare.split()
    named = [
        at for at, word in enumerate(words) if word[-1] == ":" and ("/" in word or '"' in word)
    ]
    said = " ".join(words[named[-1] + 1 :] if named else words).rstrip(".") or bare.rstrip(".")
    first, _, rest = said.partition(": ")
    said = rest if rest == first else said
    return said if len(said) <= _SHOWN else said[:_SHOWN].rstrip() + "…"

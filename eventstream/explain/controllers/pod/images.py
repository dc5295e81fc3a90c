"""Says why an image cannot be had: it does not exist, the registry denies it, or the pull fails.

The name of an image, its registry and its tag can hold any word, `denied` or `not-found` too: they
are taken out of the message before its words count. What is left is the runtime's and the
registry's own: containerd, CRI-O and Docker wrap the registry's error code and HTTP status.
Sources: pkg/kubelet/images/types.go (the reasons) and image_manager.go (the messages);
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes (the codes).
"""

from functools import lru_cache

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.podstates import declared, role_of
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import listing
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus

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

_CALLED = expression(r'^(?:Back-off pulling|Failed to pull|Pulling) image "([^"]+)"')
_RESOLVED = expression(
    r'(?:failed to (?:resolve reference|pull and unpack image) "|source docker://)'
    r'([^\s"]+?)(?:"|: |$)'
)
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
    "content": ("unexpected media type", "mediatype in manifest", "invalid character '<'"),
    "node": (
        "content digest",
        "content store",
        "extract layer",
        "extraction snapshot",
        "file does not exist",
        "executable file not found",
        r"snapshotter .*not found",
        (
            r"(?:chmod|chown|create|link|lstat|mkdir|mount|open|remove|rename|stat|unlinkat|write)"
            r"\S* (?:\S+ )?permission denied"
        ),
    ),
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


def image_named(message: str, own: str) -> str:
    """The image that a message of a container is about; `own` where it names none.

    It need not be the container's own: an image may be mounted as a volume, too. A runtime puts
    the registry before a short name.
    Source: https://kubernetes.io/docs/concepts/storage/volumes/#image
    """
    found = _CALLED.match(message) or _RESOLVED.search(message)
    ref = found[1] if found is not None else ""
    return own if not ref or (own and f"/{ref}".endswith(f"/{own}")) else ref


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
    """What comes behind the last name in the message; the whole where that leaves nothing.

    A path on the node is none: that is what the node failed at.
    """
    words = bare.split()
    named = [
        at
        for at, word in enumerate(words)
        if word[-1] == ":" and word[0] != "/" and ("/" in word or '"' in word)
    ]
    said = " ".join(words[named[-1] + 1 :] if named else words).rstrip(".") or bare.rstrip(".")
    first, _, rest = said.partition(": ")
    said = rest if rest == first else said
    return said if len(said) <= _SHOWN else said[:_SHOWN].rstrip() + "…"


REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Reasons of a waiting container that are about its image."""

_SECRETS = "FailedToRetrieveImagePullSecret"
_LISTED = expression(r"image pull secrets \(([^)]+)\)")

_BY_KIND = {
    "missing": ("image-not-found", "the registry has no such image", False),
    "denied": ("image-pull-denied", "the registry denies it", True),
    "rate": ("image-pull-failed", "the registry's rate limit is reached", True),
    "certificate": (
        "image-pull-failed",
        "the node does not accept the registry's certificate, or its plain HTTP",
        True,
    ),
    "platform": ("image-pull-failed", "it is not there for the node's platform", True),
    "space": ("image-pull-failed", "the node has no space left for it", True),
    "content": (
        "image-pull-failed",
        "the registry sent what the node cannot use",
        True,
    ),
    "node": ("image-pull-failed", "the node itself fails at it", True),
    "ambiguous": (
        "image-not-found",
        "the name has no registry, and the node cannot tell which one is meant",
        True,
    ),
    "invalid": ("image-not-found", "that is no image name", True),
    "signature": ("image-pull-failed", "its signature is not accepted", True),
    "cut": ("image-pull-failed", "the connection to the registry was cut", True),
    "slow": ("image-pull-failed", "the pull did not end in time", True),
    "network": ("image-pull-failed", "the node does not reach the registry", True),
    "unavailable": ("image-pull-failed", "the registry fails or is unavailable", True),
}
"""The code of each kind of failure, what it means, and whether the registry's reason is quoted."""


_BY_REASON = {"RegistryUnavailable": "unavailable", "SignatureValidationFailed": "signature"}
"""Reasons of the kubelet that say by themselves what kind of failure it is."""


def image(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    """What is wrong with the image of a container that waits for one of `REASONS`."""
    waiting = status.state.waiting
    reason, message = (waiting.reason, waiting.message or "") if waiting else ("", "")
    found = declared(write, status.name)
    ref = image_named(message, found.image if found is not None else "") or f"of {status.name}"
    every = [note for note in snapshot.notes(write.log, "Failed") if _about(note, status.name, ref)]
    notes = [note for note in every if is_telling(note.after.spec.message or "")]
    if not is_telling(message):
        message = (notes[0].after.spec.message or "") if notes else ""
    evidence = (proofs.reports(write, status), *proofs.events(notes[:1] or every))
    code, detail = _judged(write, reason, message, ref, _whose(write, status.name))
    if code == "image-pull-denied":
        lacking = snapshot.notes(write.log, _SECRETS)[:1]
        evidence = (*evidence, *proofs.events(lacking))
        detail = f"{detail}{_secrets(lacking)}"
    return Trouble(code, f"{detail}.", evidence, commands.describe(write))


def _whose(write: Write, container: str) -> str:
    """Which container of the Pod an image is for, where it is none of the ordinary ones."""
    role = role_of(write, container)
    return "" if role == "Container" else f" of {role[0].lower()}{role[1:]} {container}"


def _judged(write: Write, reason: str, message: str, ref: str, whose: str) -> tuple[str, str]:
    """The code, and the sentence without its full stop."""
    pod = write.image.metadata.name
    why = failure(message, ref) if message else Failure("", "")
    if reason == "InvalidImageName":
        said = f": {why.said}" if why.said else ""
        return "image-not-found", f"Pod {pod} asks for {ref}{whose}, which is no image name{said}"
    if reason == "ErrImageNeverPull":
        where = f"node {node_of(write.image)} has it not, or not for this Pod's credentials"
        where = f"{where}, and its pull policy is Never"
        return "image-not-found", f"Pod {pod} needs image {ref}{whose}: {where}"
    text = f"Pod {pod} cannot get image {ref}{whose}"
    kind = why.kind or _BY_REASON.get(reason, "")
    code, means, quoted = _BY_KIND.get(kind, ("image-pull-failed", "", True))
    doubt = " (or it does not exist)" if why.doubtful else ""
    said = why.said if quoted else ""
    told = ": ".join(part for part in (means + doubt, said) if part)
    return code, f"{text}{f': {told}' if told else ''} ({reason})"


def _secrets(lacking: list[Change]) -> str:
    """Which image pull secrets the kubelet could not have, as its Event says."""
    found = _LISTED.search(lacking[0].after.spec.message or "") if lacking else None
    if found is None:
        return ""
    names = listing([name.strip() for name in found[1].split(",")])
    return f"; the kubelet could not retrieve its image pull secret {names}"


def _about(note: Change, container: str, ref: str) -> bool:
    """Whether an Event is about this container's image: others of the Pod may fail too."""
    path: str = note.after.spec.involved_object.field_path
    if path:
        return path.endswith(f"{{{container}}}")
    message: str = note.after.spec.message or ""
    return ref in message

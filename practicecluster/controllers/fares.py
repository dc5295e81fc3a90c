"""How containers, volumes and sandboxes fare: what a cluster's nodes do with each image and name.

Nothing of this is to be seen but by what a kubelet then writes. Messages are those of containerd
and of kubelets. Source: pkg/kubelet/images/image_manager.go; pkg/kubelet/events/event.go.
"""

import hashlib
import math
from collections.abc import Callable, Generator
from typing import Any

import msgspec

NEVER = math.inf
Program = Callable[[Any, dict[str, Any], Callable[[str], None]], Generator[float, None, int]]
"""What runs in a container, given the API, the container's spec and where its log goes.

It yields how many seconds pass until it goes on, and returns its exit code.
"""


class Refusal(msgspec.Struct, frozen=True):
    """Why an image is not pulled, with the code that says so, and until when (unix seconds)."""

    code: str
    message: str
    until: float = NEVER


class Fare(msgspec.Struct, frozen=True):
    """What becomes of a container with this image; times in seconds since its start.

    `pull` are the seconds that its pull takes; a run `ends` with `exits` and `reason`; its startup
    probe succeeds at `starts`, its readiness probe at `ready`, its liveness probe fails at `dies`.
    It `stops` so many seconds after it was told to, with `stopped`. Where it `falls`, only the
    first run ends. A program that `runs` in it says by itself when it ends, and how.
    """

    pull: float = 1.0
    refusal: Refusal | None = None
    ends: float = NEVER
    exits: int = 1
    reason: str = "Error"
    starts: float = 0.0
    ready: float = 0.0
    dies: float = NEVER
    stops: float = 0.0
    stopped: int = 0
    runs: Program | None = None
    falls: bool = False


class Fares(msgspec.Struct):
    """By image, by claim and by Pod's app label; what is not named here fares well."""

    images: dict[str, Fare] = msgspec.field(default_factory=dict)
    attachments: dict[str, tuple[str, float]] = msgspec.field(default_factory=dict)
    mounts: dict[str, tuple[str, float]] = msgspec.field(default_factory=dict)
    sandboxes: dict[str, tuple[str, float]] = msgspec.field(default_factory=dict)
    attaching: float = 8.0

    def of(self, container: dict[str, Any]) -> Fare:
        """How a container of this spec fares."""
        return self.images.get(container["image"], WELL)


WELL = Fare()


def failing(held: dict[str, tuple[str, float]], name: str, now: float) -> str:
    """Why what has this name fails now; empty where it does not."""
    why, until = held.get(name, ("", 0.0))
    return why if now < until else ""


def refusals(image: str) -> dict[str, tuple[str, str]]:
    """Each kind of a refused pull: the code that says what it is, and containerd's message."""
    return _answered(image) | _unanswered(image)


def reference(image: str) -> str:
    """Return an image's whole name, as containerd has it.

    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    first, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not ("." in first or ":" in first or first == "localhost"):
        image = f"docker.io/{image}"
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"


def identity(image: str) -> str:
    """Return what an image is, by its digest; here each name has one of its own."""
    name = reference(image)
    bare = name.partition("@")[0]
    if ":" in bare.rpartition("/")[2]:
        bare = bare.rpartition(":")[0]
    return f"{bare}@sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _place(image: str) -> tuple[str, str, str]:
    """Return an image's name, its registry's address, and the path that is asked for there."""
    name = reference(image)
    host, _, path = name.partition("/")
    host = "registry-1.docker.io" if host == "docker.io" else host
    before, _, tag = path.rpartition(":")
    return name, f"https://{host}", f"{before}/manifests/{tag}"


def _words(image: str) -> tuple[str, str, str]:
    """What each message begins with: of the pull, of the name's resolution, of the request."""
    name, host, path = _place(image)
    begins = f'failed to pull and unpack image "{name}": '
    resolve = f'{begins}failed to resolve reference "{name}": '
    asked = f'failed to do request: Head "{host}/v2/{path}": '
    return begins, resolve, asked


def _answered(image: str) -> dict[str, tuple[str, str]]:
    """What a registry answers."""
    name, host, path = _place(image)
    begins, resolve, _ = _words(image)
    unknown = "rpc error: code = Unknown desc = "
    return {
        "absent": (
            "image-not-found",
            f"rpc error: code = NotFound desc = {resolve}{name}: not found",
        ),
        "denied": (
            "image-pull-denied",
            (
                f"{unknown}{resolve}pull access denied, repository does not exist or may require "
                "authorization: server message: insufficient_scope: authorization failed"
            ),
        ),
        "forbidden": (
            "image-pull-denied",
            (
                f"{unknown}{resolve}unexpected status from HEAD request to {host}/v2/{path}: "
                "403 Forbidden"
            ),
        ),
        "too many": (
            "image-pull-failed",
            (
                f"{unknown}{begins}failed to copy: httpReadSeeker: failed open: unexpected status "
                f"code {host}/v2/{path}: 429 Too Many Requests - Server message: toomanyrequests: "
                "You have reached your pull rate limit."
            ),
        ),
        "platform": (
            "image-pull-failed",
            (
                f"rpc error: code = NotFound desc = {begins}no match for platform in manifest: "
                "not found"
            ),
        ),
    }


def _unanswered(image: str) -> dict[str, tuple[str, str]]:
    """Why no registry answers, or what it sends cannot be kept."""
    begins, resolve, asked = _words(image)
    unknown, host = "rpc error: code = Unknown desc = ", _place(image)[1].removeprefix("https://")
    return {
        "certificate": (
            "image-pull-failed",
            (
                f"{unknown}{resolve}{asked}tls: failed to verify certificate: x509: certificate "
                "signed by unknown authority"
            ),
        ),
        "network": (
            "image-pull-failed",
            f"{unknown}{resolve}{asked}dial tcp 203.0.113.7:443: i/o timeout",
        ),
        "no name": (
            "image-pull-failed",
            (f"{unknown}{resolve}{asked}dial tcp: lookup {host} on 10.96.0.10:53: no such host"),
        ),
        "space": (
            "image-pull-failed",
            (
                f"{unknown}{begins}failed to extract layer: write /var/lib/containerd/x: no space "
                "left on device: unknown"
            ),
        ),
    }

"""Turns each failure that a person can act on into one `Problem`, in one place.

Whatever goes wrong on the way to a cluster ends up on a screen. Without this, it would end up
there as the text of some library's exception, which says neither on what nor what to do.
"""

import re
from collections.abc import Mapping

import msgspec

from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource

_SHOWN = 300
"""How many characters of a foreign answer are quoted."""


_VERSION = re.compile("resource ?version", re.IGNORECASE)


class ApiProblem(Exception):  # noqa: N818 - it is a problem first, an exception by way of travel
    """A `Problem` on its way up; `retry_after` is what the server asked for, in seconds."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Say what failed, why it may have and what to do next, in three lines."""
        lines = [self.problem.message]
        if self.problem.cause:
            lines.append(f"Likely cause: {self.problem.cause}")
        if self.problem.action:
            lines.append(f"What to do: {self.problem.action}")
        return "\n".join(lines)


class _Status(msgspec.Struct):
    """The part of a Kubernetes Status that tells why a request was refused."""

    kind: str = ""
    message: str = ""
    reason: str = ""


def refused(what: str, code: int, body: bytes, headers: Mapping[str, str]) -> ApiProblem:
    """Tell what an HTTP answer other than 200 to `what` ("GET /version") means."""
    content_type = headers.get("Content-Type", "")
    location = headers.get("Location", "")
    if _is_page(body, content_type) or 300 <= code < 400:
        return ApiProblem(not_kubernetes(what, code, content_type, location))
    said = _said(body)
    return ApiProblem(_by_code(what, code, said), _seconds(headers.get("Retry-After", "")))


def _by_code(what: str, code: int, said: str) -> Problem:
    match code:
        case 400 | 410 | 500 | 504 if code == 410 or _VERSION.search(said):
            return Problem(
                "expired",
                f"The server cannot go on from the version that {what} asked for: {said} ({code}).",
                "its history was compacted in the meantime, or it was restored from a backup",
                "nothing: everything is listed again, and the gap is shown",
            )
        case 401:
            return Problem(
                "unauthorized",
                f"The server refused the credentials for {what}: {said} (401).",
                "the token or client certificate is missing, expired or from another cluster",
                "sign in again (`kubectl get --raw /version` shows whether it worked), "
                "or name another context",
            )
        case 403:
            return Problem(
                "forbidden",
                f"The server does not allow {what}: {said} (403).",
                "no RBAC rule grants this to the user or service account in use",
                "ask whoever runs the cluster for the permission to read it",
            )
        case 404:
            return Problem(
                "not-served",
                f"The server does not know {what}: {said} (404).",
                "this version of Kubernetes, or this cluster, does not have the type",
                "nothing, unless the type should be there",
            )
        case 405:
            return Problem(
                "not-watchable",
                f"The server does not offer {what}: {said} (405).",
                "an extension API server that does not list or watch this type",
                "nothing: changes of these objects cannot be followed",
            )
        case 429:
            return Problem(
                "throttled",
                f"The server asks to slow down at {what}: {said} (429).",
                "it is overloaded, or its priority and fairness limits are reached",
                "nothing: it is tried again later, as the server asked",
            )
        case _:
            return Problem(
                "server-error",
                f"The server failed at {what}: {said} ({code}).",
                "the API server, its etcd or a proxy before it is in trouble",
                "if it lasts, look at the API server's own log",
            )


def not_kubernetes(what: str, code: int, content_type: str, location: str = "") -> Problem:
    """Tell that the answer to `what` was not a Kubernetes API server's."""
    kind = (
        f"a redirect to {location[:_SHOWN]}" if location else f"{content_type or 'an unnamed type'}"
    )
    return Problem(
        "not-kubernetes",
        f"The answer to {what} is not one of a Kubernetes API server: {kind} (HTTP {code}).",
        "a proxy, a sign-in page or another web server answers at this address",
        "check `server` in the kubeconfig, and HTTPS_PROXY and NO_PROXY in the environment",
    )


def malformed(resource: Resource, said: str) -> Problem:
    """Tell that what came for `resource` could not be read, so that it has to be listed again."""
    return Problem(
        "malformed",
        f"An answer about {resource.key} could not be read: {said}",
        "a proxy cut or changed the stream, or the server sent what the API does not document",
        "nothing: everything is listed again, and the gap is shown; "
        "if it repeats, look for a proxy between here and the server",
    )


def watch_error(resource: Resource, code: int, reason: str, message: str) -> Problem:
    """Tell that the server ended the watch of `resource` by an ERROR other than 410."""
    return Problem(
        "server-error",
        f"The server ended the watch of {resource.key}: {message} ({code} {reason}).".strip(),
        "the API server or its etcd is in trouble",
        "nothing: everything is listed again, and the gap is shown",
    )


def stalled(resource: Resource, seconds: float) -> Problem:
    """Tell that the watch of `resource` was silent for longer than a live one ever is."""
    return Problem(
        "stalled",
        f"The watch of {resource.key} brought neither an event nor a bookmark for {seconds:g} s.",
        "the server, or a proxy or firewall on the way, holds the connection without serving it",
        "nothing: the watch is opened again; if it repeats, look at what is between",
    )


def empty_watch(resource: Resource) -> Problem:
    """Tell that the watch of `resource` ended at once and brought nothing."""
    return Problem(
        "empty-watch",
        f"The watch of {resource.key} ended at once and brought nothing.",
        "a proxy that does not pass on streams, or a server that is shutting down",
        "nothing: it is tried again; if it lasts, connect without the proxy",
    )


def not_served(resource: Resource) -> Problem:
    """Tell that discovery does not name `resource`."""
    return Problem(
        "not-served",
        f"This cluster does not serve {resource.key}.",
        "its version of Kubernetes does not have the type, or the type is switched off",
        "nothing, unless the type should be there",
    )


def not_watchable(resource: Resource) -> Problem:
    """Tell that the server lists `resource` but cannot watch it."""
    return Problem(
        "not-watchable",
        f"This cluster serves {resource.key} without list and watch.",
        "an extension API server that does not offer them",
        "nothing: changes of these objects cannot be followed",
    )


def out_of_scope(resource: Resource, namespace: str) -> Problem:
    """Tell that `resource` is left out because only one namespace is watched."""
    return Problem(
        "out-of-scope",
        f"{resource.key} is not watched: only namespace {namespace} is.",
        "Baton was started with --namespace, and these objects are not in that namespace",
        "start it without --namespace to see them",
    )


def internal(resource: Resource, error: BaseException) -> Problem:
    """Tell that the watching of `resource` itself broke, which is a defect of ours."""
    return Problem(
        "internal",
        f"Watching {resource.key} failed: {type(error).__name__}: {error}",
        "a defect in Baton, or its store refused the write",
        "it is tried again; the log has the traceback: please report it",
    )


def _is_page(body: bytes, content_type: str) -> bool:
    return content_type.startswith("text/html") or body.lstrip()[:1] == b"<"


def _said(body: bytes) -> str:
    """Return what the server said: a Status' message, else the text as it came."""
    try:
        status = msgspec.json.decode(body, type=_Status)
    except msgspec.DecodeError:
        text = body.decode(errors="replace").strip()
    else:
        text = status.message or status.reason
    return text[:_SHOWN] or "no reason given"


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None

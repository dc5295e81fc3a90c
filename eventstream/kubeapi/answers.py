"""Tells what an answer that is no success means, whether it came by HTTP or within a watch."""

from collections.abc import Mapping

import msgspec

from eventstream.kubeapi.problems import ApiProblem, no_server_behind, not_kubernetes
from eventstream.kubeapi.quoting import quoted
from eventstream.objects.decoding import WatchEvent
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource

_TOO_LARGE = "too large resource version"
_OF_A_GATEWAY = frozenset({502, 503, 504})
"""With a page for people these are of a proxy or load balancer that reached no API server."""
_CORRUPT = "StorageReadError"
"""An object that could not be read is gone, and no event will say so:
https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/3926-handling-undecryptable-resources
"""


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct, rename="camel"):
    causes: list[_Cause] = []
    retry_after_seconds: int = 0


class _Status(msgspec.Struct):
    """The part of a Kubernetes Status that tells why a request was refused."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    details: _Details | None = None


def refused(what: str, code: int, body: bytes, headers: Mapping[str, str]) -> ApiProblem:
    """Tell what an HTTP answer other than 200 to `what` ("GET /version") means."""
    content_type = headers.get("Content-Type", "")
    location = headers.get("Location", "")
    if looks_like_a_page(body, content_type) and code in _OF_A_GATEWAY:
        return ApiProblem(no_server_behind(what, code), code)
    if looks_like_a_page(body, content_type) or 300 <= code < 400:
        return ApiProblem(not_kubernetes(what, code, content_type, location), code)
    status = _status(body)
    said = quoted(status.message or status.reason) or "no reason given"
    wish = _seconds(headers.get("Retry-After", ""))
    if wish is None and status.details is not None:
        wish = float(status.details.retry_after_seconds) or None
    if status.kind == "Status" and _too_large(code, status):
        return ApiProblem(_beyond(what, said, code), code, wish)
    return ApiProblem(_by_code(what, code, said), code, wish)


def ended(resource: Resource, error: WatchEvent) -> ApiProblem:
    """Tell what the ERROR means by which the server ended the watch of `resource`."""
    what = f"the watch of {resource.key}"
    said = quoted(error.message or error.reason) or "no reason given"
    wish = float(error.retry_after) or None
    if _TOO_LARGE in said.lower():
        return ApiProblem(_beyond(what, said, error.code), error.code, wish)
    if error.reason == _CORRUPT or error.code not in _KNOWN:
        return ApiProblem(_unknown(what, said, error), error.code, wish)
    return ApiProblem(_by_code(what, error.code, said), error.code, wish)


def looks_like_a_page(body: bytes, content_type: str) -> bool:
    """Whether an answer is a page for people, as proxies and sign-in services give them."""
    return content_type.startswith("text/html") or body.lstrip()[:1] == b"<"


_KNOWN = frozenset({401, 403, 410, 429, 500, 502, 503, 504})
"""Codes of an ERROR that say what to do next; after any other one everything is compared."""


def _by_code(what: str, code: int, said: str) -> Problem:
    match code:
        case 400 | 410 | 422 | 500 if code == 410 or _is_about_versions(said):
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
                "nothing: where it can be listed, it is listed once a minute",
            )
        case 429:
            return Problem(
                "throttled",
                f"The server asks to slow down at {what}: {said} (429).",
                "it is overloaded, or its priority and fairness limits are reached",
                "nothing: it is tried again later, as the server asked",
            )
        case _:
            return _failed(f"The server failed at {what}: {said} ({code}).")


def _failed(message: str) -> Problem:
    if _CONVERSION in message.lower():
        return Problem(
            "server-error",
            message,
            "the webhook that converts objects of this type between its versions does not answer, "
            "or refuses them",
            "look at the Service and the Pods that `spec.conversion.webhook` of its "
            "CustomResourceDefinition names; it is tried again",
        )
    return Problem(
        "server-error",
        message,
        "the API server, its etcd or a proxy before it is in trouble",
        "if it lasts, look at the API server's own log",
    )


def _beyond(what: str, said: str, code: int) -> Problem:
    return Problem(
        "too-large",
        f"The server has not reached the version that {what} asked for: {said} ({code}).",
        "it has only started and is still behind, or it was restored from a backup",
        "nothing: the newest state is listed, and the gap is shown",
    )


def _unknown(what: str, said: str, error: WatchEvent) -> Problem:
    return Problem(
        "watch-error",
        f"The server ended {what}: {said} ({error.code} {quoted(error.reason, 60)}).".replace(
            " )", ")"
        ),
        "an object that it could not read, or trouble that it has no word for",
        "nothing: everything is listed again, and the gap is shown",
    )


def _too_large(code: int, status: _Status) -> bool:
    """The three forms of it, by age, are those that client-go knows; a proxy's 504 has none."""
    causes = status.details.causes if status.details else []
    if any(each.reason == "ResourceVersionTooLarge" for each in causes):
        return True
    said = [status.message, *(each.message for each in causes)]
    return code == 504 and any(_TOO_LARGE in text.lower() for text in said)


_CONVERSION = "conversion webhook"
_ABOUT_VERSIONS = ("resourceversion", "continuetoken", "requiredrevision")
"""As the API server says it, and, in the last, etcd behind it."""


def _is_about_versions(said: str) -> bool:
    text = said.lower().replace(" ", "")
    return any(words in text for words in _ABOUT_VERSIONS)


def _status(body: bytes) -> _Status:
    """Return what the server said: a Status, else the text as it came."""
    try:
        return msgspec.json.decode(body, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Status(message=body.decode(errors="replace").strip())


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None

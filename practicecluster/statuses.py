"""Status objects: how the Kubernetes API says no. The texts are those of a real kube-apiserver."""

from typing import Any

from practicecluster.resources import ResourceType

JsonObject = dict[str, Any]

_TOO_OLD_TO_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


class ApiError(Exception):
    """A request that is answered with a Status: HTTP `code`, `reason` as in metav1.StatusReason."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: JsonObject | None = None,
        metadata: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details
        self.metadata = metadata or {}

    def status(self) -> JsonObject:
        """Return the Status object, with the fields in a real server's order."""
        status: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": str(self),
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return {**status, "code": self.code}


class UnknownTypeError(Exception):
    """A path that no type is served at; a real server answers it in plain text, not a Status."""


def _named(served: ResourceType, name: str = "") -> JsonObject:
    details = {"name": name, "group": served.group, "kind": served.plural}
    return {key: text for key, text in details.items() if text}


def bad_request(message: str) -> ApiError:
    """Return the answer to a request that makes no sense."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """Return the answer to a bearer token that is not ours."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(
    served: ResourceType, *, user: str, verb: str, namespace: str | None, name: str = ""
) -> ApiError:
    """Return the answer to a read that the user has no right to."""
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    subject = f'{served.group_resource} "{name}"' if name else served.group_resource
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{served.plural}" '
        f'in API group "{served.group}" {scope}'
    )
    return ApiError(403, "Forbidden", message, details=_named(served, name))


def forbidden_path(user: str, path: str) -> ApiError:
    """Return the answer to a path, such as `/apis`, that the user may not read."""
    message = f'forbidden: User "{user}" cannot get path "{path}"'
    return ApiError(403, "Forbidden", message, details={})


def not_found(served: ResourceType, name: str) -> ApiError:
    """Return the answer to the name of an object that is not there."""
    message = f'{served.group_resource} "{name}" not found'
    return ApiError(404, "NotFound", message, details=_named(served, name))


def method_not_allowed() -> ApiError:
    """Return the answer to a method that is not served, such as any write where all is played."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, details={})


def expired_watch(asked: int, oldest: int) -> ApiError:
    """Return the error of a watch from a version whose events are gone."""
    return ApiError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def expired_list() -> ApiError:
    """Return the answer to a list at an exact version that is gone."""
    return ApiError(410, "Expired", "The resourceVersion for the provided list is too old.")


def expired_continue(inconsistent: str) -> ApiError:
    """Return the answer to a `continue` whose version is gone; `inconsistent` goes on from now."""
    return ApiError(410, "Expired", _TOO_OLD_TO_CONTINUE, metadata={"continue": inconsistent})


def invalid_options(message: str) -> ApiError:
    """Return the answer to list options that contradict each other."""
    text = f'ListOptions.meta.k8s.io "" is invalid: {message}'
    return ApiError(422, "Invalid", text, details={"group": "meta.k8s.io", "kind": "ListOptions"})


def invalid_version(text: str) -> ApiError:
    """Return the answer to a resourceVersion that is not a number; a real server says 500."""
    message = (
        f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": '
        "invalid syntax"
    )
    return ApiError(500, "", message)


def version_too_large(asked: int, current: int) -> ApiError:
    """Return the answer to a list at a version that is not reached yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return ApiError(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        details={"causes": [cause], "retryAfterSeconds": 1},
    )


def unsupported_media_type(why: str = "") -> ApiError:
    """Return the answer to a body in a form that can't be read."""
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/vnd.kubernetes.protobuf"
    ) + (f" ({why})" if why else "")
    return ApiError(415, "UnsupportedMediaType", message, details={})

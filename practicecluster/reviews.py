"""The review APIs: POSTs that change nothing, and are answered by a cluster that only plays, too.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from datetime import UTC, datetime

import msgspec

from practicecluster.access import USER, Access
from practicecluster.protobuf import MAGIC, as_bytes, envelope, fields
from practicecluster.statuses import bad_request, unsupported_media_type
from practicecluster.stored import JsonObject

_ATTRIBUTES = {
    "resourceAttributes": (
        "namespace",
        "verb",
        "group",
        "version",
        "resource",
        "subresource",
        "name",
    ),
    "nonResourceAttributes": ("path", "verb"),
}
REVIEW_PATHS = {
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
}


def review(access: Access, user: str, path: str, body: bytes) -> JsonObject:
    """Return the review that is asked for at `path`; raises ApiError for a body that is none."""
    asked = _decode(body)
    if path.endswith("selfsubjectreviews"):
        return _who(access, user)
    spec = asked.get("spec")
    if not isinstance(spec, dict):
        raise bad_request("the review has no spec")
    if path.endswith("selfsubjectrulesreviews"):
        return _rules(access, user, spec)
    if path.endswith("/subjectaccessreviews"):
        access.check_delegation(user)
        return _access(access, str(spec.get("user", "")), spec, "SubjectAccessReview")
    return _access(access, user, spec, "SelfSubjectAccessReview")


def _decode(body: bytes) -> JsonObject:
    try:
        if body.startswith(MAGIC):
            return _of_protobuf(body)
        return msgspec.json.decode(body, type=JsonObject)
    except ValueError as error:  # msgspec's errors are ValueErrors too.
        raise unsupported_media_type() from error


def _of_protobuf(body: bytes) -> JsonObject:
    """Return a review as its JSON form would be; raises ValueError for anything else.

    Source: https://github.com/kubernetes/api/blob/master/authorization/v1/generated.proto
    """
    review = dict(fields(as_bytes(envelope(body).get(2, b""))))
    spec = dict(fields(as_bytes(review.get(2, b""))))
    shown = {
        name: _texts(as_bytes(spec[number]), names)
        for number, (name, names) in enumerate(_ATTRIBUTES.items(), start=1)
        if number in spec
    }
    return {"spec": shown}


def _texts(message: bytes, names: tuple[str, ...]) -> dict[str, str]:
    """Return the texts of a message that are not empty, by the names of its fields from 1 on."""
    found = dict(fields(message))
    texts = {
        name: as_bytes(found.get(number, b"")).decode()
        for number, name in enumerate(names, start=1)
    }
    return {name: text for name, text in texts.items() if text}


def _who(access: Access, user: str) -> JsonObject:
    groups = ["system:unauthenticated"]
    viewer = access.viewer(user)
    if viewer is not None:
        groups = list(viewer.groups)
    elif user == USER:
        groups = ["system:serviceaccounts", "system:serviceaccounts:practice"]
        groups.append("system:authenticated")
    return {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
        "status": {"userInfo": {"username": user, "groups": groups}},
    }


def _rules(access: Access, user: str, spec: JsonObject) -> JsonObject:
    rules = list(access.rules(user, str(spec.get("namespace", ""))))
    return {
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": {"resourceRules": rules, "nonResourceRules": [], "incomplete": False},
    }


def _access(access: Access, user: str, spec: JsonObject, kind: str) -> JsonObject:
    attributes = spec.get("resourceAttributes")
    if attributes is None:
        asked = spec.get("nonResourceAttributes") or {}
        allowed = asked.get("verb") == "get" and access.may_get(user, asked.get("path", ""))
    else:
        parts = (attributes.get("resource", ""), attributes.get("group", ""))
        allowed = access.allows(
            user,
            attributes.get("verb", ""),
            ".".join(filter(None, parts)),
            attributes.get("namespace") or None,
        )
    status: JsonObject = {"allowed": allowed}
    if allowed:
        status["reason"] = (
            'RBAC: allowed by ClusterRoleBinding "practice-observer" of ClusterRole '
            '"practice-observer" to ServiceAccount "observer/practice"'
        )
    return {
        "kind": kind,
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": status,
    }

"""Who asks, and what they may read: one bearer token, one user, and the types nobody may read."""

import secrets

from practicecluster.paths import Target
from practicecluster.statuses import forbidden, forbidden_path, unauthorized

ANONYMOUS = "system:anonymous"
USER = "system:serviceaccount:practice:observer"
READ_VERBS = {"get", "list", "watch"}
# What anybody may read: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
PUBLIC_PATHS = {"/version", "/healthz", "/livez", "/readyz"}


class Access:
    """The cluster's rules.

    `forbidden` holds types as errors name them (`pods`, `deployments.apps`), changed at will.
    With `namespace`, only what lives there may be read, as with Roles and no ClusterRole at all.
    With `anonymous`, a request without credentials is answered like one with the token.
    """

    def __init__(self, *, anonymous: bool) -> None:
        self.token = secrets.token_urlsafe(24)
        self.forbidden: set[str] = set()
        self.namespace: str | None = None
        self._anonymous = anonymous

    def user(self, authorization: str) -> str:
        """Return who sent an Authorization header; raises ApiError 401 for a wrong token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ANONYMOUS
        if not secrets.compare_digest(token.strip().encode(), self.token.encode()):
            raise unauthorized()
        return USER

    def allows(self, user: str, verb: str, group_resource: str) -> bool:
        """Return whether the user may do `verb` to a type such as `deployments.apps`."""
        known = user != ANONYMOUS or self._anonymous
        return known and verb in READ_VERBS and group_resource not in self.forbidden

    def check(self, user: str, verb: str, target: Target) -> None:
        """Raise ApiError 403 unless the user may do `verb` to what the request names."""
        served = target.served
        outside = self.namespace is not None and target.namespace != self.namespace
        if outside or not self.allows(user, verb, served.group_resource):
            scope = target.namespace
            raise forbidden(served, user=user, verb=verb, namespace=scope, name=target.name)

    def check_path(self, user: str, path: str) -> None:
        """Raise ApiError 403 unless the user may read a path that is no object, like /apis."""
        if path not in PUBLIC_PATHS and user == ANONYMOUS and not self._anonymous:
            raise forbidden_path(user, path)

"""Who asks, and what they may read: one bearer token, one user, and the types nobody may read."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from practicecluster.paths import Target
from practicecluster.statuses import forbidden, forbidden_path, unauthorized

ANONYMOUS = "system:anonymous"
USER = "system:serviceaccount:practice:observer"
READ_VERBS = {"get", "list", "watch"}
# What anybody may read: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
PUBLIC_PATHS = {"/version", "/healthz", "/livez", "/readyz"}
DISCOVERY_PATHS = ("/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version")
"""What whoever is known may get, with all below it."""


@dataclass
class Viewer:
    """A person beside the observer, with a token of their own and rights that may change.

    May get, list and watch `resources` (`pods`, `deployments.apps`; None is all) in `namespaces`
    (None: everywhere, cluster-scoped types too), and to get the non-resource `paths`.
    """

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)
    namespaces: frozenset[str] | None = None
    resources: frozenset[str] | None = None
    paths: frozenset[str] = frozenset()

    def may(self, verb: str, group_resource: str, namespace: str | None) -> bool:
        """Return whether a verb is allowed; `*` and `*.*` stand for all resources there are."""
        return (
            verb in READ_VERBS
            and (self.namespaces is None or namespace in self.namespaces)
            and (self.resources is None or group_resource in self.resources)
        )


class Access:
    """The cluster's rules.

    `viewers` are the people who have a token, by token.

    `forbidden` holds types as errors name them (`pods`, `deployments.apps`), changed at will.
    With `namespace`, only what lives there may be read, as with Roles and no ClusterRole at all.
    With `anonymous`, a request without credentials is answered like one with the token.
    """

    def __init__(self, *, anonymous: bool) -> None:
        self.token = secrets.token_urlsafe(24)
        self.forbidden: set[str] = set()
        self.namespace: str | None = None
        self.viewers: dict[str, Viewer] = {}
        self.writers: dict[str, str] = {}
        """Who may do everything, by token: the person who practises, and the controllers."""
        self.controllers: set[str] = set()
        """Those of them who are controllers, by name."""
        self.vouched: Callable[[str], Viewer | None] | None = None
        """Another way to know whose token it is, such as by an issuer that vouches for people."""
        self.delegates = False
        """Whether the observer may ask for the rights of others, as system:auth-delegator does."""
        self._anonymous = anonymous

    def user(self, authorization: str) -> str:
        """Return who sent an Authorization header; raises ApiError 401 for a wrong token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ANONYMOUS
        vouched = self.vouched(token.strip()) if self.vouched is not None else None
        if vouched is not None:
            self.viewers[token.strip()] = vouched
        sent = token.strip().encode()
        if secrets.compare_digest(sent, self.token.encode()):
            return USER
        for known, name in self.writers.items():
            if secrets.compare_digest(sent, known.encode()):
                return name
        for known, viewer in self.viewers.items():
            if secrets.compare_digest(sent, known.encode()):
                return viewer.name
        raise unauthorized()

    def viewer(self, user: str) -> Viewer | None:
        """Return the person of that name, None for the observer and for nobody."""
        return next((each for each in self.viewers.values() if each.name == user), None)

    def allows(
        self, user: str, verb: str, group_resource: str, namespace: str | None = None
    ) -> bool:
        """Return whether the user may do `verb` to a type such as `deployments.apps`."""
        if user in self.writers.values():
            return True
        viewer = self.viewer(user)
        if viewer is not None:
            return viewer.may(verb, group_resource, namespace)
        known = user == USER or (user == ANONYMOUS and self._anonymous)
        return known and verb in READ_VERBS and group_resource not in self.forbidden

    def rules(self, user: str, namespace: str) -> Iterator[dict[str, list[str]]]:
        """Yield what the user may do in a namespace, as a SelfSubjectRulesReview tells it."""
        if user in self.writers.values():
            yield {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
            return
        viewer = self.viewer(user)
        if viewer is None or (viewer.namespaces is not None and namespace not in viewer.namespaces):
            return
        verbs = sorted(READ_VERBS)
        for each in sorted(viewer.resources if viewer.resources is not None else {"*.*"}):
            resource, _, group = each.partition(".")
            yield {"verbs": verbs, "apiGroups": [group], "resources": [resource]}

    def check(self, user: str, verb: str, target: Target) -> None:
        """Raise ApiError 403 unless the user may do `verb` to what the request names."""
        served = target.served
        outside = self.namespace is not None and target.namespace != self.namespace
        if outside or not self.allows(user, verb, served.group_resource, target.namespace):
            scope = target.namespace
            raise forbidden(served, user=user, verb=verb, namespace=scope, name=target.name)

    def check_path(self, user: str, path: str) -> None:
        """Raise ApiError 403 unless the user may read a path that is no object, like /apis."""
        if path not in PUBLIC_PATHS and user == ANONYMOUS and not self._anonymous:
            raise forbidden_path(user, path)

    def may_get(self, user: str, path: str) -> bool:
        """Return whether the user may get a path that is no object, such as /metrics."""
        if path in PUBLIC_PATHS:
            return True
        if user == ANONYMOUS and not self._anonymous:
            return False
        viewer = self.viewer(user)
        found = any(path == each or path.startswith(f"{each}/") for each in DISCOVERY_PATHS)
        return found or (viewer is not None and path in viewer.paths)

    def check_delegation(self, user: str) -> None:
        """Raise ApiError 403 unless the user may ask for the rights of others."""
        if user != USER or not self.delegates:
            raise forbidden_path(user, "/apis/authorization.k8s.io/v1/subjectaccessreviews")

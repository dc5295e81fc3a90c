"""The only POSTs that Baton sends: reviews, which ask about permissions and change nothing.

Each carries the credential of the viewer that it is about, never Baton's own: neither its token
nor its client certificate, which an API server would take for the viewer's. The one exception is a
viewer of whom only names are known, which has to be asked for by Baton itself.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from eventstream.kubeapi.connection import CONNECT_SECONDS, JSON, Connection, Route
from eventstream.kubeapi.transport import CONNECTION_ERRORS, connection_problem
from eventstream.reviewing import (
    Credential,
    Identity,
    Names,
    Question,
    Rule,
    Token,
    UnansweredError,
    UnrecognisedError,
)
from eventstream.version import AGENT

ANSWER_SECONDS = 10.0
"""A page waits for it."""

ANSWER_BYTES = 1024 * 1024

_AUTHENTICATION = "/apis/authentication.k8s.io"
_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_OPENSHIFT_USER = "/apis/user.openshift.io/v1/users/~"
_OPENSHIFT_RULES = "/apis/authorization.openshift.io/v1/namespaces/{}/selfsubjectrulesreviews"
"""Source: https://github.com/openshift/api/blob/master/authorization/v1/types.go"""
_ANONYMOUS = "system:unauthenticated"

_T = TypeVar("_T")


class _UserInfo(msgspec.Struct):
    username: str = ""
    groups: Sequence[str] = ()


class _Who(msgspec.Struct, rename="camel"):
    user_info: _UserInfo = msgspec.field(default_factory=_UserInfo)


class _SelfReview(msgspec.Struct):
    status: _Who = msgspec.field(default_factory=_Who)


class _Named(msgspec.Struct):
    name: str = ""


class _OpenShiftUser(msgspec.Struct):
    metadata: _Named = msgspec.field(default_factory=_Named)
    groups: Sequence[str] | None = None


class _Allowed(msgspec.Struct):
    allowed: bool = False
    denied: bool = False


class _AccessReview(msgspec.Struct):
    status: _Allowed = msgspec.field(default_factory=_Allowed)


class _Rules(msgspec.Struct, rename="camel"):
    resource_rules: Sequence[Rule] | None = None
    incomplete: bool = False


class _RulesReview(msgspec.Struct):
    status: _Rules = msgspec.field(default_factory=_Rules)


class _OpenShiftRule(msgspec.Struct, rename="camel"):
    verbs: Sequence[str] | None = None
    api_groups: Sequence[str] | None = None
    resources: Sequence[str] | None = None
    resource_names: Sequence[str] | None = None


class _OpenShiftRules(msgspec.Struct, rename="camel"):
    rules: Sequence[_OpenShiftRule] | None = None
    evaluation_error: str = ""


class _OpenShiftRulesReview(msgspec.Struct):
    status: _OpenShiftRules = msgspec.field(default_factory=_OpenShiftRules)


class _Answer(msgspec.Struct, frozen=True):
    """A status, and the body as far as it may be read."""

    code: int
    body: bytes


class ApiReviews:
    """A `Reviewer` that asks the API server of a `Connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=True,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def who(self, token: Token) -> Identity:
        """Return whose token it is: by SelfSubjectReview, on an older OpenShift by `users/~`."""
        for version in ("v1", "v1beta1"):
            path = f"{_AUTHENTICATION}/{version}/selfsubjectreviews"
            answer = await self._post(path, token, _body("SelfSubjectReview", path, {}))
            if answer.code not in {403, 404, 405}:
                user = _read(answer, path, _SelfReview).status.user_info
                return _identity(user.username, user.groups)
        answer = await self._get(_OPENSHIFT_USER, token)
        found = _read(answer, _OPENSHIFT_USER, _OpenShiftUser)
        return _identity(found.metadata.name, found.groups or ())

    async def allowed(self, viewer: Credential, question: Question) -> bool:
        """Ask by SelfSubjectAccessReview; of mere names by SubjectAccessReview, as Baton."""
        asked = {
            "verb": question.verb,
            "group": question.group,
            "resource": question.resource,
            **({"namespace": question.namespace} if question.namespace else {}),
        }
        return await self._may(viewer, {"resourceAttributes": asked})

    async def may_get(self, viewer: Credential, path: str) -> bool:
        """Ask the same of a path that is no resource."""
        return await self._may(viewer, {"nonResourceAttributes": {"verb": "get", "path": path}})

    async def _may(self, viewer: Credential, spec: dict[str, Any]) -> bool:
        kind = "SelfSubjectAccessReview"
        if isinstance(viewer, Names):
            kind = "SubjectAccessReview"
            spec |= {"user": viewer.user, "groups": list(viewer.groups)}
        path = f"{_AUTHORIZATION}/{kind.lower()}s"
        answer = await self._post(path, viewer, _body(kind, path, spec))
        if answer.code == 401 and isinstance(viewer, Names):
            raise UnansweredError("The API server does not accept Baton's own credentials.")
        told = _read(answer, path, _AccessReview).status
        return told.allowed and not told.denied

    async def rules(self, viewer: Credential, namespace: str) -> Sequence[Rule] | None:
        """Ask by SelfSubjectRulesReview; None where it tells only a part, or of mere names.

        A token of OpenShift with the scopes that its oauth-proxy asks for may create no such review
        but the one of OpenShift's own API group, which is then asked; None where that fails too.
        """
        if isinstance(viewer, Names):
            return None
        path = f"{_AUTHORIZATION}/selfsubjectrulesreviews"
        body = _body("SelfSubjectRulesReview", path, {"namespace": namespace})
        answer = await self._post(path, viewer, body)
        if answer.code == 403:
            return await self._openshift_rules(viewer, namespace)
        told = _read(answer, path, _RulesReview).status
        return None if told.incomplete else tuple(told.resource_rules or ())

    async def _openshift_rules(self, viewer: Credential, namespace: str) -> Sequence[Rule] | None:
        path = _OPENSHIFT_RULES.format(quote(namespace, safe=""))
        body = {
            "apiVersion": "authorization.openshift.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"scopes": []},  # The viewer's own rights, beyond those of this token.
        }
        answer = await self._post(path, viewer, msgspec.json.encode(body))
        if answer.code not in {200, 201, 401}:
            return None
        told = _read(answer, path, _OpenShiftRulesReview).status
        if told.evaluation_error:
            return None
        return tuple(map(_guess, told.rules or ()))

    async def _post(self, path: str, viewer: Credential, body: bytes) -> _Answer:
        return await self._send("POST", path, viewer, body)

    async def _get(self, path: str, viewer: Credential) -> _Answer:
        return await self._send("GET", path, viewer, None)

    async def _send(
        self, method: str, path: str, viewer: Credential, body: bytes | None
    ) -> _Answer:
        own = isinstance(viewer, Names)
        route = await self._connection.route(own=own)
        authorization = (
            {"Authorization": f"Bearer {viewer.value}"} if isinstance(viewer, Token) else {}
        )
        headers = {"Accept": JSON, "Content-Type": JSON, "User-Agent": AGENT, **authorization}
        try:
            return await self._answer(method, path, route, {**headers, **route.headers}, body)
        except CONNECTION_ERRORS as error:
            problem = connection_problem(route.server, error)
            raise UnansweredError(f"{problem.message} {problem.action}.") from error

    async def _answer(
        self, method: str, path: str, route: Route, headers: Mapping[str, str], body: bytes | None
    ) -> _Answer:
        async with self._session.request(
            method,
            f"{route.server}{path}",
            data=body,
            headers=headers,
            ssl=route.tls,
            server_hostname=route.tls_server_name,
            proxy=route.proxy,
            proxy_headers=route.proxy_headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
        ) as response:
            read = bytearray()
            async for piece in response.content.iter_any():
                read += piece
                if len(read) > ANSWER_BYTES:
                    raise UnansweredError(f"The answer to {method} {path} is too large.")
            return _Answer(response.status, bytes(read))


def _guess(rule: _OpenShiftRule) -> Rule:
    """Return the rule; without a group it is of each, as it only says what is worth asking."""
    return Rule(
        rule.verbs or (), rule.api_groups or ("*",), rule.resources or (), rule.resource_names or ()
    )


def _body(kind: str, path: str, spec: dict[str, Any]) -> bytes:
    version = path.removeprefix("/apis/").rpartition("/")[0]
    return msgspec.json.encode({"apiVersion": version, "kind": kind, "spec": spec})


def _read(answer: _Answer, path: str, type_: type[_T]) -> _T:
    if answer.code == 401:
        raise UnrecognisedError
    if answer.code not in {200, 201}:
        raise UnansweredError(
            f"The API server answered {answer.code} to {path}. It has to let everyone who is "
            "signed in ask for their own permissions, as the ClusterRole system:basic-user does"
            f"{_DELEGATOR if 'subjectaccess' in path and '/self' not in path else ''}."
        )
    try:
        return msgspec.json.decode(answer.body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnansweredError(f"The answer to {path} is not what an API server says.") from error


_DELEGATOR = (
    ", and Baton ask for those of others, as the ClusterRole system:auth-delegator does (see "
    "deploy/overlays/proxy-names)"
)


def _identity(user: str, groups: Sequence[str]) -> Identity:
    """Who it is; a request that reached the server without its token is nobody's."""
    if not user or _ANONYMOUS in groups:
        raise UnrecognisedError
    return Identity(user, tuple(groups))

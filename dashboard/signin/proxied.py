"""Mode `proxy`: who a trusted proxy says that asks, by a token of the cluster or by names alone."""

from collections import OrderedDict
from typing import Any

from django.conf import settings

from dashboard.signin.tokens import ends, plain
from dashboard.signin.viewers import SignedOutError, Viewer, key_of
from eventstream import reviewing
from eventstream.reviewing import Credential, Names, Token, UnrecognisedError

KNOWN_MOST = 1000
"""So many viewers are known at a time; the one who looked least recently is asked about anew."""

SYSTEM = "system:"
"""What Kubernetes' own users and groups are called by: no person may be one of them."""

AUTHENTICATED = "system:authenticated"
"""The group that the API server itself adds to whoever is known."""

_NOT_BY_PROXY = "This Baton is reached through its proxy, which signs people in; ask for it there."
_UNSENT = (
    "The proxy passed no token of the cluster on. Have it send the ID token (oauth2-proxy: "
    "--pass-authorization-header, OpenShift: --pass-access-token), or see "
    "BATON_PROXY_CREDENTIAL=names."
)
_NO_NAME = "The proxy passed no user on (X-Forwarded-User), or one that begins with system:."


class Known:
    """The viewers who came of late, by what is known of their credential."""

    def __init__(self) -> None:
        self._viewers: OrderedDict[str, Viewer] = OrderedDict()

    async def viewer(self, request: dict[str, Any]) -> Viewer:
        """Return who it is; raises SignedOutError or UnansweredError."""
        credential = _credential(request)
        key = key_of(credential)
        found = self._viewers.pop(key, None)
        if found is None or found.ended:
            found = await _made(key, credential)
        self._viewers[key] = found
        while len(self._viewers) > KNOWN_MOST:
            self._viewers.popitem(last=False)
        return found

    def glance(self, request: dict[str, Any]) -> Viewer | None:
        """Return who it is if they came of late, and None without asking anybody else."""
        try:
            found = self._viewers.get(key_of(_credential(request)))
            if found is not None:
                found.check()
        except SignedOutError:
            return None
        return found

    def forget(self) -> None:
        """Know nobody any more."""
        self._viewers.clear()


async def _made(key: str, credential: Credential) -> Viewer:
    if isinstance(credential, Names):
        return Viewer(key, credential.user, credential, groups=credential.groups)
    try:
        identity = await reviewing.reviewer().who(credential)
    except UnrecognisedError:
        raise SignedOutError("The cluster does not accept the token that the proxy sent.") from None
    return Viewer(key, identity.user, credential, groups=identity.groups, until=ends(credential))


def _credential(request: dict[str, Any]) -> Credential:
    if not request.get("proxied"):
        raise SignedOutError(_NOT_BY_PROXY)
    named = settings.BATON_SIGN_IN.proxy_credential == "names"
    return _names(request) if named else _token(request)


def _token(request: dict[str, Any]) -> Token:
    """An ID token comes as Authorization, OpenShift's token in a header of its own."""
    for name in (b"authorization", b"x-forwarded-access-token"):
        said = _only(request, name)
        token = plain(said) if said and not said.lower().startswith("basic ") else None
        if token is not None:
            return token
    raise SignedOutError(_UNSENT)


def _names(request: dict[str, Any]) -> Names:
    user = _only(request, b"x-forwarded-user")
    if not user or user.startswith(SYSTEM):
        raise SignedOutError(_NO_NAME)
    named = (each.strip() for each in _only(request, b"x-forwarded-groups").split(","))
    groups = sorted({each for each in named if each and not each.startswith(SYSTEM)})
    return Names(user, (*groups, AUTHENTICATED))


def _only(request: dict[str, Any], name: bytes) -> str:
    """A header that is there once; where a client's stands beside the proxy's, neither is taken."""
    values = [value for known, value in request["headers"] if known == name]
    return values[0].decode("latin-1").strip() if len(values) == 1 else ""


known = Known()

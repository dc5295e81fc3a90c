"""Programs that send a token of the cluster with each request, instead of signing in.

In modes `token` and `oidc`, and for the API alone: a browser never sends such a header by itself,
so that no page of another site can. In mode `proxy` the proxy's own header is what counts.
"""

from collections import OrderedDict
from typing import Any

from django.conf import settings

from dashboard.access import header
from dashboard.signin.limits import Attempts
from dashboard.signin.tokens import ends, plain
from dashboard.signin.viewers import SignedOutError, Viewer, key_of
from eventstream import reviewing
from eventstream.reviewing import Token, UnrecognisedError

KNOWN_MOST = 1000
"""So many tokens are known at a time; the one that came least recently is asked about anew."""

CHALLENGE = (b"www-authenticate", b'Bearer realm="baton"')


class TooOftenError(Exception):
    """Too many tokens came that were not known; `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("Too many tokens that are not known. Ask later.")
        self.wait = wait


class Bearers:
    """Those who came of late, by what names their token without telling it."""

    def __init__(self) -> None:
        self._viewers: OrderedDict[str, Viewer] = OrderedDict()
        self._attempts = Attempts()

    async def viewer(self, request: dict[str, Any]) -> Viewer | None:
        """Return who sends a token, None where none is sent or this mode takes none.

        Raises SignedOutError, TooOftenError or UnansweredError.
        """
        authorization = header(request, b"authorization")
        if not authorization or settings.BATON_SIGN_IN.mode not in {"token", "oidc"}:
            return None
        scheme, _, sent = authorization.partition(" ")
        token = plain(sent) if scheme.lower() == "bearer" else None
        if token is None:
            raise SignedOutError("A bearer token is expected: Authorization: Bearer …")
        key = key_of(token)
        found = self._viewers.pop(key, None)
        if found is None or found.ended:
            wait = self._attempts.spend(str((request.get("client") or [""])[0]))
            if wait:
                raise TooOftenError(wait)
            found = await _made(key, token)
        self._viewers[key] = found
        while len(self._viewers) > KNOWN_MOST:
            self._viewers.popitem(last=False)
        return found

    def forget(self) -> None:
        """Know nobody any more."""
        self._viewers.clear()
        self._attempts.forget()


async def _made(key: str, token: Token) -> Viewer:
    try:
        identity = await reviewing.reviewer().who(token)
    except UnrecognisedError:
        raise SignedOutError("The cluster does not accept this token.") from None
    return Viewer(key, identity.user, token, groups=identity.groups, until=ends(token))


bearers = Bearers()

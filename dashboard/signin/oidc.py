"""Mode `oidc`: signs in by an OpenID Connect provider, with a code, PKCE and a nonce.

The ID token that comes of it goes to the API server, which has to know provider and client, too:
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens
"""

import logging
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dashboard.signin.begun import Begun, ProviderError
from dashboard.signin.mode import Issuer, SignIn
from dashboard.signin.provider_errors import said

logger = logging.getLogger(__name__)

SECONDS = 10.0
"""So long the provider may take for an answer."""

KNOWN_SECONDS = 600.0
"""So long what it says of itself is gone by."""

LEEWAY_SECONDS = 30
"""By so much its clock may differ."""

_ALGORITHMS = [f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)]


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """One provider, by what it says of itself."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._metadata: _Metadata | None = None
        self._keys: KeySet | None = None
        self._known_at = float("-inf")

    @property
    def host(self) -> str:
        """What it is called on the page of sign-in."""
        return urlsplit(self._issuer.address).netloc

    def begin(self, redirect: str, onward: str) -> tuple[str, Begun]:
        """Return where to send the browser, and what to remember of it; raises ProviderError."""
        state, nonce, verifier = generate_token(43), generate_token(43), generate_token(64)
        address, _ = self._session(redirect).create_authorization_url(
            self._known().authorization_endpoint, code_verifier=verifier, state=state, nonce=nonce
        )
        return address, Begun(state, nonce, verifier, redirect, onward, time.monotonic())

    def finish(self, begun: Begun, code: str) -> tuple[str, float]:
        """Return the ID token that a code stands for, and when it ends; raises ProviderError."""
        try:
            answer = self._session(begun.redirect).fetch_token(
                self._known().token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=begun.verifier,
                timeout=SECONDS,
                allow_redirects=False,
            )
            token = str(answer.get("id_token") or "")
            claims = self._claims(token, begun.nonce)
        except (AuthlibBaseError, JoseError, requests.RequestException, ValueError) as error:
            logger.warning("%s did not vouch for somebody: %s", self.host, error)
            raise ProviderError(
                f"{self.host} did not vouch for you: {said(error)}. Sign in again."
            ) from error
        return token, float(claims["exp"])

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """What a token says that this provider signed, for us and this sign-in; or JoseError."""
        keys = self._keys
        if keys is None:
            raise ValueError("its keys are not known")
        read = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": self._issuer.address},
            "aud": {"essential": True, "value": self._issuer.client},
        }
        asked = {"nonce": nonce, "client_id": self._issuer.client}
        claims = CodeIDToken(read.claims, read.header, options, asked)
        claims.validate(leeway=LEEWAY_SECONDS)
        return dict(read.claims)

    def _session(self, redirect: str) -> OAuth2Session:
        issuer, known = self._issuer, self._known()
        offered = known.token_endpoint_auth_methods_supported
        posted = "client_secret_post" if "client_secret_basic" not in offered else None
        session = OAuth2Session(
            issuer.client,
            issuer.secret or None,
            token_endpoint_auth_method=posted or "client_secret_basic" if issuer.secret else "none",
            scope=issuer.scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
        )
        session.verify = issuer.ca_file or True
        return session

    def _known(self) -> _Metadata:
        """What the provider says of itself, asked anew every ten minutes; raises ProviderError."""
        if self._metadata is None or time.monotonic() - self._known_at > KNOWN_SECONDS:
            try:
                path = "/.well-known/openid-configuration"
                found = msgspec.json.decode(
                    self._read(self._issuer.address.rstrip("/") + path), type=_Metadata
                )
                if found.issuer != self._issuer.address:
                    raise ValueError(f"it calls itself {found.issuer[:200]!r}")
                self._keys = KeySet.import_key_set(msgspec.json.decode(self._read(found.jwks_uri)))
            except (requests.RequestException, JoseError, ValueError, TypeError, KeyError) as error:
                logger.warning("%s can't be asked to sign anybody in: %s", self.host, error)
                raise ProviderError(
                    f"{self.host} can't be asked to sign you in: {said(error)}. See whether "
                    "BATON_OIDC_ISSUER is its address, and can be reached from Baton."
                ) from error
            self._metadata, self._known_at = found, time.monotonic()
        return self._metadata

    def _read(self, address: str) -> bytes:
        verify = self._issuer.ca_file or True
        answer = requests.get(address, timeout=SECONDS, verify=verify, allow_redirects=False)
        answer.raise_for_status()
        return answer.content


_providers: dict[Issuer, Provider] = {}


def provider() -> Provider:
    """Return the provider of this installation."""
    sign_in: SignIn = settings.BATON_SIGN_IN
    if sign_in.issuer is None:
        raise ProviderError("No provider is set up: BATON_SIGN_IN is not oidc.")
    return _providers.setdefault(sign_in.issuer, Provider(sign_in.issuer))

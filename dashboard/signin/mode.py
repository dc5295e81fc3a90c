"""How people sign in to this installation, as its environment says.

The variables are listed in docs/settings.md.
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ImproperlyConfigured

Mode = Literal["local", "token", "oidc", "proxy"]
ProxyCredential = Literal["token", "names"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Issuer(msgspec.Struct, frozen=True):
    """An OpenID Connect provider, and what Baton is to it."""

    address: str
    client: str
    secret: str = ""
    scopes: str = "openid email groups"
    ca_file: str = ""

    def __repr__(self) -> str:
        """Without the secret: what is logged holds none."""
        return f"Issuer({self.address!r}, {self.client!r})"


class SignIn(msgspec.Struct, frozen=True):
    """How people sign in; `issuer` is there in mode `oidc` only."""

    mode: Mode = "local"
    proxies: tuple[Network, ...] = ()
    proxy_credential: ProxyCredential = "token"
    issuer: Issuer | None = None
    sign_out: str = "/oauth2/sign_out"

    def believes(self, address: str) -> bool:
        """Whether what `address` says of others, in X-Forwarded-* headers, is believed."""
        try:
            asked = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(asked, "ipv4_mapped", None) or asked
        return any(mapped in network for network in self.proxies)


def from_environment(values: Mapping[str, str] = os.environ) -> SignIn:
    """Return what the environment says; raises ImproperlyConfigured, which names the variable."""
    mode = values.get("BATON_SIGN_IN") or "local"
    if mode not in get_args(Mode):
        raise ImproperlyConfigured(
            f"BATON_SIGN_IN is {mode!r}; set it to local, token, oidc or proxy, or leave it unset."
        )
    credential = values.get("BATON_PROXY_CREDENTIAL") or "token"
    if credential not in get_args(ProxyCredential):
        raise ImproperlyConfigured(
            f"BATON_PROXY_CREDENTIAL is {credential!r}; set it to token, where the proxy passes a "
            "token of the API server on, or to names, where it passes user and groups only."
        )
    proxies = _networks(values.get("BATON_PROXY_ADDRESSES", ""))
    if mode == "proxy" and not proxies:
        raise ImproperlyConfigured(
            "BATON_SIGN_IN is proxy, but BATON_PROXY_ADDRESSES names no address: anyone could say "
            "who they are. Give the proxy's address or network, such as 10.128.0.0/14 or, beside "
            "Baton in one Pod, 127.0.0.1."
        )
    return SignIn(
        cast("Mode", mode),
        proxies,
        cast("ProxyCredential", credential),
        _issuer(values) if mode == "oidc" else None,
        values.get("BATON_PROXY_SIGN_OUT") or "/oauth2/sign_out",
    )


def _networks(listed: str) -> tuple[Network, ...]:
    found = []
    for named in filter(None, map(str.strip, listed.split(","))):
        try:
            found.append(ipaddress.ip_network(named))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"BATON_PROXY_ADDRESSES names {named!r}, which is no address or network: {error}."
            ) from error
        if found[-1].prefixlen == 0:
            raise ImproperlyConfigured(
                f"BATON_PROXY_ADDRESSES names {named!r}, which is everybody; name the proxy."
            )
    return tuple(found)


def _issuer(values: Mapping[str, str]) -> Issuer:
    address = values.get("BATON_OIDC_ISSUER", "")
    client = values.get("BATON_OIDC_CLIENT_ID", "")
    for name, value in (("BATON_OIDC_ISSUER", address), ("BATON_OIDC_CLIENT_ID", client)):
        if not value:
            raise ImproperlyConfigured(f"BATON_SIGN_IN is oidc, so {name} has to be set.")
    parts = urlsplit(address)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise ImproperlyConfigured(
            f"BATON_OIDC_ISSUER is {address!r}; it has to begin with https://, as the API server "
            "asks of an issuer."
        )
    return Issuer(
        address,
        client,
        _secret(values.get("BATON_OIDC_CLIENT_SECRET_FILE", "")),
        values.get("BATON_OIDC_SCOPES") or "openid email groups",
        values.get("BATON_OIDC_CA_FILE", ""),
    )


def _secret(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"BATON_OIDC_CLIENT_SECRET_FILE cannot be read: {error}. Mount the Secret there."
        ) from error

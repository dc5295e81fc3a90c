"""How people sign in is said by the environment; what makes no sense stops the start."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.signin.mode import Issuer, SignIn, from_environment

OIDC = {
    "BATON_SIGN_IN": "oidc",
    "BATON_OIDC_ISSUER": "https://id.example/realm",
    "BATON_OIDC_CLIENT_ID": "baton",
}


def test_nobody_signs_in_unless_it_is_said() -> None:
    assert from_environment({}) == SignIn("local")
    assert from_environment({"BATON_SIGN_IN": ""}) == SignIn("local")
    assert from_environment({"BATON_SIGN_IN": "token"}) == SignIn("token")


def test_a_proxy_is_believed_from_its_addresses_only() -> None:
    mode = from_environment(
        {"BATON_SIGN_IN": "proxy", "BATON_PROXY_ADDRESSES": "10.1.0.0/16, 127.0.0.1,fd00::/8"}
    )
    for address in ("10.1.2.3", "127.0.0.1", "fd00::1", "::ffff:10.1.2.3"):
        assert mode.believes(address), address
    for address in ("10.2.0.1", "127.0.0.2", "::1", "", "localhost", "::ffff:10.2.0.1"):
        assert not mode.believes(address), address
    assert not SignIn().believes("127.0.0.1")


def test_an_issuer_is_what_it_is_called(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    mode = from_environment(OIDC | {"BATON_OIDC_CLIENT_SECRET_FILE": str(secret)})
    assert mode.issuer == Issuer("https://id.example/realm", "baton", "s3cret")
    assert "s3cret" not in repr(mode)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"BATON_SIGN_IN": "password"}, "BATON_SIGN_IN"),
        ({"BATON_SIGN_IN": "proxy"}, "BATON_PROXY_ADDRESSES"),
        ({"BATON_SIGN_IN": "proxy", "BATON_PROXY_ADDRESSES": "proxy"}, "BATON_PROXY_ADDRESSES"),
        ({"BATON_SIGN_IN": "proxy", "BATON_PROXY_ADDRESSES": "0.0.0.0/0"}, "everybody"),
        ({"BATON_SIGN_IN": "proxy", "BATON_PROXY_ADDRESSES": "10.0.0.1/8"}, "10.0.0.1/8"),
        ({"BATON_PROXY_CREDENTIAL": "headers"}, "BATON_PROXY_CREDENTIAL"),
        (OIDC | {"BATON_OIDC_ISSUER": ""}, "BATON_OIDC_ISSUER"),
        (OIDC | {"BATON_OIDC_CLIENT_ID": ""}, "BATON_OIDC_CLIENT_ID"),
        (OIDC | {"BATON_OIDC_ISSUER": "http://id.example"}, "https://"),
        (OIDC | {"BATON_OIDC_CLIENT_SECRET_FILE": "/nothing/here"}, "CLIENT_SECRET_FILE"),
    ],
)
def test_what_makes_no_sense_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        from_environment(changed)

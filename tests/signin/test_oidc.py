"""Mode `oidc`: what a provider has to bring along, and which tokens sign nobody in."""

import socket
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from dashboard.signin import begun as under_way
from dashboard.signin import oidc
from dashboard.signin.mode import Issuer, SignIn
from dashboard.signin.provider_errors import said
from dashboard.signin.sessions import COOKIE
from tests.signin.people import Browser, Cluster, Person

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "https://id.example"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
ONWARD = "/changes?kind=Pod"


class FakeProvider:
    """Answers for the provider, and gives out the token that a test made."""

    def __init__(self) -> None:
        self.metadata = {
            "issuer": ADDRESS,
            "authorization_endpoint": f"{ADDRESS}/authorize",
            "token_endpoint": f"{ADDRESS}/token",
            "jwks_uri": f"{ADDRESS}/keys",
        }
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.sent: dict[str, str] = {}
        self.basic = ""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.request = 200, request
        answer.url = request.url or ""
        path = urlsplit(answer.url).path
        found: Any = self.metadata
        if path == "/keys":
            found = KeySet([KEY]).as_dict(private=False)
        elif path == "/token":
            body = request.body or b""
            text = body.decode() if isinstance(body, bytes) else str(body)
            self.sent = {name: values[0] for name, values in parse_qs(text).items()}
            self.basic = str(request.headers.get("Authorization", ""))
            found = {"access_token": "a", "token_type": "Bearer", "id_token": self.token()}
        answer._content = msgspec.json.encode(found)
        answer.headers["Content-Type"] = "application/json"
        return answer

    def token(self) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, self.claims, self.key)


@pytest.fixture
def provider(settings: Any, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    made = FakeProvider()
    settings.BATON_SIGN_IN = SignIn("oidc", issuer=Issuer(ADDRESS, "baton"))
    monkeypatch.setattr(oidc, "_providers", {})
    monkeypatch.setattr(
        requests.adapters.HTTPAdapter, "send", lambda _, request, **more: made.send(request)
    )
    return made


async def begun(browser: Browser, provider: FakeProvider) -> dict[str, str]:
    """Begin to sign in; returns what the provider is asked."""
    answer = await browser.get(f"/oidc/begin?next={ONWARD}")
    assert answer.status == 302
    asked = urlsplit(answer.headers["location"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    now = int(time.time())
    provider.claims = {
        "iss": ADDRESS,
        "aud": "baton",
        "sub": "sam",
        "nonce": query["nonce"],
        "iat": now,
        "exp": now + 600,
    }
    return query


async def came_back(browser: Browser, cluster: Cluster, provider: FakeProvider, state: str) -> Any:
    cluster.people[provider.token()] = Person("sam", frozenset({"shop"}))
    return await browser.get(f"/oidc/callback?code=c0de&state={state}", sec_fetch_site="cross-site")


async def test_a_code_with_pkce_and_a_nonce_signs_in(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://localhost:8000/oidc/callback"
    assert asked["scope"] == "openid email groups"
    answer = await came_back(browser, cluster, provider, asked["state"])
    assert answer.status == 200
    assert 'content="0;url=/changes?kind=Pod"' in answer.text
    assert provider.sent["code"] == "c0de"
    assert provider.sent["grant_type"] == "authorization_code"
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    assert create_s256_code_challenge(provider.sent["code_verifier"]) == asked["code_challenge"]
    (cookie,) = [each for each in answer.cookies if each.startswith(f"{COOKIE}=")]
    assert "SameSite=Strict" in cookie
    assert provider.token() not in str(answer.headers) + answer.text
    shown = await browser.get("/")
    assert '<bdi class="who">sam</bdi>' in shown.text


async def test_a_secret_is_sent_to_the_provider_alone(
    cluster: Cluster, provider: FakeProvider, browser: Browser, settings: Any
) -> None:
    settings.BATON_SIGN_IN = SignIn("oidc", issuer=Issuer(ADDRESS, "baton", "s3cret"))
    asked = await begun(browser, provider)
    answer = await came_back(browser, cluster, provider, asked["state"])
    assert answer.status == 200
    assert provider.basic.startswith("Basic ")
    assert "s3cret" not in answer.text + str(answer.headers) + str(asked)


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["baton", "another"]},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
    ],
)
async def test_a_token_for_somebody_else_signs_nobody_in(
    changed: dict[str, Any], cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    claims = provider.claims | changed
    provider.claims = {name: value for name, value in claims.items() if value is not None}
    answer = await came_back(browser, cluster, provider, asked["state"])
    assert answer.status == 403
    assert COOKIE not in browser.cookies


async def test_a_token_of_another_key_signs_nobody_in(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    provider.key = OTHER
    answer = await came_back(browser, cluster, provider, asked["state"])
    assert (answer.status, COOKIE in browser.cookies) == (403, False)


async def test_only_the_browser_that_began_comes_back_and_once(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    stranger = Browser()
    refused = await came_back(stranger, cluster, provider, asked["state"])
    assert (refused.status, COOKIE in stranger.cookies) == (403, False)
    forged = await came_back(browser, cluster, provider, "another-state")
    assert forged.status == 403
    again = await came_back(browser, cluster, provider, asked["state"])
    assert again.status == 403, "a state that came back wrong is over"
    assert COOKIE not in browser.cookies


async def test_what_the_provider_refuses_is_said(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    told = f"error=access_denied&error_description=<b>No</b>&state={asked['state']}"
    answer = await browser.get(f"/oidc/callback?{told}")
    assert answer.status == 403
    assert "id.example did not sign you in: &lt;b&gt;No&lt;/b&gt;" in answer.text


async def test_a_provider_that_is_another_one_is_not_believed(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    provider.metadata["issuer"] = "https://evil.example"
    answer = await browser.get("/oidc/begin")
    assert answer.status == 503
    assert "BATON_OIDC_ISSUER" in answer.text


async def test_a_cluster_that_does_not_know_the_provider_signs_nobody_in(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    asked = await begun(browser, provider)
    answer = await browser.get(f"/oidc/callback?code=c0de&state={asked['state']}")
    assert answer.status == 403
    assert "has to know the same issuer" in answer.text


async def test_the_page_of_sign_in_leads_to_the_provider(
    cluster: Cluster, provider: FakeProvider, browser: Browser
) -> None:
    form = await browser.get("/login?next=/changes")
    assert 'href="/oidc/begin?next=%2Fchanges"' in form.text
    assert "id.example" in form.text
    assert 'name="token"' not in form.text


def test_sign_ins_that_wait_are_few_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_way, "BEGUN_MOST", 2)
    kept = under_way._Waiting()
    one = under_way.Begun("s", "n", "v", "r", "/", time.monotonic())
    numbers = [kept.add(one) for _ in range(3)]
    assert [kept.take(number) for number in numbers] == [None, one, one]
    assert kept.take(numbers[2]) is None
    late = kept.add(msgspec.structs.replace(one, at=one.at - under_way.BEGUN_SECONDS - 1))
    assert kept.take(late) is None


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (requests.exceptions.SSLError("bad handshake"), "TLS with it fails"),
        (requests.exceptions.ReadTimeout("read timeout=10"), "it does not answer in time"),
        (requests.exceptions.ConnectionError("no pool"), "it can't be reached"),
        (ValueError("it calls itself another"), "it calls itself another"),
        (KeyError(), "KeyError"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_why_a_provider_cannot_be_asked_is_said_in_words(raised: Exception, told: str) -> None:
    assert told in said(raised)


def test_the_systems_own_reason_is_told_and_nothing_of_the_library() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(requests.exceptions.ConnectionError) as refused:
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    assert said(refused.value) == "it can't be reached (Connection refused)"
    answer = requests.Response()
    answer.status_code = 503
    with pytest.raises(requests.exceptions.HTTPError) as failed:
        answer.raise_for_status()
    assert said(failed.value) == "it answers 503"

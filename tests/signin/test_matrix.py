"""Each address and each message is for whom its decision says: a view without one is for nobody."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from channels.db import database_sync_to_async
from django.urls import URLPattern, get_resolver, path, reverse

from dashboard import protocol
from dashboard.access import CheckedHost
from dashboard.api.problems import Problems
from dashboard.asgi import application
from dashboard.health import PROBES, Probes
from dashboard.metrics.layer import Metrics
from dashboard.metrics.scrapers import PATH as METRICS
from dashboard.readonly import OnlyReading
from dashboard.secure import OnlySecure
from dashboard.signin import addresses, layer
from dashboard.signin.decisions import BEFORE_PAGES, MESSAGES, Decision
from dashboard.signin.forwarded import Forwarded
from tests.dashboard import scenes
from tests.signin.conftest import EVERYBODY, NOBODY
from tests.signin.people import Browser, Cluster

KNOWN = {
    "trace_id": "nginx",
    "step_id": "nginx-001",
    "uid": "uid-deployment-nginx",
    "slug": "create",
    "number": "1",
}
FORMS = {"tape-close", "logout"}
QUERIES = {"api-outlook": "?type=deploy&name=nginx&namespace=shop"}
LIVING = {"api-object", "api-outlook"}
"""What asks for an object that exists, which `test_api` has."""

ENDLESS = {"api-watch"}
"""What is asked for by HEAD here, as it does not end; `test_api_watch` watches."""
BEFORE_SIGN_IN = [
    *(OnlyReading, Forwarded, OnlySecure, Probes, Metrics),
    *(Problems, CheckedHost, layer.SignIn),
]
"""The layers that each request goes through first; one more may answer what nobody decided."""


@pytest.fixture(autouse=True)
def _all_pages_are_there(settings: Any) -> None:
    settings.BATON_PRACTICE = "/tmp/kubeconfig"


def patterns() -> Iterator[URLPattern]:
    for each in get_resolver().url_patterns:
        assert isinstance(each, URLPattern), "an included set of addresses has no decisions"
        yield each


NAMES = [str(each.name) for each in patterns()]


def address(name: str) -> str:
    """The address of that name, with something that is there in what it holds."""
    (pattern,) = (each for each in patterns() if each.name == name)
    needed = pattern.pattern.converters
    return reverse(name, kwargs={key: KNOWN[key] for key in needed}) + QUERIES.get(name, "")


def method_of(name: str) -> str:
    return "POST" if name in FORMS else "HEAD" if name in ENDLESS else "GET"


def test_each_address_has_a_decision_and_each_decision_an_address() -> None:
    assert set(NAMES) == set(addresses._decisions())
    assert Decision.NOBODY not in addresses._decisions().values()
    assert {n for n in NAMES if addresses.decision_of(n) is Decision.ANYONE} <= {
        "login",
        "oidc-begin",
        "oidc-callback",
    }


def test_each_message_of_a_socket_has_a_decision() -> None:
    told = {kind.__struct_config__.tag for kind in get_args(protocol._Message)}
    assert told == set(MESSAGES)
    assert set(MESSAGES.values()) == {Decision.RIGHTS}


def test_what_is_answered_before_sign_in_has_a_decision() -> None:
    layers: list[Any] = [application]
    while not isinstance(layers[-1], layer.SignIn):
        layers.append(layers[-1]._inner)
    assert [type(each) for each in layers] == BEFORE_SIGN_IN
    assert {*PROBES, METRICS} == set(BEFORE_PAGES)
    assert {at for at, whom in BEFORE_PAGES.items() if whom is Decision.ANYONE} == PROBES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", sorted(BEFORE_PAGES))
@pytest.mark.parametrize("sent", ["", "Bearer guessed", f"Bearer {EVERYBODY}"])
async def test_what_is_answered_before_sign_in_tells_nothing_of_the_cluster(
    path: str, sent: str, cluster: Cluster, browser: Browser
) -> None:
    await database_sync_to_async(lambda: scenes.store(scenes.nginx(100.0)))()
    answer = await browser.ask(path, authorization=sent)
    assert answer.status in ({401, 403} if path == METRICS else {200, 503})
    assert "nginx" not in answer.text
    assert "baton_" not in answer.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
async def test_an_unknown_person_reaches_only_what_is_for_anyone(
    name: str, cluster: Cluster, browser: Browser
) -> None:
    await database_sync_to_async(lambda: scenes.store(scenes.nginx(100.0)))()
    method = method_of(name)
    answers = [
        await browser.ask(address(name), method),
        await browser.ask(address(name), method, accept="application/json"),
        await browser.ask(address(name), method, hx_request="true"),
        await browser.ask(address(name), method, cookie="__Host-baton=guessed"),
    ]
    for answer in answers:
        if addresses.decision_of(name) is not Decision.ANYONE:
            assert answer.status in {303, 401}, (name, answer.status)
            assert answer.status == 401 or answer.headers["location"].startswith("/login")
        assert "nginx" not in answer.text
    assert cluster.asked == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
async def test_a_viewer_of_nothing_is_answered_with_nothing(
    name: str, cluster: Cluster, browser: Browser
) -> None:
    await database_sync_to_async(lambda: scenes.store(scenes.nginx(100.0)))()
    await database_sync_to_async(scenes.connected)()
    await browser.sign_in(NOBODY)
    if name in FORMS:
        answer = await browser.send(address(name))
    else:
        answer = await browser.ask(address(name), method_of(name))
    assert answer.status < 500
    if addresses.decision_of(name) is Decision.RIGHTS:
        asked = ("traces/nginx", "uid-deployment-nginx")
        text = answer.text
        for own in asked:  # What was asked for may be said again.
            text = text.replace(own, "")
        assert "kubectl-create" not in text
        assert "754449dc84" not in text
    if name in {"trace", "then", "step", "object"}:
        assert answer.status == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(set(NAMES) - FORMS - {"login", "then"} - LIVING))
async def test_a_viewer_of_everything_is_answered(
    name: str, cluster: Cluster, browser: Browser
) -> None:
    await database_sync_to_async(lambda: scenes.store(scenes.nginx(100.0)))()
    await browser.sign_in(EVERYBODY)
    answer = await browser.ask(address(name), method_of(name))
    assert answer.status in {200, 302}, answer.text[:300]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("token", [EVERYBODY, ""])
@pytest.mark.parametrize("name", sorted(set(NAMES) - FORMS))
async def test_each_answer_is_bounded_in_what_a_browser_may_do_with_it(
    name: str, token: str, cluster: Cluster, browser: Browser
) -> None:
    if token:
        await browser.sign_in(token)
    answers = [
        await browser.ask(address(name), method_of(name)),
        await browser.ask(address(name), method_of(name), sec_fetch_site="cross-site"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]
        policy = answer.headers.get("content-security-policy", "")
        if answer.headers["content-type"].startswith("text/html") and answer.text:
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.django_db(transaction=True)
async def test_a_view_without_a_decision_answers_nobody(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in(EVERYBODY)
    monkeypatch.delitem(addresses._decisions(), "reference")
    answer = await browser.get("/reference")
    assert (answer.status, answer.text) == (403, "This address is for nobody.\n")


def test_an_address_that_nothing_leads_to_is_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    added = path("new", lambda request: None, name="new")  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(layer, "resolve", lambda _: added.resolve("new"))
    assert layer.decision_at("/new") is Decision.NOBODY


@pytest.mark.django_db(transaction=True)
async def test_without_the_layer_a_view_still_refuses(cluster: Cluster) -> None:
    from django.test import AsyncClient

    answer = await AsyncClient(headers={"host": "localhost"}).get("/")
    assert (answer.status_code, answer.content) == (401, b"Sign in to see this.\n")

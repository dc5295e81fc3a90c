"""Mode `token`: signing in, what the browser holds, and each way in which a sign-in ends."""

import base64
import json
import logging
import time

import pytest

from dashboard.signin import limits, viewers
from dashboard.signin import sessions as rooms
from dashboard.signin.sessions import COOKIE, Sessions, sessions
from eventstream.reviewing import Identity, Token
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import Browser, Cluster, Person, closed_with

pytestmark = pytest.mark.django_db(transaction=True)


def jwt(ends: float) -> str:
    part = base64.urlsafe_b64encode(json.dumps({"exp": ends}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{part}.c2ln"


async def test_signing_in_leads_to_what_was_asked_for(cluster: Cluster, browser: Browser) -> None:
    asked = await browser.get("/changes?kind=Pod")
    assert (asked.status, asked.headers["location"]) == (
        303,
        "/login?next=%2Fchanges%3Fkind%3DPod",
    )
    form = await browser.get(asked.headers["location"])
    assert form.status == 200
    assert 'name="token"' in form.text
    done = await browser.sign_in(EVERYBODY)
    assert done.status == 302
    shown = await browser.get("/changes?kind=Pod")
    assert shown.status == 200
    assert '<bdi class="who">ada</bdi>' in shown.text


async def test_the_browser_holds_a_number_and_nothing_else(
    cluster: Cluster, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await browser.sign_in(EVERYBODY)
        page = await browser.get("/")
    (cookie,) = [each for each in answer.cookies if each.startswith(COOKIE)]
    for kept in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"):
        assert kept in cookie
    assert "Domain" not in cookie
    for said in (cookie, answer.text, str(answer.headers), page.text, caplog.text):
        assert EVERYBODY not in said
    assert EVERYBODY not in repr(vars(sessions.find(browser.cookies[COOKIE])))


@pytest.mark.parametrize("token", ["token-of-a-stranger", "", "no token", "x" * 20_000, "ä" * 20])
async def test_what_is_no_token_of_the_cluster_signs_nobody_in(
    token: str, cluster: Cluster, browser: Browser
) -> None:
    answer = await browser.sign_in(token)
    assert answer.status == 403
    assert 'role="alert"' in answer.text
    assert COOKIE not in browser.cookies
    assert not token or token not in answer.text


async def test_an_expired_token_is_not_even_asked_about(cluster: Cluster, browser: Browser) -> None:
    token = jwt(time.time() - 1)
    cluster.people[token] = Person("late")
    assert "has expired" in (await browser.sign_in(token)).text
    assert COOKIE not in browser.cookies


async def test_the_sign_in_ends_with_the_token(cluster: Cluster, browser: Browser) -> None:
    token = jwt(time.time() + 3600)
    cluster.people[token] = Person("soon")
    await browser.sign_in(token)
    assert (await browser.get("/")).status == 200
    viewer = sessions.find(browser.cookies[COOKIE])
    assert viewer is not None
    viewer.until = time.time()
    assert (await browser.get("/")).status == 303


async def test_a_token_that_the_cluster_takes_back_ends_it(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in(EVERYBODY)
    assert (await browser.get("/")).status == 200
    del cluster.people[EVERYBODY]
    assert (await browser.get("/")).status == 200, "an answer of the last minute is gone by"
    monkeypatch.setattr(viewers, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(viewers, "KEPT_SECONDS", 0.0)
    assert (await browser.get("/")).status == 303
    cluster.people[EVERYBODY] = Person("ada")
    assert (await browser.get("/")).status == 303, "what ended does not begin again"


async def test_logging_out_forgets_the_token_and_closes_the_pages(
    cluster: Cluster, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    number = browser.cookies[COOKIE]
    socket = browser.socket()
    assert (await socket.connect())[0]
    answer = await browser.send("/logout")
    assert answer.headers["location"] == "/login"
    assert COOKIE not in browser.cookies
    browser.cookies[COOKIE] = number
    assert (await browser.get("/")).status == 303
    await socket.send_json_to({"type": "hello", "epoch": "", "since": 0, "view": "now"})
    assert await closed_with(socket) == (4401, "You logged out.")


async def test_logging_out_takes_a_form_of_ours(cluster: Cluster, browser: Browser) -> None:
    await browser.sign_in(EVERYBODY)
    assert (await browser.get("/logout")).status == 405
    forged = await browser.send("/logout", {"csrfmiddlewaretoken": "x" * 64})
    assert forged.status == 403
    evil = await browser.send("/logout", origin="https://evil.example")
    assert evil.status == 403
    assert (await browser.get("/")).status == 200


async def test_signing_in_takes_a_form_of_ours(cluster: Cluster, browser: Browser) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:9999"):
        assert (await browser.sign_in(EVERYBODY, origin=origin)).status == 403
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_nobody_is_led_away_from_here(
    onward: str, cluster: Cluster, browser: Browser
) -> None:
    answer = await browser.send(f"/login?next={onward}", {"token": EVERYBODY})
    assert (answer.status, answer.headers["location"]) == (302, "/")
    stranger = await Browser().get("//evil.example", sec_fetch_site="cross-site")
    assert "evil.example" not in stranger.text


async def test_who_guesses_is_slowed_down(cluster: Cluster, browser: Browser) -> None:
    for _ in range(limits.BY_ADDRESS):
        assert (await browser.sign_in("a-guess")).status == 403
    answer = await browser.sign_in(EVERYBODY)
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= limits.SECONDS
    other = Browser(client="127.0.0.9")
    assert (await other.sign_in(EVERYBODY)).status == 302


def test_attempts_are_counted_by_address_and_in_all() -> None:
    made = limits.Attempts()
    assert [made.spend("a", 0.0) for _ in range(limits.BY_ADDRESS)] == [0.0] * limits.BY_ADDRESS
    assert made.spend("a", 1.0) == limits.SECONDS - 1
    assert made.spend("a", limits.SECONDS) == 0.0
    made.forget()
    for number in range(limits.IN_ALL):
        assert made.spend(str(number), 0.0) == 0.0
    assert made.spend("other", 0.0) == limits.SECONDS


def test_there_are_only_so_many_addresses_of_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES_MOST", 3)
    made = limits.Attempts()
    for number in range(10):
        made.spend(str(number), 0.0)
    assert len(made._by_address) == 3


def test_sessions_are_few_and_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "SESSIONS_MOST", 3)
    monkeypatch.setattr(rooms, "OF_ONE_MOST", 2)
    kept = Sessions()
    numbers = [kept.begin(Identity("ada"), Token(f"t{n}"), float("inf"))[0] for n in range(3)]
    assert [bool(kept.find(number)) for number in numbers] == [False, True, True]
    others = [kept.begin(Identity(f"u{n}"), Token(f"u{n}"), float("inf"))[0] for n in range(3)]
    assert not any(map(kept.find, numbers))
    assert all(map(kept.find, others))


def test_a_session_that_nobody_looks_at_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Sessions()
    number, viewer = kept.begin(Identity("ada"), Token("t"), float("inf"))
    assert viewer.until <= time.time() + rooms.LONGEST_SECONDS
    monkeypatch.setattr(rooms, "IDLE_SECONDS", -1.0)
    assert kept.find(number) is None
    assert viewer.ended


async def test_a_link_from_elsewhere_leads_a_signed_in_viewer_on(
    cluster: Cluster, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    kept, browser.cookies = browser.cookies, {}  # As a browser does with strict cookies.
    first = await browser.get("/changes?kind=Pod", sec_fetch_site="cross-site")
    assert first.status == 200
    assert 'content="0;url=/changes?kind=Pod"' in first.text
    browser.cookies = kept
    assert (await browser.get("/changes?kind=Pod", sec_fetch_site="same-origin")).status == 200


async def test_while_the_server_is_away_nobody_signs_in_and_nothing_is_shown(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.down = True
    answer = await browser.sign_in(EVERYBODY)
    assert answer.status == 503
    assert "The API server is away." in answer.text
    cluster.down = False
    await browser.sign_in(SHOP)
    cluster.down = True
    shown = await browser.get("/")
    assert (shown.status, shown.text.splitlines()) == (
        503,
        ["What you may see is not known, so nothing is shown. The API server is away."],
    )


async def test_a_socket_of_nobody_is_closed_and_told_why(
    cluster: Cluster, browser: Browser
) -> None:
    socket = browser.socket()
    assert (await socket.connect())[0]
    assert await closed_with(socket) == (4401, "Sign in to see this.")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9999"])
async def test_a_viewers_socket_is_not_opened_by_another_site(
    origin: str, cluster: Cluster, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    assert not (await browser.socket(origin=origin).connect())[0]


async def test_a_name_that_is_not_ours_is_refused_though_one_is_signed_in(
    cluster: Cluster, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    assert (await browser.get("/", host="rebound.example")).status == 400


@pytest.mark.parametrize("path", ["/", "/changes", "/changes.csv", "/coverage.json", "/reference"])
async def test_no_browser_keeps_what_a_viewer_saw(
    path: str, cluster: Cluster, browser: Browser
) -> None:
    await browser.sign_in(EVERYBODY)
    assert (await browser.get(path)).headers["cache-control"] == "no-store"

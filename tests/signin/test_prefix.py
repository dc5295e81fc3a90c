"""Below a path of a site that others share, Baton leads nowhere but to itself, and keeps apart."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.urls import get_resolver

from dashboard import prefix
from dashboard.asgi import application
from dashboard.rendering import FragmentCache
from dashboard.signin.decisions import BEFORE_PAGES
from dashboard.signin.mode import SignIn
from dashboard.signin.returning import own_address
from dashboard.signin.sessions import COOKIE, COOKIE_BELOW
from tests.signin.conftest import EVERYBODY
from tests.signin.people import PATIENCE, Browser, Cluster
from tests.signin.places import filled

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse"),  # As `dashboard.asgi` does.
]

PROXY, ELSEWHERE = "10.9.0.1", "10.8.0.1"
ROOT = "/teams/baton"
Ask = Callable[..., Any]
LINKS = re.compile(
    r'(?:href|src|action|hx-get|data-live|data-root|data-object|data-pods)="(/[^"]*)'
)


@pytest.fixture
def configured(cluster: Cluster, settings: Any) -> Browser:
    """A browser of an installation that knows its prefix."""
    settings.BATON_PATH_PREFIX = ROOT
    return Browser()


class Behind(Browser):
    """A browser behind a proxy that says the prefix, and takes it away or leaves it there."""

    takes_away = True

    def headers(self, more: dict[str, str]) -> list[tuple[bytes, bytes]]:
        forwarded = {
            "x-forwarded-prefix": ROOT,
            "x-forwarded-proto": "https",
            "x-forwarded-host": self.host,
        }
        return super().headers(forwarded | more)

    async def ask(self, path: str, method: str = "GET", body: str = "", **more: str) -> Any:
        asked = path.removeprefix(ROOT) if self.takes_away else path
        return await super().ask(asked, method, body, **more)


@pytest.fixture(params=[True, False], ids=["taken away", "left there"])
def behind(cluster: Cluster, settings: Any, request: pytest.FixtureRequest) -> Browser:
    settings.BATON_SIGN_IN = SignIn("token", proxies=(ip_network("10.9.0.0/24"),))
    made = Behind(host="site.example:8443", client=PROXY)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "site.example"]
    made.takes_away, made.scheme = request.param, "https"
    return made


@pytest.mark.parametrize(
    ("text", "kept"),
    [("", ""), ("/", ""), (" /baton/ ", "/baton"), ("/a/b.c/~d_e-f", "/a/b.c/~d_e-f")],
)
def test_a_prefix_is_kept_without_its_end(text: str, kept: str) -> None:
    assert prefix.plain(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("baton", "//evil.example", "/a//b", "/..", "/a/../b", "/.", "/a b", "/a%2fb", "/ä"),
        *("https://site.example/baton", "/a?b", "/a#b", '/a"b', "/a;b", "/" + "a" * 201, "/-a/\\b"),
        *("/static", "/tape/x", "/changes.csv", "/live"),
    ],
)
def test_what_is_no_prefix_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no path|own addresses"):
        prefix.plain(text)


def test_no_address_of_ours_can_be_taken_for_a_prefix() -> None:
    first = {str(each.pattern).partition("/")[0] for each in get_resolver().url_patterns}
    first |= {path.split("/")[1] for path in BEFORE_PAGES}
    assert first - {""} <= prefix.TAKEN


@pytest.mark.parametrize(
    ("path", "placed"),
    [
        ("/baton", "/baton/"),
        ("/baton/", "/baton/"),
        ("/baton/changes", "/baton/changes"),
        ("/changes", "/baton/changes"),
        ("/", "/baton/"),
        ("/batons", "/baton/batons"),
        ("/baton/baton/x", "/baton/baton/x"),
    ],
)
def test_a_path_is_as_the_browser_asked(path: str, placed: str) -> None:
    assert prefix.placed(path, "/baton") == placed


async def seen_whole(browser: Browser) -> None:
    """Sign in and look around: whatever leads anywhere leads below the prefix."""
    await filled()
    first = await browser.get(f"{ROOT}/changes?kind=Pod")
    assert first.status == 303
    assert first.headers["location"] == f"{ROOT}/login?next=%2Fteams%2Fbaton%2Fchanges%3Fkind%3DPod"
    form = await browser.get(first.headers["location"])
    signed = await browser.sign_in_at(first.headers["location"], EVERYBODY)
    assert (signed.status, signed.headers["location"]) == (302, f"{ROOT}/changes?kind=Pod")
    for cookie in (*form.cookies, *signed.cookies):
        assert f"Path={ROOT}" in cookie.split("; ")
    assert COOKIE_BELOW in browser.cookies
    assert COOKIE not in browser.cookies
    for path in ("/", "/changes", "/cluster", "/traces/stuck", "/writers", "/tape", "/coverage"):
        page = await browser.get(f"{ROOT}{path}")
        assert page.status == 200, path
        addresses = LINKS.findall(page.text)
        assert len(addresses) > 20
        assert [each for each in addresses if not each.startswith(f"{ROOT}/")] == []
    assert (await browser.get(f"{ROOT}/static/css/base.css")).status == 200
    assert (await browser.get(f"{ROOT}/changes.csv")).text.startswith("time,")
    assert (await browser.get(f"{ROOT}/healthz")).text == "alive\n"
    out = await browser.send(f"{ROOT}/logout")
    assert (out.status, out.headers["location"]) == (302, f"{ROOT}/login")
    assert COOKIE_BELOW not in browser.cookies


async def test_an_installation_that_knows_its_prefix_keeps_below_it(configured: Browser) -> None:
    await seen_whole(configured)


async def test_a_trusted_proxy_says_the_prefix_and_takes_it_away_or_not(behind: Browser) -> None:
    await seen_whole(behind)


async def test_what_is_known_here_counts_more_than_what_a_proxy_says(
    behind: Browser, settings: Any
) -> None:
    settings.BATON_PATH_PREFIX = "/known"
    answer = await behind.get("/changes")
    assert answer.headers["location"].startswith("/known/login?")


async def test_nobody_else_says_where_baton_is(cluster: Cluster, browser: Browser) -> None:
    for name in ("x_forwarded_prefix", "daphne_root_path", "script_name"):
        answer = await browser.get("/changes", **{name: "/evil"})
        assert answer.headers["location"] == "/login?next=%2Fchanges"
    asked = HttpCommunicator(application, "GET", "/login", headers=browser.headers({}))
    asked.scope["root_path"] = "/evil"  # As Daphne has it from a header that anyone may send.
    answer = await asked.get_response(timeout=PATIENCE)
    assert b"evil" not in answer["body"]


@pytest.mark.parametrize("told", ["//evil.example", "/a/../b", "/static", 'x"'])
async def test_a_proxy_that_says_nonsense_is_told_so(behind: Browser, told: str) -> None:
    answer = await behind.get("/login", x_forwarded_prefix=told)
    assert answer.status == 400
    assert "X-Forwarded-Prefix" in answer.text
    socket = behind.socket(**{"x-forwarded-prefix": told})
    assert (await socket.connect())[0] is False


@pytest.mark.parametrize("path", ["/live", f"{ROOT}/live"])
async def test_a_socket_is_below_the_prefix_and_so_is_what_it_tells(
    configured: Browser, path: str
) -> None:
    await filled()
    await configured.sign_in(EVERYBODY)
    page = (await configured.get(f"{ROOT}/")).text
    epoch = re.search(r'data-epoch="(\w+)"', page)
    assert epoch is not None
    socket = configured.socket()
    socket.scope["path"] = path
    assert (await socket.connect())[0]
    hello = {"type": "hello", "epoch": epoch[1], "since": 0, "view": "now"}
    await socket.send_json_to(hello | {"filter": {"background": True}})
    told = ""
    while "known-mine" not in told:
        told += await socket.receive_from(timeout=PATIENCE)
    links = LINKS.findall(told.replace('\\"', '"'))
    assert links
    assert [each for each in links if not each.startswith(f"{ROOT}/")] == []
    await socket.disconnect()


async def test_a_socket_elsewhere_is_none(configured: Browser) -> None:
    await configured.sign_in(EVERYBODY)
    socket = configured.socket()
    socket.scope["path"] = "/teams/live"
    assert (await socket.connect())[0] is False


@pytest.mark.parametrize("secure", [True, False])
async def test_https_is_kept_to_only_where_a_request_came_by_it(
    behind: Browser, secure: bool
) -> None:
    proto = "https" if secure else "http"
    for path in ("/login", "/changes", "/static/css/base.css", "/healthz", "/nowhere"):
        answer = await behind.get(ROOT + path, x_forwarded_proto=proto)
        said = answer.headers.get("strict-transport-security")
        assert said == ("max-age=31536000" if secure else None), path
    form = await behind.get(f"{ROOT}/login", x_forwarded_proto=proto)
    (cookie,) = [each for each in form.cookies if each.startswith("csrftoken=")]
    assert ("Secure" in cookie) is secure


async def test_https_is_not_kept_to_where_that_is_switched_off(
    behind: Browser, settings: Any
) -> None:
    settings.SECURE_HSTS_SECONDS = 0
    answer = await behind.get(f"{ROOT}/changes")
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        *("https://site.example:8443", "http://site.example:8443", "https://site.example"),
        *("https://evil.example", "null", ""),
    ],
)
async def test_only_pages_of_the_same_scheme_name_and_port_send_forms_and_open_sockets(
    behind: Browser, origin: str
) -> None:
    own = origin == "https://site.example:8443"
    await behind.sign_in(EVERYBODY)
    opened, _ = await behind.socket(origin=origin).connect()
    assert opened is own
    if origin:
        answer = await behind.send(f"{ROOT}/logout", origin=origin)
        assert answer.status == (302 if own else 403)


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        (f"{ROOT}/changes", f"{ROOT}/changes"),
        (f"{ROOT}/?a=..", f"{ROOT}/?a=.."),
        ("/other", f"{ROOT}/"),
        ("/teams/batons", f"{ROOT}/"),
        (f"{ROOT}/../other", f"{ROOT}/"),
        (f"{ROOT}/%2e%2E/other", f"{ROOT}/"),
        (f"{ROOT}/a\\..\\..\\b", f"{ROOT}/"),
        ("https://evil.example", f"{ROOT}/"),
        ("", f"{ROOT}/"),
    ],
)
def test_a_sign_in_leads_on_to_what_is_below_the_prefix_alone(asked: str, own: str) -> None:
    with prefix.within(ROOT):
        assert own_address(asked) == own


def test_what_was_drawn_below_one_prefix_is_not_shown_below_another() -> None:
    drawn = FragmentCache(4)
    with prefix.within("/one"):
        assert drawn.get("row", lambda: "one") == "one"  # type: ignore[arg-type,return-value]
    assert drawn.get("row", lambda: "none") == "none"  # type: ignore[arg-type,return-value]


async def test_who_is_not_known_is_told_nothing_by_a_file_that_is_not_there(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    answer = await browser.get("/static/nothing.js")
    assert (answer.status, answer.text) == (404, "There is nothing at this address.\n")

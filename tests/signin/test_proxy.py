"""Mode `proxy`: only configured addresses may say who somebody is, and how they asked."""

from typing import Any

import pytest

from dashboard import turns
from dashboard.signin import proxied
from dashboard.signin.mode import SignIn, from_environment
from dashboard.signin.whose import asker
from tests.signin.conftest import EVERYBODY, SHOP
from tests.signin.people import Browser, Cluster, Person, closed_with
from tests.signin.places import HUSH, filled

pytestmark = pytest.mark.django_db(transaction=True)

PROXY, ELSEWHERE = "10.9.0.1", "10.8.0.1"


def mode(**more: str) -> SignIn:
    own = {"BATON_SIGN_IN": "proxy", "BATON_PROXY_ADDRESSES": "10.9.0.0/24"}
    return from_environment(own | more)


@pytest.fixture
def tokens(settings: Any, cluster: Cluster) -> Cluster:
    settings.BATON_SIGN_IN = mode()
    proxied.known.forget()
    return cluster


@pytest.fixture
def names(settings: Any, cluster: Cluster) -> Cluster:
    settings.BATON_SIGN_IN = mode(BATON_PROXY_CREDENTIAL="names")
    proxied.known.forget()
    cluster.people = {"sam": Person("sam", frozenset({"shop"})), "root": Person("root")}
    return cluster


@pytest.fixture
def browser() -> Browser:
    return Browser(client=PROXY)


@pytest.mark.parametrize("name", ["authorization", "x_forwarded_access_token"])
async def test_a_token_that_the_proxy_passes_on_is_asked_about(
    name: str, tokens: Cluster, browser: Browser
) -> None:
    await filled()
    token = f"Bearer {SHOP}" if name == "authorization" else SHOP
    page = await browser.get("/", **{name: token, "x_forwarded_user": "root"})
    assert page.status == 200
    assert '<bdi class="who">sam</bdi>' in page.text, "who it is, the cluster says"
    assert HUSH not in page.text
    assert 'href="/oauth2/sign_out"' in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer a-stranger"},
        {"authorization": "Basic c2FtOnB3"},
        {"x_forwarded_user": "sam"},
        {"cookie": "__Host-baton=guessed"},
    ],
)
async def test_without_a_token_of_the_cluster_nobody_is_let_in(
    headers: dict[str, str], tokens: Cluster, browser: Browser
) -> None:
    answer = await browser.get("/", **headers)
    assert answer.status == 401


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse")  # As `dashboard.asgi` does.
async def test_a_file_is_of_the_share_of_who_came_of_late_and_asks_nobody(
    tokens: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[str] = []

    def noted(request: Any) -> str:
        shares.append(asker(request))
        return shares[-1]

    monkeypatch.setattr(turns, "asker", noted)
    sam = {"authorization": f"Bearer {SHOP}"}
    for headers in ({}, sam):
        assert (await browser.get("/static/css/base.css", **headers)).status == 200
    assert tokens.asked == []
    assert (await browser.get("/", **sam)).status == 200
    before = len(tokens.asked)
    assert (await browser.get("/static/css/base.css", **sam)).status == 200
    assert len(tokens.asked) == before
    assert shares == [f"from {PROXY}", f"from {PROXY}", "of sam", "of sam"]
    assert (await Browser(client=ELSEWHERE).get("/static/css/base.css", **sam)).status == 200
    assert shares[-1] == f"from {ELSEWHERE}"


@pytest.mark.parametrize("client", [ELSEWHERE, "127.0.0.1", "::1", "10.9.1.1"])
async def test_from_anywhere_else_nothing_of_it_is_believed(
    client: str, tokens: Cluster, names: Cluster
) -> None:
    stranger = Browser(client=client)
    said = {"x_forwarded_user": "root", "authorization": f"Bearer {EVERYBODY}"}
    for more in ({}, {"x_forwarded_for": PROXY}):
        answer = await stranger.get("/", **said, **more)
        assert answer.status == 401
        assert "through its proxy" in answer.text
    socket = stranger.socket(**{name.replace("_", "-"): value for name, value in said.items()})
    assert (await socket.connect())[0]
    assert (await closed_with(socket))[0] == 4401


async def test_names_are_asked_about_by_name(names: Cluster, browser: Browser) -> None:
    await filled()
    page = await browser.get("/", x_forwarded_user="sam", x_forwarded_groups="team, system:masters")
    assert page.status == 200
    assert "known-mine" in page.text
    assert HUSH not in page.text
    (viewer,) = proxied.known._viewers.values()
    assert viewer.groups == ("team", "system:authenticated"), "no person is in system:masters"


@pytest.mark.parametrize("user", ["", "system:admin", "system:serviceaccount:baton:baton"])
async def test_a_name_of_kubernetes_own_is_nobodys(
    user: str, names: Cluster, browser: Browser
) -> None:
    names.people[user] = Person(user)
    assert (await browser.get("/", x_forwarded_user=user)).status == 401


async def test_a_name_that_is_said_twice_is_nobodys(names: Cluster, browser: Browser) -> None:
    twice = [(b"x-forwarded-user", b"root"), (b"x-forwarded-user", b"sam")]
    plain = browser.headers
    browser.headers = lambda more: [*plain(more), *twice]  # type: ignore[method-assign]
    assert (await browser.get("/")).status == 401


async def test_a_socket_comes_by_the_proxy_too(names: Cluster, browser: Browser) -> None:
    head = await filled()
    from tests.signin.test_rights import Told

    plain = browser.headers
    browser.headers = lambda more: plain({"x-forwarded-user": "sam", **more})  # type: ignore[method-assign]
    page = Told(browser)
    await page.hello(0)
    await page.until("batch")
    assert head
    assert HUSH not in page.text
    await page.socket.disconnect()


async def test_how_a_browser_asked_is_believed_from_the_proxy_alone(
    names: Cluster, browser: Browser, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "baton.example"]
    told = {
        "x_forwarded_proto": "https",
        "x_forwarded_host": "baton.example",
        "x_forwarded_user": "sam",
    }
    secure = {"host": "10.9.0.7:8000", **told}
    assert (await browser.get("/", **secure)).status == 200
    stranger = Browser(client=ELSEWHERE)
    assert (await stranger.get("/", **secure)).status == 400
    dashed = {name.replace("_", "-"): value for name, value in told.items()}
    origin = {"origin": "https://baton.example"}
    socket = browser.socket(**dashed, **origin)
    assert (await socket.connect())[0], "a page over https, by the proxy"
    await socket.disconnect()
    assert not (await stranger.socket(**dashed, **origin).connect())[0]
    plain = {"origin": "http://baton.example"}
    assert not (await browser.socket(**dashed, **plain).connect())[0]


async def test_there_are_only_so_many_who_are_known(
    names: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxied, "KNOWN_MOST", 2)
    for number in range(4):
        names.people[f"u{number}"] = Person("u", frozenset())
        await browser.get("/", x_forwarded_user=f"u{number}")
    assert len(proxied.known._viewers) == 2


async def test_who_the_proxy_no_longer_vouches_for_is_nobody(
    tokens: Cluster, browser: Browser
) -> None:
    assert (await browser.get("/", authorization=f"Bearer {SHOP}")).status == 200
    assert (await browser.get("/")).status == 401

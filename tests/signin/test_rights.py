"""A viewer of one namespace finds no row, count, hit or sentence of another, on no path."""

import asyncio
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from dashboard.signin import guard, viewers
from eventstream import history
from tests.dashboard import scenes
from tests.signin.conftest import EVERYBODY, NOBODY, SHOP
from tests.signin.people import Browser, Cluster, Person, closed_with
from tests.signin.places import HUSH, filled, trace_in

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = (
    "/",
    f"/?text={HUSH}",
    "/?namespace=vault",
    "/?background=1",
    "/?state=stalled",
    "/?actor=scheduler",
    "/changes",
    f"/changes?text={HUSH}",
    "/changes?namespace=vault",
    "/changes.csv",
    "/writers",
    "/writers?people=1",
    "/writers.csv",
    "/cluster",
    "/cluster?text=vault",
    "/cluster/pods.json",
    "/window",
    "/window?namespace=vault",
    "/traces/mine",
    "/traces/stuck",
    "/traces/stuck?show=waterfall",
    "/traces/stuck?show=list",
    *(f"/traces/stuck?step=stuck-00{number}" for number in range(1, 10)),
    *(f"/traces/stuck/steps/stuck-00{number}" for number in range(1, 10)),
    "/traces/stuck/then?at=4102444800",
    "/traces/theirs",
    "/traces/theirs?step=theirs-001",
    "/traces/theirs/steps/theirs-001",
    "/traces/theirs/then?at=4102444800",
    "/objects/uid-pod-known-mine-pod",
    "/objects/uid-deployment-known-mine",
    "/learn",
    "/learn?trace=theirs",
    "/learn?trace=stuck",
    *(f"/search?text={text}" for text in (HUSH, "vault", "thing+done", "withheld", "deployment")),
    *(f"/search?text=known&in={group}" for group in ("objects", "traces", "steps")),
    "/coverage",
    "/coverage.json",
    "/nothing-here",
)


async def text_of(browser: Browser, path: str) -> str:
    """What is answered, without what was asked for, which may be said again."""
    answer = await browser.get(path)
    assert answer.status in {200, 404}, (path, answer.status)
    asked = (
        *(f"text={HUSH}", f'value="{HUSH}"', f"&quot;{HUSH}&quot;"),
        *("namespace=vault", "text=vault", 'value="vault"', "&quot;vault&quot;"),
        *(f"Search: {text}" for text in (HUSH, "vault")),
        *(f"Nothing has <bdi>{text}</bdi>" for text in (HUSH, "vault")),
        *("<option  selected>vault</option>", "<bdi>vault</bdi>, history holds no step"),
    )
    text = answer.text
    for said in asked:
        text = text.replace(said, "")
    return text


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_elsewhere_is_found_on_no_path(
    path: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    await browser.sign_in(SHOP)
    text = await text_of(browser, path)
    assert HUSH not in text
    assert "432104321043" not in text
    if path not in {"/?namespace=vault", "/cluster?text=vault"}:
        assert "vault" not in text


async def test_all_of_it_is_there_for_who_may_see_it(cluster: Cluster, browser: Browser) -> None:
    await filled()
    await browser.sign_in(EVERYBODY)
    for path in ("/", "/changes", "/changes.csv", "/cluster", "/window", "/traces/stuck"):
        assert HUSH in await text_of(browser, path), path
    assert "vault" in await text_of(browser, f"/search?text={HUSH}")
    assert "432104321043" in await text_of(browser, "/coverage.json")


async def test_what_is_ones_own_is_shown(cluster: Cluster, browser: Browser) -> None:
    await filled()
    await browser.sign_in(SHOP)
    assert "known-mine" in await text_of(browser, "/")
    assert "known-mine" in await text_of(browser, "/changes.csv")
    assert "The known summary." in await text_of(browser, "/traces/mine")
    pods = json.loads((await browser.get("/cluster/pods.json")).text)
    assert [row[2] for row in pods["pods"]] == ["known-mine-pod"]
    assert pods["left"] == 0
    covered = json.loads((await browser.get("/coverage.json")).text)
    assert {each["kind"]: each["objects"] for each in covered["resources"]} == {
        "Deployment": 1,
        "Event": 0,
        "Pod": 1,
    }
    assert covered["live"]["word"] == "Live"
    assert "Sees namespace shop." in await text_of(browser, "/")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (4, "of kind Node in no namespace"),
        (5, "of kind Pod in another namespace"),
        (6, "an audit log"),
        (7, "was not kept"),
    ],
)
async def test_a_step_that_draws_on_what_is_unseen_shows_what_is_left_and_says_so(
    number: int, why: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    await browser.sign_in(SHOP)
    answer = await browser.get(f"/traces/stuck/steps/stuck-00{number}")
    assert answer.status == 200
    assert "Withheld" in answer.text
    assert why in answer.text
    assert "was changed. More of this step is withheld." in answer.text
    assert f"changed{number}" in answer.text.replace("<wbr>", ""), "its own change is left"


async def test_a_step_that_draws_on_events_needs_the_right_to_them(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    kinds = frozenset({("apps", "deployments"), ("", "pods"), ("", "events")})
    cluster.people[SHOP] = Person("sam", frozenset({"shop"}), kinds)
    await browser.sign_in(SHOP)
    path = "/traces/stuck/steps/stuck-003"
    assert "the evented reason" in (await browser.get(path)).text
    cluster.people[SHOP] = Person("sam", frozenset({"shop"}), kinds - {("", "events")})
    other = Browser()
    await other.sign_in(SHOP)
    answer = await other.get(path)
    assert "evented" not in answer.text
    assert "of kind Event in namespace shop" in answer.text


async def test_a_trace_that_draws_on_what_is_unseen_says_so(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    await browser.sign_in(SHOP)
    text = await text_of(browser, "/traces/stuck")
    assert "Withheld: it draws on objects that you may not list and watch: of kind Node" in text
    assert "stalled" in text
    cluster_page = await text_of(browser, "/cluster")
    assert "overdue" not in cluster_page, "what is wrong is not known to this viewer"


@pytest.mark.parametrize("verbs", [("get", "list"), ("get", "watch"), ("get",), ()])
async def test_both_to_list_and_to_watch_are_needed(
    verbs: tuple[str, ...], cluster: Cluster, browser: Browser
) -> None:
    await filled()
    cluster.people[SHOP] = Person("sam", verbs=verbs)
    await browser.sign_in(SHOP)
    text = await text_of(browser, "/")
    assert "known-mine" not in text
    assert "You may not see anything here" in text


async def test_a_kind_is_seen_wherever_it_may_be(cluster: Cluster, browser: Browser) -> None:
    await filled()
    cluster.people[SHOP] = Person("sam", resources=frozenset({("", "pods")}))
    await browser.sign_in(SHOP)
    text = await text_of(browser, "/changes.csv")
    assert f"{HUSH}-theirs-pod" in text
    assert "Deployment" not in text
    assert "Sees 1 kind." in await text_of(browser, "/")


class Told:
    """A browser's page that notes all that its socket is sent."""

    def __init__(self, browser: Browser) -> None:
        self.socket = browser.socket()
        self.text = ""

    async def hello(self, since: int, view: str = "now", **more: Any) -> None:
        assert (await self.socket.connect())[0]
        epoch = await database_sync_to_async(history.epoch)()
        hello = {"type": "hello", "epoch": epoch, "since": since, "view": view}
        await self.socket.send_json_to(hello | more)

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json_from(timeout=30)
        self.text += json.dumps(message)
        if message["type"] == "batch":
            await self.socket.send_json_to({"type": "ack", "seq": message["seq"]})
        return message

    async def until(self, type_: str) -> dict[str, Any]:
        while (message := await self.next())["type"] != type_:
            pass
        return message


@pytest.mark.parametrize("view", ["now", "traces/stuck", "learn/steps", "coverage"])
async def test_a_socket_is_told_of_nothing_elsewhere(
    view: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    await browser.sign_in(SHOP)
    page = Told(browser)
    await page.hello(0, view)
    batch = await page.until("batch")
    assert batch["ops"]
    await page.until("status")
    assert HUSH not in page.text
    assert "432104321043" not in page.text
    assert "vault" not in page.text
    await page.socket.disconnect()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights are asked for at each look, and each look is soon."""
    for name in ("FRESH_SECONDS", "KEPT_SECONDS"):
        monkeypatch.setattr(viewers, name, 0.0)
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(guard, "ASK_SECONDS", 0.0)


async def test_a_permission_revoked_closes_the_socket(
    soon: None, cluster: Cluster, browser: Browser
) -> None:
    head = await filled()
    await browser.sign_in(SHOP)
    page = Told(browser)
    await page.hello(head)
    await page.until("welcome")
    cluster.people[SHOP] = Person("sam", frozenset())
    code, why = await closed_with(page.socket)
    assert (code, why) == (
        4403,
        "You may see less of the cluster than before; the page is loaded anew.",
    )


async def test_a_token_that_expires_closes_the_socket(
    soon: None, cluster: Cluster, browser: Browser
) -> None:
    head = await filled()
    await browser.sign_in(SHOP)
    page = Told(browser)
    await page.hello(head)
    await page.until("welcome")
    del cluster.people[SHOP]
    code, why = await closed_with(page.socket)
    assert (code, why) == (4401, viewers.REFUSED)
    assert (await browser.get("/")).status == 303


async def test_a_server_that_is_away_closes_the_socket(
    soon: None, cluster: Cluster, browser: Browser
) -> None:
    head = await filled()
    await browser.sign_in(SHOP)
    page = Told(browser)
    await page.hello(head)
    await page.until("welcome")
    cluster.down = True
    assert (await closed_with(page.socket))[0] == 4503


async def test_a_permission_granted_is_gone_by_without_a_new_page(
    soon: None, cluster: Cluster, browser: Browser
) -> None:
    head = await filled()
    await browser.sign_in(NOBODY)
    page = Told(browser)
    await page.hello(head)
    await page.until("welcome")
    cluster.people[NOBODY] = Person("nils")
    for number in range(100):
        await database_sync_to_async(_change)(number)
        await asyncio.sleep(0.1)
        if not await page.socket.receive_nothing(timeout=0.1):
            await page.next()
        if HUSH in page.text:
            break
    assert HUSH in page.text
    await page.socket.disconnect()


def _change(number: int) -> None:
    """Have the trace in vault change."""
    scenes.store((trace_in("vault", "theirs", summary=f"{HUSH} {number}")[0], []))


async def test_rights_are_asked_once_a_minute_however_many_look(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    await browser.sign_in(SHOP)
    await browser.get("/")
    asked = len(cluster.asked)
    for path in ("/", "/changes", "/cluster"):
        await browser.get(path)
    assert len(cluster.asked) == asked

"""The API tells each viewer what the pages would, and to programs by a token of the cluster."""

import json
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError

from dashboard.api.declared import OPERATIONS
from dashboard.signin import bearers
from dashboard.signin.bearers import bearers as known
from dashboard.signin.limits import BY_ADDRESS
from dashboard.signin.mode import SignIn
from eventstream import history
from eventstream.objects.observations import Coverage
from tests.dashboard import scenes
from tests.signin.conftest import EVERYBODY, NOBODY, SHOP
from tests.signin.people import Answer, Browser, Cluster, Person
from tests.signin.places import HUSH, NODES, filled

pytestmark = pytest.mark.django_db(transaction=True)

TYPE = "application/problem+json"
TRACES = ("mine", "theirs", "stuck")
PATHS = [
    "",
    "/traces?background=true&limit=500",
    *(f"/traces/{each}" for each in TRACES),
    *(f"/traces/{each}/steps" for each in TRACES),
    *(f"/steps/{each}-{number:03}" for each in TRACES for number in (1, 2)),
    *(f"/steps/stuck-{number:03}" for number in range(3, 10)),
    "/changes",
    "/objects",
    *(f"/objects/uid-{kind}-{name}" for kind, name in (
        ("pod", "known-mine-pod"), ("pod", "hush-theirs-pod"), ("node", "hush-node"))),
    "/outlook?type=deploy&name=known-mine&namespace=shop",
    "/outlook?type=deploy&name=hush-theirs&namespace=vault",
    "/outlook?type=node&name=hush-node",
    "/coverage",
    "/summary",
]  # fmt: skip
OWN = "known-mine"


@pytest.fixture(autouse=True)
def _nobody_is_known_yet() -> Any:
    known.forget()
    yield
    known.forget()


async def ask(browser: Browser, path: str, token: str = "", **more: str) -> Answer:
    named = {"authorization": f"Bearer {token}"} if token else {}
    return await browser.ask(f"/api/v1{path}", accept="application/json", **named, **more)


def test_each_address_of_the_api_is_tried() -> None:
    tried = {path.partition("?")[0].strip("/").partition("/")[0] for path in PATHS}
    assert tried == {each.path.partition("/")[0] for each in OPERATIONS}


@pytest.mark.parametrize("path", PATHS)
async def test_each_viewer_is_told_what_is_theirs_alone(
    path: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    texts = {}
    for token in (EVERYBODY, SHOP, NOBODY):
        answer = await ask(browser, path, token)
        assert answer.status in ({200} if token == EVERYBODY else {200, 404})
        assert answer.headers["cache-control"] == "no-store"
        texts[token] = answer.text
    asked = path.partition("?")[0]
    for word in (HUSH, "vault"):
        for token in (SHOP, NOBODY):
            assert word not in texts[token], token
    for word in (OWN, "432104321043"):
        assert word not in texts[NOBODY]
    if asked in {"/traces", "/changes", "/objects", "/traces/theirs", "/traces/stuck"}:
        assert HUSH in texts[EVERYBODY], "what is hidden from others is told to who may see it"
    if asked in {"/traces", "/changes", "/objects", "/traces/mine"} or "known-mine&" in path:
        assert OWN in texts[SHOP]


async def test_what_is_withheld_says_so_and_names_no_place_that_is_not_seen(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    trace = json.loads((await ask(browser, "/traces/stuck", SHOP)).text)
    assert trace["withheld"] is True
    assert (trace["diagnosis"], trace["stages"], trace["command"]) == (None, [], None)
    steps = json.loads((await ask(browser, "/traces/stuck/steps", SHOP)).text)["items"]
    withheld = [each for each in steps if each["withheld"]]
    assert withheld
    for each in withheld:
        assert (each["evidence"], each["actor_name"], each["node"]) == ([], "", None)
        assert each["grades"]["why"] == "unknown"
    whole = json.loads((await ask(browser, "/traces/stuck", EVERYBODY)).text)
    assert whole["withheld"] is False
    assert whole["diagnosis"] == "unschedulable"


async def test_pages_of_a_list_join_without_a_gap(cluster: Cluster, browser: Browser) -> None:
    await filled()
    for path in ("/traces", "/traces/stuck/steps", "/changes", "/objects"):
        whole = json.loads((await ask(browser, f"{path}?limit=500", EVERYBODY)).text)
        assert whole["next"] is None
        found: list[Any] = []
        after = ""
        while True:
            part = json.loads((await ask(browser, f"{path}?limit=1{after}", EVERYBODY)).text)
            found += part["items"]
            if part["next"] is None:
                break
            after = f"&cursor={part['next']}"
        assert found == whole["items"]


@pytest.mark.parametrize("path", ["", "/traces", "/nothing", "/watch"])
async def test_who_is_not_known_is_told_how_to_be(
    path: str, cluster: Cluster, browser: Browser
) -> None:
    for sent in ("", "Bearer guessed", "Basic YTpi", "Bearer"):
        answer = await browser.ask(f"/api/v1{path}", authorization=sent)
        assert answer.status == 401
        assert answer.headers["content-type"] == TYPE
        assert answer.headers["www-authenticate"] == 'Bearer realm="baton"'
        assert json.loads(answer.text)["status"] == 401
        assert "location" not in answer.headers


async def test_a_session_is_as_good_as_a_token(cluster: Cluster, browser: Browser) -> None:
    await filled()
    await browser.sign_in(SHOP)
    mine = await ask(browser, "/traces")
    assert mine.status == 200
    assert OWN in mine.text
    assert HUSH not in mine.text
    named = json.loads((await ask(browser, "")).text)
    assert (named["viewer"], named["sees_everything"]) == ("sam", False)


async def test_a_token_opens_no_page(cluster: Cluster, browser: Browser) -> None:
    answer = await browser.get("/", authorization=f"Bearer {EVERYBODY}")
    assert answer.status == 303


async def test_a_token_that_the_cluster_no_longer_knows_ends_at_once_where_rights_are_asked(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask(browser, "/traces", SHOP)).status == 200
    del cluster.people[SHOP]
    monkeypatch.setattr("dashboard.signin.viewers.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("dashboard.signin.viewers.FRESH_SECONDS", 0.0)
    for _ in range(2):
        answer = await ask(browser, "/traces", SHOP)
        assert (answer.status, answer.headers["content-type"]) == (401, TYPE)


async def test_who_guesses_tokens_is_slowed_down_and_who_is_known_is_not(
    cluster: Cluster, browser: Browser
) -> None:
    assert (await ask(browser, "/traces", SHOP)).status == 200
    for number in range(BY_ADDRESS - 1):
        assert (await ask(browser, "/traces", f"guess{number}")).status == 401
    answer = await ask(browser, "/traces", "guess")
    assert (answer.status, answer.headers["content-type"]) == (429, TYPE)
    assert int(answer.headers["retry-after"]) > 0
    assert (await ask(browser, "/traces", SHOP)).status == 200


async def test_known_tokens_are_bounded(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bearers, "KNOWN_MOST", 2)
    for token in (EVERYBODY, SHOP, NOBODY):
        assert (await ask(browser, "", token)).status == 200
    assert len(known._viewers) == 2


async def test_while_the_cluster_cannot_be_asked_nothing_is_shown(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    cluster.down = True
    answer = await ask(browser, "/traces", EVERYBODY)
    assert (answer.status, answer.headers["content-type"]) == (503, TYPE)


async def test_while_history_cannot_be_read_nothing_else_is_said_to_be_wrong(
    cluster: Cluster, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OperationalError("no disk")

    monkeypatch.setattr(history, "traces", broken)
    answer = await ask(browser, "/traces", EVERYBODY)
    assert (answer.status, answer.headers["content-type"]) == (503, TYPE)
    assert json.loads(answer.text)["detail"] == "History can't be read now; see Baton's log."


@pytest.mark.parametrize("mode", ["local", "proxy"])
async def test_where_a_token_is_not_what_counts_it_changes_nothing(
    mode: Any, cluster: Cluster, browser: Browser, settings: Any
) -> None:
    settings.BATON_SIGN_IN = SignIn(mode)
    answer = await ask(browser, "/traces", "guessed")
    assert answer.status == (200 if mode == "local" else 401)
    assert cluster.asked == []


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/traces?limit=0", 400, "limit"),
        ("/traces?limit=501", 400, "limit"),
        ("/traces?limit=x", 400, "limit"),
        ("/traces?state=odd", 400, "state"),
        ("/traces?colour=red", 400, "colour"),
        ("/traces?kind=a&kind=b", 400, "'kind' is given more than once"),
        ("/traces?cursor=odd", 400, "no place in the list"),
        ("/traces/mine/steps?cursor=odd", 400, "no place in a trace's steps"),
        ("/changes?cursor=odd", 400, "no place in the list of changes"),
        ("/traces?text=%00", 400, "NUL"),
        ("/outlook?type=deploy", 400, "name"),
        ("/outlook?type=gadget&name=x", 404, "No object of that type and name"),
        ("/traces/none", 404, "no such trace"),
        ("/nothing", 404, ""),
        ("/watch?since=1&since=2", 400, "more than once"),
        ("/watch?trace=none", 404, "no such trace"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    path: str, status: int, told: str, cluster: Cluster, browser: Browser
) -> None:
    await filled()
    answer = await ask(browser, path, EVERYBODY)
    assert (answer.status, answer.headers["content-type"]) == (status, TYPE)
    problem = json.loads(answer.text)
    assert problem["status"] == status
    assert told in problem["detail"]
    assert "<html" not in problem["detail"]


async def test_what_was_not_listed_yet_is_not_said_to_be_missing(
    cluster: Cluster, browser: Browser
) -> None:
    unknown = ("/outlook?type=node&name=x", "/outlook?type=gadget&name=x", "/objects/uid-x")
    for nothing_is_known in (True, False):
        if not nothing_is_known:
            await filled()
            listing = Coverage(NODES, "listing", time.time())
            await database_sync_to_async(scenes.connected)(listing)
        said = set()
        for token in (EVERYBODY, SHOP, NOBODY):
            for path in unknown:
                answer = await ask(browser, path, token)
                assert (answer.status, answer.headers["content-type"]) == (503, TYPE)
                assert answer.headers["retry-after"] == "1"
                said.add(json.loads(answer.text)["detail"])
        (words,) = said
        assert words.startswith("Baton can't say yet whether there is one.")
        assert "node" not in words.lower()
    found = await ask(browser, "/outlook?type=deploy&name=known-mine&namespace=shop", EVERYBODY)
    assert found.status == 200, "what is known is told meanwhile"
    listed = Coverage(NODES, "watching", time.time())
    await database_sync_to_async(scenes.connected)(listed)
    for path in unknown:
        assert (await ask(browser, path, EVERYBODY)).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_can_be_sent(method: str, cluster: Cluster, browser: Browser) -> None:
    answer = await browser.ask("/api/v1/traces", method, authorization=f"Bearer {EVERYBODY}")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == TYPE
    assert cluster.asked == []


async def test_a_person_may_be_a_program_with_other_rights(
    cluster: Cluster, browser: Browser
) -> None:
    await filled()
    cluster.people["robot"] = Person("robot", frozenset({"vault"}))
    await browser.sign_in(SHOP)
    text = (await ask(browser, "/objects", "robot")).text
    assert HUSH in text
    assert OWN not in text

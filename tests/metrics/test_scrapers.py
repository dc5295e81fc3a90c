"""Who may read metrics: by a token of the cluster that may get /metrics, and by nothing else."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from channels.db import database_sync_to_async
from django.db import DatabaseError

from dashboard.metrics import layer, scrapers
from dashboard.metrics.scrapers import PATH, TurnedAwayError
from dashboard.signin.limits import BY_ADDRESS
from dashboard.signin.mode import Mode, SignIn
from eventstream import history, reviewing
from eventstream.history import NOTHING, rights
from eventstream.metrics import Counting, refused
from tests.dashboard import scenes
from tests.metrics.conftest import busy, of
from tests.signin.people import Answer, Browser, Cluster, Person

ALL, SOME, FEW, NONE = "token-of-all", "token-of-some", "token-of-few", "token-of-none"
PATHS = frozenset({PATH})
DEPLOYMENTS = frozenset({("apps", "deployments")})

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["token", "proxy"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cluster(settings: Any, mode: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """People are signed in; four programs have tokens."""
    settings.BATON_SIGN_IN = SignIn(cast("Mode", mode))
    monkeypatch.setattr(rights._Unsaid, "rights", NOTHING)
    made = Cluster(
        {
            ALL: Person("all", paths=PATHS),
            SOME: Person("some", None, DEPLOYMENTS, paths=PATHS),
            FEW: Person("few", frozenset({"web"}), paths=PATHS),
            NONE: Person("none"),
        }
    )
    reviewing.install(made)
    scrapers.scrapers.forget()
    layer.answers.clear()
    yield made
    scrapers.scrapers.forget()
    reviewing.install(None)


@pytest.fixture
async def stored(counting: Counting) -> None:
    await database_sync_to_async(scenes.connected)()
    busy(counting)


async def scraped(token: str = "", **more: str) -> Answer:
    """Ask as a Prometheus does: by the Pod's address."""
    client = Browser("10.128.0.7:8000", "10.128.0.9")
    sent = {"authorization": f"Bearer {token}"} if token else {}
    return await client.ask(PATH, accept="text/plain", **sent, **more)


@pytest.mark.parametrize(
    ("token", "status", "named"),
    [
        ("", 401, None),
        ("guessed", 401, None),
        (NONE, 403, None),
        (FEW, 200, set()),
        (SOME, 200, {"Deployment"}),
        (ALL, 200, {"Deployment", "Node"}),
    ],
)
async def test_metrics_are_for_who_may_get_them_and_names_for_who_may_list_them(
    token: str, status: int, named: set[str] | None, cluster: Cluster, stored: None
) -> None:
    answer = await scraped(token)
    assert answer.status == status
    if named is None:
        assert "baton_" not in answer.text
        assert ("www-authenticate" in answer.headers) == (status == 401)
        return
    body = answer.text.encode()
    assert of("baton_live", body) == {(): 1.0}
    assert {kind for _, kind, _, _ in of("baton_traces", body)} == named
    assert ("web" in answer.text) == bool(named)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_session_of_a_person_is_no_token(cluster: Cluster, mode: str) -> None:
    if mode == "token":
        browser = Browser()
        await browser.sign_in(ALL)
        assert (await browser.get("/")).status == 200
        assert (await browser.get(PATH)).status == 401
    answer = await scraped(cookie=f"__Host-baton={ALL}", x_forwarded_access_token=ALL)
    assert answer.status == 401


async def test_no_names_are_told_while_the_cluster_cannot_be_asked(
    cluster: Cluster, stored: None
) -> None:
    assert (await scraped(ALL)).status == 200
    scrapers.scrapers.forget()
    cluster.down = True
    answer = await scraped(ALL)
    assert answer.status == 503
    assert "baton_" not in answer.text


@pytest.mark.parametrize("token", [SOME, ALL])
async def test_while_history_cannot_be_read_that_is_told_and_no_name(
    token: str, cluster: Cluster, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise DatabaseError("disk I/O error")

    for part in ("cluster", "watching", "types"):
        monkeypatch.setattr(history, part, broken)
    answer = await scraped(token)
    assert answer.status == 200
    body = answer.text.encode()
    assert of("baton_history_readable", body) == {(): 0.0}
    assert of("baton_queue_rows", body) == {(): 3.0}
    assert "web" not in answer.text


async def test_what_is_allowed_is_asked_anew_after_a_minute_and_not_before(
    cluster: Cluster, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert (await scraped(SOME)).status == 200
    assert cluster.gotten == [PATH]
    before = len(cluster.asked)
    cluster.people[SOME] = Person("some", frozenset())  # Who lost all rights.
    assert (await scraped(SOME)).status == 200
    assert len(cluster.asked) == before
    monkeypatch.setattr(scrapers, "KEPT_SECONDS", 0.0)
    assert (await scraped(SOME)).status == 403
    del cluster.people[SOME]
    assert (await scraped(SOME)).status == 401


async def test_names_go_when_the_right_to_list_them_does(
    cluster: Cluster, stored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrapers, "KEPT_SECONDS", 0.0)
    assert "web" in (await scraped(ALL)).text
    cluster.people[ALL] = Person("all", frozenset(), paths=PATHS)
    answer = await scraped(ALL)
    assert answer.status == 200
    assert "web" not in answer.text


async def test_who_guesses_tokens_is_slowed_down_and_who_has_one_is_not(
    cluster: Cluster, stored: None
) -> None:
    assert (await scraped(ALL)).status == 200
    found = [(await scraped(f"guess-{number}")).status for number in range(BY_ADDRESS)]
    assert found == [401] * (BY_ADDRESS - 1) + [429]
    assert "retry-after" in (await scraped("guess-again")).headers
    assert (await scraped("guess-1")).status == 429  # It is known, but as none.
    assert (await scraped(ALL)).status == 200


async def test_so_many_tokens_are_known_at_a_time(cluster: Cluster) -> None:
    for number in range(scrapers.SCRAPERS_MOST + 5):
        scrapers.scrapers.find(f"Bearer token-{number}", f"10.0.0.{number}")
    assert len(scrapers.scrapers._known) == scrapers.SCRAPERS_MOST


async def test_made_up_tokens_put_out_none_that_may_read(cluster: Cluster, stored: None) -> None:
    assert (await scraped(ALL)).status == 200
    for number in range(2 * scrapers.SCRAPERS_MOST):
        scrapers.scrapers.find(f"Bearer token-{number}", f"10.0.0.{number}")
    for number in range(BY_ADDRESS):
        await scraped(f"guess-{number}")
    assert (await scraped(ALL)).status == 200
    assert cluster.gotten == [PATH], "it is known, so it is not asked about anew"


@pytest.mark.parametrize("header", ["Basic YWxsOnRva2Vu", "Bearer ", "Bearer a\u00a0b", "nonsense"])
async def test_what_is_no_bearer_token_is_turned_away_before_anybody_is_asked(
    header: str, cluster: Cluster
) -> None:
    with pytest.raises(TurnedAwayError, match="bearer token") as error:
        scrapers.scrapers.find(header, "10.0.0.1")
    assert error.value.status == 401
    assert cluster.gotten == []


async def test_metrics_are_only_read(cluster: Cluster) -> None:
    client = Browser()
    answer = await client.ask(PATH, "DELETE", authorization=f"Bearer {ALL}")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert cluster.gotten == []


@pytest.mark.parametrize("mode", ["local"], indirect=True)
async def test_without_sign_in_they_are_for_this_machines_names_alone(
    cluster: Cluster, stored: None
) -> None:
    answer = await Browser("localhost:8000").get(PATH)
    assert answer.status == 200
    assert "web" in answer.text
    answer = await Browser("rebound.example.org").get(PATH)
    assert answer.status == 400
    assert "baton_" not in answer.text
    assert cluster.gotten == []


async def test_so_many_scrapes_wait_and_one_more_is_told_to_come_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "WAITING_MOST", 0)
    before = refused.so_far()["scrape"]
    assert (await scraped(ALL)).status == 503
    assert refused.so_far()["scrape"] == before + 1


async def test_the_same_is_answered_for_a_second_without_being_made_anew(
    cluster: Cluster, stored: None, counting: Counting
) -> None:
    assert of("baton_steps_total", (await scraped(ALL)).text.encode()) == {(): 0.0}
    counting.steps = 7
    assert of("baton_steps_total", (await scraped(ALL)).text.encode()) == {(): 0.0}
    # Of other rights, and so another answer.
    assert of("baton_steps_total", (await scraped(SOME)).text.encode()) == {(): 7.0}

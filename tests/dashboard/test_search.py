"""The search of every page: groups of what has the words, short and long, without script too."""

import html
import re
import time

import pytest
from django.test import Client
from msgspec.structs import replace

from dashboard.pages import search
from eventstream import history
from eventstream.models import InstallationRow
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape

pytestmark = pytest.mark.django_db


def body(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def groups(page: str) -> dict[str, str]:
    """What stands in each group, by its name."""
    found = re.findall(
        r'<section class="found-group" aria-label="(\w+)">(.*?)</section>', page, re.DOTALL
    )
    return dict(found)


def below_box(client: Client, text: str) -> str:
    headers = {"HX-Request": "true", "HX-Target": search.BELOW_BOX}
    return client.get(f"/search?text={text}", headers=headers).content.decode()


def test_objects_traces_and_steps_are_found_and_lead_on(client: Client) -> None:
    store_tape("create")
    found = groups(body(client, "/search?text=nginx"))
    assert list(found) == ["Objects", "Traces", "Steps"]
    assert "deployment/<mark>nginx</mark>" in found["Objects"]
    assert 'id="trace-' in found["Traces"]
    assert "<mark>nginx</mark>-754449dc84" in found["Steps"]
    for address in re.findall(r'href="(/[^"#]+)', "".join(found.values())):
        assert client.get(html.unescape(address)).status_code == 200, address


def test_a_group_alone_pages_on_to_its_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    store_tape("create")
    monkeypatch.setattr(search, "SOME", 3)
    monkeypatch.setattr(search, "MANY", 7)
    address = "/search?text=nginx"
    onward = re.search(r'href="(/search\?[^"]*in=steps[^"]*)"', body(client, address))
    shown: list[str] = []
    while onward is not None:
        page = body(client, html.unescape(onward[1]))
        assert list(groups(page)) == ["Steps"]
        shown += re.findall(r"#step-([0-9a-f]{20})", page)
        onward = re.search(r'href="(/search\?[^"]*before=[^"]*)"', page)
    terms = history.Terms.of("nginx")
    assert shown == [each.id for each in history.search_steps(terms, limit=500).rows]
    assert len(shown) > 14


def test_what_shows_below_the_box_is_a_few_of_each(client: Client) -> None:
    store_tape("create")
    few = below_box(client, "nginx")
    assert "<html" not in few
    assert len(re.findall(r"#step-", few)) == search.FEW
    assert 'href="/search?text=nginx">All that was found' in few


def test_typing_on_the_page_draws_its_part_and_renames_the_page(client: Client) -> None:
    store_tape("create")
    headers = {"HX-Request": "true", "HX-Target": search.ON_PAGE}
    answer = client.get("/search?text=nginx", headers=headers)
    assert answer.headers["HX-Replace-Url"] == "/search?text=nginx"
    assert b"<html" not in answer.content
    assert "Objects" in groups(answer.content.decode())


def test_every_page_has_the_box(client: Client) -> None:
    for path in ("/", "/reference", "/tape", "/coverage", "/search", "/traces/none"):
        page = client.get(path).content.decode()
        assert page.count('id="search-text"') == 1, path
        assert '<form class="search-box" id="search" method="get" action="/search"' in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Search names and sentences"),
        ("?text=%20%00", "Search names and sentences"),
        ('?text="*"', "Search names and sentences"),
        ("?text=ab", "At least 3 letters of a word"),
        ("?text=zebra", "Nothing has <bdi>zebra</bdi>"),
        ("?text=<img src=x>", "Nothing has <bdi>&lt;img src=x&gt;</bdi>"),
        ("?text=nginx%20NEAR(a%20b)%20%22OR", "Nothing has"),
        ("?text=nginx%00", "found-group"),
        ("?text=" + "x" * 9000, "Nothing has"),
        ("?text=nginx" + "+a" * 90, "found-group"),
        ("?text=%F0%9F%92%A3%ff+nginx", "found-group"),
        ("?text=nginx&in=nothing&before=5", "found-group"),
        ("?text=nginx&in=steps&before=1", "Nothing more has"),
    ],
)
def test_whatever_is_asked_there_is_an_answer(client: Client, query: str, said: str) -> None:
    scenes.store(scenes.nginx(time.time()))
    page = body(client, f"/search{query}")
    assert said in page
    assert "<img" not in page


def test_a_place_that_is_none_is_refused_in_words(client: Client) -> None:
    page = body(client, "/search?text=nginx&in=objects&before=xyz", 400)
    assert "This page of what was found can&#x27;t be found" in page


def test_more_words_than_are_looked_for_are_said_to_be_too_many(client: Client) -> None:
    assert "first 10 words" in body(client, "/search?text=" + "+".join(map(str, range(100, 120))))


def test_what_takes_too_long_is_said_in_its_group(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.store(scenes.nginx(time.time()))

    def wide(*_: object, **__: object) -> None:
        raise history.TooWideError

    monkeypatch.setitem(search._SEARCHES, "steps", (wide, search._steps))
    found = groups(body(client, "/search?text=nginx"))
    assert "Give more letters" in found["Steps"]
    assert "Give more letters" not in found["Traces"]


def test_history_that_is_not_searchable_yet_is_told_of(client: Client) -> None:
    scenes.store(scenes.nginx(time.time()))
    assert "being made searchable" not in body(client, "/search?text=nginx")
    InstallationRow.objects.update(unsearched=history.head())
    assert "being made searchable" in body(client, "/search?text=nginx")


def test_heartbeats_are_not_among_what_is_found(client: Client) -> None:
    trace, steps = scenes.nginx(time.time())
    scenes.store(
        (trace, [replace(steps[0], id="beat", verb="renew", what="Unmistakable."), *steps])
    )
    assert "Nothing has" in body(client, "/search?text=unmistakable")


def test_hostile_names_are_text(client: Client) -> None:
    scenes.store(scenes.hostile(time.time() - 5))
    page = body(client, "/search?text=img")
    assert "<img" not in page
    assert "&lt;<mark>img</mark>" in page
    assert "\u202e" not in page

"""The page of last writers, and its file: what was changed by hand, and that it was only read."""

import csv
import io

import pytest
from django.test import Client

from dashboard import clock
from dashboard.pages import writers
from tests.dashboard.met import store_contact

pytestmark = pytest.mark.django_db


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode().replace("<wbr>", "")


def rows(client: Client, path: str = "/writers.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).getvalue().decode())))


def test_what_was_changed_by_hand_before_anybody_watched_is_found(client: Client) -> None:
    store_contact("rolling_update", 5.0)
    mine = rows(client, "/writers.csv?people=1&kind=Deployment")
    assert [(row["manager"], row["time"]) for row in mine] == [
        ("kubectl-set", "2026-11-23T00:08:32.000+00:00"),
        ("kubectl-client-side-apply", "2026-11-23T00:08:28.000+00:00"),
    ]
    assert mine[0]["fields"] == "spec.template.spec.containers[].image"
    assert {row["grade"] for row in mine} == {"reported"}
    assert {row["known as"] for row in mine} == {"no known controller"}
    shown = page(client, "/writers?people=1&kind=Deployment")
    assert "spec.template.spec.containers[].image" in shown
    assert "kubelet" not in shown[shown.index("<tbody") :]
    assert "Read from the objects that exist, not watched" in shown
    assert "/writers.csv?kind=Deployment&amp;people=1" in shown


RECORDED = 1_795_392_512.0
"""When the template was set: 2026-11-23T00:08:32Z."""


@pytest.mark.parametrize(
    ("age", "later", "found"),
    [("1h", 3599, True), ("1h", 3700, False), ("7d", 604_700, True), ("7d", 604_900, False)],
)
def test_an_age_leaves_out_what_is_older(
    client: Client, monkeypatch: pytest.MonkeyPatch, age: str, later: int, found: bool
) -> None:
    store_contact("rolling_update", 5.0)
    monkeypatch.setattr(clock, "now", lambda: RECORDED + later)
    shown = rows(client, f"/writers.csv?manager=kubectl-set&age={age}")
    assert bool(shown) is found


def test_an_age_that_nobody_offers_asks_for_all(client: Client) -> None:
    store_contact("rolling_update", 5.0)
    assert rows(client, "/writers.csv?age=of-nonsense") == rows(client) != []


def test_every_entry_is_met_once_while_paging(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_contact("workloads", 60.0)
    whole = rows(client)
    monkeypatch.setattr(writers, "ROWS", 5)
    met, path = 0, "/writers"
    while path:
        shown = page(client, path)
        met += shown.count('<td class="mono when">')
        place = shown.find('<a class="quiet button" href="?before=')
        path = "/writers" + shown[place:].split('"')[3].replace("&amp;", "&") if place >= 0 else ""
    assert met == len(whole) > 10


def test_a_file_that_ends_early_says_where_it_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_contact("workloads", 60.0)
    whole = rows(client)
    monkeypatch.setattr(writers, "CSV_ENTRIES", 4)
    *first, last = rows(client, "/writers.csv?manager=kubelet")
    assert len(first) == 4
    assert last["time"].startswith("More in the next part: writers.csv?manager=kubelet&before=")
    path = "/" + last["time"].removeprefix("More in the next part: ")
    of_kubelet = [row for row in whole if row["manager"] == "kubelet"]
    assert rows(client, path)[0] == of_kubelet[4]


@pytest.mark.parametrize("path", ["/writers?before=nowhere", "/writers.csv?before=nowhere"])
def test_a_place_that_was_never_given_out_is_answered_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert b"no place in the list of last writers" in answer.content


def test_nothing_read_and_nothing_matching_read_differently(client: Client) -> None:
    assert "Nothing was read yet" in page(client, "/writers")
    store_contact("rolling_update", 5.0)
    assert "No entry matches these filters" in page(client, "/writers?manager=nobody")


def test_changes_and_last_writers_lead_to_each_other(client: Client) -> None:
    store_contact("rolling_update", 5.0)
    assert 'href="/writers"' in page(client, "/changes")
    shown = page(client, "/writers")
    assert 'href="/changes"' in shown
    assert 'href="/writers?people=1&amp;age=7d"' in shown

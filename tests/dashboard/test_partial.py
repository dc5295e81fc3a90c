"""A page of what is rare shows how far was looked for it, and leads on from there."""

import csv
import io
import re
import sys

import pytest
from django.test import Client

from tests.dashboard import scenes

pytestmark = pytest.mark.django_db

FEED, LEDGER = (sys.modules[f"eventstream.history.{name}"] for name in ("feed", "ledger"))


def body(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def further(page: str) -> str | None:
    """Where a page leads on."""
    found = re.search(r'href="(\?[^"]*before=[^"]+)"', page)
    return found and found[1].replace("&amp;", "&")


def test_a_page_of_changes_says_how_far_it_looked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("OBJECTS_MOST", 0), ("MET_FIRST", 2), ("LOOKED_MOST", 5)):
        monkeypatch.setattr(LEDGER, name, most)
    steps = [
        scenes.step("t", n, scenes.ref("Pod", "rare" if n < 2 else "web"), "client", at=float(n))
        for n in range(1, 12)
    ]
    scenes.store((scenes.trace("t", steps[0].object, 1.0), steps))
    first = body(client, "/changes?text=rare")
    assert "There are none that match back to" in first
    assert '<time datetime="1970-01-01T00:00:05' in first
    assert "Look further back" in first
    assert "matches these filters" not in first
    on = further(first)
    assert on is not None
    second = body(client, f"/changes{on}")
    assert re.findall(r'href="/traces/t\?step=(t-\d+)#', second) == ["t-001"]
    assert "Look further back" not in second
    file = client.get("/changes.csv?text=rare").getvalue().decode()
    assert [row["name"] for row in csv.DictReader(io.StringIO(file))] == ["rare"]


def test_a_feed_leads_on_and_does_not_say_that_there_is_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FEED, "FEW", 0)
    monkeypatch.setattr(FEED, "LOOKED_MOST", 10)
    many: list[scenes.Scene] = [
        (scenes.trace(f"t{n:03d}", scenes.ref("Pod", "web" if n else "rare"), 100.0 + n), [])
        for n in range(15)
    ]
    scenes.store(*many)
    first = body(client, "/?text=rare")
    assert "Look further back" in first
    assert "is-empty" not in first
    assert 'hx-trigger="click"' in first
    on = further(first)
    assert on is not None
    second = body(client, f"/{on}")
    assert re.findall(r'<li[^>]* id="trace-([^"]+)"', second) == ["t000"]
    assert "Look further back" not in second

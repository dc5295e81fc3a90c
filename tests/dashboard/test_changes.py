"""The ledger: each changed field with its writer and grade, on the page and as CSV."""

import csv
import io
import re

import pytest
from django.test import Client

from dashboard.pages import changes
from eventstream.explain.vocabulary.records import FieldChange
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape

pytestmark = pytest.mark.django_db


def rows(client: Client, path: str = "/changes.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).content.decode())))


def test_a_scaling_is_a_field_with_its_writer_and_grade(client: Client) -> None:
    store_tape("scale")
    scaled = [row for row in rows(client) if row["field"] == "spec.replicas"]
    mine = [row for row in scaled if row["actor"] == "client"]
    assert [(row["before"], row["after"]) for row in mine] == [("5", "1"), ("2", "5")]
    assert {row["grade"] for row in mine} == {"reported"}
    assert {row["manager"] for row in mine} == {"kubectl"}
    assert {row["actor"] for row in scaled} == {"client", "Deployment controller"}


def test_the_newest_stand_first_and_heartbeats_are_left_out(client: Client) -> None:
    store_tape("scale")
    times = [row["time"] for row in rows(client)]
    assert times == sorted(times, reverse=True)
    assert "renew" not in {row["verb"] for row in rows(client)}


def test_filters_hold_for_page_and_file(client: Client) -> None:
    store_tape("scale")
    assert {row["kind"] for row in rows(client, "/changes.csv?kind=Pod")} == {"Pod"}
    assert {row["actor"] for row in rows(client, "/changes.csv?actor=scheduler")} == {"scheduler"}
    page = client.get("/changes?kind=Pod").content.decode()
    assert "pod/" in page
    assert "deployment/" not in page
    assert "/changes.csv?kind=Pod" in page


def test_every_change_is_met_once_while_paging(client: Client) -> None:
    store_tape("rolling_update")
    found, path = [], "/changes"
    while path:
        page = client.get(path).content.decode()
        found.extend(re.findall(r'href="/traces/[^"]+\?step=(\w+)#', page))
        older = re.search(r'href="(\?before=[^"]+)"', page)
        path = f"/changes{older[1]}" if older else ""
    assert len(found) == len(set(found))
    assert len(found) == len({(r["time"], r["name"], r["resourceVersion"]) for r in rows(client)})


def test_a_long_file_is_cut_and_names_its_next_part(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_tape("rolling_update")
    whole = client.get("/changes.csv")
    assert "Link" not in whole.headers
    monkeypatch.setattr(changes, "CSV_WRITES", 50)
    monkeypatch.setattr(changes, "CSV_PAGE", 50)
    first = client.get("/changes.csv")
    after = re.search(r"<(\?before=[^>]+)>", first.headers["Link"])
    assert after is not None
    assert len(first.content) < len(whole.content)
    second = rows(client, f"/changes.csv{after[1]}")
    assert (
        second[0]["time"] <= list(csv.DictReader(io.StringIO(first.content.decode())))[-1]["time"]
    )


def test_hidden_values_stay_hidden(client: Client) -> None:
    pod = scenes.ref("Pod", "web-1")
    hidden = FieldChange("spec.containers[a].env", hidden=True)
    step = scenes.step("t", 1, pod, "client", change_type="MODIFIED", changes=(hidden,))
    scenes.store((scenes.trace("t", pod, 100.0), [step]))
    (row,) = rows(client)
    assert (row["before"], row["after"]) == ("", "changed, value hidden")


def test_no_cell_is_a_formula(client: Client) -> None:
    pod = scenes.ref("Pod", "=HYPERLINK(1)")
    step = scenes.step("t", 1, pod, "client", actor_name="@cmd")
    scenes.store((scenes.trace("t", pod, 100.0), [step]))
    (row,) = rows(client)
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["manager"] == "'@cmd"


def test_a_broken_cursor_is_refused(client: Client) -> None:
    for path in ("/changes?before=nonsense", "/changes.csv?before=x/y"):
        assert client.get(path).status_code == 400

"""The ledger: each changed field with its writer and grade, on the page and as CSV."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from dashboard.pages import changes
from eventstream import history
from eventstream.explain.vocabulary.records import FieldChange
from tests.dashboard import scenes
from tests.dashboard.recorded import store_tape

pytestmark = pytest.mark.django_db


def rows(client: Client, path: str = "/changes.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(client, path))))


def text(client: Client, path: str) -> str:
    return client.get(path).getvalue().decode()


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


def test_a_long_file_is_cut_and_its_last_line_names_the_next_part(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_tape("rolling_update")
    whole = rows(client)
    monkeypatch.setattr(changes, "ROWS", 20)
    monkeypatch.setattr(changes, "CSV_WRITES", 50)
    monkeypatch.setattr(changes, "CSV_PAGE", 50)
    found, path = [], "changes.csv"
    while path:
        part = rows(client, f"/{path}")
        path = ""
        if part[-1]["time"].startswith("More in the next part: "):
            path = part.pop()["time"].removeprefix("More in the next part: ")
        assert len({row["resourceVersion"] for row in part}) <= 70
        found += part
    assert found == whole


def test_a_file_begins_before_its_rest_is_read_and_is_read_a_page_at_a_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_tape("rolling_update")
    monkeypatch.setattr(changes, "ROWS", 20)
    monkeypatch.setattr(changes, "CSV_PAGE", 30)
    limits: list[int] = []
    ledger = history.ledger

    def counted(*args: Any, **options: Any) -> history.LedgerPage:
        limits.append(options["limit"])
        return ledger(*args, **options)

    monkeypatch.setattr(history, "ledger", counted)
    pieces = iter(client.get("/changes.csv").streaming_content)  # type: ignore[attr-defined]
    assert next(pieces).startswith(b"time,kind,")
    assert next(pieces).count(b"\n") >= 15
    assert limits == [20]
    assert next(pieces).count(b"\n") >= 20
    assert limits == [20, 30]


def test_a_file_whose_rest_cannot_be_read_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_tape("rolling_update")
    monkeypatch.setattr(changes, "ROWS", 20)
    answer = client.get("/changes.csv")

    def broken(*_: Any, **__: Any) -> history.LedgerPage:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(history, "ledger", broken)
    last = answer.getvalue().decode().splitlines()[-1]
    assert "This file ends early" in last
    assert "The disk that holds the database fails" in last


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

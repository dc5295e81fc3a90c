"""Opening recordings: bounded, apart from the live history, and gone when they should be."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard import opened
from dashboard.opened import OpenedTape, OpenedTapes
from dashboard.pages import changes
from eventstream import history
from eventstream.history import Extent
from tests.dashboard import scenes
from tests.explain.tapes import TAPES

pytestmark = pytest.mark.django_db


def read(tape: OpenedTape) -> OpenedTape:
    """Wait for its process."""
    tape.reader.wait(60)
    return tape


def of(name: str) -> list[bytes]:
    return [(TAPES / f"{name}.jsonl").read_bytes()]


def page(client: Client, tape: OpenedTape, rest: str = "") -> str:
    answer = client.get(f"/tapes/{tape.token}/{rest}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_links_stay_within_the_recording(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes.add("create.jsonl", of("create"), None))
    shown = page(client, tape)
    trace = re.search(rf'href="(/tapes/{tape.token}/traces/[^"]+)"', shown)
    assert trace is not None
    assert 'href="/traces/' not in shown
    assert "nginx" in client.get(trace[1]).content.decode()
    assert "create.jsonl" in shown


def test_it_is_no_simulation_where_it_is_opened_beside_one(
    client: Client, tapes: OpenedTapes, settings: Any
) -> None:
    settings.BATON_PRACTICE = "/tmp/kubeconfig"
    tape = read(tapes.add("create.jsonl", of("create"), None))
    assert "simulator" not in page(client, tape)
    assert ">Exercises</a>" not in page(client, tape, "learn")
    assert client.get(f"/tapes/{tape.token}/learn/exercises").status_code == 404


def test_the_live_history_holds_nothing_of_it(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes.add("create.jsonl", of("create"), None))
    assert "deployment/nginx" in page(client, tape)
    live = client.get("/")
    assert live.status_code == 200
    assert "deployment/nginx" not in live.content.decode()
    assert history.current() == "default"


def test_its_file_of_changes_holds_its_own_to_the_end(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "ROWS", 5)
    tape = read(tapes.add("create.jsonl", of("create"), None))
    answer = client.get(f"/tapes/{tape.token}/changes.csv")
    assert answer.getvalue().count(b"nginx") > 20


def test_nothing_is_said_of_the_live_historys_disk(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.connected()
    monkeypatch.setattr(history, "extent", lambda: Extent(317 << 20, 512 << 20, 1_000_000.0))
    assert "History takes" in client.get("/coverage").content.decode()
    tape = read(tapes.add("create.jsonl", of("create"), None))
    assert "History takes" not in page(client, tape, "coverage")
    document = json.loads(client.get(f"/tapes/{tape.token}/coverage.json").content)
    assert document["history"] is None


def test_two_recordings_of_one_cluster_are_never_mixed(client: Client, tapes: OpenedTapes) -> None:
    first = read(tapes.add("create.jsonl", of("create"), None))
    second = read(tapes.add("quota.jsonl", of("quota"), None))
    assert "deployment/nginx" in page(client, first)
    assert "deployment/nginx" not in page(client, second)
    assert "deployment/nginx" in page(client, first)


def test_waits_that_a_recording_ends_in_are_as_long_as_they_were(
    client: Client, tapes: OpenedTapes
) -> None:
    lines = of("unschedulable")[0].splitlines(keepends=True)
    tape = read(tapes.add("cut.jsonl", lines[:70], None))
    shown = page(client, tape)
    assert "stalled" in shown
    assert not re.search(r"\d+ d\b", re.sub(r"<[^>]+>", " ", shown))


def test_a_hostile_name_is_shown_as_text(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes.add("<img src=x onerror=alert(1)>\u202e.jsonl", of("create"), None))
    shown = page(client, tape)
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_lines_that_were_passed_over_are_told(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes.add("odd.jsonl", [*of("create"), b"no JSON\n"], None))
    shown = page(client, tape)
    assert "1 line passed over" in shown
    number = of("create")[0].count(b"\n") + 1
    assert f"line {number}: not a line of a tape" in shown


def test_a_mark_that_an_editor_put_before_it_costs_no_line(
    client: Client, tapes: OpenedTapes
) -> None:
    tape = read(tapes.add("create.jsonl", [b"\xef\xbb\xbf", *of("create")], None))
    assert "passed over" not in page(client, tape)


@pytest.mark.parametrize(
    ("begins", "advice"), [(b"\x1f\x8b\x08", "gunzip"), ("{}\n".encode("utf-16"), "as UTF-8")]
)
def test_a_recording_in_another_form_is_told_how_to_become_one(
    client: Client, tapes: OpenedTapes, begins: bytes, advice: str
) -> None:
    assert advice in page(client, read(tapes.add("odd", [begins], None)))


def test_only_who_opened_a_recording_is_shown_where_it_is(
    client: Client, tapes: OpenedTapes
) -> None:
    for name in ("first.jsonl", "second.jsonl"):
        file = SimpleUploadedFile(name, b"".join(of("create")))
        opening = client.post("/tape", {"tape": file})
        assert opening.cookies["baton-tapes"]["httponly"]
        assert opening.cookies["baton-tapes"]["samesite"] == "Strict"
    shown = client.get("/tape").content.decode()
    found = re.findall(r'<a href="(/tapes/[^"]+/)"><bdi>(\w+)', shown)
    assert [name for _, name in found] == ["second", "first"]
    assert "/tapes/" not in Client().get("/tape").content.decode()
    client.post("/tape/close", {"token": found[0][0].split("/")[2]})
    left = client.get("/tape").content.decode()
    assert "second.jsonl" not in left
    assert "first.jsonl" in left


def test_what_is_no_recording_says_why(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes.add("notes.txt", [b"dear diary\n"], None))
    assert tape.state == "failed"
    shown = page(client, tape)
    assert "line 1" in shown
    assert "observe --record FILE" in shown


def test_an_upload_begins_the_reading(client: Client, tapes: OpenedTapes) -> None:
    file = SimpleUploadedFile("create.jsonl", b"".join(of("create")))
    answer = client.post("/tape", {"tape": file})
    assert answer.status_code == 302
    tape = tapes.get(answer.headers["Location"].split("/")[2])
    assert tape is not None
    read(tape)
    assert "deployment/nginx" in page(client, tape)


def test_an_empty_file_is_refused(client: Client, tapes: OpenedTapes) -> None:
    answer = client.post("/tape", {"tape": SimpleUploadedFile("empty.jsonl", b"")})
    assert answer.status_code == 400
    assert "not empty" in answer.content.decode()


def test_a_foreign_page_can_open_nothing(tapes: OpenedTapes) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/tape", {"tape": SimpleUploadedFile("create.jsonl", b"{}")}
    )
    assert answer.status_code == 403


def test_the_one_nobody_looked_at_makes_room(client: Client, tapes: OpenedTapes) -> None:
    made = [tapes.add(f"{number}.jsonl", of("create"), None) for number in range(4)]
    assert tapes.get(made[0].token) is made[0]
    tapes.add("fifth.jsonl", of("create"), None)
    assert tapes.get(made[1].token) is None
    assert tapes.get(made[0].token) is made[0]
    assert client.get(f"/tapes/{made[1].token}/").status_code == 404


def test_so_do_those_that_take_more_disk_than_all_may(
    tapes: OpenedTapes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [read(tapes.add(f"{number}.jsonl", of("create"), None)) for number in range(3)]
    monkeypatch.setattr(opened, "DISK_MOST", sum(tape.size() for tape in made[1:]))
    assert tapes.get(made[2].token) is made[2]
    assert tapes.get(made[1].token) is made[1]
    assert tapes.get(made[0].token) is None
    monkeypatch.setattr(opened, "DISK_MOST", 0)
    assert tapes.get(made[1].token) is made[1]
    assert list(tmp_path.iterdir()) == [made[1]._directory]


def test_an_hour_without_a_look_closes_it(
    tapes: OpenedTapes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tapes.add("create.jsonl", of("create"), None)
    later = time.monotonic() + opened.IDLE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert tapes.get(tape.token) is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_nobody_asks_for_is_closed_all_the_same(
    tapes: OpenedTapes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tapes.add("create.jsonl", of("create"), None)
    assert tapes._timer is not None
    later = time.monotonic() + opened.IDLE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    tapes._timer.cancel()
    tapes._expire()  # As its timer does.
    assert list(tmp_path.iterdir()) == []
    assert tapes._timer is None


def test_what_a_killed_run_left_is_deleted_by_the_next(tapes: OpenedTapes, tmp_path: Path) -> None:
    left = tmp_path / "tape-left"
    left.mkdir()
    (left / "tape.jsonl").write_bytes(b"half of")
    used = tapes.add("create.jsonl", of("create"), None)
    opened.forget_left()
    assert list(tmp_path.iterdir()) == [used._directory]


def test_closing_ends_a_reader_and_leaves_nothing(
    client: Client, tapes: OpenedTapes, tmp_path: Path
) -> None:
    tape = tapes.add("create.jsonl", of("create"), None)
    client.post("/tape/close", {"token": tape.token})
    assert tape.reader.state != "reading"
    assert list(tmp_path.iterdir()) == []
    assert client.get(f"/tapes/{tape.token}/").status_code == 404


def test_learn_lays_the_recording_itself_beside_the_steps(
    client: Client, tapes: OpenedTapes
) -> None:
    tape = read(tapes.add("create.jsonl", of("create"), None))
    shown = page(client, tape, "learn")
    assert 'class="shown is-reported" id="shown-step-13"' in shown
    assert f'href="/tapes/{tape.token}/reference#step-13"' in shown
    assert 'class="shown is-pending" id="shown-step-13"' in client.get("/learn").content.decode()

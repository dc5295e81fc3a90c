"""An excerpt of history: what a window held, as it was told, opened again as a recording is."""

import json
import time
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from msgspec.structs import replace

from dashboard.opened import OpenedTape, OpenedTapes
from dashboard.pages import window
from eventstream import excerpts, history
from eventstream.budget import Budget
from eventstream.excerpts import FORMAT, End, Head, StepLine, TraceLine
from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import Cut, Rights, excerpt, seeing
from eventstream.history.reading import stored_steps
from eventstream.objects.observations import Gap
from eventstream.storing import NoRecordingError, Progress, Storing
from eventstream.tapelines import Reading
from tests.dashboard import scenes
from tests.signin import places

pytestmark = pytest.mark.django_db
STARTED = 1_795_000_000.0
WINDOW = f"?from={STARTED - 1}&to={STARTED + 60}"


def kept(client: Client, query: str = WINDOW) -> bytes:
    answer = client.get(f"/window/file{query}")
    assert answer.status_code == 200
    return answer.getvalue()


def lines(file: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.splitlines()]


def of(file: bytes, kind: str) -> list[Any]:
    return [line.get(kind, line) for line in lines(file) if line["line"] == kind]


def opened(tapes: OpenedTapes, file: bytes) -> OpenedTape:
    tape = tapes.add("excerpt.jsonl", [file], None)
    tape.reader.wait(60)
    return tape


def page(client: Client, tape: OpenedTape, rest: str = "") -> str:
    answer = client.get(f"/tapes/{tape.token}/{rest}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_what_is_opened_again_is_what_was_cut(client: Client, tapes: OpenedTapes) -> None:
    scenes.connected(name="prod-eu")
    gap = Gap(scenes.PODS, "7", "9", STARTED + 0.1, STARTED + 0.2, "The watch expired.")
    scenes.store(scenes.nginx(STARTED), scenes.stuck(STARTED), seen=(gap,))
    before = told()
    tape = opened(tapes, kept(client))
    with history.reading(tape.alias):
        assert told() == before
        gaps = [each.record for each in history.gaps_between(STARTED, STARTED + 1)]
    assert gaps == [gap]
    assert tape.missing == ""
    shown = page(client, tape)
    assert "deployment/bad" in shown
    assert "It is an excerpt of history of <b>prod-eu</b>" in shown
    assert "passed over" not in shown
    assert "image-not-found" in page(client, tape, "traces/bad")


def told() -> list[Step | Trace]:
    """What this history tells of both traces; what it draws on is for Baton's own use."""
    found: list[Step | Trace] = []
    for id_ in ("nginx", "bad"):
        stored = history.trace(id_)
        assert stored is not None
        found.append(stored.record)
        found += [each.record for each in history.steps(id_)]
    return [replace(each, sources=()) for each in found]


def test_it_holds_the_window_alone_and_counts_what_is_in_it(client: Client) -> None:
    scenes.store(scenes.nginx(STARTED), scenes.stuck(STARTED + 100))
    part = kept(client, f"?from={STARTED}&to={STARTED + 0.02}")
    steps, (trace,) = of(part, "step"), of(part, "trace")
    assert {step["trace"] for step in steps} == {"nginx"}
    assert all(STARTED <= step["at"] <= STARTED + 0.02 for step in steps)
    assert 0 < trace["steps"] == len(steps) < 20
    assert lines(part)[-1] == {"line": "end", "steps": len(steps)}
    dev = kept(client, f"?from={STARTED}&to={STARTED + 200}&namespace=dev")
    assert [trace["id"] for trace in of(dev, "trace")] == ["bad"]
    assert lines(dev)[0]["namespace"] == "dev"


def test_a_window_with_too_many_steps_ends_early_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "FILE_STEPS", 5)
    scenes.store(scenes.nginx(STARTED))
    file = kept(client)
    head, steps = lines(file)[0], of(file, "step")
    assert head["more"]
    assert 0 < len(steps) <= 5
    assert max(step["at"] for step in steps) <= head["until"] < STARTED + 60


def test_pages_of_steps_hold_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstream.history.excerpting.AT_ONCE", 3)
    scenes.store(scenes.nginx(STARTED))
    file = b"".join(excerpt(Cut(STARTED - 1, STARTED + 60), STARTED))
    ids = [step["id"] for step in of(file, "step")]
    assert len(ids) == len(set(ids)) == 20


def test_nothing_is_in_it_that_whoever_cuts_it_may_not_see(
    client: Client, tapes: OpenedTapes
) -> None:
    places.fill()
    now = time.time()
    with seeing(Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})):
        file = b"".join(excerpt(Cut(now - 60, now + 60), now))
    assert places.HUSH.encode() not in file
    assert b"vault" not in file
    assert not lines(file)[0]["whole"]
    shown = page(client, opened(tapes, file))
    assert "What whoever cut it may not see is not in it" in shown
    assert "known-mine" in shown


def written() -> list[bytes]:
    """The lines of an excerpt that somebody made."""
    trace, steps = scenes.nginx(STARTED)
    head = Head(FORMAT, "1", "prod", STARTED, STARTED + 9, STARTED + 9, None, True, False)
    made: list[excerpts.Line] = [head, TraceLine(trace), *map(StepLine, steps), End(len(steps))]
    return [excerpts.written(line) for line in made]


def stored(file: list[bytes], path: Path) -> Progress:
    """Read it into this history, as its own process does."""
    path.write_bytes(b"".join(file))
    storing = Storing("excerpt", Budget(), Reading())
    storing.read(path, None)
    return storing.progress


def test_a_file_that_was_cut_short_says_so(tmp_path: Path) -> None:
    read = stored(written()[:-1], tmp_path / "short")
    assert read.reasons == ["line 22: the file was cut short here"]
    assert read.steps == 20


def test_an_audit_log_beside_it_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "excerpt").write_bytes(b"".join(written()))
    (tmp_path / "audit").write_text("{}\n")
    storing = Storing("excerpt", Budget(), Reading())
    with pytest.raises(NoRecordingError, match="open it without one"):
        storing.read(tmp_path / "excerpt", tmp_path / "audit")


def test_a_download_that_history_fails_in_the_middle_is_a_file_that_was_cut_short(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.store(scenes.nginx(STARTED))
    asked = count(1)

    def failing(rows: Any) -> Any:
        if next(asked) == 3:
            raise OperationalError("disk I/O error")
        return stored_steps(rows)

    monkeypatch.setattr("eventstream.history.excerpting.AT_ONCE", 3)
    monkeypatch.setattr(window, "LINES_AT_ONCE", 2)
    with monkeypatch.context() as failed:
        failed.setattr("eventstream.history.excerpting.stored_steps", failing)
        file = kept(client)
    assert [line["line"] for line in lines(file)] == ["excerpt", "trace", *["step"] * 6]
    read = stored([file], tmp_path / "short")
    assert read.reasons == ["line 8: the file was cut short here"]


def altered(line: bytes, **more: Any) -> bytes:
    """The line with other fields in its record."""
    read = json.loads(line)
    kind = read["line"]
    return json.dumps({**read, kind: {**read[kind], **more}}).encode() + b"\n"


def test_what_no_history_holds_is_passed_over_and_the_rest_is_shown(
    client: Client, tmp_path: Path
) -> None:
    *whole, end = written()
    step = whole[2]
    odd = [
        altered(step, id="a/../b", at=STARTED + 1),
        altered(step, id="x-1", at=1e300),
        altered(step, id="x-2", count=10**30),
        altered(step, id="x-3", verb="<script>"),
        altered(step, id="x-4", cause="</a>"),
        altered(step, id="x-5", object={**json.loads(step)["step"]["object"], "uid": "u" * 999}),
        altered(whole[1], id="t", waiting_since=-1.0),
        b"no JSON\n",
    ]
    read = stored([*whole, *odd, end], tmp_path / "odd")
    assert (read.passed_over, read.steps) == (len(odd), 20)
    assert "deployment/nginx" in client.get("/").content.decode()


def test_an_excerpt_of_another_version_says_so(tmp_path: Path) -> None:
    first, *rest = written()
    later = first.replace(b'"format":1', b'"format":2')
    assert later != first
    with pytest.raises(NoRecordingError, match="another version of Baton"):
        stored([later, *rest], tmp_path / "later")


def test_the_command_cuts_the_same_of_a_database(
    client: Client, tmp_path: Path, any_database: None, transactional_db: None
) -> None:
    scenes.connected()
    scenes.store(scenes.nginx(STARTED))
    made, database = tmp_path / "made.jsonl", history_file()
    times = ("--since", "2026-11-18T11:06:39", "--until", "2026-11-18T11:07:40Z")
    call_command("cut", "--from-history", database, *times, "--output", str(made))
    assert of(made.read_bytes(), "step") == of(kept(client), "step")
    with pytest.raises(CommandError, match="there is no such file"):
        call_command("cut", "--from-history", "none", *times, "--output", str(made))


def test_explain_prints_what_an_excerpt_holds(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    path.write_bytes(b"".join([*written(), b"no JSON\n"]))
    out, err = StringIO(), StringIO()
    call_command("explain", str(path), stdout=out, stderr=err)
    printed = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [each["id"] for each in printed if each["record"] == "trace"] == ["nginx"]
    requests = [each for each in printed if each.get("verb") not in {None, "store", "broadcast"}]
    assert len(requests) == 20
    assert ":24: passed over: no line of an excerpt" in err.getvalue()
    with pytest.raises(CommandError, match="--outlook: a history holds"):
        call_command("explain", str(path), "--outlook")


def history_file() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def test_a_window_that_is_none_has_no_file(client: Client) -> None:
    answer = client.get("/window/file?from=2&to=1")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")

"""An opened recording takes so much time, memory and disk, and says what is not shown of it."""

import os
import signal
import subprocess
import sys

import msgspec
import pytest
from django.test import Client

from dashboard import tapereader
from dashboard.opened import OpenedTape, OpenedTapes
from tests.explain.tapes import TAPES
from tests.fuzzing import odd

pytestmark = pytest.mark.django_db
LINES = (TAPES / "create.jsonl").read_bytes().splitlines(keepends=True)


def read(tapes: OpenedTapes, lines: list[bytes], name: str = "a.jsonl") -> OpenedTape:
    tape = tapes.add(name, lines, None)
    tape.reader.wait(120)
    return tape


def page(client: Client, tape: OpenedTape) -> str:
    answer = client.get(f"/tapes/{tape.token}/")
    assert answer.status_code == 200
    return answer.content.decode()


def thing(number: int) -> bytes:
    metadata = {"name": "a", "uid": f"u-{number}", "resourceVersion": str(number)}
    content = {"apiVersion": "v1", "kind": "Thing", "metadata": metadata}
    resource = f"g{number}.example.com/v1/things"
    return odd.written(
        {"t": 1_795_000_000 + number, "resource": resource, "type": "ADDED", "object": content}
    )


def test_of_too_many_kinds_the_rest_is_passed_over_and_counted(
    client: Client, tapes: OpenedTapes
) -> None:
    tape = read(tapes, [b"\n".join(thing(number) for number in range(1, 1101))])
    assert tape.progress.other_kinds == 100
    shown = page(client, tape)
    assert "100 of these lines are of further kinds" in shown
    assert "than the 1000 that are read" in shown


def test_what_was_read_until_the_time_was_over_can_be_looked_at(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapereader, "CPU_SECONDS", 0)
    tape = read(tapes, LINES)
    assert tape.state == "open"
    assert tape.progress.cut == "time"
    shown = page(client, tape)
    assert "Only the first" in shown
    assert "over 0 s of computing" in shown
    assert "manage.py explain" in shown


def test_a_history_grows_no_larger_than_it_may(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapereader, "ROOM_MEGABYTES", 0)
    tape = read(tapes, LINES)
    assert tape.progress.cut == "room"
    assert "its history would be larger than 0 MB" in page(client, tape)


def test_a_line_that_takes_too_much_memory_ends_it_with_what_came_before(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tapereader, "MEGABYTES", 256)
    bomb = b"[" + b"[]," * 8_000_000 + b"[]]"
    content = (
        b'{"apiVersion":"a.b/v1","kind":"A","metadata":{"uid":"u","name":"a"},"spec":%s}' % bomb
    )
    line = b'{"t":1795000000,"resource":"a.b/v1/as","type":"ADDED","object":%s}\n' % content
    tape = read(tapes, [*LINES, line])
    assert tape.progress.cut == "memory"
    shown = page(client, tape)
    assert "deployment/nginx" in shown
    assert "over 256 MB of memory" in shown


def test_a_line_that_is_too_long_is_passed_over(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = read(tapes, [b" " * ((64 << 20) + 2), b"\n", *LINES])
    assert "line 1: longer than 64 MB" in page(client, tape)
    assert tape.progress.done


def test_a_reader_that_was_killed_leaves_what_it_had_stored(
    client: Client, tapes: OpenedTapes
) -> None:
    tape = read(tapes, LINES)
    told = tape._directory / "told"
    progress = msgspec.structs.replace(tape.progress, done=False, bytes=10)
    told.write_bytes(msgspec.json.encode(progress) + b"\n")
    tape.reader._process.returncode = -signal.SIGKILL  # type: ignore[union-attr]
    assert tape.state == "open"
    assert "it was ended, for more than" in page(client, tape)


def test_ten_thousand_lines_of_something_else_are_enough(
    client: Client, tapes: OpenedTapes
) -> None:
    tape = read(tapes, [b"{}\n" * 100_000])
    assert tape.state == "failed"
    assert tape.progress.lines == 10_000
    assert "among its first 10000" in page(client, tape)


def test_one_is_read_at_a_time_and_the_others_wait_their_turn(
    client: Client, tapes: OpenedTapes
) -> None:
    first, second = (tapes.add(f"{n}.jsonl", LINES, None) for n in (1, 2))
    assert (first.state, second.state) in {("reading", "waiting"), ("open", "waiting")}
    if first.state == "reading":
        assert "Waiting to read" in page(client, second)
    first.reader.wait(120)
    page(client, first)
    assert second.state != "waiting"


def test_the_file_is_deleted_once_it_is_read(client: Client, tapes: OpenedTapes) -> None:
    tape = read(tapes, LINES)
    page(client, tape)
    assert not (tape._directory / "tape.jsonl").exists()


def test_how_far_it_is_shows_while_it_is_reading(
    client: Client, tapes: OpenedTapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tapes.add("long.jsonl", LINES, None)
    tape.reader.wait(120)
    progress = msgspec.structs.replace(
        tape.progress, size=104_000_000, bytes=41_200_000, lines=7, steps=5, done=False
    )
    (tape._directory / "told").write_bytes(msgspec.json.encode(progress) + b"\n{half a li")
    process = tape.reader._process
    assert process is not None
    monkeypatch.setattr(process, "poll", lambda: None)
    shown = page(client, tape)
    assert "41.2 of 104.0 MB read: 7 lines, 5 steps, up to" in shown
    assert "s of the 120 s of computing" in shown


@pytest.mark.parametrize("name", ["-rf", "--audit", "--", "-", "\ud800\0x"])
def test_a_file_may_be_called_anything(client: Client, tapes: OpenedTapes, name: str) -> None:
    tape = read(tapes, LINES, name)
    assert tape.state == "open", tape.reader.complaint()


def test_the_kernel_holds_a_reader_to_its_budget_behind_all_that_is_live() -> None:
    asked = (
        "import os, resource as r; from eventstream.budget import Budget; Budget(7, 300).enforce();"
        "print(os.nice(0), r.getrlimit(r.RLIMIT_AS)[1] >> 20, *r.getrlimit(r.RLIMIT_CPU))"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    niceness, megabytes, *seconds = map(int, said.stdout.split())
    assert niceness - os.nice(0) == 10 or niceness == 19
    assert megabytes == 300
    assert seconds == [7, 27]

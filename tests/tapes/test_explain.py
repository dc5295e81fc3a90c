"""`explain` prints JSON lines that a terminal can bear, whatever things and files are called."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eventstream.management.commands.explain import Command
from eventstream.plain import plain
from tests.fuzzing import odd

OBEYED = "\x1b[2J\x9b31m\x7f\u202egnp\u2066\u200b\u2028\ufeff"


def obeyed(text: str) -> str:
    """What of it a terminal would obey."""
    return "".join(c for c in text if not c.isprintable() and c not in "\n\t")


def explained(path: Path, *lines: bytes) -> tuple[str, str]:
    path.write_bytes(b"\n".join(lines))
    out, err = StringIO(), StringIO()
    call_command("explain", str(path), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def line(name: str, t: float = 1_795_000_000.0) -> bytes:
    metadata = {"name": name, "namespace": name, "uid": "u-1", "resourceVersion": "1"}
    content = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    return odd.written({"t": t, "resource": "v1/pods", "type": "ADDED", "object": content})


def test_a_name_is_printed_as_escapes_and_read_as_it_was(tmp_path: Path) -> None:
    out, _ = explained(tmp_path / "a.jsonl", line(f"web{OBEYED}"))
    assert obeyed(out) == ""
    names = {json.loads(each)["object"]["name"] for each in out.splitlines() if '"step"' in each}
    assert names == {f"web{OBEYED}"}


def test_what_is_wrong_with_a_line_is_printed_as_escapes(tmp_path: Path) -> None:
    error = {"code": 410, "message": f"no{OBEYED}"}
    bad = {"t": 1, "resource": "v1/pods", "type": "ERROR", "object": error}
    _, err = explained(tmp_path / f"a{OBEYED}.jsonl", odd.written(bad), line("web"))
    assert "a.jsonl" not in err
    assert ".jsonl:1: passed over" in err
    assert obeyed(err) == ""


def test_a_file_that_is_not_there_is_named_in_plain_text() -> None:
    out, err = StringIO(), StringIO()
    command = Command(stdout=out, stderr=err)
    with pytest.raises(SystemExit):
        command.run_from_argv(["manage.py", "explain", f"/gone{OBEYED}"])
    assert "/gone" in err.getvalue()
    assert obeyed(err.getvalue()) == ""


def test_an_argument_is_named_in_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        Command().run_from_argv(["manage.py", "explain", "a", f"--no{OBEYED}"])
    assert obeyed(capsys.readouterr().err) == ""


def test_a_file_may_begin_with_a_dash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-web.jsonl").write_bytes(line("web"))
    out = StringIO()
    Command(stdout=out).run_from_argv(["manage.py", "explain", "--", "-web.jsonl"])
    assert '"name":"web"' in out.getvalue()
    monkeypatch.setattr("sys.argv", ["manage.py", "explain", "-web.jsonl"])
    with pytest.raises(SystemExit):
        Command().run_from_argv(["manage.py", "explain", "-web.jsonl"])
    assert "write ./-web.jsonl" in capsys.readouterr().err


def test_a_recording_in_milliseconds_is_told(tmp_path: Path) -> None:
    out, err = explained(tmp_path / "a.jsonl", line("web", 1_795_000_000_000.0))
    assert out == ""
    assert "a.jsonl:1: passed over: t is 1795000000000, likely in milliseconds" in err


def test_a_file_that_is_none_is_an_error() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("explain", "/nowhere/tape.jsonl")


def test_text_that_is_only_read_stays_as_it_is() -> None:
    text = "line\nfeed\ttab é … 😀 مرحبا"
    assert plain(text) == text

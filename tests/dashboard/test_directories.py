"""Directories end with their owner, however that ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.directories import OwnDirectory, delete_left

KILLED = """
import sys
from pathlib import Path
from dashboard.directories import OwnDirectory
own = OwnDirectory(Path(sys.argv[1]))
(own.path / "tape").write_bytes(b"half")
print("made", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        delete_left(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(signal.SIGKILL)
    delete_left(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_this_process_uses_is_kept(tmp_path: Path) -> None:
    own = OwnDirectory(tmp_path)
    delete_left(tmp_path)
    assert own.path.is_dir()
    own.delete()
    assert list(tmp_path.iterdir()) == []


def test_what_is_deleted_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: [tmp_path / "tape-gone"])
    delete_left(tmp_path)

"""Whatever the umask, what is written of a cluster is for the user alone that Baton runs as."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstream import private
from tests.observe.conftest import StartObserve
from tests.observe.running import History, until


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_database_key_and_recording_are_for_their_owner_alone(
    observe: StartObserve, kubeconfig: Path, data: Path, tmp_path: Path
) -> None:
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    (data / "baton.sqlite3").touch(0o644)
    tape = tmp_path / "tape.jsonl"
    tape.touch(0o644)
    before = os.umask(0)
    try:
        observing = await observe("--kubeconfig", kubeconfig, "--record", tape)
    finally:
        os.umask(before)
    await observing.url()
    await until(lambda: bool(History(data).coverage()), "it has stored what it saw")
    found = {path.name: mode(path) for path in (*data.iterdir(), tape) if path.is_file()}
    assert {"baton.sqlite3", "baton.sqlite3-wal", "baton.sqlite3-shm", "baton.key"} <= set(found)
    assert {name: oct(bits) for name, bits in found.items() if bits != 0o600} == {}
    assert mode(data) == 0o700
    assert (await observing.end()).code == 0


def test_files_and_directories_are_made_private(umask: int, tmp_path: Path) -> None:
    private.make_database(tmp_path / "new" / "baton.sqlite3")
    assert mode(tmp_path / "new") == 0o700
    assert mode(tmp_path / "new" / "baton.sqlite3") == 0o600
    private.write_file(tmp_path / "new" / "baton.key", b"key")
    assert mode(tmp_path / "new" / "baton.key") == 0o600
    assert umask == os.umask(umask)


def test_what_is_there_is_closed_with_what_stands_beside_it(tmp_path: Path) -> None:
    beside = [tmp_path / f"baton.{end}" for end in ("sqlite3", "sqlite3-wal", "key", "lock")]
    for path in beside:
        path.write_bytes(b"kept")
        path.chmod(0o644)
    private.make_database(beside[0])
    assert [(mode(path), path.read_bytes()) for path in beside] == [(0o600, b"kept")] * 4


def test_a_directory_for_all_stays_one(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private.make_directory(tmp_path)
    assert mode(tmp_path) == 0o777


def test_a_pipe_is_not_closed_to_those_who_read_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").chmod(0o644)
    private.close_file(tmp_path / "pipe")
    assert mode(tmp_path / "pipe") == 0o644


def test_what_another_uid_left_to_the_volumes_group_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept = tmp_path / "baton.sqlite3"
    kept.write_bytes(b"kept")
    kept.chmod(0o660)
    monkeypatch.setattr(os, "geteuid", lambda: kept.stat().st_uid + 1)
    monkeypatch.setattr(os, "getgroups", lambda: [kept.stat().st_gid])
    private.close_file(kept)
    assert (mode(kept), caplog.text) == (0o660, "")
    kept.chmod(0o664)
    private.close_file(kept)
    assert mode(kept) == 0o600

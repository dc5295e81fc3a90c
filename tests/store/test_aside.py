"""What is no database is kept under another name, and what is one stays where it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from eventstream.sqlite.aside import set_aside


def test_a_database_stays_empty_or_full_locked_or_gone(database: Path, tmp_path: Path) -> None:
    assert set_aside(database) is None
    assert set_aside(tmp_path / "gone.sqlite3") is None
    (tmp_path / "empty.sqlite3").touch()
    assert set_aside(tmp_path / "empty.sqlite3") is None
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE another (id)")
        assert set_aside(database) is None
        other.execute("ROLLBACK")
    assert database.exists()


@pytest.mark.parametrize("name", ["baton.sqlite3", "a b?#%.sqlite3"])
def test_what_is_none_is_kept_whole_with_its_wal(tmp_path: Path, name: str) -> None:
    place = tmp_path / "data"
    place.mkdir()
    path, content = place / name, b"text, and longer than a header of SQLite has\n" * 200
    for _ in range(2):  # Twice within a second, too.
        path.write_bytes(content)
        Path(f"{path}-wal").write_bytes(b"wal")
        kept = set_aside(path)
        assert kept is not None
        assert kept.name.startswith(f"{name}.no-database-")
        assert kept.read_bytes() == content
        assert Path(f"{kept}-wal").read_bytes() == b"wal"
        assert not path.exists()
        assert not Path(f"{path}-wal").exists()
    assert len([each for each in place.iterdir() if not each.name.endswith("-shm")]) == 4


def test_a_database_whose_beginning_is_damaged_is_kept(database: Path) -> None:
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * 4000 + whole[4100:])
    kept = set_aside(database)
    assert kept is not None
    assert kept.read_bytes()[4100:] == whole[4100:]

"""The key of the digests lies beside the database, and nothing of it is left within."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from eventstream import history
from eventstream.objects.redaction import Redactor
from eventstream.sqlite.files import close_whole
from tests.store.samples import put_step, store

KEY = bytes(range(100, 132))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_key_is_kept_for_its_owner_alone(database: Path) -> None:
    key = history.installation_key()
    assert (len(key), history.installation_key()) == (32, key)
    assert mode(database.with_suffix(".key")) == 0o600
    database.with_suffix(".key").chmod(0o644)
    history.installation_key()
    assert mode(database.with_suffix(".key")) == 0o600


def test_a_key_in_the_database_moves_out_and_digests_stay_equal(database: Path) -> None:
    call_command("migrate", "eventstream", "0005", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete = OFF")
        cursor.execute(
            "insert into eventstream_installationrow (id, epoch, redaction_key, seq, floor) "
            "values (1, 'e', %s, 7, 0)",
            [KEY],
        )
    before = Redactor(KEY).hide("hunter2")
    close_whole()
    assert KEY in database.read_bytes()
    call_command("migrate", verbosity=0)
    close_whole()
    assert Redactor(history.installation_key()).hide("hunter2") == before
    assert (history.epoch(), history.head()) == ("e", 7)
    close_whole()
    for path in database.parent.glob(f"{database.name}*"):
        assert KEY not in path.read_bytes()
        assert KEY.hex().encode() not in path.read_bytes()
    with closing(sqlite3.connect(database)) as raw:
        columns = raw.execute("pragma table_info(eventstream_installationrow)").fetchall()
    assert "redaction_key" not in {column[1] for column in columns}


def test_a_key_that_is_gone_is_made_anew_and_said_so(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = history.installation_key()
    store(put_step())
    database.with_suffix(".key").unlink()
    with caplog.at_level(logging.WARNING):
        assert history.installation_key() != first
    assert "withheld values will look changed once" in caplog.text


@pytest.mark.parametrize("content", ["", "no key\n", "ab" * 31, "ab" * 33])
def test_a_file_without_a_key_is_refused_and_left_alone(database: Path, content: str) -> None:
    database.with_suffix(".key").write_text(content)
    with pytest.raises(history.DigestKeyError, match="brought back"):
        history.installation_key()
    assert database.with_suffix(".key").read_text() == content

"""The database as it is made: complete migrations, and opened as it must be."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from eventstream.statements import NAMES, statements


def test_migrations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("auto_vacuum", 2),  # incremental
        ("synchronous", 1),  # normal
        ("busy_timeout", 5000),
        ("journal_size_limit", 16 * 1024 * 1024),
    ],
)
def test_the_database_is_opened_for_one_writer_and_many_readers(
    pragma: str, value: str | int
) -> None:
    with connection.cursor() as cursor:
        assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_a_transaction_takes_the_writers_lock_at_once(database: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database, timeout=0)) as other, transaction.atomic():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("SELECT count(*) FROM eventstream_steprow")


def test_few_statements_find_each_row_once_however_many_are_asked_for() -> None:
    told = statements()
    told.put(NAMES, [(number, f"name-{number}") for number in range(1, 601)])
    asked: list[str] = []
    wanted = range(1, 601, 7)
    driver = connection.connection
    driver.set_trace_callback(asked.append)
    try:
        for most in wanted:
            keys = [f"name-{number}" for number in range(1, most + 1)]
            found = told.find(NAMES, ("id",), "name", [*keys, "nobody"])
            assert sorted(found) == [(number,) for number in range(1, most + 1)]
    finally:
        driver.set_trace_callback(None)
    lengths = {statement.count("'") // 2 for statement in asked}
    assert len(asked) > len(wanted)
    assert lengths <= {1 << power for power in range(10)}

"""History on a PostgreSQL: what holds there beside all that holds with a file.

What a server may do to those who use it: end their sessions, crash, stop, hold a lock, lose tables.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection, connections
from pytest_django import DjangoDbBlocker

from eventstream import history, names
from eventstream.dialects import (
    InUseError,
    OvertakenError,
    UnusableError,
    VanishedError,
    dialect,
)
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.models import NameRow, StepRow
from eventstream.postgresql import connecting
from eventstream.postgresql.readers import KEPT_MOST, Readers, readers
from eventstream.postgresql.texts import LONGEST, kept, told
from eventstream.recorder import Recorder
from eventstream.retention import DAY, MEBIBYTE, Limits, Retention
from tests.postgresql import Server
from tests.store.conftest import NAME, connected
from tests.store.samples import Cluster, noise, put_step, put_trace, store

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

ODD = ("\0", "a\0b", "\ue000", "\ue0000\0\ue000", "", "é" * 300, "x" * 900, "é" * 1024, "x\0" * 500)


def ids() -> list[str]:
    return list(StepRow.objects.order_by("seq").values_list("id", flat=True))


def elsewhere(postgres: Server) -> psycopg.Connection[Any]:
    return psycopg.connect(postgres.url(NAME))


def sessions(postgres: Server, action: str = "count(*)") -> Any:
    """How many other sessions there are, or what is done to each."""
    asked = f"SELECT {action} FROM pg_stat_activity WHERE datname = '{NAME}'"  # noqa: S608 - our own names
    return postgres.execute(asked)[0][0]


@pytest.fixture
def claim() -> Iterator[Callable[[], None]]:
    with ExitStack() as stack:
        yield lambda: dialect().claim(stack)


def test_any_name_is_kept_and_found_again() -> None:
    for name in ODD:
        ref = ObjectRef("v1", "Pod", name[:200], name, name[:200] or "none")
        for turn in "12":
            store(put_step(f"s{turn}", actor=name, object=ref, version=turn))
            names.forget()
    assert NameRow.objects.count() == len(set(ODD))
    assert {kept(name) for name in ODD} == {
        kept(n) for n in ODD if len(kept(n).encode()) <= LONGEST
    }
    assert len({kept(name) for name in ODD}) == len(ODD)
    short = [name for name in ODD if len(name.encode()) <= LONGEST // 2]
    assert [told(kept(name)) for name in short] == short
    assert set(short) <= set(NameRow.objects.values_list("name", flat=True))


def test_names_are_in_the_order_of_their_bytes_whatever_the_order_of_the_database(
    postgres: Server, django_db_blocker: DjangoDbBlocker
) -> None:
    postgres.execute(
        "DROP DATABASE IF EXISTS german",
        "CREATE DATABASE german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'",
    )
    with django_db_blocker.unblock(), connected(postgres.url("german")):
        call_command("migrate", verbosity=0)
        for at, place in enumerate(("alpha", "Zeta", "beta-1", "beta1", "Äther")):
            root = ObjectRef("v1", "Pod", place, "a", f"u{at}")
            store(put_trace(f"t{at}", root=root))
        found = history.namespaces().names
    assert found == tuple(sorted(found))
    assert len(found) == 5


def test_a_migration_may_take_longer_than_an_answer_does() -> None:
    connection.ensure_connection()
    connection.connection.patience = 0.1
    with connection.schema_editor() as editor:
        editor.execute("SELECT pg_sleep(0.3)")
    assert connection.connection.patience == 0.1
    connection.connection.patience = None
    with pytest.raises(DatabaseError), connection.schema_editor() as editor:
        editor.execute("SELECT 1 / 0")
    assert connection.connection.patience is None


def test_a_page_can_write_nothing_and_its_connection_is_used_again(postgres: Server) -> None:
    store(put_step())
    connection.close()
    with history.only_reading():
        assert ids() == ["s1"]
        first = connection.connection
        with pytest.raises(DatabaseError, match="read-only"):
            StepRow.objects.all().delete()
        connection.close()
        assert ids() == ["s1"]
        assert connection.connection is first
        connection.close()
    assert len(readers._kept) <= KEPT_MOST


def test_a_trace_of_a_history_on_a_server_is_given_away_too() -> None:
    store(put_trace("t1"), put_step("s1", trace="t1"))
    connection.close()
    for command, said in (("report", "<!doctype html>"), ("otlp", '{"resourceSpans":[')):
        out = StringIO()
        call_command(command, "t1", stdout=out)
        assert out.getvalue().startswith(said)
        with pytest.raises(CommandError, match=f"{NAME}.* holds no trace none"):
            call_command(command, "none")


def test_a_kept_connection_that_the_server_ended_is_not_used(postgres: Server) -> None:
    store(put_step())
    connection.close()
    with history.only_reading():
        assert ids() == ["s1"]
        connection.close()
        sessions(postgres, "count(pg_terminate_backend(pid))")
        while sessions(postgres):
            time.sleep(0.01)
        assert ids() == ["s1"]
        connection.close()


def test_few_connections_are_kept(postgres: Server) -> None:
    params = connection.get_connection_params()
    these = Readers()
    taken = [
        these.take("a", lambda: connecting.connected(params, reading=True))
        for _ in range(KEPT_MOST + 2)
    ]
    for reader in taken:
        these.give(reader)
    assert sum(not reader.connection.closed for reader in taken) == KEPT_MOST
    these.forget()
    assert all(reader.connection.closed for reader in taken)


def test_one_at_a_time_may_write_and_the_next_when_that_one_is_gone(
    postgres: Server, claim: Callable[[], None]
) -> None:
    with elsewhere(postgres) as other:
        other.execute("SELECT pg_advisory_lock(1650553967, hashtext(current_schema()))")
        with pytest.raises(
            InUseError, match="Another Baton is writing its history to the database"
        ):
            claim()
    claim()
    claim()


def test_whoever_lost_the_right_to_write_takes_it_again_unless_another_was_faster(
    postgres: Server, claim: Callable[[], None]
) -> None:
    claim()
    writing = dialect().writing()
    writing.check()
    sessions(postgres, "count(pg_terminate_backend(pid))")
    with pytest.raises(OperationalError):
        writing.check()
    writing.check()
    sessions(postgres, "count(pg_terminate_backend(pid))")
    with elsewhere(postgres) as other:
        other.execute("SELECT pg_advisory_lock(1650553967, hashtext(current_schema()))")
        with pytest.raises((OperationalError, OvertakenError)):
            writing.check()
        with pytest.raises(OvertakenError, match="Another Baton"):
            writing.check()
    writing.close()


def test_tables_that_are_gone_have_vanished(postgres: Server) -> None:
    writing = dialect().writing()
    writing.check()
    table = "eventstream_installationrow"
    postgres.execute(f"ALTER TABLE {table} RENAME TO gone", database=NAME)
    try:
        with pytest.raises(VanishedError, match=f"database {NAME} of PostgreSQL at"):
            writing.check()
    finally:
        postgres.execute(f"ALTER TABLE gone RENAME TO {table}", database=NAME)
    writing.close()


def problem_of(recorder: Recorder) -> str:
    assert recorder.problem is not None
    return f"{recorder.problem.cause} {recorder.problem.action}"


async def recorded(recorder: Recorder, between: Callable[[], Any]) -> str:
    """Store a step, and another one after `between`; return what was wrong meanwhile."""
    task = asyncio.create_task(recorder.run())
    recorder.put(None, [put_trace(), put_step("before")])
    assert await recorder.flush()
    well_again = await asyncio.to_thread(between)
    recorder.put(None, [put_step("after", version="11")])
    assert not await recorder.flush()
    said = problem_of(recorder)
    await asyncio.to_thread(well_again)
    while not await recorder.flush():
        pass
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return said


def test_what_was_seen_while_the_server_was_down_is_stored_once_it_is_up(postgres: Server) -> None:
    def crash() -> Callable[[], None]:
        postgres.kill()
        return postgres.start

    connection.close()
    said = asyncio.run(recorded(Recorder(Cluster(), batch_interval=3600.0), crash))
    assert "is down" in said
    assert "nothing is lost" in said
    assert ids() == ["before", "after"]


def test_what_was_seen_while_another_session_held_a_lock_is_stored_after_it(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = connections.settings["default"]["OPTIONS"]
    monkeypatch.setitem(options, "options", options["options"].replace("5s", "100ms"))

    def hold() -> Callable[[], None]:
        other = elsewhere(postgres)
        other.execute("LOCK TABLE eventstream_steprow IN EXCLUSIVE MODE")
        assert ids() == ["before"], "pages go on"
        connections.close_all()
        return other.close

    connection.close()
    said = asyncio.run(recorded(Recorder(Cluster(), batch_interval=3600.0), hold))
    assert "Another session of the database holds a lock" in said
    assert ids() == ["before", "after"]


def test_a_server_that_does_not_answer_is_not_waited_for_without_end() -> None:
    with connecting.connected(connection.get_connection_params()) as session:
        session.patience = 0.2
        with pytest.raises(psycopg.OperationalError, match="did not answer within 0 s"):
            session.execute("SELECT pg_sleep(30)")
        assert session.closed


def test_above_its_size_history_forgets_the_oldest_and_no_more_than_that(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    postgres.execute("VACUUM FULL", database=NAME)
    monkeypatch.setattr("eventstream.retention.ROWS_AT_ONCE", 20)
    for at in range(40):
        steps = (put_step(f"{at}-{n}", f"t{at}", why=noise((at, n)), at=1.0) for n in range(20))
        store(put_trace(f"t{at}", updated=1.0 + at, settled=True), *steps)
    whole = dialect().stored_bytes()
    assert whole > 2 * MEBIBYTE
    keeper = Retention(Limits(1000 * DAY, whole), clock=lambda: 1.0, uptime=lambda: 1.0)
    for _ in range(20):
        keeper.room._due = 0.0  # type: ignore[attr-defined]
        keeper.make_room()
    left = set(StepRow.objects.values_list("trace__id", flat=True))
    assert "t39" in left
    assert "t0" not in left
    assert 24 <= len(left) < 40, "what is kept takes about the part of the limit that rows may"
    assert not keeper.room.is_short()


def test_the_room_of_steps_that_went_is_used_again_early(postgres: Server) -> None:
    asked = (
        "SELECT relname FROM pg_class WHERE relname ~ '^eventstream_' AND relkind = 'r' "
        "AND reloptions IS DISTINCT FROM '{autovacuum_vacuum_scale_factor=0.05}'"
    )
    assert postgres.execute(asked, database=NAME) == []


def test_a_page_that_waits_too_long_is_told_so_by_the_server() -> None:
    with connecting.connected(connection.get_connection_params(), reading=True) as session:
        assert session.patience is not None
        asked = "SELECT setting::int / 1000.0 FROM pg_settings WHERE name = 'statement_timeout'"
        found = session.execute(asked).fetchone()
        assert found is not None
        assert 0 < found[0] < session.patience


@pytest.mark.parametrize("said", ["wrong", "postgresql://u:se%2Fcret@127.0.0.1:1/x", "away"])
def test_no_password_and_no_user_is_in_what_is_said_of_a_server(
    said: str, postgres: Server
) -> None:
    params = dict(connection.get_connection_params())
    if said == "wrong":
        params |= {"user": "nobody-known", "password": "se/cret"}
    elif said == "away":
        params |= {"host": "/nowhere", "user": "some-user", "password": "se/cret"}
    else:
        params |= {"host": "127.0.0.1", "port": "1", "user": "some-user", "password": "se/cret"}
    with pytest.raises(psycopg.OperationalError) as raised:
        connecting.connected(params)
    told_of = f"{raised.value!r} {raised.value.__cause__!r} {dialect().unopened(raised.value)}"
    assert "se/cret" not in told_of
    assert "some-user" not in told_of
    assert "nobody-known" not in told_of
    assert "cannot be opened" in told_of


def test_a_database_that_has_no_place_for_every_name_is_refused(
    postgres: Server, django_db_blocker: DjangoDbBlocker
) -> None:
    postgres.execute(
        "DROP DATABASE IF EXISTS latin",
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    )
    with (
        connected(postgres.url("latin")),
        ExitStack() as stack,
        pytest.raises(UnusableError, match="is in LATIN1"),
    ):
        dialect().claim(stack)

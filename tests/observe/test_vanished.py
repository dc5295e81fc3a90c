"""A database that is deleted, moved or replaced under a running observer is noticed and told of.

History then begins anew, whole from there on, and says what it lacks.
"""

import contextlib
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up, playing
from tests.observe.running import History, get, until

SECOND_HALF = 40


def delete(database: Path) -> None:
    database.unlink()


def delete_all(database: Path) -> None:
    for path in database.parent.glob("baton.sqlite3*"):
        path.unlink()


def delete_the_directory(database: Path) -> None:
    shutil.rmtree(database.parent)


def move(database: Path) -> None:
    database.rename(database.with_name("moved.sqlite3"))


def replace(database: Path) -> None:
    """By a database in which somebody else keeps something."""
    other = database.with_name("other")
    with contextlib.closing(sqlite3.connect(other)) as connection:
        connection.execute("create table others (name)")
    other.replace(database)


def epoch(data: Path) -> str:
    """The epoch of the database that is there now, "" while there is none."""
    try:
        uri = f"file:{data / 'baton.sqlite3'}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            found = database.execute("select epoch from eventstream_installationrow").fetchone()
    except sqlite3.Error:
        return ""
    return str(found[0]) if found else ""


@pytest.mark.parametrize("vanish", [delete, delete_all, delete_the_directory, move, replace])
async def test_history_begins_anew_and_is_whole_from_there_on(
    vanish: Callable[[Path], None],
    observe: StartObserve,
    cluster: PracticeCluster,
    kubeconfig: Path,
    data: Path,
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    async with playing(cluster, "rolling_update", data) as recording:
        await recording.play(until_write=SECOND_HALF)
        await caught_up(cluster, data)
        before = epoch(data)
        seen = set(History(data).steps())
        newest = cluster.store.newest_revision()
        vanish(data / "baton.sqlite3")
        await until(lambda: epoch(data) not in {"", before}, "a new history is begun")
        await caught_up(cluster, data)
        await recording.play()
        await caught_up(cluster, data)
    kept = History(data)
    later = {id_ for id_, step in kept.steps().items() if int(step.resource_version) > newest}
    assert len(later) > 20
    assert not later & seen, "what was seen before is not told again as new"
    gaps = kept.gaps()
    assert {"v1/pods", "apps/v1/deployments"} <= {gap.resource.key for gap in gaps}
    assert all("deleted, moved or replaced" in gap.reason for gap in gaps)
    status, page = await get(f"{url}/coverage")
    assert status == 200
    assert "deleted, moved or replaced" in page
    ended = await running.end(signal.SIGTERM)
    assert ended.code == 0
    assert "the database has vanished" in ended.err
    assert "A new history is begun" in ended.err
    if vanish is move:
        for path in data.glob("baton.sqlite3*"):
            path.unlink()
        (data / "moved.sqlite3").rename(data / "baton.sqlite3")
        assert set(History(data).steps()) >= seen, "what was moved away is whole"


async def test_pages_go_on_while_another_program_writes_and_nothing_is_lost(
    observe: StartObserve, cluster: PracticeCluster, kubeconfig: Path, data: Path
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    async with playing(cluster, "create", data) as recording, aiohttp.ClientSession() as session:
        gaps = History(data).gaps()
        other = sqlite3.connect(data / "baton.sqlite3", isolation_level=None, timeout=30)
        other.execute("begin immediate")
        await recording.play()

        async def said() -> str:
            async with session.get(url) as answer:
                assert answer.status == 200
                return await answer.text()

        page = await said()
        while "Not storing" not in page:
            page = await said()
        assert "Another program is writing to the database" in page
        assert "End that program" in page
        other.close()
        await caught_up(cluster, data)
    pods = [step for step in History(data).steps().values() if step.object.kind == "Pod"]
    assert len(pods) > 10
    assert History(data).gaps() == gaps
    ended = await running.end()
    assert ended.err.count("could not be stored") == 1
    assert "History is stored again" in ended.err

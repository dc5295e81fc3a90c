"""Watchers and pages as processes of their own: each dies, and nothing is lost or doubled."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
import redis

from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import Playing, caught_up
from tests.observe.running import PATIENCE, History, Observing, get, until
from tests.observe.test_postgresql import told
from tests.observe.test_unusable import refused
from tests.postgresql import server


class Replicas:
    """Several processes with one PostgreSQL and one Redis."""

    def __init__(self, start: StartObserve, kubeconfig: Path, directory: Path, wakes: str) -> None:
        server().execute("DROP DATABASE IF EXISTS replicas", "CREATE DATABASE replicas")
        self.database = server().url("replicas")
        self._start, self._kubeconfig, self._directory = start, kubeconfig, directory
        self._shared = {
            "DATABASE_URL": self.database,
            "REDIS_URL": wakes,
            "BATON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        }

    async def begin(self, role: str, name: str) -> tuple[Observing, str]:
        """One more process, and where it serves."""
        arguments = ("--kubeconfig", self._kubeconfig, "--role", role)
        started = await self._start(*arguments, data=self._directory / name, **self._shared)
        return started, await started.url()

    def writers(self) -> int:
        """How many watchers have the right to write."""
        asked = """
            SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = 'replicas' AND l.locktype = 'advisory' AND l.classid = 1650553967
        """
        return int(str(server().execute(asked)[0][0]))


async def page_has(url: str, words: str) -> None:
    """Return once a page has these words."""
    async with asyncio.timeout(PATIENCE):
        status, page = await get(f"{url}/changes")
        while status != 200 or words not in page:
            status, page = await get(f"{url}/changes")


async def test_watchers_and_pages_die_in_turn_and_nothing_is_lost_or_doubled(
    observe: StartObserve,
    cluster: PracticeCluster,
    kubeconfig: Path,
    tmp_path: Path,
    wakes: tuple[str, asyncio.subprocess.Process],
) -> None:
    replicas = Replicas(observe, kubeconfig, tmp_path, wakes[0])
    database, file = replicas.database, tmp_path / "file"
    recording = Playing(cluster, "rolling_update", seconds=0.5)
    await (await observe("--kubeconfig", kubeconfig, data=file)).url()
    leader, _ = await replicas.begin("watcher", "one")
    await caught_up(cluster, database)
    standby, probes = await replicas.begin("watcher", "two")
    first, first_url = await replicas.begin("web", "three")
    _, second_url = await replicas.begin("web", "four")
    assert (await get(f"{probes}/healthz"))[0] == 200
    assert (await get(f"{probes}/"))[0] == 404
    heard: Any = redis.Redis.from_url(wakes[0]).pubsub()  # type: ignore[no-untyped-call]
    heard.psubscribe("*")
    assert heard.get_message(timeout=PATIENCE), "it is subscribed"

    await recording.play(until_write=40)
    await caught_up(cluster, database)
    assert heard.get_message(timeout=PATIENCE), "the watcher wakes up pages of other processes"
    heard.close()
    await asyncio.gather(page_has(first_url, "web-"), page_has(second_url, "web-"))

    await leader.end(signal.SIGKILL)
    await recording.play(until_write=60)
    await caught_up(cluster, database)
    await first.end(signal.SIGKILL)
    wakes[1].kill()
    await recording.play()
    for place in (file, database):
        await caught_up(cluster, place)
    last = max(told(database).values(), key=lambda step: int(step[3] or 0))[0]
    await page_has(second_url, last)
    await until(lambda: told(file) == told(database), "both have the same steps")
    assert History(database).gaps() == []
    assert replicas.writers() == 1
    ended = await standby.end()
    assert (ended.code, replicas.writers()) == (0, 0)
    assert "Standing by: another one watches" in ended.err
    assert "Taking over" in ended.err


@pytest.mark.parametrize("role", ["watcher", "web"])
def test_a_role_beside_others_asks_for_what_they_share(role: str, tmp_path: Path) -> None:
    data, url = str(tmp_path), "postgresql://a@127.0.0.1:1/b"
    assert "set DATABASE_URL to its address" in refused("--role", role, BATON_DATA=data)
    said = refused("--role", role, BATON_DATA=data, DATABASE_URL=url)
    assert "set BATON_SECRET_KEY to the same" in said


def test_an_address_of_a_redis_that_is_none_is_not_told(tmp_path: Path) -> None:
    said = refused(BATON_DATA=str(tmp_path), REDIS_URL="http://:hush@127.0.0.1")
    assert "REDIS_URL is no address of a Redis" in said
    assert "hush" not in said

"""An observer with its history on a PostgreSQL stores what one with a file does, come what may."""

import asyncio
import contextlib
import signal
from pathlib import Path

import aiohttp

from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import Playing, caught_up
from tests.observe.running import History, Observing, until
from tests.postgresql import server

PASSWORD = "hush/hush"


def told(place: Path | str) -> dict[str, tuple[str, ...]]:
    """What no restart changes of the steps: who did what to which version of which object."""
    return {
        id_: (step.object.name, step.actor, step.verb, step.resource_version or "")
        for id_, step in History(place).steps().items()
        if step.verb != "renew"
    }


async def page_says(words: str, url: str) -> str:
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(url) as answer:
                text = await answer.text()
            if words in text:
                return text


async def test_nothing_is_lost_or_doubled_when_the_server_or_the_observer_dies(
    observe: StartObserve, cluster: PracticeCluster, kubeconfig: Path, tmp_path: Path
) -> None:
    running = server()
    running.execute("DROP DATABASE IF EXISTS observed", "CREATE DATABASE observed")
    database, file = running.url("observed", PASSWORD), tmp_path / "file"

    async def on_the_server() -> tuple[Observing, str]:
        started = await observe(
            "--kubeconfig", kubeconfig, data=tmp_path / "server", DATABASE_URL=database
        )
        return started, await started.url()

    recording = Playing(cluster, "rolling_update", seconds=0.5)
    await (await observe("--kubeconfig", kubeconfig, data=file)).url()
    first, url = await on_the_server()
    await caught_up(cluster, database)
    await recording.play(until_write=30)
    await caught_up(cluster, database)
    running.kill()
    await recording.play(until_write=50)
    said = await page_says("PostgreSQL does not answer", url)
    await asyncio.to_thread(running.start)
    await caught_up(cluster, database)
    killed = await first.end(signal.SIGKILL)
    await recording.play(until_write=60)
    second, _ = await on_the_server()
    await recording.play()
    for place in (file, database):
        await caught_up(cluster, place)
    with contextlib.suppress(AssertionError):
        await until(lambda: told(file) == told(database), "both have the same steps")
    assert told(file) == told(database)
    assert len(told(file)) > 50
    assert History(file).gaps() == History(database).gaps() == []
    seqs = History(database).seqs()
    assert len(seqs) == len(set(seqs))
    ended = await second.end()
    assert ended.code == 0
    assert "History is stored again" in killed.err
    for text in (said, killed.err, ended.err):
        assert PASSWORD not in text
        assert "hush%2Fhush" not in text

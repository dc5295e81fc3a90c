"""Ctrl-C and SIGTERM end `observe` cleanly and soon, whatever goes on; what was seen is kept."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import playing
from tests.observe.running import ROOT, Ended, History, until

SECONDS = 5.0

UNLIMITED = """
from eventstream import serving
serving.END_SECONDS = 60.0
"""
"""So that what is slow for want of a processor is not cut off; what is held is, and says so."""

pytestmark = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])


def ended_well(ended: Ended) -> None:
    assert ended.code == 0, ended.err
    assert ended.idle < SECONDS
    assert ended.err == ""


@pytest.fixture
async def observe(observe: StartObserve, tmp_path: Path) -> StartObserve:
    """Start one that gives itself more time to end than it should need."""
    (tmp_path / "sitecustomize.py").write_text(UNLIMITED)
    return partial(observe, PYTHONPATH=f"{tmp_path}:{ROOT}")


class Held:
    """Makes a practice cluster answer `first` requests, and hold all that come then."""

    def __init__(self, first: int) -> None:
        self.reached = asyncio.Event()
        self._left = first

    async def flowing(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.reached.set()
            await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def sent(port: int | None, what: bytes) -> AsyncIterator[None]:
    """A connection on which this was sent, and nothing is read."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(what)
    with contextlib.closing(writer):
        yield


def versions(tape: Path) -> dict[str, str]:
    """The last resourceVersion of each resource in a recording."""
    lines = map(json.loads, tape.read_text().splitlines())
    return {line["resource"]: line["object"]["metadata"]["resourceVersion"] for line in lines}


def lists(data: Path) -> bool:
    return any(each.state == "listing" for each in History(data).coverage())


async def test_all_that_was_seen_is_stored(
    how: signal.Signals,
    cluster: PracticeCluster,
    kubeconfig: Path,
    data: Path,
    tmp_path: Path,
    observe: StartObserve,
) -> None:
    seen = tmp_path / "seen.jsonl"
    running = await observe("--kubeconfig", kubeconfig, "--record", seen)
    await running.url()
    async with playing(cluster, "create", data, seconds=3.0) as recording:
        await recording.play(until_write=20)
        rest = asyncio.create_task(recording.play())
        ended_well(await running.end(how))
        rest.cancel()
    positions = History(data).positions()
    assert {key: position.resource_version for key, position in positions.items()} == versions(seen)
    assert History(data).steps()


async def test_open_sockets_and_slow_clients_do_not_hold_it(
    how: signal.Signals, kubeconfig: Path, observe: StartObserve
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    port = urlsplit(url).port
    half_asked = sent(port, b"GET / HTTP/1.1\r\nHost: local")
    never_reads = sent(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
    async with half_asked, never_reads, aiohttp.ClientSession() as session:
        await (await session.get(url)).read()
        live = await session.ws_connect(f"{url}/live", origin=url)
        await live.send_str(json.dumps({"type": "hello", "epoch": "", "since": 0, "view": "now"}))
        assert (await live.receive_json())["type"] == "welcome"
        ended_well(await running.end(how))
        assert [said.type async for said in live if said.type != aiohttp.WSMsgType.TEXT] == []
        assert live.closed


async def test_it_ends_while_the_cluster_is_being_listed(
    how: signal.Signals,
    cluster: PracticeCluster,
    kubeconfig: Path,
    data: Path,
    observe: StartObserve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster.faults, "flowing", Held(first=8).flowing)
    running = await observe("--kubeconfig", kubeconfig)
    await running.url()
    await until(lambda: lists(data), "it lists")
    ended_well(await running.end(how))
    assert lists(data)


async def test_it_ends_while_the_cluster_does_not_answer_at_all(
    how: signal.Signals,
    cluster: PracticeCluster,
    kubeconfig: Path,
    observe: StartObserve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = Held(first=0)
    monkeypatch.setattr(cluster.faults, "flowing", held.flowing)
    running = await observe("--kubeconfig", kubeconfig)
    await held.reached.wait()
    ended_well(await running.end(how))

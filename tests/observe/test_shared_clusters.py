"""Several clusters whose watchers and pages share one PostgreSQL and one Redis."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import redis

from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import Playing, caught_up
from tests.observe.running import PATIENCE, until
from tests.observe.test_clusters import ADA, Two, browser, changes, kubeconfig_of, signed_in
from tests.postgresql import server


async def test_two_with_one_postgresql_and_one_redis_keep_each_cluster_apart(
    observe: StartObserve, tmp_path: Path, wakes: tuple[str, asyncio.subprocess.Process]
) -> None:
    server().execute("DROP DATABASE IF EXISTS clusters", "CREATE DATABASE clusters")
    shared = {
        "DATABASE_URL": server().url("clusters"),
        "REDIS_URL": wakes[0],
        "BATON_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    }
    async with PracticeCluster() as east, PracticeCluster() as west:
        clusters = {"east": east, "west": west}
        for each in clusters.values():
            each.access.viewers[ADA] = Viewer("ada")
        kubeconfig = kubeconfig_of(clusters, tmp_path / "kubeconfig")
        for name in clusters:
            await observe(
                *("--kubeconfig", kubeconfig, "--context", name, "--role", "watcher"),
                data=tmp_path / name,
                **shared,
                BATON_CLUSTER=name,
            )
        fronts = [
            await observe(
                *("--kubeconfig", kubeconfig, "--role", "web"),
                data=tmp_path / f"front {number}",
                **shared,
                BATON_CLUSTERS="east, west",
                BATON_SIGN_IN="token",
            )
            for number in range(2)
        ]
        for name, cluster in clusters.items():
            await caught_up(
                cluster, f"{shared['DATABASE_URL']}?options=-csearch_path%3Dbaton_{name}"
            )
        both = [Two(clusters, front, tmp_path) for front in fronts]
        for pages, front in zip(both, fronts, strict=True):
            pages.url = await front.url()
            await pages.up("east", "west")
        told = woken(wakes[0])
        await Playing(east, "create", seconds=0).play()
        await signed_in_at_both(both[0].url, both[1].url)
        heard = {channel.partition("__")[0] for channel in told()}
        assert {"baton:east"} <= heard <= {"baton:east", "baton:west"}
        processes = list(both[0].processes().values())
        assert len(processes) == 2
        fronts[0].process.kill()
        await until(lambda: not any(map(_runs, processes)), "nobody is behind a front that died")
    made = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'baton%' ORDER BY 1"
    assert server().execute(made, database="clusters") == [("baton_east",), ("baton_west",)]


async def signed_in_at_both(first: str, second: str) -> None:
    """Who signs in to a cluster at one address is known at the other, for that cluster alone."""
    async with browser(first) as session:
        await signed_in(session, f"{first}/clusters/east", ADA)
        (number,) = [each.value for each in session.cookie_jar if each.key == "__Secure-baton"]
    for cluster, status in (("east", 200), ("west", 401)):
        address = f"{second}/clusters/{cluster}"
        async with aiohttp.ClientSession(cookies={"__Secure-baton": number}) as session:
            async with session.get(f"{address}/api/v1/summary") as answer:
                assert answer.status == status
            if status == 200:
                await changes(session, address, "nginx")


def woken(address: str) -> Callable[[], set[str]]:
    """Listen from now on; returns what tells in which channels something was said."""
    heard: Any = redis.Redis.from_url(address).pubsub()  # type: ignore[no-untyped-call]
    heard.psubscribe("*")
    assert heard.get_message(timeout=PATIENCE), "it is subscribed"

    def told() -> set[str]:
        found = set()
        while message := heard.get_message(timeout=0.5):
            found.add(message["channel"].decode())
        heard.close()
        return found

    return told


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False

"""While it observes, pages and probes can tell which cluster, whether it is live, and what not."""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from pytest_django import DjangoDbBlocker

from eventstream import history
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up, playing
from tests.observe.running import History, get, until
from tests.store.conftest import opened


async def becomes_ready(url: str) -> None:
    deadline = time.monotonic() + 10
    while (await get(f"{url}/readyz"))[0] != 200:
        assert time.monotonic() < deadline, "not ready within 10 s"


async def test_it_is_ready_soon_whatever_host_the_probe_names(
    kubeconfig: Path, observe: StartObserve
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    await becomes_ready(url)
    async with aiohttp.ClientSession() as session:
        probe = await session.get(f"{url}/readyz", headers={"Host": "10.1.2.3:8000"})
        assert probe.status == 200
        page = await session.get(url, headers={"Host": "10.1.2.3:8000"})
        assert page.status == 400


async def test_history_tells_the_cluster_and_how_far_behind_it_is(
    kubeconfig: Path,
    cluster: PracticeCluster,
    data: Path,
    observe: StartObserve,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    running = await observe("--kubeconfig", kubeconfig)
    await becomes_ready(await running.url())
    before = time.time()
    async with playing(cluster, "create", data) as recording:
        await recording.play()
    told = await asyncio.to_thread(status, data, django_db_blocker)
    while told.heartbeat < before + 2.0:
        await asyncio.sleep(0.1)
        told = await asyncio.to_thread(status, data, django_db_blocker)
    namespace = cluster.store.cache("namespaces").objects["kube-system"].content()
    assert told.uid == namespace["metadata"]["uid"]
    assert (told.name, told.server, told.version) == ("practice", cluster.url, "v1.36.2")
    assert told.last_observation_at is not None
    assert before < told.last_observation_at <= told.heartbeat <= time.time()
    assert 0 <= told.lag < 5
    assert told.problem is None


def status(data: Path, blocker: DjangoDbBlocker) -> history.ClusterStatus:
    with blocker.unblock(), opened(data / "baton.sqlite3"):
        told = history.cluster()
    assert told is not None
    return told


async def test_history_tells_what_may_not_be_watched_and_which_rule_would_allow_it(
    kubeconfig: Path, cluster: PracticeCluster, data: Path, observe: StartObserve
) -> None:
    cluster.access.forbidden.add("nodes")
    running = await observe("--kubeconfig", kubeconfig)
    url = await running.url()
    await until(lambda: "watching" in states(data).values(), "it watches")
    await until(lambda: states(data).get("v1/nodes") == "forbidden", "nodes are forbidden")
    await until(lambda: states(data).get("v1/pods") == "watching", "Pods are watched")
    refused = next(each for each in History(data).coverage() if each.state == "forbidden")
    assert refused.problem is not None
    assert "nodes" in refused.problem.rule
    await becomes_ready(url)
    async with aiohttp.ClientSession() as session:
        page = await (await session.get(f"{url}/coverage")).text()
    assert "nodes" in page


def states(data: Path) -> dict[str, str]:
    return {each.resource.key: each.state for each in History(data).coverage()}


async def test_one_namespace_can_be_observed_alone(
    kubeconfig: Path, cluster: PracticeCluster, data: Path, observe: StartObserve
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--namespace", "shop")
    await becomes_ready(await running.url())
    async with playing(cluster, "create", data) as recording:
        await recording.play()
        await caught_up(cluster, data)
    steps = History(data).steps().values()
    assert {step.object.namespace for step in steps} == {"shop"}
    assert sum(step.object.kind == "Pod" for step in steps) > 10
    assert states(data)["v1/nodes"] == "gone"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_it_says_an_address_that_a_browser_can_use(
    host: str, kubeconfig: Path, observe: StartObserve
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--host", host)
    url = await running.url()
    assert urlsplit(url).port
    async with aiohttp.ClientSession() as session:
        assert (await session.get(url)).status == 200

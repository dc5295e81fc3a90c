"""The operator in examples/ runs against the practice cluster: kopf and Python's own client."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.clock import PROMPT, VirtualClock
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.running import NODES, register, staff
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl

EXAMPLE = Path(__file__).parents[2] / "examples/website-operator"
SOON = 90.0


class World:
    """A cluster whose controllers' time passes while somebody waits for something."""

    def __init__(self, kubectl: Kubectl, clock: VirtualClock) -> None:
        self.kubectl, self.clock = kubectl, clock

    async def shows(self, *what: str, says: str) -> None:
        deadline = asyncio.get_running_loop().time() + SOON
        text = ""
        while asyncio.get_running_loop().time() < deadline:
            self.clock.run(self.clock.now + 1)
            _, text = await self.kubectl.said("get", *what)
            if says in text:
                return
            await asyncio.sleep(0.2)
        pytest.fail(f"no {says!r} in {text!r}")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = VirtualClock(1, PROMPT)
    async with PracticeCluster(writable=True, tls=True, now=lambda: clock.now) as cluster:
        api = MemoryApi(cluster.writer, clock)
        register(api, NODES)
        for hired in staff(NODES):
            hired(api)
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        yield World(Kubectl(tmp_path), clock)


@pytest.fixture
async def operator(world: World, tmp_path: Path) -> AsyncIterator[Any]:
    await world.kubectl("apply", "-f", str(EXAMPLE / "crd.yaml"))
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "kubeconfig")}
    run = ("-m", "kopf", "run", str(EXAMPLE / "website_operator.py"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *run, "--all-namespaces", "--standalone",
        env=environment, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    yield process
    process.terminate()
    await process.wait()


async def test_the_operator_that_people_copy_does_its_work(world: World, operator: Any) -> None:
    del operator
    await world.kubectl("apply", "-f", str(EXAMPLE / "website.yaml"))
    ready = ("website", "shopfront", "-o", "jsonpath={.spec.image} {.status.ready}")
    await world.shows(*ready, says="nginx:1.27 2")
    patch = ("patch", "website", "shopfront", "--type=merge", "-p")
    await world.kubectl(*patch, '{"spec":{"replicas":4}}')
    await world.shows(*ready, says="nginx:1.27 4")
    status, text = await world.kubectl.said(*patch, '{"spec":{"replicas":40}}')
    assert status == 1
    assert "should be less than or equal to 20" in text
    await world.kubectl("delete", "website", "shopfront", "--wait=false")
    await world.shows("websites,deployments,pods", says="No resources found")
    await world.kubectl("delete", "crd", "websites.stable.example.com", "--wait=false")
    await world.shows("crd", says="No resources found")

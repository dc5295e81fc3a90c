"""A practice cluster in this process, so that a test holds its hands, and observers beside it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.observe.running import Observing, start

StartObserve = Callable[..., Awaitable[Observing]]


@pytest.fixture
async def cluster() -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster() as serving:
        yield serving


@pytest.fixture
def kubeconfig(cluster: PracticeCluster, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(cluster.kubeconfig(), path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def observe(tmp_path: Path) -> AsyncIterator[StartObserve]:
    """`await observe("--kubeconfig", …)` starts one; what still runs at the end is killed."""
    started: list[Observing] = []

    async def begin(
        *arguments: str | Path, data: Path = tmp_path / "data", **environment: str
    ) -> Observing:
        running = await start(*map(str, arguments), data=data, environment=environment)
        started.append(running)
        return running

    yield begin
    for each in started:
        if each.process.returncode is None:
            each.process.kill()
        await each.ended()

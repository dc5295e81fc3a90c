"""A practice cluster in this process, so that a test holds its hands, and observers beside it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.observe.running import Observing, start, until

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


@pytest.fixture
async def wakes(tmp_path: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A Redis of Debian's package, which listens at a socket and keeps nothing; and its address."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: see `make system`."
    socket = tmp_path / "redis.sock"
    process = await asyncio.create_subprocess_exec(
        *(
            program,
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--save",
            "",
            "--dir",
            str(tmp_path),
        ),
        stdout=asyncio.subprocess.DEVNULL,
    )
    await until(socket.exists, "Redis listens")
    yield f"unix://{socket}", process
    if process.returncode is None:
        process.kill()
    await process.wait()

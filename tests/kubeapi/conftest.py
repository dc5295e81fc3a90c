"""Servers and connections to them, as a kubeconfig gives one.

The scripted server answers byte for byte as a test says; the practice cluster is a whole API
server with a history, into which a test puts faults.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from eventstream.kubeapi.connection import Connection, connect
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.configs import write_kubeconfig
from tests.kubeapi.scripted import ScriptedServer, json_answer

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.2"}


@pytest.fixture(autouse=True)
def _no_cluster_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own kubeconfig, service account and proxies out of every test."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    scripted.on("/version", json_answer(VERSION))
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
async def connection(server: ScriptedServer, tmp_path: Path) -> AsyncIterator[Connection]:
    opened = await connect(kubeconfig=str(write_kubeconfig(tmp_path / "config", server.url)))
    yield opened
    await opened.close()


@pytest.fixture
async def practice() -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster() as cluster:
        yield cluster


@pytest.fixture
async def practice_connection(
    practice: PracticeCluster, tmp_path: Path
) -> AsyncIterator[Connection]:
    path = tmp_path / "practice"
    path.write_text(yaml.safe_dump(practice.kubeconfig()))
    opened = await connect(kubeconfig=str(path))
    yield opened
    await opened.close()

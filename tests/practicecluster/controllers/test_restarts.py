"""What a controller does not see it finds out: a server that was away, a controller begun anew."""

import asyncio
from pathlib import Path

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.running import Staff
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl

SOON = "--timeout=120s"


async def test_controllers_go_on_after_the_server_was_away_and_after_they_were(
    tmp_path: Path,
) -> None:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        kubectl = Kubectl(tmp_path)
        first = Staff(cluster.address())
        await asyncio.to_thread(first.start)
        await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
        await cluster.down()
        await asyncio.sleep(0.5)
        await cluster.up()
        await kubectl("rollout", "status", "deployment/web", SOON)
        await asyncio.to_thread(first.end)
        await kubectl("scale", "deployment", "web", "--replicas=4")
        second = Staff(cluster.address())
        await asyncio.to_thread(second.start)
        await kubectl("rollout", "status", "deployment/web", SOON)
        found = await kubectl.shown("deployment", "web")
        assert found["status"]["availableReplicas"] == 4
        await asyncio.to_thread(second.end)

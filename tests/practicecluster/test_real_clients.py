"""Clients that others wrote are content: kubectl, and the official Python client."""

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio import client, config, watch

from practicecluster.access import USER
from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from practicecluster.player import Player
from practicecluster.playlist import SHIPPED
from tests.deploy.programs import program
from tests.practicecluster.objects import CRDS, PODS, WEBSITES, pod, put, website, website_crd
from tests.practicecluster.tapes import FakeClock, shipped

SOON = 120.0


async def play(cluster: PracticeCluster, name: str) -> None:
    clock = FakeClock(1795392457.0)
    player = Player(cluster.store, shipped(name), clock=clock, sleep=clock.sleep)
    player.prepare()
    await player.play()


@pytest.fixture
async def kubeconfig(cluster: PracticeCluster, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(cluster.kubeconfig(), path)
    return path


class Kubectl:
    def __init__(self, kubeconfig: Path) -> None:
        self._global = ["--kubeconfig", str(kubeconfig), f"--cache-dir={kubeconfig.parent}/cache"]

    async def __call__(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            program("kubectl"), *self._global, *arguments, stdout=PIPE, stderr=PIPE
        )
        out, errors = await asyncio.wait_for(process.communicate(), SOON)
        assert process.returncode == 0, errors.decode()
        return out.decode()

    async def rows(self, *arguments: str) -> list[list[str]]:
        """Return the printed rows as words, headings first."""
        return [row.split() for row in (await self("get", *arguments)).splitlines() if row]


@pytest.fixture
def kubectl(kubeconfig: Path) -> Kubectl:
    return Kubectl(kubeconfig)


async def test_kubectl_prints_what_the_issue_names(
    cluster: PracticeCluster, kubectl: Kubectl
) -> None:
    await play(cluster, "create")
    rows = await kubectl.rows("deployments,replicasets,pods,events", "-A")
    headings = [row for row in rows if row[0] == "NAMESPACE"]
    assert headings == [
        ["NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
        ["NAMESPACE", "NAME", "DESIRED", "CURRENT", "READY", "AGE"],
        ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"],
        ["NAMESPACE", "LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
    ]
    assert ["shop", "deployment.apps/nginx", "3/3", "3", "3"] in [row[:5] for row in rows]
    assert len([row for row in rows if row[1].startswith("pod/") and row[3] == "Running"]) == 3
    assert len([row for row in rows if row[3:4] == ["Scheduled"]]) == 3


async def test_kubectl_prints_yaml_and_describes(
    cluster: PracticeCluster, kubectl: Kubectl
) -> None:
    await play(cluster, "create")
    assert "kind: Pod" in await kubectl("get", "pods", "-n", "shop", "-o", "yaml")
    described = await kubectl("describe", "deployment", "-n", "shop", "nginx")
    assert "Scaled up replica set nginx-754449dc84 from 0 to 3" in described


async def test_kubectl_lists_the_types_and_a_crds_objects(
    cluster: PracticeCluster, kubectl: Kubectl
) -> None:
    put(cluster.store, CRDS, website_crd(established=True))
    put(cluster.store, WEBSITES, website("front", 2))
    types = await kubectl("api-resources", "--no-headers")
    assert ["deployments", "deploy", "apps/v1", "true", "Deployment"] in [
        row.split() for row in types.splitlines()
    ]
    assert await kubectl.rows("ws", "-A") == [
        ["NAMESPACE", "NAME", "REPLICAS"],
        ["shop", "front", "2"],
    ]


async def test_kubectl_may_ask_what_it_may(tmp_path: Path) -> None:
    # By TLS, as kubectl sends no token without it.
    async with PracticeCluster(tls=True, anonymous=False) as cluster:
        write_kubeconfig(cluster.kubeconfig(), tmp_path / "kubeconfig")
        kubectl = Kubectl(tmp_path / "kubeconfig")
        assert await kubectl("auth", "can-i", "list", "deployments.apps") == "yes\n"
        assert USER in await kubectl("auth", "whoami")
        assert len(await kubectl.rows("namespaces")) == 5


async def test_kubectl_watches(cluster: PracticeCluster, kubeconfig: Path) -> None:
    put(cluster.store, PODS, pod("a"))
    process = await asyncio.create_subprocess_exec(
        *(program("kubectl"), "--kubeconfig", str(kubeconfig)),
        *(f"--cache-dir={kubeconfig.parent}/cache", "get", "pods", "-A", "-w", "--no-headers"),
        stdout=PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SOON):
            first = (await process.stdout.readline()).split()
            put(cluster.store, PODS, pod("a", phase="Running"))
            second = (await process.stdout.readline()).split()
    finally:
        process.terminate()
        await process.communicate()
    assert first[:4] == [b"shop", b"a", b"0/1", b"Pending"]
    assert second[:4] == [b"shop", b"a", b"0/1", b"Running"]


@pytest.fixture
async def api_client(cluster: PracticeCluster) -> Any:
    configuration = client.Configuration()
    await config.load_kube_config_from_dict(
        cluster.kubeconfig(), client_configuration=configuration
    )
    async with client.ApiClient(configuration) as api_client:
        yield api_client


@pytest.mark.parametrize("name", SHIPPED)
async def test_the_official_client_can_read_every_object(
    cluster: PracticeCluster, api_client: Any, name: str
) -> None:
    await play(cluster, name)
    core, apps = client.CoreV1Api(api_client), client.AppsV1Api(api_client)
    for listing in (
        core.list_namespace,
        core.list_node,
        core.list_pod_for_all_namespaces,
        core.list_event_for_all_namespaces,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        apps.list_stateful_set_for_all_namespaces,
        client.BatchV1Api(api_client).list_job_for_all_namespaces,
        client.CoordinationV1Api(api_client).list_lease_for_all_namespaces,
    ):
        paged: list[Any] = []
        answer: Any = await listing(limit=3)
        paged += answer.items
        while answer.metadata._continue:
            answer = await listing(limit=3, _continue=answer.metadata._continue)
            paged += answer.items
        whole: Any = await listing()
        assert [one.metadata.uid for one in paged] == [one.metadata.uid for one in whole.items]


async def test_the_official_client_watches_typed_objects(
    cluster: PracticeCluster, api_client: Any
) -> None:
    core = client.CoreV1Api(api_client)
    listed: Any = await core.list_pod_for_all_namespaces()
    watching = watch.Watch().stream(
        core.list_pod_for_all_namespaces,
        resource_version=listed.metadata.resource_version,
        timeout_seconds=1,
        allow_watch_bookmarks=True,
    )
    put(cluster.store, PODS, pod("a"))
    put(cluster.store, PODS, pod("a", phase="Running"))
    seen = [(change["type"], change["object"].status.phase) async for change in watching]
    assert seen == [("ADDED", "Pending"), ("MODIFIED", "Running")]


async def test_the_official_client_understands_the_refusals(
    cluster: PracticeCluster, api_client: Any
) -> None:
    cluster.access.forbidden.add("nodes")
    core = client.CoreV1Api(api_client)
    with pytest.raises(client.ApiException) as refused:
        await core.list_node()
    assert refused.value.status == 403
    assert json.loads(refused.value.body or "")["reason"] == "Forbidden"
    put(cluster.store, PODS, pod("a"))
    cluster.store.compact()
    with pytest.raises(client.ApiException) as expired:
        async for _ in watch.Watch().stream(
            core.list_pod_for_all_namespaces, resource_version="1", timeout_seconds=1
        ):
            pass
    assert (expired.value.status, expired.value.reason) == (
        410,
        "Expired: too old resource version: 1 (6)",
    )

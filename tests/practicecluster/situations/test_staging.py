"""A situation comes and goes with its namespace, unseen by controllers and closed to writes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.situations import playing
from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.clock import RealClock
from practicecluster.controllers.http_api import HttpApi
from practicecluster.controllers.informers import Watched
from practicecluster.controllers.who import API_SERVER
from practicecluster.kubeconfig import write_kubeconfig
from practicecluster.situations import telling
from practicecluster.situations.renaming import Renaming
from practicecluster.stored import JsonObject
from tests.practicecluster.objects import website_crd
from tests.practicecluster.situations.staged import Played, numbered
from tests.practicecluster.writing.test_kubectl import ADMIN, SOON, Kubectl

CLAIM: JsonObject = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "mine", "namespace": "default"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        following = asyncio.create_task(cluster.follow_situations())
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        yield cluster
        following.cancel()
        await asyncio.wait({following})


async def until(kubectl: Kubectl, count: int, *what: str) -> list[str]:
    """Wait until so many are there, and return their names."""
    names: list[str] = []
    for _ in range(400):
        names = [each["metadata"]["name"] for each in (await kubectl.shown(*what))["items"]]
        if len(names) == count:
            break
        await asyncio.sleep(0.05)
    assert len(names) == count, names
    return names


async def test_a_namespace_starts_it_and_controllers_see_none_of_it(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    kubectl = Kubectl(tmp_path)
    await kubectl("create", "namespace", "situation-16")
    await until(kubectl, 1, "persistentvolumeclaims", "-n", "situation-16")
    assert await until(kubectl, 2, "nodes") == ["situation-16-node-1", "situation-16-node-2"]
    controller = HttpApi(cluster.address(), RealClock(0), API_SERVER)
    seen = await asyncio.to_thread(
        lambda: [
            controller.every("PersistentVolumeClaim"),
            controller.every("Node"),
            [each["metadata"]["name"] for each in controller.every("Namespace")],
        ]
    )
    controller.end()
    assert seen[:2] == [[], []]
    assert "situation-16" in seen[2]


async def test_a_controller_that_watched_before_any_could_start_sees_none_of_it(
    tmp_path: Path,
) -> None:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        controller = HttpApi(cluster.address(), RealClock(0), API_SERVER)
        connection = cluster.address().connection(SOON)
        changes = controller.changes(connection, Watched("PersistentVolumeClaim", ""), "0")
        first = asyncio.create_task(asyncio.to_thread(next, changes))
        await cluster.watched()
        following = asyncio.create_task(cluster.follow_situations())
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        kubectl = Kubectl(tmp_path)
        await kubectl("create", "namespace", "situation-16")
        await until(kubectl, 1, "persistentvolumeclaims", "-n", "situation-16")
        await kubectl("apply", "-f", kubectl.file(CLAIM))
        _, seen = await first
        assert seen["metadata"]["name"] == "mine"
        connection.close()
        following.cancel()
        await asyncio.wait({following})


async def test_its_objects_are_closed_to_writes_and_go_with_its_namespace(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    kubectl = Kubectl(tmp_path)
    await kubectl("create", "namespace", "situation-16")
    (name,) = await until(kubectl, 1, "persistentvolumeclaims", "-n", "situation-16")
    for said in (("delete", "pvc", name), ("label", "pvc", name, "a=b")):
        status, text = await kubectl.said(*said, "-n", "situation-16")
        assert status == 1
        assert "is of a situation, which is a recording" in text
    await kubectl("create", "configmap", "mine", "-n", "situation-16")
    await kubectl("delete", "namespace", "situation-16", "--wait=false")
    await until(kubectl, 0, "persistentvolumeclaims", "-n", "situation-16")
    await until(kubectl, 0, "nodes")
    await until(kubectl, 1, "configmaps", "-n", "situation-16")


async def test_a_namespace_of_another_name_or_number_starts_nothing(
    cluster: PracticeCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kubectl = Kubectl(tmp_path)
    for name in ("situation-0", "situation", "situation-999"):
        await kubectl("create", "namespace", name)
    for _ in range(400):
        if caplog.records:
            break
        await asyncio.sleep(0.05)
    assert "situation-999 is no situation: there are 51." in caplog.text
    assert await until(kubectl, 0, "nodes") == []


async def test_all_that_it_brings_is_taken_away_again() -> None:
    for number in (27, 42, 46, 49):
        played = Played()
        staged = played.stage(numbered()[number - 1][1], "situation-1")
        before = {key for storage in ("namespaces",) for key in played.store.cache(storage).objects}
        await staged.play(played.sleep)
        staged.take_away()
        left = {
            (served.storage, key)
            for served in played.store.types
            for key in played.store.cache(served.storage).objects
        }
        assert left == {("namespaces", key) for key in before}


async def test_what_is_in_its_way_is_named() -> None:
    played = Played()
    await played.play(numbered()[45][1], "situation-46")
    second = played.stage(numbered()[45][1], "situation-1046")
    assert second.taken() == "customresourcedefinitions applications.argoproj.io"
    assert played.stage(numbered()[15][1], "situation-16").taken() == ""


async def test_one_that_is_obstructed_says_so_and_starts_once_it_is_not(
    cluster: PracticeCluster, tmp_path: Path
) -> None:
    kubectl, definition = Kubectl(tmp_path), website_crd(established=False)
    assert telling.STARTED == playing.STARTED
    await kubectl("apply", "-f", kubectl.path("crd.json", definition))
    await kubectl("create", "namespace", "situation-44")
    said = f'{{.status.conditions[?(@.type=="{telling.STARTED}")].status}}'
    wait = ("wait", "namespace/situation-44", "--timeout=60s")
    await kubectl(*wait, f"--for=jsonpath={said}=False")
    (told,) = (await kubectl.shown("namespace", "situation-44"))["status"]["conditions"]
    name = definition["metadata"]["name"]
    assert told["message"] == (
        f"customresourcedefinitions {name} is in its way: delete that, and it starts."
    )
    await kubectl("delete", "crd", name)
    await kubectl(*wait, f"--for=jsonpath={said}=True")
    assert await until(kubectl, 1, "websites", "-n", "situation-44") == ["front"]


def _named(kind: str, name: str, label: str = "kubernetes.io/metadata.name") -> JsonObject:
    return {"kind": kind, "metadata": {"name": name, "labels": {label: name}}}


@pytest.mark.parametrize(
    ("content", "renamed"),
    [
        ({"namespace": "shop"}, {"namespace": "mine"}),
        ({"namespace": "old"}, {"namespace": "mine-old"}),
        ({"namespace": "default"}, {"namespace": "default"}),
        ({"name": "shop"}, {"name": "shop"}),
        ({"message": "put shop/api-1 on node-2"}, {"message": "put mine/api-1 on mine-node-2"}),
        ({"image": "r.example.com/shop/api:1"}, {"image": "r.example.com/shop/api:1"}),
        ({"message": 'name "api-1_shop_22_1" is'}, {"message": 'name "api-1_mine_22_1" is'}),
        ({"names": ["node-1", "kube-node-lease"]}, {"names": ["mine-node-1", "kube-node-lease"]}),
        (_named("Namespace", "shop"), _named("Namespace", "mine")),
        (_named("Node", "node-1"), _named("Node", "mine-node-1")),
        (_named("Application", "shop"), _named("Application", "shop")),
    ],
)
def test_names_of_namespaces_and_nodes_are_its_own(
    content: JsonObject, renamed: JsonObject
) -> None:
    assert Renaming("mine", ["shop", "old"]).renamed(content) == renamed

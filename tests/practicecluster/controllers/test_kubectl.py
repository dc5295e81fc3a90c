"""The real kubectl drives the practice cluster, and its controllers answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.running import NODES, Staff
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl

SOON = "--timeout=120s"
IMAGE = "--image=bitnami/nginx:latest"


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        staff = Staff(cluster.address())
        await asyncio.to_thread(staff.start)
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        yield Kubectl(tmp_path)
        await asyncio.to_thread(staff.end)


async def names(kubectl: Kubectl, *what: str) -> list[str]:
    return [each["metadata"]["name"] for each in (await kubectl.shown(*what))["items"]]


async def test_a_deployment_is_rolled_out_scaled_changed_and_rolled_back(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "nginx", IMAGE, "--replicas=3")
    rolled = ("rollout", "status", "deployment/nginx", SOON)
    assert "successfully rolled out" in await kubectl(*rolled)
    await kubectl("scale", "deployment", "nginx", "--replicas=5")
    await kubectl("wait", "--for=jsonpath={.status.availableReplicas}=5", "deploy/nginx", SOON)
    await kubectl("set", "image", "deployment/nginx", "nginx=nginx:2")
    assert "successfully rolled out" in await kubectl(*rolled)
    assert len(await names(kubectl, "replicasets")) == 2
    assert "rolled back" in await kubectl("rollout", "undo", "deployment/nginx")
    assert "successfully rolled out" in await kubectl(*rolled)
    found = await kubectl.shown("deployment", "nginx")
    images = [each["image"] for each in found["spec"]["template"]["spec"]["containers"]]
    assert images == ["bitnami/nginx:latest"]
    assert "3" in await kubectl("rollout", "history", "deployment/nginx")


async def test_a_pod_that_is_killed_is_replaced_and_a_deployment_goes_whole(
    kubectl: Kubectl,
) -> None:
    await kubectl("create", "deployment", "web", IMAGE, "--replicas=2")
    await kubectl("rollout", "status", "deployment/web", SOON)
    before = await names(kubectl, "pods")
    await kubectl("delete", "pod", before[0])
    await kubectl("wait", "--for=jsonpath={.status.availableReplicas}=2", "deploy/web", SOON)
    assert before[0] not in await names(kubectl, "pods")
    await kubectl("delete", "deployment", "web", "--cascade=foreground", SOON)
    assert await names(kubectl, "replicasets") == []
    assert await names(kubectl, "pods") == []


async def test_an_image_that_is_missing_holds_a_rollout_until_it_is_mended(
    kubectl: Kubectl,
) -> None:
    await kubectl("create", "deployment", "web", "--image=bad/nginx")
    for reason in ("ErrImagePull", "ImagePullBackOff"):
        await _until(kubectl, reason)
    await kubectl("set", "image", "deployment/web", "nginx=nginx:1")
    assert "successfully rolled out" in await kubectl("rollout", "status", "deploy/web", SOON)


async def _until(kubectl: Kubectl, reason: str) -> None:
    for _ in range(600):
        for pod in (await kubectl.shown("pods"))["items"]:
            for status in pod["status"].get("containerStatuses", ()):
                if status["state"].get("waiting", {}).get("reason") == reason:
                    return
        await asyncio.sleep(0.1)
    pytest.fail(f"no container waits for {reason}")


async def test_a_drain_waits_for_a_budget(kubectl: Kubectl) -> None:
    await kubectl("create", "deployment", "web", IMAGE, "--replicas=2")
    await kubectl("create", "pdb", "web", "--selector=app=web", "--min-available=2")
    await kubectl("rollout", "status", "deployment/web", SOON)
    await kubectl("wait", "--for=jsonpath={.status.currentHealthy}=2", "pdb/web", SOON)
    pods = (await kubectl.shown("pods"))["items"]
    node = pods[0]["spec"]["nodeName"]
    status, text = await kubectl.said("drain", node, "--ignore-daemonsets", "--timeout=4s")
    assert status == 1
    assert "Cannot evict pod as it would violate the pod's disruption budget" in text
    await kubectl("delete", "pdb", "web")
    assert "drained" in await kubectl("drain", node, "--ignore-daemonsets", SOON)
    assert "uncordoned" in await kubectl("uncordon", node)
    assert len(NODES) == len(await names(kubectl, "nodes"))


async def test_a_job_ends_a_quota_holds_and_a_namespace_goes(kubectl: Kubectl) -> None:
    await kubectl("create", "namespace", "shop")
    await kubectl("create", "job", "once", "-n", "shop", "--image=done/once")
    await kubectl("wait", "--for=condition=complete", "job/once", "-n", "shop", SOON)
    await kubectl("create", "quota", "q", "-n", "shop", "--hard=pods=1")
    await kubectl("wait", "--for=jsonpath={.status.hard.pods}=1", "quota/q", "-n", "shop", SOON)
    await kubectl("create", "deployment", "web", "-n", "shop", IMAGE, "--replicas=2")
    refused = "--for=condition=ReplicaFailure"
    await kubectl("wait", refused, "deployment/web", "-n", "shop", SOON)
    found = json.dumps(await kubectl.shown("deployment", "web", "-n", "shop"))
    assert "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" in found
    assert "deleted" in await kubectl("delete", "namespace", "shop", SOON)
    _, text = await kubectl.said("get", "namespace", "shop")
    assert "not found" in text


async def test_a_deployment_config_is_rolled_out_by_its_deployer(kubectl: Kubectl) -> None:
    container = {"name": "c", "image": "nginx:1"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    web: dict[str, Any] = {"kind": "DeploymentConfig", "apiVersion": "apps.openshift.io/v1"}
    web |= {"metadata": {"name": "web"}, "spec": {"replicas": 1, "template": template}}
    done = '{.status.conditions[?(@.reason=="NewReplicationControllerAvailable")].status}=True'
    await kubectl("apply", "-f", kubectl.path("web.json", web))
    await kubectl("wait", f"--for=jsonpath={done}", "dc/web", SOON)
    container["image"] = "nginx:2"
    await kubectl("apply", "-f", kubectl.path("web.json", web))
    await kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1", "rc/web-2", SOON)
    await kubectl("wait", f"--for=jsonpath={done}", "dc/web", SOON)
    assert {pod.split("-")[2][:6] for pod in await names(kubectl, "pods", "-l", "!app")} == {
        "deploy"
    }
    found = {each["metadata"]["name"]: each for each in (await kubectl.shown("rc"))["items"]}
    assert [found[name]["spec"]["replicas"] for name in ("web-1", "web-2")] == [0, 1]
    managers = {each["manager"] for each in found["web-2"]["metadata"]["managedFields"]}
    assert {"openshift-controller-manager", "openshift-deploy"} <= managers

"""The real kubectl writes to the practice cluster: each command that people learn first."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.deploy.programs import program
from tests.practicecluster.objects import website_crd

SOON = 120.0
ADMIN = "kubernetes-admin"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


class Kubectl:
    """`kubectl` as an administrator."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        config = directory / "kubeconfig"
        self._global = ["--kubeconfig", str(config), f"--cache-dir={directory}/cache"]

    async def said(self, *arguments: str) -> tuple[int, str]:
        """Return the exit status, and all that it said."""
        process = await asyncio.create_subprocess_exec(
            program("kubectl"), *self._global, *arguments, stdout=PIPE, stderr=PIPE
        )
        out, errors = await asyncio.wait_for(process.communicate(), SOON)
        return process.returncode or 0, (out + errors).decode()

    async def __call__(self, *arguments: str) -> str:
        status, text = await self.said(*arguments)
        assert status == 0, text
        return text

    async def shown(self, *arguments: str) -> Any:
        """Return what `get -o json` gives."""
        return json.loads(await self("get", *arguments, "-o", "json", "--show-managed-fields"))

    def file(self, *things: Any) -> str:
        """Return the path of a manifest with these objects."""
        return self.path("manifest.json", {"apiVersion": "v1", "kind": "List", "items": [*things]})

    def path(self, name: str, thing: Any) -> str:
        """Return the path of a file that holds this."""
        path = self._directory / name
        path.write_text(json.dumps(thing))
        return str(path)


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        yield Kubectl(tmp_path)


async def test_the_first_deployment_of_every_course(kubectl: Kubectl) -> None:
    image = "--image=bitnami/nginx:latest"
    assert "created" in await kubectl("create", "deployment", "nginx", image, "--replicas=3")
    assert "scaled" in await kubectl("scale", "deployment", "nginx", "--replicas=5")
    assert "updated" in await kubectl("set", "image", "deployment/nginx", "nginx=nginx:1.25")
    assert "annotated" in await kubectl("annotate", "deployment", "nginx", "note=mine")
    assert "restarted" in await kubectl("rollout", "restart", "deployment/nginx")
    assert "paused" in await kubectl("rollout", "pause", "deployment/nginx")
    found = await kubectl.shown("deployment", "nginx")
    assert found["metadata"]["generation"] == 6  # All but the first raised it, notes too.
    assert found["spec"]["replicas"] == 5
    managers = {
        (entry["manager"], entry.get("subresource", ""))
        for entry in found["metadata"]["managedFields"]
    }
    assert managers == {
        ("kubectl", "scale"),
        ("kubectl-annotate", ""),
        ("kubectl-create", ""),
        ("kubectl-rollout", ""),
        ("kubectl-set", ""),
    }


@pytest.mark.parametrize(
    "command",
    [
        "namespace shop",
        "configmap c --from-literal=a=b",
        "secret generic s --from-literal=a=b",
        "serviceaccount robot",
        "quota q --hard=pods=2",
        "job j --image=busybox -- date",
        "cronjob cj --image=busybox --schedule=@daily -- date",
        "service clusterip s --tcp=80:8080",
        "ingress i --rule=example.com/=web:80",
        "poddisruptionbudget p --selector=app=web --min-available=1",
        "priorityclass important --value=10",
        "role r --verb=get --resource=pods",
        "rolebinding b --role=r --serviceaccount=default:robot",
        "clusterrole cr --verb=get --resource=nodes",
    ],
)
async def test_create_in_every_form(kubectl: Kubectl, command: str) -> None:
    assert "created" in await kubectl("create", *command.split())


async def test_apply_diff_and_server_side_apply(kubectl: Kubectl) -> None:
    definition = website_crd(established=True)
    definition.pop("status")
    assert "service/web created" in await kubectl("apply", "-f", kubectl.file(SERVICE, definition))
    assert "service/web unchanged" in await kubectl("apply", "-f", kubectl.file(SERVICE))
    changed = json.loads(json.dumps(SERVICE))
    changed["spec"]["sessionAffinity"] = "ClientIP"
    status, text = await kubectl.said("diff", "-f", kubectl.file(changed))
    assert status == 1, text
    assert "sessionAffinity: ClientIP" in text
    assert "configured" in await kubectl("apply", "-f", kubectl.file(changed))
    assert (await kubectl.shown("svc", "web"))["spec"]["sessionAffinity"] == "ClientIP"
    changed["spec"]["sessionAffinity"] = "None"
    assert "serverside-applied" in await kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", kubectl.file(changed)
    )
    found = await kubectl.shown("svc", "web")
    assert found["spec"]["sessionAffinity"] == "None"
    owners = {entry["manager"]: entry["operation"] for entry in found["metadata"]["managedFields"]}
    assert owners["kubectl"] == "Apply"
    assert "kubectl-client-side-apply" not in owners  # kubectl handed its fields over.


async def test_a_custom_resource_and_its_scale(kubectl: Kubectl) -> None:
    definition = website_crd(established=True)
    definition.pop("status")
    version = definition["spec"]["versions"][0]
    version["subresources"]["scale"] = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
    }
    whatever = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    properties = {"spec": whatever, "status": whatever}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    await kubectl("apply", "-f", kubectl.file(definition))
    website = {
        "apiVersion": "stable.example.com/v1",
        "kind": "Website",
        "metadata": {"name": "w"},
        "spec": {"replicas": 1},
    }
    assert "created" in await kubectl("apply", "-f", kubectl.file(website))
    assert "scaled" in await kubectl("scale", "website", "w", "--replicas=4")
    assert (await kubectl.shown("website", "w"))["spec"]["replicas"] == 4
    assert "FIELDS" in await kubectl("explain", "website")


async def test_patches_labels_and_deletions(kubectl: Kubectl) -> None:
    await kubectl("run", "p", "--image=nginx", "--labels=app=web")
    assert "labeled" in await kubectl("label", "pod", "p", "tier=front")
    assert "patched" in await kubectl(
        "patch", "pod", "p", "--type=json", "-p", '[{"op":"remove","path":"/metadata/labels/tier"}]'
    )
    assert "patched" in await kubectl(
        "patch", "pod", "p", "-p", '{"spec":{"containers":[{"name":"p","image":"nginx:2"}]}}'
    )
    found = await kubectl.shown("pod", "p")
    assert found["metadata"]["labels"] == {"app": "web"}
    assert found["spec"]["containers"][0]["image"] == "nginx:2"
    assert "deleted" in await kubectl("delete", "pods", "-l", "app=web")
    assert (await kubectl.shown("pods"))["items"] == []


async def test_what_is_wrong_is_said_as_a_real_server_says_it(kubectl: Kubectl) -> None:
    _, text = await kubectl.said("create", "deployment", "web", "--image=nginx", "--replicas=-1")
    assert 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1' in text
    misspelt = {**SERVICE, "spec": {**SERVICE["spec"], "selctor": {}}}  # type: ignore[dict-item]
    _, text = await kubectl.said("apply", "-f", kubectl.file(misspelt))
    assert 'unknown field "spec.selctor"' in text
    _, text = await kubectl.said("apply", "-n", "nowhere", "-f", kubectl.file(SERVICE))
    assert 'namespaces "nowhere" not found' in text
    _, text = await kubectl.said("delete", "namespace", "kube-system")
    assert "this namespace may not be deleted" in text


async def test_what_no_kubelet_started_has_no_log(kubectl: Kubectl) -> None:
    await kubectl("run", "p", "--image=nginx")
    status, text = await kubectl.said("logs", "p")
    assert status == 1
    assert 'container "p" in pod "p" is waiting to start: ContainerCreating' in text
    status, text = await kubectl.said("logs", "p", "-c", "q")
    assert status == 1
    assert "container q is not valid for pod p" in text


async def test_explain_and_may(kubectl: Kubectl) -> None:
    assert "rollingUpdate" in await kubectl("explain", "deployment.spec.strategy")
    assert (await kubectl("auth", "can-i", "create", "pods")).strip() == "yes"


async def test_who_may_only_look_may_not_write(tmp_path: Path) -> None:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        write_kubeconfig(cluster.kubeconfig(), tmp_path / "kubeconfig")
        status, text = await Kubectl(tmp_path).said("create", "namespace", "shop")
    assert status == 1
    assert 'cannot create resource "namespaces"' in text

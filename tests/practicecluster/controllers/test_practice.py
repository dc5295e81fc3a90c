"""What people practise, typed with the real kubectl; the controllers' clock is run by the test."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.clock import PROMPT, VirtualClock
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.running import NODES, register, staff
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl

IMAGE = "--image=nginx:1.27"


@dataclass
class Practice:
    kubectl: Kubectl
    clock: VirtualClock

    async def __call__(self, *arguments: str, wait: float = 10.0) -> str:
        """Type a command, and let some seconds pass."""
        text = await self.kubectl(*arguments)
        self.clock.run(self.clock.now + wait)
        return text

    async def shown(self, *arguments: str) -> Any:
        return await self.kubectl.shown(*arguments)

    async def items(self, *arguments: str) -> list[Any]:
        found: list[Any] = (await self.shown(*arguments))["items"]
        return found


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Practice]:
    clock = VirtualClock(1, PROMPT)
    async with PracticeCluster(writable=True, tls=True, now=lambda: clock.now) as cluster:
        api = MemoryApi(cluster.writer, clock)
        register(api, NODES)
        for hired in staff(NODES):
            hired(api)
        clock.run(clock.now + 2)
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        yield Practice(Kubectl(tmp_path), clock)


async def test_a_service_has_its_ready_pods_behind_it(practice: Practice) -> None:
    await practice("create", "deployment", "web", IMAGE, "--replicas=2")
    await practice("expose", "deployment", "web", "--port=80", "--target-port=8080")
    pods = {p["metadata"]["name"]: p["status"]["podIP"] for p in await practice.items("pods")}
    (found,) = await practice.items("endpointslices", "-l", "kubernetes.io/service-name=web")
    assert {e["targetRef"]["name"]: e["addresses"][0] for e in found["endpoints"]} == pods
    assert [e["conditions"]["ready"] for e in found["endpoints"]] == [True, True]
    assert found["ports"][0]["port"] == 8080
    old = await practice.shown("endpoints", "web")
    assert {a["ip"] for a in old["subsets"][0]["addresses"]} == set(pods.values())
    await practice("set", "image", "deployment/web", "nginx=missing", wait=20)
    await practice("delete", "pod", "--all", "--wait=false", wait=5)
    (found,) = await practice.items("endpointslices", "-l", "kubernetes.io/service-name=web")
    ready = [e["targetRef"]["name"] for e in found["endpoints"] if e["conditions"]["ready"]]
    assert 1 <= len(ready) <= 2
    assert not pods.keys() & set(ready)
    await practice("delete", "service", "web")
    assert await practice.items("endpointslices", "-l", "kubernetes.io/service-name=web") == []


async def test_a_schedule_is_kept(practice: Practice) -> None:
    image = "--image=busybox"
    await practice("create", "cronjob", "odd", image, "--schedule=7 */2 * * *", "--", "date")
    await practice("create", "cronjob", "wrong", image, "--schedule=@every 90m", "--", "date")
    made: dict[str, list[str]] = {"odd": [], "wrong": []}
    practice.clock.run(practice.clock.now + 6 * 3600)
    for job in await practice.items("jobs"):
        noted = job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]
        owner = job["metadata"]["ownerReferences"][0]["name"]
        made[owner].append(noted[11:16])
        assert {c["type"] for c in job["status"]["conditions"]} >= {"Complete"}
    assert [at[-2:] for at in made["odd"]] == ["07"] * 3
    assert {int(at[:2]) % 2 for at in made["odd"]} == {0}
    assert len(made["wrong"]) == 3


async def test_an_autoscaler_follows_the_load_that_is_annotated(practice: Practice) -> None:
    await practice("create", "deployment", "web", IMAGE)
    await practice("set", "resources", "deployment/web", "--requests=cpu=100m")
    await practice("autoscale", "deployment", "web", "--cpu=50%", "--min=1", "--max=6")
    await practice("annotate", "deployment", "web", "practicecluster/load=200", wait=40)
    assert (await practice.shown("deployment", "web"))["status"]["readyReplicas"] == 4
    text = await practice("get", "horizontalpodautoscalers.v1.autoscaling", "web", "-o", "json")
    older = json.loads(text)
    assert older["apiVersion"] == "autoscaling/v1"
    assert older["spec"]["targetCPUUtilizationPercentage"] == 50
    patch = '{"spec":{"targetCPUUtilizationPercentage":100}}'
    await practice("patch", "horizontalpodautoscalers.v1.autoscaling", "web", "-p", patch, wait=40)
    metric = (await practice.shown("hpa", "web"))["spec"]["metrics"][0]
    assert metric["resource"]["target"]["averageUtilization"] == 100
    assert (await practice.shown("deployment", "web"))["spec"]["replicas"] == 2


async def test_a_node_is_lost_its_pods_move_and_it_comes_back(practice: Practice) -> None:
    await practice("create", "deployment", "web", IMAGE, "--replicas=3")
    pods = await practice.items("pods")
    assert {pod["spec"]["nodeName"] for pod in pods} == set(NODES)  # They are spread.
    await practice("annotate", "node", "node-2", "practicecluster/lost=true", wait=70)
    node = await practice.shown("node", "node-2")
    ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert {t["effect"] for t in node["spec"]["taints"]} == {"NoSchedule", "NoExecute"}
    assert len(await practice.items("pods")) == 3  # They tolerate it for five minutes.
    practice.clock.run(practice.clock.now + 310)
    there = {p["metadata"]["name"]: p for p in await practice.items("pods")}
    assert len(there) == 4
    gone = [p for p in there.values() if "deletionTimestamp" in p["metadata"]]
    assert [p["spec"]["nodeName"] for p in gone] == ["node-2"]
    assert (await practice.shown("deployment", "web"))["status"]["availableReplicas"] == 3
    await practice("annotate", "node", "node-2", "practicecluster/lost-", wait=60)
    node = await practice.shown("node", "node-2")
    assert "taints" not in node["spec"]
    assert len(await practice.items("pods")) == 3


async def test_the_scheduler_minds_what_pods_and_nodes_say(practice: Practice) -> None:
    await practice("label", "node", "node-3", "disk=fast")
    await practice("taint", "node", "node-2", "only=batch:NoSchedule")
    spec = {"nodeSelector": {"disk": "fast"}, "containers": [{"name": "c", "image": "nginx:1"}]}
    over = json.dumps({"apiVersion": "v1", "spec": spec})
    await practice("run", "picky", IMAGE, f"--overrides={over}")
    assert (await practice.shown("pod", "picky"))["spec"]["nodeName"] == "node-3"
    ask = {"requests": {"memory": "6Gi"}}
    spec = {"containers": [{"name": "c", "image": "nginx:1", "resources": ask}]}
    over = json.dumps({"apiVersion": "v1", "spec": spec})
    for number in (1, 2, 3):
        await practice("run", f"large-{number}", IMAGE, f"--overrides={over}")
    found = [await practice.shown("pod", f"large-{number}") for number in (1, 2, 3)]
    assert {pod["spec"].get("nodeName") for pod in found} == {"node-1", "node-3", None}
    text = await practice("describe", "pod", "large-3")
    assert "2 Insufficient memory" in text
    assert "1 node(s) had untolerated taint(s)" in text
    await practice("taint", "node", "node-2", "only-")
    assert (await practice.shown("pod", "large-3"))["spec"]["nodeName"] == "node-2"
    urgent = {"value": 1000, "metadata": {"name": "urgent"}, "kind": "PriorityClass"}
    urgent["apiVersion"] = "scheduling.k8s.io/v1"
    await practice("apply", "-f", practice.kubectl.file(urgent))
    spec |= {"priorityClassName": "urgent"}
    over = json.dumps({"apiVersion": "v1", "spec": spec})
    await practice("run", "vip", IMAGE, f"--overrides={over}", wait=60)
    assert (await practice.shown("pod", "vip"))["status"]["phase"] == "Running"
    events = await practice("get", "events", "--field-selector=reason=Preempted", "-o", "name")
    assert len(events.splitlines()) == 1


async def test_a_container_s_log_says_what_it_would_have_written(practice: Practice) -> None:
    say = ("--", "sh", "-c", "echo hello; sleep 2; exit 3")
    await practice("create", "job", "once", "--image=busybox", *say)
    text = await practice("logs", "job/once")
    assert text.splitlines()[0] == "hello"
    assert "exit code 3, Error" in text
    await practice("create", "deployment", "web", "--image=crash/web", wait=20)
    assert "exit code 1" in await practice("logs", "deployment/web", "--previous")
    await practice("run", "absent", "--image=missing")
    status, text = await practice.kubectl.said("logs", "absent")
    assert status == 1
    assert 'container "absent" in pod "absent" is waiting to start' in text


async def test_init_and_side_containers_run_before_and_beside_the_others(
    practice: Practice,
) -> None:
    spec = {
        "initContainers": [
            {"name": "first", "image": "busybox", "command": ["sleep", "5"]},
            {"name": "side", "image": "proxy:1", "restartPolicy": "Always"},
        ],
        "containers": [{"name": "a", "image": "nginx:1"}, {"name": "b", "image": "nginx:2"}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "many"}, "spec": spec}
    await practice("apply", "-f", practice.kubectl.file(pod), wait=4)
    found = (await practice.shown("pod", "many"))["status"]
    assert found["phase"] == "Pending"
    assert "running" in found["initContainerStatuses"][0]["state"]
    assert found["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
    practice.clock.run(practice.clock.now + 10)
    text = await practice("get", "pod", "many", "--no-headers")
    assert text.split()[1:3] == ["3/3", "Running"]

"""What controllers decide where something is refused, fails or does not fit, by a virtual clock."""

from dataclasses import dataclass
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.actors import Actor
from practicecluster.controllers.clock import LAG, PROMPT, VirtualClock
from practicecluster.controllers.fares import Fare
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.placing import Node, misfits, tolerates
from practicecluster.controllers.running import NODES, register, staff
from practicecluster.controllers.who import client
from practicecluster.copying import copied
from practicecluster.writing.times import stamp
from practicecluster.writing.writer import Asked

PERSON = client("kubectl-create")
SPACE = "default"
INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass
class Simulated:
    cluster: PracticeCluster
    api: MemoryApi
    clock: VirtualClock
    actors: list[Actor]

    def make(self, kind: str, version: str, name: str, **fields: Any) -> Any:
        metadata = {"name": name, "namespace": SPACE, "labels": fields.pop("labels", {})}
        thing = {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
        return self.api.create(PERSON, thing)

    def shown(self, kind: str, name: str, space: str = SPACE) -> Any:
        return self.api.find(kind, space, name)

    def wait(self, seconds: float) -> None:
        self.clock.run(self.clock.now + seconds)

    def fares(self, image: str, fare: Fare) -> None:
        """Say how an image fares from now on."""
        for actor in self.actors:
            if isinstance(actor, Kubelet):
                actor.fares.images[image] = fare

    def told(self, reason: str) -> list[str]:
        return [each["message"] for each in self.api.every("Event") if each["reason"] == reason]


def simulation(seed: int = 1, lag: tuple[float, float] = PROMPT) -> Simulated:
    clock = VirtualClock(seed, lag)
    cluster = PracticeCluster(writable=True, now=lambda: clock.now)
    api = MemoryApi(cluster.writer, clock)
    register(api, NODES)
    found = Simulated(cluster, api, clock, [hired(api) for hired in staff(NODES)])
    found.wait(2)
    return found


@pytest.fixture
def simulated() -> Simulated:
    return simulation()


def job(image: str, *command: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": image} | ({"command": [*command]} if command else {})
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"template": template, **spec}


def test_an_index_whose_pod_failed_is_given_again(simulated: Simulated) -> None:
    spec = job("busybox", "sleep", "20", completions=3, parallelism=3, completionMode="Indexed")
    simulated.make("Job", "batch/v1", "three", spec=spec)
    simulated.wait(5)
    pods = {p["metadata"]["labels"][INDEX]: p for p in simulated.api.every("Pod")}
    assert pods.keys() == {"0", "1", "2"}
    simulated.api.delete(PERSON, pods["1"])
    simulated.wait(200)
    status = simulated.shown("Job", "three")["status"]
    assert "Complete" in {each["type"] for each in status["conditions"]}
    assert status["completedIndexes"] == "0-2"


def test_two_completed_indexes_in_a_row_are_no_range(simulated: Simulated) -> None:
    spec = job("done/x", completions=2, parallelism=2, completionMode="Indexed")
    simulated.make("Job", "batch/v1", "two", spec=spec)
    simulated.wait(30)
    assert simulated.shown("Job", "two")["status"]["completedIndexes"] == "0,1"


def test_a_job_waits_after_a_failure_and_no_more_after_a_success(simulated: Simulated) -> None:
    simulated.fares("web:1", Fare(ends=1.0, exits=1))
    spec = job("web:1", completions=3, parallelism=1)
    simulated.make("Job", "batch/v1", "once", spec=spec)
    reached: dict[str, float] = {}
    for _ in range(100):
        simulated.wait(1)
        status = simulated.shown("Job", "once")["status"]
        for name in ("failed", "succeeded", "completionTime"):
            if status.get(name):
                reached.setdefault(name, simulated.clock.now)
        if "failed" in reached:
            simulated.fares("web:1", Fare(ends=1.0, exits=0))
    assert simulated.shown("Job", "once")["status"]["failed"] == 1
    assert reached["succeeded"] - reached["failed"] >= 10
    assert reached["completionTime"] - reached["succeeded"] < 15


def test_a_run_that_is_refused_is_made_once_it_may_be(simulated: Simulated) -> None:
    hard = {"hard": {"count/jobs.batch": "0"}}
    quota = simulated.make("ResourceQuota", "v1", "none", spec=hard)
    spec = {"schedule": "5 8 * * *", "jobTemplate": {"spec": job("done/x")}}
    simulated.make("CronJob", "batch/v1", "nightly", spec=spec)
    simulated.wait(400)
    assert simulated.api.every("Job") == []
    simulated.api.delete(PERSON, quota)
    simulated.wait(300)
    (made,) = simulated.api.every("Job")
    noted = made["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"]
    assert noted[11:16] == "08:05"


def test_an_autoscaler_says_which_way_all_its_metrics_are(simulated: Simulated) -> None:
    labels, asked = {"app": "web"}, {"requests": {"cpu": "100m"}}
    containers = [{"name": "c", "image": "nginx:1", "resources": asked}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 4, "selector": {"matchLabels": labels}, "template": template}
    simulated.make("Deployment", "apps/v1", "web", spec=spec)
    simulated.wait(10)
    target = {"type": "Utilization", "averageUtilization": 50}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    aim = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": aim, "minReplicas": 1, "maxReplicas": 6, "metrics": [metric]}
    simulated.make("HorizontalPodAutoscaler", "autoscaling/v2", "web", spec=spec)
    for load in ("100", "250"):
        web = copied(simulated.shown("Deployment", "web"))
        web["metadata"]["annotations"]["practicecluster/load"] = load
        simulated.api.update(PERSON, web)
        simulated.wait(40)
    assert simulated.told("SuccessfulRescale") == [
        "New size: 2; reason: All metrics below target",
        "New size: 5; reason: cpu resource utilization (percentage of request) above target",
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_service_has_one_slice_however_late_its_controller_hears(seed: int) -> None:
    simulated = simulation(seed, LAG)
    spec = {"containers": [{"name": "c", "image": "nginx:1"}]}
    simulated.make("Pod", "v1", "web", spec=spec, labels={"app": "web"})
    simulated.wait(10)
    ports = [{"port": 80}]
    simulated.make("Service", "v1", "web", spec={"selector": {"app": "web"}, "ports": ports})
    for number in range(5):
        simulated.wait(0.001)
        pod = copied(simulated.shown("Pod", "web"))
        pod["metadata"]["labels"]["number"] = str(number)
        simulated.api.update(PERSON, pod)
    simulated.wait(10)
    assert len(simulated.api.every("EndpointSlice")) == 1


def large(simulated: Simulated, name: str, **spec: Any) -> Any:
    """Make a Pod that fits no node."""
    asked = {"requests": {"cpu": "64"}}
    containers = [{"name": "c", "image": "nginx:1", "resources": asked}]
    return simulated.make("Pod", "v1", name, spec={"containers": containers, **spec})


def test_a_nomination_that_came_to_nothing_is_taken_back(simulated: Simulated) -> None:
    pod = large(simulated, "vain")
    simulated.wait(5)
    nominated = {"nominatedNodeName": NODES[0]}
    simulated.api.patch(PERSON, pod, lambda now: now["status"].update(nominated), "status")
    simulated.wait(1)
    assert simulated.shown("Pod", "vain")["status"]["nominatedNodeName"] == NODES[0]
    node = simulated.shown("Node", NODES[0], "")
    simulated.api.patch(PERSON, node, lambda now: now["metadata"].update(labels={"disk": "fast"}))
    simulated.wait(15)
    assert "nominatedNodeName" not in simulated.shown("Pod", "vain")["status"]
    assert "Preemption is not helpful" in simulated.told("FailedScheduling")[0]


def test_a_pod_that_may_preempt_nobody_is_told_so(simulated: Simulated) -> None:
    served = simulated.cluster.store.types.find("scheduling.k8s.io/v1/priorityclasses")
    assert served is not None
    head = {"apiVersion": served.api_version, "kind": served.kind, "metadata": {"name": "meek"}}
    meek = head | {"value": 1000, "preemptionPolicy": "Never"}
    simulated.cluster.writer.create(Asked(served, None, "meek"), meek)
    large(simulated, "meek", priorityClassName="meek")
    simulated.wait(5)
    (text,) = simulated.told("FailedScheduling")
    none = "0/3 nodes are available: 3 Insufficient cpu."
    why = "not eligible due to preemptionPolicy=Never."
    assert text == f"{none} no new claims to deallocate, preemption: {why}"


def test_a_pod_leaves_by_what_it_tolerates_first_and_by_evicting_taints(
    simulated: Simulated,
) -> None:
    evicts = {"key": "only", "operator": "Exists", "effect": "NoExecute"}
    soon = evicts | {"tolerationSeconds": 60}
    for name, told in (("stays", [evicts, soon]), ("goes", [soon])):
        spec = {"containers": [{"name": "c", "image": "nginx:1"}], "tolerations": told}
        simulated.make("Pod", "v1", name, spec=spec)
    simulated.wait(10)
    taints: list[dict[str, str]] = []
    for effect in ("NoExecute", "NoSchedule"):
        added = {"key": "only", "effect": effect, "timeAdded": stamp(simulated.clock.now)}
        taints = [*taints, added]
        for name in NODES:
            node = copied(simulated.shown("Node", name, ""))
            simulated.api.update(PERSON, node | {"spec": node["spec"] | {"taints": taints}})
        simulated.wait(50)
    assert [pod["metadata"]["name"] for pod in simulated.api.every("Pod")] == ["stays"]


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        ({"key": "only", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "only", "value": "batch"}, True),
        ({"key": "only"}, False),
        ({"key": "only", "operator": "Equal", "value": "web"}, False),
        ({"key": "only", "operator": "Exists", "effect": "NoExecute"}, False),
    ],
)
def test_a_toleration_covers_a_taint_as_it_says(toleration: dict[str, str], covers: bool) -> None:
    assert (
        tolerates(toleration, {"key": "only", "value": "batch", "effect": "NoSchedule"}) == covers
    )


@pytest.mark.parametrize(("app", "fits"), [("web", False), ("other", True)])
def test_a_pod_that_its_own_constraint_does_not_select_is_not_counted(app: str, fits: bool) -> None:
    metadata = {"namespace": SPACE, "labels": {"app": "web"}}
    there = {"metadata": metadata, "spec": {"containers": []}}
    rule = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname"}
    rule |= {"labelSelector": {"matchLabels": {"app": "web"}}}
    spec = {"containers": [], "topologySpreadConstraints": [rule]}
    pod = {"metadata": metadata | {"labels": {"app": app}}, "spec": spec}
    things = [
        {"metadata": {"name": name}, "spec": {}, "status": {"allocatable": {"pods": "9"}}}
        for name in ("a", "b")
    ]
    nodes = [Node(things[0], [there]), Node(things[1], [])]
    assert (misfits(pod, nodes[0], nodes) == []) == fits

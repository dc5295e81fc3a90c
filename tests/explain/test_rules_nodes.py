"""Who writes Nodes: kubelets, the controllers that watch over them, and everybody else."""

import pytest

from tests.explain.stories import KCM, START, Json, Story, stamp
from tests.explain.things import condition, node

UNREACHABLE = "node.kubernetes.io/unreachable"
NOT_READY = "node.kubernetes.io/not-ready"


def heartbeat(type_: str, status: str = "True") -> Json:
    return condition(type_, status) | {"lastHeartbeatTime": "2027-01-15T08:00:05Z"}


def taint(key: str, effect: str = "NoSchedule") -> Json:
    return {"key": key, "effect": effect}


def joined(story: Story) -> Json:
    """A node that a kubelet registers, with the taint that admission gives new ones."""
    host = node(taints=[taint(NOT_READY)])
    host["status"] = {"conditions": [heartbeat("Ready", "False")]}
    return story.create(host, "kubelet")


def test_a_node_that_joins_is_served_by_one_controller_for_each_field() -> None:
    story = Story()
    host = joined(story)
    story.change(host, {"metadata": {"annotations": {"node.alpha.kubernetes.io/ttl": "0"}}}, KCM)
    addresses = {"podCIDR": "10.200.1.0/24", "podCIDRs": ["10.200.1.0/24"]}
    story.change(host, {"spec": addresses}, KCM)
    story.change(host, {"status": {"conditions": [heartbeat("Ready")]}}, "kubelet", sub="status")
    story.change(host, {"spec": {"taints": None}})
    attached = [{"name": "kubernetes.io/csi/x", "devicePath": ""}]
    story.change(host, {"status": {"volumesAttached": attached}}, KCM, sub="status")
    assert [story.step(host, n).actor for n in range(6)] == [
        "kubelet",
        "ttl-controller",
        "node-ipam-controller",
        "kubelet",
        "node-lifecycle-controller",
        "attachdetach-controller",
    ]
    assert story.step(host, 4).what == (
        f"The node lifecycle controller took taint {NOT_READY}:NoSchedule from Node node-1."
    )


def test_a_lost_node_and_its_return() -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    both = [taint(UNREACHABLE), taint(UNREACHABLE, "NoExecute")]
    story.change(host, {"spec": {"taints": both[:1]}}, KCM)
    story.change(host, {"spec": {"taints": both}}, KCM)
    story.change(host, {"status": {"conditions": [heartbeat("Ready")]}}, "kubelet", sub="status")
    story.change(host, {"spec": {"taints": both[1:]}}, KCM)
    story.change(host, {"spec": {"taints": None}})
    lifecycle = "node-lifecycle-controller"
    expected = [lifecycle, lifecycle, lifecycle, "kubelet", lifecycle, lifecycle]
    assert [story.step(host, n).actor for n in range(1, 7)] == expected


def test_a_taint_that_is_taken_while_the_node_still_earns_it_has_no_known_taker() -> None:
    story = Story()
    host = story.create(node(unschedulable=True), "kubelet")
    story.change(host, {"spec": {"taints": [taint("node.kubernetes.io/unschedulable")]}}, KCM)
    story.change(host, {"spec": {"taints": None}})
    assert story.last(host).actor == "unknown"


def test_a_taint_of_ones_own_is_a_clients() -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, {"spec": {"taints": [taint("example.com/only-batch")]}}, "kubectl-taint")
    assert story.last(host).actor == "client"


@pytest.mark.parametrize("manager", ["flanneld", "calico-node", "node-problem-detector"])
def test_who_keeps_another_condition_with_a_heartbeat_is_no_kubelet(manager: str) -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    known = host["status"]["conditions"]
    told = [*known, heartbeat("NetworkUnavailable", "False")]
    story.change(host, {"status": {"conditions": told}}, manager, sub="status")
    story.change(host, {"metadata": {"annotations": {"a": "b"}}}, manager)
    assert [story.step(host, n).actor for n in (1, 2)] == ["custom-controller", "client"]


def test_a_node_of_a_cloud_may_have_been_deleted_by_its_controller_manager() -> None:
    story = Story()
    for manager, actor in (("kubectl-label", "client"), ("cloud-controller-manager", "unknown")):
        host = story.create(node(f"of-{manager}"), "kubelet")
        story.change(host, {"metadata": {"labels": {"zone": "a"}}}, manager)
        story.delete(host)
        assert story.last(host).actor == actor


@pytest.mark.parametrize("manager", ["k3s", "kubelite", "microshift"])
def test_a_name_that_all_components_share_is_no_clients(manager: str) -> None:
    story = Story()
    host = story.create(node(), manager)
    story.change(host, {"metadata": {"labels": {"a": "b"}}}, manager)
    assert {story.step(host, n).actor for n in (0, 1)} == {"unknown"}


OWN_MARKS: list[Json] = [
    {"spec": {"taints": [taint("karpenter.sh/disrupted")]}},
    {"metadata": {"labels": {"karpenter.sh/registered": "true", "zone": "a"}}},
]


@pytest.mark.parametrize("patch", OWN_MARKS, ids=["taint", "label"])
def test_who_sets_marks_of_its_own_name_may_be_that_controller(patch: Json) -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, patch, "karpenter")
    step = story.last(host)
    assert (step.actor, step.actor_name) == ("unknown", "karpenter")
    assert "keeps a mark of its own name here (karpenter.sh/" in step.why


@pytest.mark.parametrize(
    ("manager", "actor"),
    [("nfd-master", "unknown"), ("k9s", "client"), ("kubectl-label", "client")],
)
def test_marks_with_a_domain_are_a_programs_or_a_persons_with_a_tool(
    manager: str, actor: str
) -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, {"metadata": {"labels": {"feature.example.com/avx": "true"}}}, manager)
    step = story.last(host)
    assert (step.actor, step.actor_name) == (actor, manager)
    assert ("marks here with a domain" in step.why) == (actor == "unknown")


@pytest.mark.parametrize(
    "patch",
    [
        {"spec": {"unschedulable": True}, "metadata": {"labels": {"karpenter.sh/a": "b"}}},
        {"metadata": {"labels": {"zone": "b"}}},
    ],
    ids=["asks for more", "no domain"],
)
def test_a_name_alone_says_no_more_than_a_client_does(patch: Json) -> None:
    story = Story()
    host = story.create(node(), "kubelet")
    story.change(host, patch, "karpenter")
    assert story.last(host).actor == "client"


def test_of_one_name_for_all_the_heartbeat_tells_a_kubelet_from_who_calls_it_silent() -> None:
    story = Story()
    host = story.create(node(), "k3s")
    for minute, status in ((1, "True"), (1, "Unknown"), (2, "True")):
        ready = condition("Ready", status) | {"lastHeartbeatTime": stamp(START + 60 * minute)}
        story.change(host, {"status": {"conditions": [ready]}}, "k3s", sub="status")
    actors = [story.step(host, n).actor for n in (1, 2, 3)]
    assert actors == ["kubelet", "node-lifecycle-controller", "kubelet"]

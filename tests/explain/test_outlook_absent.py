"""What waits for something that is not there: a target, a server, or a controller of its own."""

from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.test_outlook_stuck import later
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    node,
    pod,
    replicaset,
    statefulset,
    thing,
)

NOT_FOUND = 'deployments/scale.apps "web" not found'


def scaler(story: Story) -> Json:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    found = condition("AbleToScale", "False", "FailedGetScale", NOT_FOUND)
    found["lastTransitionTime"] = stamp(story.at)
    return thing(
        "HorizontalPodAutoscaler",
        "web",
        "autoscaling/v2",
        spec={"scaleTargetRef": target, "maxReplicas": 5},
        status={"conditions": [found]},
    )


def test_an_autoscaler_whose_target_does_not_exist_waits_for_a_person() -> None:
    story = Story("Deployment")
    web = story.exists(scaler(story))
    later(story, 10)
    assert story.trace(web).diagnosis is None
    later(story, 60)
    trace = story.trace(web)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", "client", "spec-invalid")
    assert trace.summary == (
        "HorizontalPodAutoscaler web is to scale Deployment web, which does not exist."
    )


def test_that_a_target_does_not_exist_is_not_said_of_one_that_is_there_or_not_shown() -> None:
    for story in (Story(), Story("Deployment")):
        web = story.exists(scaler(story))
        story.exists(deployment())
        later(story, 60)
        trace = story.trace(web)
        assert trace.holder == "horizontal-pod-autoscaler"
        assert NOT_FOUND in trace.summary


def test_a_namespace_that_cannot_be_emptied_names_the_api_that_is_away() -> None:
    story = Story()
    said = "failing or missing response from https://10.43.0.9:443/apis/metrics.k8s.io/v1beta1"
    away = condition("Available", "False", "FailedDiscoveryCheck", said)
    name = "v1beta1.metrics.k8s.io"
    spec = {"service": {"namespace": "kube-system", "name": "metrics-server"}}
    service = thing("APIService", name, "apiregistration.k8s.io/v1", spec=spec)
    del service["metadata"]["namespace"]
    story.exists(service | {"status": {"conditions": [away]}})
    space = story.exists(thing("Namespace", "old", status={"phase": "Active"}))
    story.mark(space)
    what = "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of"
    what += " server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery"
    failed = condition("NamespaceDeletionDiscoveryFailure", "True", "DiscoveryFailed", what)
    story.change(space, {"status": {"conditions": [failed]}}, KCM, sub="status")
    trace = story.trace(space)
    assert (trace.state, trace.holder) == ("stalled", "client")
    assert trace.diagnosis == "terminating-slow"
    assert trace.summary == (
        f"Namespace old is not removed while APIService {name} is not available, as what it holds "
        f"of that API cannot be listed: {said}."
    )
    assert trace.command == f"kubectl describe apiservice {name}"


def test_a_namespace_whose_pod_is_given_time_to_stop_is_not_slow() -> None:
    story = Story("Pod")
    space = story.exists(thing("Namespace", "shop", status={"phase": "Active"}))
    story.exists(node())
    slow = story.exists(pod())
    story.mark(space)
    story.mark(slow, 600)
    left = condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", "pods. has 1")
    story.change(space, {"status": {"conditions": [left]}}, KCM, sub="status")
    later(story, 120)
    trace = story.trace(space)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", "kubelet", None)
    assert "in Namespace shop, which is to go" in trace.waiting_for


def test_what_else_goes_with_a_namespace_is_given_no_time_to_stop() -> None:
    story = Story("Pod")
    space = story.exists(thing("Namespace", "shop", status={"phase": "Active"}))
    going = story.exists(statefulset(replicas=0))
    story.mark(going, finalizers=["foregroundDeletion"])
    story.mark(space)
    left = condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", "statefulsets")
    story.change(space, {"status": {"conditions": [left]}}, KCM, sub="status")
    later(story, 30)
    assert story.trace(space).holder == "namespace-controller"


def test_a_job_that_is_left_to_another_controller_names_it() -> None:
    story = Story("Pod")
    spec = {"parallelism": 1, "completions": 1, "managedBy": "example.com/farm"}
    job = story.create(thing("Job", "render", "batch/v1", spec=spec), "kubectl-create")
    later(story, 90)
    trace = story.trace(job)
    assert (trace.state, trace.holder, trace.holder_name) == (
        "stalled",
        "custom-controller",
        "example.com/farm",
    )
    said = "Job render to be run: its spec.managedBy leaves it to example.com/farm"
    assert said in trace.summary


def test_what_was_refused_is_made_after_another_comparison() -> None:
    story = Story()
    web = story.create(replicaset(replicas=3), "kubectl-create")
    story.create(pod(web, "web-1"), KCM)
    failed = condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: pods")
    report = {"status": {"replicas": 1, "conditions": [failed], "observedGeneration": 1}}
    story.change(web, report, KCM, sub="status")
    second = story.create(pod(web, "web-2"), KCM)
    what = story.last(second).what
    assert "compared 3 desired Pods with 1 that exists and created Pod web-2" in what
    assert "number 1 of 2" in what


def test_pods_that_are_deleted_together_were_compared_once() -> None:
    story = Story("Pod")
    web = story.exists(replicaset(replicas=3))
    pods = [story.exists(pod(web, f"web-{number}")) for number in range(3)]
    story.change(web, {"spec": {"replicas": 1}}, KCM)
    for one in pods[:2]:
        story.mark(one)
    told = [story.last(one).why for one in pods[:2]]
    assert all("compared 1 desired Pod with 3 that exist: 2 too many" in why for why in told)


def test_a_daemon_pod_goes_when_its_node_is_not_selected_any_more() -> None:
    story = Story("Pod", "Node")
    host = story.exists(node() | {"metadata": node()["metadata"] | {"labels": {"disk": "ssd"}}})
    agent = daemonset()
    agent["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
    story.exists(agent)
    one = story.exists(pod(agent, "agent-a"))
    story.change(host, {"metadata": {"labels": {"disk": None}}}, "kubectl-label")
    story.mark(one, 30)
    step = story.last(one)
    assert step.actor == "daemonset-controller"
    assert step.why == (
        "Node node-1 lacks what the node selector of DaemonSet agent asks for: disk=ssd."
    )

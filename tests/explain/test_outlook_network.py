"""How Services and Ingresses stand by what they lead to."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import Json, Story
from tests.explain.test_outlook_stuck import later
from tests.explain.things import condition, thing


def ingress(service: str) -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    spec = {"ingressClassName": "nginx", "defaultBackend": backend}
    return thing("Ingress", "web", "networking.k8s.io/v1", spec=spec)


def service(name: str, **spec: Any) -> Json:
    return thing("Service", name, spec={"type": "ClusterIP"} | spec)


def test_an_ingress_may_come_before_its_service() -> None:
    story = Story()
    story.exists(service("other"))
    web = story.create(ingress("web"), "kubectl-create")
    early = story.trace(web)
    assert (early.state, early.diagnosis, early.holder) == ("running", None, "client")
    assert early.waiting_for == "Service web, which Ingress web leads to, to be created"
    later(story, 30.0)
    late = story.trace(web)
    assert (late.state, late.diagnosis) == ("stalled", "spec-invalid")
    assert late.summary == "Ingress web leads to Service web, which does not exist."
    story.create(service("web"), "kubectl-create")
    assert story.trace(web).diagnosis is None


def test_a_backend_that_an_annotation_describes_is_no_service() -> None:
    story = Story()
    story.exists(service("other"))
    web = ingress("ssl-redirect")
    web["spec"]["defaultBackend"]["service"]["port"] = {"name": "use-annotation"}
    story.create(web, "kubectl-create")
    later(story, 30.0)
    assert story.trace(web).diagnosis is None


WARNED = [
    ("TopologyAwareHintsDisabled", "endpoint-slice-controller", "running"),
    ("AllocationFailed", "metallb-controller", "stalled"),
]


@pytest.mark.parametrize(("reason", "component", "state"), WARNED)
def test_a_warning_of_endpoints_says_nothing_of_a_load_balancer(
    reason: str, component: str, state: str
) -> None:
    story = Story()
    web = story.create(service("web", type="LoadBalancer"), "kubectl-create")
    story.tell(web, reason, "Insufficient number", component)
    assert story.trace(web).state == state


@pytest.mark.parametrize(
    ("type_", "reason", "state"),
    [
        ("cilium.io/IPAMRequestSatisfied", "no_pool", "stalled"),
        ("TailscaleProxyReady", "ProxyPending", "running"),
        ("LoadBalancerPortsError", "no_pool", "running"),
    ],
)
def test_who_makes_load_balancers_may_say_in_a_condition_why_there_is_none(
    type_: str, reason: str, state: str
) -> None:
    story = Story()
    web = story.create(service("web", type="LoadBalancer"), "kubectl-create")
    found = condition(type_, "False", reason, "no pool matches this service")
    story.change(web, {"status": {"loadBalancer": {}, "conditions": [found]}}, "cilium-operator")
    trace = story.trace(web)
    assert (trace.state, "no pool matches" in trace.summary) == (state, state == "stalled")


def test_what_a_cloud_puts_on_a_service_is_told_with_what_was_asked_of_it() -> None:
    story = Story()
    web = story.exists(service("web"))
    asked = story.change(web, {"spec": {"type": "LoadBalancer"}}, "kubectl-patch")
    trace = story.trace(asked)
    held = {"metadata": {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}}
    story.change(web, held, "cloud-controller-manager")
    assert story.last(web).trace == trace.id
    assert len(story.told().traces) == 1


def test_an_ingress_has_time_when_its_service_is_made_anew() -> None:
    story = Story()
    backend = story.exists(service("web"))
    web = story.create(ingress("web"), "kubectl-create")
    story.wait(300.0)
    story.delete(backend)
    assert story.trace(web).diagnosis is None
    later(story, 30.0)
    assert story.trace(web).diagnosis == "spec-invalid"


def test_an_ingress_that_has_an_address_is_served() -> None:
    story = Story()
    story.exists(service("web"))
    web = ingress("web") | {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}}
    trace = story.trace(story.create(web, "kubectl-create"))
    assert (trace.state, trace.summary) == ("complete", "Ingress web is served at 203.0.113.9.")


def backed(story: Story, ready: str, **spec: Any) -> Trace:
    """The trace of a Service with one Pod behind it."""
    story.create(
        thing("Pod", "web", metadata={"labels": {"app": "web"}}, spec={"nodeName": "node-1"})
        | {"status": {"phase": "Running", "conditions": [condition("Ready", ready)]}},
        "kubectl-run",
    )
    return story.trace(story.create(service("web", selector={"app": "web"}, **spec), "kubectl"))


def test_a_service_leads_to_ready_pods_or_to_all_as_it_asks() -> None:
    assert backed(Story(), "True").summary == "Service web leads to 1 ready Pod."
    assert backed(Story(), "False").state != "complete"
    published = backed(Story(), "False", publishNotReadyAddresses=True)
    assert published.summary == "Service web leads to 1 Pod, ready or not, as it asks for."


def served(*ports: Json, **asked: Any) -> Trace:
    """The trace of a Service that asks for a port, and whose one ready Pod has these."""
    story = Story()
    spec = {"containers": [{"name": "app", "ports": list(ports)}], "nodeName": "node-1"}
    pod = thing("Pod", "web", metadata={"labels": {"app": "web"}}, spec=spec)
    pod["status"] = {"phase": "Running", "conditions": [condition("Ready", "True")]}
    story.create(pod, "kubectl-run")
    web = story.create(service("web", selector={"app": "web"}, **asked), "kubectl")
    later(story, 10.0)
    return story.trace(web)


HTTP = {"name": "http", "containerPort": 8080, "protocol": "TCP"}


@pytest.mark.parametrize(
    ("has", "asks", "lacks"),
    [
        (HTTP, {"targetPort": "http", "protocol": "TCP"}, ""),
        (HTTP, {"targetPort": 9090, "protocol": "TCP"}, ""),
        (HTTP, {"targetPort": "web", "protocol": "TCP"}, "web (TCP)"),
        (HTTP, {"targetPort": "http", "protocol": "UDP"}, "http (UDP)"),
        (HTTP | {"name": ""}, {"targetPort": "http"}, "http (TCP)"),
    ],
)
def test_a_port_that_is_asked_for_by_name_has_to_be_one_of_the_pods(
    has: Json, asks: Json, lacks: str
) -> None:
    trace = served(has, ports=[asks])
    if not lacks:
        assert (trace.state, trace.summary) == ("complete", "Service web leads to 1 ready Pod.")
        return
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "spec-invalid", "client")
    assert trace.summary == (
        f"Service web has no endpoints: no container of its Pods has a port named {lacks}, which "
        "its targetPort asks for."
    )


def test_a_service_serves_by_the_ports_that_its_pods_have() -> None:
    trace = served(HTTP, ports=[{"targetPort": "http"}, {"targetPort": "metrics"}])
    assert trace.state == "complete"
    assert trace.summary == (
        "Service web leads to 1 ready Pod, but no container of its Pods has a port named metrics "
        "(TCP), which its targetPort asks for."
    )
    headless = served(HTTP, ports=[{"targetPort": "metrics"}], clusterIP="None")
    assert headless.summary == "Service web leads to 1 ready Pod."


def test_a_pod_that_is_to_go_is_no_ready_endpoint() -> None:
    story = Story()
    one = thing("Pod", "web", metadata={"labels": {"app": "web"}}, spec={"nodeName": "node-1"})
    one["status"] = {"phase": "Running", "conditions": [condition("Ready", "True")]}
    story.create(one, "kubectl-run")
    web = story.create(service("web", selector={"app": "web"}), "kubectl")
    assert story.trace(web).summary == "Service web leads to 1 ready Pod."
    story.mark(one, 30)
    story.create(service("other", selector={"app": "web"}), "kubectl")
    other = thing("Service", "other")
    assert story.trace(other).summary == (
        "Service other has no ready endpoints now: its Pods that are ready are to go."
    )


def test_which_controller_serves_an_ingress_without_a_class_is_not_claimed() -> None:
    story = Story()
    story.exists(service("web"))
    web = ingress("web")
    del web["spec"]["ingressClassName"]
    assert "decides for itself" in story.trace(story.create(web, "kubectl-create")).summary


def test_a_service_that_is_another_name_has_no_endpoints_to_wait_for() -> None:
    story = Story()
    out = thing("Service", "out", spec={"type": "ExternalName", "externalName": "db.example.com"})
    trace = story.trace(story.create(out, "kubectl-create"))
    assert (trace.state, trace.summary) == ("complete", "Service out is another name for a host.")


@pytest.mark.parametrize(("type_", "also"), [("LoadBalancer", True), ("ClusterIP", False)])
def test_what_lacks_pods_and_a_load_balancer_lacks_both(type_: str, also: bool) -> None:
    """An operator may make the Pods only once the load balancer has an address."""
    story = Story()
    story.exists(thing("Pod", "other", spec={}, status={"phase": "Running"}))
    web = story.create(service("web", selector={"app": "web"}, type=type_), "operator")
    later(story, 90.0)
    trace = story.trace(web)
    assert (trace.holder, trace.diagnosis) == ("client", "not-ready")
    assert trace.summary.endswith("; nor has it a load balancer yet.") is also

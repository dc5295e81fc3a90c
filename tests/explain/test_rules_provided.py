"""What drivers, autoscalers and controllers with a time to live do, as their sources have it."""

import pytest

from eventstream.kinds import taught
from tests.explain.stories import KCM, Json, Story
from tests.explain.things import condition, deployment, node, owned_by, thing

_ASKED = {"claimRef": {"namespace": "shop", "name": "data"}}


def volume(spec: Json) -> Json:
    metadata = {"annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}}
    found = thing("PersistentVolume", "pv-1", spec=spec, metadata=metadata)
    del found["metadata"]["namespace"]
    return found


@pytest.mark.parametrize(
    ("manager", "actor"),
    [
        ("csi-provisioner", "custom-controller"),
        (KCM, "persistentvolume-controller"),
        ("kubectl-create", "client"),
    ],
)
def test_a_volume_that_is_marked_as_provisioned_was_made_for_its_claim(
    manager: str, actor: str
) -> None:
    story = Story()
    claim = story.create(thing("PersistentVolumeClaim", "data", spec={}), "kubectl-create")
    made = story.create(volume(dict(_ASKED)), manager)
    step = story.last(made)
    assert step.actor == actor
    if actor != "client":
        assert step.cause == story.last(claim).id


def test_a_volume_is_tied_to_its_claim_by_the_controller_of_both() -> None:
    story = Story()
    made = story.exists(volume({}))
    marks = {"annotations": {"pv.kubernetes.io/bound-by-controller": "yes"}}
    story.change(made, {"metadata": marks, "spec": _ASKED}, KCM)
    assert story.last(made).actor == "persistentvolume-controller"


@pytest.mark.parametrize(("manager", "actor"), [("keda", "custom-controller"), ("x", "client")])
def test_who_looks_after_the_owner_of_an_autoscaler_may_scale_what_that_scales(
    manager: str, actor: str
) -> None:
    """As KEDA scales to zero, where an autoscaler may not."""
    story = Story()
    web = story.exists(deployment())
    scaled = story.create(thing("ScaledObject", "web", "keda.sh/v1alpha1", spec={}), "kubectl")
    ready = {"status": {"conditions": [condition("Ready", "True")]}}
    story.change(scaled, ready, "keda", sub="status")
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5}
    scaler = thing("HorizontalPodAutoscaler", "web", "autoscaling/v2", scaled, spec=spec)
    story.create(scaler, "keda")
    story.change(web, {"spec": {"replicas": 0}}, manager, sub="scale")
    assert story.last(web).actor == actor


def test_a_run_that_is_over_may_go_by_its_controllers_hand() -> None:
    """As Argo deletes Workflows that have lived long enough after their end."""
    story = Story(judge=taught.judge())
    flows = [
        story.create(thing("Workflow", name, "argoproj.io/v1alpha1", spec={}), "argo")
        for name in ("done", "runs")
    ]
    for flow, phase in zip(flows, ("Succeeded", "Running"), strict=True):
        story.change(flow, {"status": {"phase": phase}}, "workflow-controller", sub="status")
        story.wait(60)
        story.delete(flow)
    assert [story.last(flow).actor for flow in flows] == ["unknown", "client"]
    assert "workflow-controller, which reports on it" in story.last(flows[0]).why


def test_a_node_that_the_autoscaler_gives_back_may_be_deleted_by_its_cloud() -> None:
    story = Story()
    hosts = [story.exists(node(f"node-{number}")) for number in (1, 2)]
    taint = {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}
    story.change(hosts[0], {"spec": {"taints": [taint]}}, "cluster-autoscaler")
    for host in hosts:
        story.delete(host)
    assert [story.last(host).actor for host in hosts] == ["unknown", "client"]


@pytest.mark.parametrize(
    ("setter", "seconds", "actor"),
    [
        ("controller", 0, "custom-controller"),
        ("controller", 60, "unknown"),
        ("kubectl-patch", 0, "client"),
        ("python-requests", 0, "unknown"),
    ],
)
def test_a_finalizer_goes_soon_by_the_program_that_had_put_it_there(
    setter: str, seconds: int, actor: str
) -> None:
    story = Story()
    web = thing("Ingress", "web", "networking.k8s.io/v1", spec={"ingressClassName": "alb"})
    story.create(web, "kubectl-create")
    held = ["ingress.k8s.aws/resources"]
    story.change(web, {"metadata": {"finalizers": held}}, setter)
    story.mark(web, finalizers=held)
    story.wait(seconds)
    story.delete(web)
    assert story.last(web).actor == actor


@pytest.mark.parametrize("tool", ["Mozilla", "cmctl", "kubectl-cnpg"])
def test_who_reports_on_a_custom_resource_with_a_tool_is_a_client(tool: str) -> None:
    """As `cmctl renew` writes a Certificate's status."""
    story = Story()
    site = thing("Website", "shopfront", "stable.example.com/v1", spec={"replicas": 2})
    story.create(site, "kubectl-create")
    story.change(site, {"status": {"replicas": 2}}, tool, sub="status")
    assert story.last(site).actor == "client"


def test_an_owner_that_a_tool_names_makes_nobody_a_controller() -> None:
    story = Story()
    site = story.exists(thing("Website", "shopfront", "stable.example.com/v1", spec={}))
    web = deployment()
    web["metadata"]["ownerReferences"] = [owned_by(site)]
    story.create(web, "helm")
    assert story.last(web).actor == "client"

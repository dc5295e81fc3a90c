"""What an audit log says of programs that run in the cluster under a service account."""

import pytest

from tests.explain.audits import account, ask, by_controller
from tests.explain.stories import KCM, Json, Story
from tests.explain.test_audit_stories import operated
from tests.explain.things import condition, deployment, node, pod


@pytest.mark.parametrize(
    ("agent", "actor"),
    [
        ("robot/2", "custom-controller"),
        ("python-requests/2.31", "custom-controller"),
        ("kubectl/v1.36.2", "client"),
        ("Helm/3.15.1", "client"),
        ("cloud-controller-manager/v1.36.2", "unknown"),
    ],
)
def test_a_service_account_is_a_custom_controllers_unless_a_tool_asks(
    agent: str, actor: str
) -> None:
    """A pipeline has such an account as well, but sends its requests with a tool."""
    story = Story()
    robot = {"user": account("robot", "tools"), "agent": agent}
    manager = agent.partition("/")[0]
    site = operated(story)
    story.change(site, {"metadata": {"labels": {"a": "b"}}}, manager)
    ask(story, site, "patch", **robot)
    web = story.create(deployment(), manager)
    ask(story, web, "create", **robot)
    assert [story.last(each).actor for each in (site, web)] == [actor] * 2
    if actor == "custom-controller":
        assert story.last(web).what.startswith("system:serviceaccount:tools:robot, with ")
        assert not any("client" in story.last(each).why for each in (site, web))
        assert story.trace(web).root_step == story.last(web).id


def test_who_takes_on_a_service_account_is_no_program_of_its() -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    robot = account("robot", "tools")
    ask(story, web, "create", user=robot, agent="robot/2", impersonator="ann")
    assert story.last(web).actor == "client"


def test_a_scheduler_of_ones_own_is_one_in_the_audit_log_too() -> None:
    story = Story()
    batch = pod(None, "batch", "")
    batch["spec"]["schedulerName"] = "volcano"
    story.create(batch, "kubectl-create")
    full = {"conditions": [condition("PodScheduled", "False", "Unschedulable", "gang")]}
    story.change(batch, {"status": full}, "vc-scheduler", sub="status")
    volcano = account("volcano-scheduler", "volcano-system")
    ask(story, batch, "patch", user=volcano, agent="vc-scheduler/v0.0.0", subresource="status")
    step = story.last(batch)
    assert (step.actor, step.grades.who) == ("scheduler", "audited")


def test_whom_baton_has_no_name_for_is_told_by_the_user_and_left_open() -> None:
    story = Story()
    host = story.exists(node())
    story.delete(host)
    cloud = account("cloud-controller-manager")
    ask(story, host, "delete", user=cloud, agent="cloud-controller-manager/v1.36.2")
    step = story.last(host)
    assert (step.actor, step.grades.who) == ("unknown", "unknown")
    assert step.what == f"{cloud}, with cloud-controller-manager, deleted Node node-1."


def test_who_empties_a_namespace_did_not_cut_a_pods_time_short() -> None:
    """Its request changes nothing of a Pod that is to stop already; the kubelet's is missing."""
    story = Story()
    doomed = story.exists(pod())
    story.mark(doomed, 30)
    doomed["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(doomed, {})
    ask(story, doomed, "deletecollection", **by_controller("namespace-controller"), name="")
    assert story.last(doomed).grades.who != "audited"
    ask(story, doomed, "delete", user="system:node:node-1", agent="kubelet/v1.36.2")
    step = story.last(doomed)
    assert (step.actor, step.grades.who) == ("kubelet", "audited")


def test_a_request_for_the_whole_object_wrote_no_status_along_with_an_annotation() -> None:
    """As a Deployment's controller reports with the revision; its own request is missing."""
    story = Story()
    web = deployment()
    mark = "deployment.kubernetes.io/revision"
    web["metadata"]["annotations"], web["status"] = {mark: "1"}, {"observedGeneration": 1}
    fields: Json = {"f:metadata": {"f:annotations": {f"f:{mark}": {}}}}
    entry = {
        "manager": KCM,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "subresource": "status",
    }
    entry |= {"time": "2027-01-15T08:00:00Z", "fieldsType": "FieldsV1"}
    reported: Json = {"f:status": {"f:observedGeneration": {}}}
    web["metadata"]["managedFields"] = [entry | {"fieldsV1": fields | reported}]
    story.exists(web)
    web["metadata"]["annotations"][mark], web["status"]["observedGeneration"] = "2", 2
    story.change(web, {})  # Within the same second, so that no entry moves.
    ask(story, web, "patch", agent="Helm/3.15.1", field_manager="Helm")
    step = story.last(web)
    assert (step.actor, step.grades.who) == ("deployment-controller", "reported")

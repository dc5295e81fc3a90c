"""What an audit log says of programs that run in the cluster under a service account."""

import pytest

from tests.explain.audits import account, ask, by_controller
from tests.explain.stories import Story
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

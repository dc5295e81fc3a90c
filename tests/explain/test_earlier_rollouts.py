"""What a first contact tells of the rollouts that an OpenShift DeploymentConfig had before."""

from tests.explain.stories import Json
from tests.explain.test_earlier_revisions import UNKNOWN_ASKER, at, clock, found, told
from tests.explain.things import thing


def replication_controller(owner: Json, number: int, minute: int, image: str, phase: str) -> Json:
    """A ReplicationController as OpenShift keeps one for each rollout of a DeploymentConfig."""
    name = f"{owner['metadata']['name']}-{number}"
    prefix = "openshift.io/deployment"
    annotations = {f"{prefix}-config.latest-version": str(number), f"{prefix}.phase": phase}
    pods = {"labels": {"deployment": name}, "annotations": {f"{prefix}.name": name}}
    template = {"metadata": pods, "spec": {"containers": [{"name": "c", "image": image}]}}
    metadata: Json = {"creationTimestamp": clock(minute), "annotations": annotations}
    spec = {"replicas": 0, "template": template}
    return thing("ReplicationController", name, "v1", owner, metadata=metadata, spec=spec)


def test_a_deploymentconfigs_rollouts_are_told_and_which_of_them_failed() -> None:
    owner = thing("DeploymentConfig", "web", "apps.openshift.io/v1", spec={"replicas": 1})
    result = found(
        owner,
        replication_controller(owner, 1, 1, "nginx:1", "Complete"),
        replication_controller(owner, 2, 5, "nginx:2", "Failed"),
        replication_controller(owner, 3, 9, "nginx:3", "Complete"),
        replication_controller(owner, 4, 12, "nginx:4", "Failed"),
    )
    known = told(result)
    assert sorted(known) == [1, 2]  # 3 is in effect, and of 4 its own trace tells.
    assert known[1].cause == f"revision 1: the first one, with nginx:1{UNKNOWN_ASKER}"
    assert known[2].cause == f"revision 2: image of c nginx 1 → 2{UNKNOWN_ASKER}"
    assert "replaced by revision 3 at 2027-01-15T07:09:00Z" in known[1].summary
    assert known[2].summary == (
        "Read from ReplicationController web-2, and not watched: it was begun at "
        "2027-01-15T07:05:00Z and failed, so that it never came into effect."
    )


def test_each_attempt_that_failed_after_the_one_in_effect_is_told_but_for_the_newest() -> None:
    owner = thing("DeploymentConfig", "web", "apps.openshift.io/v1", spec={"replicas": 1})
    result = found(
        owner,
        replication_controller(owner, 1, 1, "nginx:1", "Complete"),
        replication_controller(owner, 2, 5, "nginx:2", "Failed"),
        replication_controller(owner, 3, 9, "nginx:3", "Failed"),
    )
    known = told(result)
    assert sorted(known) == [2]
    assert "failed, so that it never came into effect" in known[2].summary
    assert known[2].ended == at(9)


def test_where_no_attempt_came_into_effect_all_before_the_newest_are_told() -> None:
    owner = thing("DeploymentConfig", "web", "apps.openshift.io/v1", spec={"replicas": 1})
    result = found(
        owner,
        replication_controller(owner, 1, 1, "nginx:1", "Failed"),
        replication_controller(owner, 2, 5, "nginx:2", "Failed"),
    )
    assert sorted(told(result)) == [1]

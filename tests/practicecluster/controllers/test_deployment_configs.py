"""OpenShift's DeploymentConfigs: what their controllers and deployers do, by a virtual clock."""

from typing import Any

import pytest

from practicecluster.changes import StoredChange
from practicecluster.controllers.actors import condition
from practicecluster.controllers.api import Refused
from practicecluster.controllers.openshift import rollouts
from practicecluster.copying import copied
from practicecluster.resources import ResourceType
from tests.practicecluster.controllers.test_deciding import PERSON, SPACE, Simulated, simulation
from tests.practicecluster.folding import Folded

Json = dict[str, Any]
OURS = {"deployer", "deployer-controller", "deploymentconfig-controller"}
"""Whom Baton calls custom controllers."""
NEW = "deployment-config.name"


@pytest.fixture
def simulated() -> Simulated:
    return simulation()


def config(simulated: Simulated, replicas: int = 1, image: str = "nginx:1", **spec: Any) -> Json:
    labels = {NEW: "web"}
    containers = [{"name": "c", "image": image}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    wanted = {"replicas": replicas, "selector": labels, "template": template, **spec}
    made: Json = simulated.make("DeploymentConfig", "apps.openshift.io/v1", "web", spec=wanted)
    return made


def change(simulated: Simulated, seconds: float, **spec: Any) -> None:
    """Change the config, and let time pass."""
    now = simulated.shown("DeploymentConfig", "web")
    simulated.api.patch(PERSON, now, lambda thing: thing["spec"].update(spec))
    simulated.wait(seconds)


def with_image(simulated: Simulated, image: str) -> Json:
    template: Json = copied(simulated.shown("DeploymentConfig", "web")["spec"]["template"])
    template["spec"]["containers"][0]["image"] = image
    return {"template": template}


def phases(simulated: Simulated) -> dict[str, str]:
    every = simulated.api.every("ReplicationController")
    return {each["metadata"]["name"]: rollouts.phase(each) for each in every}


def sizes(simulated: Simulated) -> dict[str, int]:
    every = simulated.api.every("ReplicationController")
    return {each["metadata"]["name"]: each["spec"]["replicas"] for each in every}


def said(simulated: Simulated, type_: str = "Progressing") -> tuple[str, str]:
    found = condition(simulated.shown("DeploymentConfig", "web"), type_)
    assert found is not None
    return found["status"], found.get("reason", "")


def test_a_config_is_rolled_out_by_a_pod_and_again_when_its_template_changes(
    simulated: Simulated,
) -> None:
    config(simulated, 2)
    simulated.wait(15)
    assert phases(simulated) == {"web-1": "Complete"}
    change(simulated, 30, **with_image(simulated, "nginx:2"))
    assert phases(simulated) == {"web-1": "Complete", "web-2": "Complete"}
    assert sizes(simulated) == {"web-1": 0, "web-2": 2}
    status = simulated.shown("DeploymentConfig", "web")["status"]
    assert (status["latestVersion"], status["readyReplicas"]) == (2, 2)
    assert said(simulated) == ("True", "NewReplicationControllerAvailable")
    deployer = simulated.shown("Pod", "web-2-deploy")
    assert deployer["status"]["phase"] == "Succeeded"
    (owner,) = deployer["metadata"]["ownerReferences"]
    assert "controller" not in owner


def test_a_rollout_that_fails_leaves_the_version_before(simulated: Simulated) -> None:
    strategy = {"type": "Rolling", "rollingParams": {"timeoutSeconds": 20}}
    config(simulated, 3, strategy=strategy)
    simulated.wait(20)
    change(simulated, 60, **with_image(simulated, "missing"))
    assert phases(simulated) == {"web-1": "Complete", "web-2": "Failed"}
    assert sizes(simulated) == {"web-1": 3, "web-2": 0}
    assert said(simulated) == ("False", "ProgressDeadlineExceeded")
    (told,) = simulated.shown("Pod", "web-2-deploy")["status"]["containerStatuses"]
    ended = told["state"]["terminated"]
    assert ended["exitCode"] == 1
    assert ended["message"].endswith(
        "    Scaling web-2 up to 1\nerror: timed out waiting for any update progress to be made\n"
    )


def test_recreating_takes_the_old_pods_away_first(simulated: Simulated) -> None:
    config(simulated, 2, strategy={"type": "Recreate"})
    simulated.wait(15)
    most, now = 0, with_image(simulated, "nginx:2")
    change(simulated, 0, **now)
    for _ in range(60):
        simulated.wait(0.5)
        pods = [p for p in simulated.api.every("Pod") if NEW in p["metadata"]["labels"]]
        images = {p["spec"]["containers"][0]["image"] for p in pods}
        most = max(most, len(images))
    assert most == 1
    assert sizes(simulated) == {"web-1": 0, "web-2": 2}


def test_a_newer_version_has_the_one_under_way_given_up(simulated: Simulated) -> None:
    config(simulated)
    simulated.wait(15)
    change(simulated, 6, **with_image(simulated, "missing"))
    assert phases(simulated)["web-2"] == "Running"
    now = simulated.shown("DeploymentConfig", "web")
    wanted = with_image(simulated, "nginx:3")
    simulated.api.patch(PERSON, now, lambda thing: thing["spec"].update(wanted))
    # While a rollout is under way a change of the template begins none; a person has to ask.
    version = {"latestVersion": 3}
    now = simulated.shown("DeploymentConfig", "web")
    simulated.api.patch(PERSON, now, lambda thing: thing["status"].update(version))
    simulated.wait(40)
    assert phases(simulated) == {"web-1": "Complete", "web-2": "Failed", "web-3": "Complete"}
    rollout = simulated.shown("ReplicationController", "web-2")
    assert rollouts.noted(rollout, rollouts.REASON) == "newer deployment was found running"
    assert simulated.told("DeploymentCancelled")


def test_a_paused_config_rolls_nothing_out_and_keeps_its_size(simulated: Simulated) -> None:
    config(simulated, 1)
    simulated.wait(15)
    change(simulated, 10, paused=True, **with_image(simulated, "nginx:2"))
    assert phases(simulated) == {"web-1": "Complete"}
    change(simulated, 10, paused=False)
    assert "web-2" in phases(simulated)


def test_a_trigger_by_an_image_waits_until_somebody_names_the_image(simulated: Simulated) -> None:
    source = {"kind": "ImageStreamTag", "name": "web:latest"}
    params = {"automatic": True, "containerNames": ["c"], "from": source}
    triggers = [{"type": "ImageChange", "imageChangeParams": params}]
    config(simulated, 1, image="", triggers=triggers)
    simulated.wait(10)
    assert phases(simulated) == {}
    known = params | {"lastTriggeredImage": "nginx:9"}
    moved = [{"type": "ImageChange", "imageChangeParams": known}]
    change(simulated, 15, triggers=moved, **with_image(simulated, "nginx:9"))
    assert phases(simulated) == {"web-1": "Complete"}


def test_without_triggers_nothing_begins_by_itself(simulated: Simulated) -> None:
    made = config(simulated, 1, triggers=[])
    assert made["spec"]["triggers"] == []
    simulated.wait(10)
    assert phases(simulated) == {}
    assert said(simulated, "Available")[0] == "False"


def test_old_versions_without_pods_are_deleted_beyond_the_limit(simulated: Simulated) -> None:
    config(simulated, 1, revisionHistoryLimit=1)
    simulated.wait(15)
    for number in (2, 3, 4):
        change(simulated, 20, **with_image(simulated, f"nginx:{number}"))
    assert phases(simulated).keys() == {"web-3", "web-4"}
    left = {p["metadata"]["name"] for p in simulated.api.every("Pod") if "deploy" in str(p)}
    assert "web-1-deploy" not in left  # It went with its rollout.


def test_a_deployer_that_is_deleted_has_its_rollout_fail(simulated: Simulated) -> None:
    config(simulated, 1, image="slow/x")
    simulated.wait(6)
    simulated.api.delete(PERSON, simulated.shown("Pod", "web-1-deploy"))
    simulated.wait(20)
    assert phases(simulated) == {"web-1": "Failed"}
    assert sizes(simulated) == {"web-1": 0}


def test_a_deployer_that_may_not_be_made_is_tried_again(simulated: Simulated) -> None:
    quota = simulated.make("ResourceQuota", "v1", "none", spec={"hard": {"pods": "0"}})
    config(simulated)
    simulated.wait(5)
    assert phases(simulated) == {"web-1": "New"}
    assert "exceeded quota: none" in simulated.told("FailedCreate")[0]
    simulated.api.delete(PERSON, quota)
    simulated.wait(30)
    assert phases(simulated) == {"web-1": "Complete"}


def test_an_image_of_ones_own_decides_a_custom_rollout(simulated: Simulated) -> None:
    strategy = {"type": "Custom", "customParams": {"image": "mine/done"}}
    config(simulated, 1, strategy=strategy)
    simulated.wait(15)
    assert phases(simulated) == {"web-1": "Complete"}
    change(simulated, 15, strategy={"type": "Custom", "customParams": {"image": "mine/crash"}})
    change(simulated, 15, **with_image(simulated, "nginx:2"))
    assert phases(simulated)["web-2"] == "Failed"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"strategy": {"type": "Blue"}}, "spec.strategy.type"),
        ({"strategy": {"type": "Custom"}}, "spec.strategy.customParams"),
        ({"strategy": {"rollingParams": {"maxSurge": 0, "maxUnavailable": 0}}}, "maxUnavailable"),
        ({"strategy": {"rollingParams": {"maxSurge": "a%"}}}, "maxSurge"),
        ({"strategy": {"rollingParams": {"pre": {"failurePolicy": "Abort"}}}}, "runs no life"),
        ({"strategy": {"activeDeadlineSeconds": 5}}, "greater than timeoutSeconds"),
        ({"triggers": [{"type": "ImageChange"}]}, "spec.triggers[0].imageChangeParams"),
        ({"minReadySeconds": 600}, "less than the deployment timeout"),
        ({"selector": {"app": "other"}}, "`selector` does not match"),
    ],
)
def test_what_is_wrong_with_a_config_is_said(
    simulated: Simulated, spec: Json, field: str
) -> None:  # fmt: skip
    with pytest.raises(Refused) as refused:
        config(simulated, **spec)
    assert refused.value.code == 422
    assert field in str(refused.value)


def test_baton_explains_what_is_done_for_a_config(simulated: Simulated) -> None:
    store, truth = simulated.cluster.store, dict[tuple[str, str], str]()
    folded = Folded(store)

    def heard(served: ResourceType, written: StoredChange) -> None:
        uid = written.after.content()["metadata"]["uid"]
        if served.storage not in ("events", "leases.coordination.k8s.io"):
            actor = simulated.cluster.writer.request.actor
            truth[uid, str(written.after.revision)] = actor

    store.heard.append(heard)

    def pass_by(seconds: int) -> None:
        for _ in range(seconds):
            simulated.wait(1)
            folded.look(simulated.clock.now)

    config(simulated, 2)
    pass_by(20)
    change(simulated, 0, **with_image(simulated, "nginx:2"))
    pass_by(30)
    web = simulated.shown("DeploymentConfig", "web")
    simulated.api.update(PERSON, web | {"spec": web["spec"] | {"replicas": 3}}, "scale")
    pass_by(15)
    steps = {(s.object.uid, s.resource_version): s for s in folded.steps.values()}
    told = [(steps[place], actor) for place, actor in truth.items() if place in steps]
    assert len(told) > 80
    assert [(s.what, s.actor, actor) for s, actor in told if s.actor not in _right(actor)] == []
    assert sum(step.actor == "unknown" for step, _ in told) <= 4
    trace = folded.of("DeploymentConfig", SPACE, "web")
    assert trace is not None
    assert trace.state == "complete"
    simulated.api.patch(PERSON, web, lambda thing: thing["spec"].update(replicas=3))
    change(simulated, 0, **with_image(simulated, "missing"))
    pass_by(60)
    stuck = folded.of("DeploymentConfig", SPACE, "web")
    assert stuck is not None
    assert (stuck.state, stuck.diagnosis) == ("stalled", "image-not-found")


def _right(actor: str) -> set[str]:
    """Whom Baton may name for a writer; it may say that it can't know.

    What is taken out of an object, and a config's scale, leave nobody's name in it.
    """
    return {"custom-controller" if actor in OURS else actor, "unknown"}

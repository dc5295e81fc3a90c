"""What oc asks of a DeploymentConfig, typed with kubectl: oc sends the same requests."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.practicecluster.controllers.test_practice import Practice, practice

__all__ = ["practice"]
_WEB = "/apis/apps.openshift.io/v1/namespaces/default/deploymentconfigs/web"
_EXAMPLE = Path(__file__).parents[3] / "examples/deploymentconfig.yaml"
_CONFIG: dict[str, Any] = yaml.safe_load(_EXAMPLE.read_text())
_IMAGE = _CONFIG["spec"]["template"]["spec"]["containers"][0]["image"]


async def sent(practice: Practice, subresource: str, **body: Any) -> Any:
    """Post to a subresource, as oc does; returns the answer."""
    path = practice.kubectl.path("request.json", {"apiVersion": "apps.openshift.io/v1", **body})
    return json.loads(
        await practice("create", "--raw", f"{_WEB}/{subresource}", "-f", path, wait=0)
    )


async def test_what_oc_asks_of_a_config_is_done(practice: Practice) -> None:
    await practice("apply", "-f", str(_EXAMPLE), wait=15)
    text = await practice("get", "dc", "web", "--no-headers")
    assert text.split() == ["web", "1", "1", "1", "config"]
    assert "deploymentconfig.apps.openshift.io/web" in await practice("get", "all", "-o", "name")
    assert "activeDeadlineSeconds" in await practice("explain", "dc.spec.strategy")
    await practice("scale", "dc/web", "--replicas=2")
    found = await practice.shown("dc", "web")
    assert (found["spec"]["replicas"], found["status"]["readyReplicas"]) == (2, 2)
    assert {each.get("subresource") for each in found["metadata"]["managedFields"]} == {
        None, "status",
    }  # fmt: skip

    begun = await sent(practice, "instantiate", kind="DeploymentRequest", name="web", force=True)
    assert begun["status"]["details"] == {
        "message": "manual change", "causes": [{"type": "Manual"}],
    }  # fmt: skip
    practice.clock.run(practice.clock.now + 30)
    assert (await practice("get", "rc", "web-2", "--no-headers")).split()[:4] == ["web-2", *"222"]
    controllers = {c["metadata"]["name"]: c for c in await practice.items("rc")}
    assert controllers["web-2"]["status"]["readyReplicas"] == 2
    image = '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}}}'
    await practice("patch", "dc/web", "-p", image, wait=30)

    wanted = {"name": "web", "spec": {"includeTemplate": True}}
    back = await sent(practice, "rollback", kind="DeploymentConfigRollback", **wanted)
    assert back["spec"]["template"]["spec"]["containers"][0]["image"] == _IMAGE
    assert back["status"]["latestVersion"] == 4
    await practice("replace", "-f", practice.kubectl.path("back.json", back), wait=30)
    found = await practice.shown("dc", "web")
    assert found["status"]["latestVersion"] == 4
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == _IMAGE
    assert f"simulated: container web of image {_IMAGE}" in await practice(
        "get", "--raw", f"{_WEB}/log"
    )
    await practice("delete", "dc/web")
    assert await practice.items("rc") == []
    assert await practice.items("pods") == []


@pytest.mark.parametrize(
    ("spec", "subresource", "body", "why"),
    [
        ({"paused": True}, "instantiate", {}, "is paused - unpause to request"),
        (
            {
                "triggers": [
                    {
                        "type": "ImageChange",
                        "imageChangeParams": {
                            "containerNames": ["web"],
                            "from": {"name": "web:latest"},
                        },
                    }
                ]
            },
            "instantiate",
            {},
            "contains unresolved images",
        ),
        ({"paused": True}, "rollback", {}, "cannot rollback an undeployed config"),
        ({"paused": True}, "log", {}, "no deployment exists for deploymentConfig"),
    ],
)
async def test_what_oc_may_not_ask_is_refused_as_openshift_does(
    practice: Practice, spec: dict[str, Any], subresource: str, body: dict[str, Any], why: str
) -> None:
    web = _CONFIG | {"spec": _CONFIG["spec"] | spec}
    await practice("create", "-f", practice.kubectl.path("web.json", web), wait=5)
    kind = {"instantiate": "DeploymentRequest", "rollback": "DeploymentConfigRollback"}
    path = practice.kubectl.path("request.json", {"kind": kind.get(subresource), "name": "web"})
    verb = ("get",) if subresource == "log" else ("create", "-f", path)
    status, text = await practice.kubectl.said(*verb, "--raw", f"{_WEB}/{subresource}")
    assert status == 1
    assert why in text


async def test_without_a_change_nothing_is_begun_unless_it_is_forced(practice: Practice) -> None:
    await practice("create", "-f", str(_EXAMPLE), wait=15)
    told = await sent(practice, "instantiate", kind="DeploymentRequest", name="web")
    assert told["message"] == 'deployment config "web" cannot be instantiated'
    assert (await practice.shown("dc", "web"))["status"]["latestVersion"] == 1

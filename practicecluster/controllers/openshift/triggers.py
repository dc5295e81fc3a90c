"""Whether a DeploymentConfig's triggers ask for the next version, and why.

An image's trigger waits for its image, which an ImageStream would bring. There are none here, so
that waits until somebody writes `lastTriggeredImage`.
Source: https://github.com/openshift/openshift-controller-manager,
pkg/apps/deploymentconfig/deploymentconfig_controller.go, triggerActivated
"""

from typing import NamedTuple

from practicecluster.controllers.api import Json
from practicecluster.controllers.openshift.rollouts import config_of
from practicecluster.writing.openshift.rules import CONFIG_CHANGE, IMAGE_CHANGE

_CHANGED: Json = {"message": "config change", "causes": [{"type": CONFIG_CHANGE}]}


class Triggered(NamedTuple):
    """Whether the next version begins `now`, or `waits` for an image; `details` say why."""

    now: bool = False
    waits: bool = False
    details: Json | None = None


def triggered(config: Json, newest: Json | None) -> Triggered:
    """Look at a config that is not paused; `newest` is the rollout of its latest version."""
    triggers = config["spec"]["triggers"]
    images = [t["imageChangeParams"] for t in triggers if t["type"] == IMAGE_CHANGE]
    watched = any(t["type"] == CONFIG_CHANGE for t in triggers)
    if not config["status"].get("latestVersion"):
        known = all(each.get("lastTriggeredImage") for each in images)
        if images and not known:
            return Triggered(waits=True)
        return Triggered(now=bool(images) or watched, details=_CHANGED)
    if newest is None:
        return Triggered()
    if images and (moved := _moved(config, newest)):
        causes = [_by_image(image) for image in moved]
        return Triggered(now=True, details={"message": "image change", "causes": causes})
    before = config_of(newest)
    if watched and before is not None and before["spec"]["template"] != config["spec"]["template"]:
        return Triggered(now=True, details=_CHANGED)
    return Triggered()


def _moved(config: Json, newest: Json) -> list[str]:
    """The images that the rollout has not."""
    has = {each["image"] for each in newest["spec"]["template"]["spec"]["containers"]}
    wanted = [each["image"] for each in config["spec"]["template"]["spec"]["containers"]]
    return [image for image in wanted if image not in has]


def _by_image(name: str) -> Json:
    return {"type": IMAGE_CHANGE, "imageTrigger": {"from": {"kind": "DockerImage", "name": name}}}

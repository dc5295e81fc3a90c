"""What `oc rollout latest`, `oc rollout undo` and `oc logs dc/NAME` ask of a DeploymentConfig.

Sources: https://github.com/openshift/openshift-apiserver, pkg/apps/apiserver/registry/instantiate,
rollback and deploylog
"""

import json
from typing import Any

from practicecluster.copying import copied
from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError, bad_request, not_found
from practicecluster.store import Store
from practicecluster.stored import JsonObject
from practicecluster.writing.admission import found, objects
from practicecluster.writing.openshift.rules import CONFIG_CHANGE, IMAGE_CHANGE
from practicecluster.writing.problems import invalid, required, unprocessable
from practicecluster.writing.subresources import store
from practicecluster.writing.writer import Asked, Writer

ENCODED = "openshift.io/encoded-deployment-config"
PHASE = "openshift.io/deployment.phase"
_SAYS = {"Manual": "manual change", CONFIG_CHANGE: "config change", IMAGE_CHANGE: "image change"}
_COPIED = {
    "includeTemplate": ("template",),
    "includeReplicationMeta": ("replicas", "selector"),
    "includeTriggers": ("triggers",),
    "includeStrategy": ("strategy",),
}
"""What a rollback takes from the earlier one, by what it was asked."""


def instantiate(writer: Writer, asked: Asked, request: Any) -> JsonObject:
    """Begin the next version, if there is reason to; returns the config, or a Status if not."""
    body = _body(request, "DeploymentRequest")
    config = writer.current(asked)
    if body.get("name") != asked.name:
        told = invalid("name", body.get("name", ""), "name of the deployment config is missing")
        raise unprocessable(_type("DeploymentRequest"), asked.name, [told])
    if config["spec"].get("paused"):
        why = f'deployment config "{asked.name}" is paused - unpause to request a new deployment'
        told = invalid("spec.paused", True, why)
        raise unprocessable(_type("DeploymentRequest"), asked.name, [told])
    causes = _causes(writer.store, config, force=bool(body.get("force")))
    if not causes:
        text = f'deployment config "{asked.name}" cannot be instantiated'
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "message": text, "code": 204}
    after = copied(config)
    after["status"]["latestVersion"] = config["status"].get("latestVersion", 0) + 1
    after["status"]["details"] = {"message": _SAYS[causes[0]["type"]], "causes": causes}
    after["metadata"]["generation"] += 1
    store(writer, asked, after)
    return after if asked.dry_run else writer.current(asked)


def _causes(known: Store, config: JsonObject, *, force: bool) -> list[JsonObject]:
    """Return why there is a next version, nothing where there is no reason to have one.

    Raises ApiError 400 while an image is unknown; who knows images are ImageStreams, and there are
    none here.
    """
    initial = not config["status"].get("latestVersion")
    earlier = config if initial else _of_version(known, config, config["status"]["latestVersion"])
    triggers = config["spec"]["triggers"]
    images = [each["imageChangeParams"] for each in triggers if each["type"] == IMAGE_CHANGE]
    if any(not each.get("lastTriggeredImage") for each in images):
        name = config["metadata"]["name"]
        why = "because it contains unresolved images"
        raise bad_request(f'cannot trigger a deployment for "{name}" {why}')
    if force:
        return [{"type": "Manual"}]
    before = [each.get("imageChangeParams") for each in earlier["spec"]["triggers"]]
    moved = [each for each in images if each.get("automatic") and (initial or each not in before)]
    if moved:
        return [
            {"type": IMAGE_CHANGE, "imageTrigger": {"from": dict(each["from"])}} for each in moved
        ]
    watched = any(each["type"] == CONFIG_CHANGE for each in triggers)
    same = not initial and earlier["spec"]["template"] == config["spec"]["template"]
    return [{"type": CONFIG_CHANGE}] if watched and not same else []


def _of_version(known: Store, config: JsonObject, version: int) -> JsonObject:
    """Return the config as it was at a version; raises ApiError 404 where that is not kept."""
    metadata = config["metadata"]
    name = f"{metadata['name']}-{version}"
    controller = found(known, "replicationcontrollers", metadata["namespace"], name)
    if controller is None:
        raise not_found(_CONTROLLERS, name)
    text = (controller["metadata"].get("annotations") or {}).get(ENCODED, "")
    try:
        decoded: JsonObject = json.loads(text)
    except json.JSONDecodeError as error:
        why = f"couldn't decode deployment config from deployment: {error}"
        raise ApiError(500, "InternalError", why) from error
    return decoded


def rollback(writer: Writer, asked: Asked, request: Any) -> JsonObject:
    """Return the config as it would be with what an earlier version had; stores nothing."""
    body = _body(request, "DeploymentConfigRollback")
    if not body.get("name"):
        told = required("name", "name of the deployment config is missing")
        raise unprocessable(_type("DeploymentConfigRollback"), asked.name, [told])
    wanted = body.get("spec") or {}
    config = writer.current(asked)
    version, revision = config["status"].get("latestVersion", 0), wanted.get("revision") or 0
    where = f"{asked.namespace}/{asked.name}"
    refusals = {
        revision: f"version {revision} is already the latest",
        0: "cannot rollback an undeployed config",
        1: f'no previous deployment exists for "{where}"',
    }
    if version in refusals:
        raise _refused(asked.name, refusals[version])
    try:
        earlier = _of_version(writer.store, config, revision or version - 1)
    except ApiError as error:
        raise _refused(asked.name, str(error)) from error
    after = copied(config)
    noted = body.get("updatedAnnotations") or {}
    if noted:
        after["metadata"]["annotations"] = {**(after["metadata"].get("annotations") or {}), **noted}
    for name, fields in _COPIED.items():
        if wanted.get(name):
            after["spec"] |= {each: earlier["spec"][each] for each in fields}
    for trigger in after["spec"]["triggers"]:
        if trigger["type"] == IMAGE_CHANGE:
            trigger["imageChangeParams"].pop("automatic", None)
    after["status"]["latestVersion"] = version + 1
    return after


def _refused(name: str, why: str) -> ApiError:
    return unprocessable(_type("DeploymentConfigRollback"), name, [invalid("name", name, why)])


def pod_of(known: Store, config: JsonObject, query: dict[str, str]) -> JsonObject:
    """Return the Pod whose log is a rollout's: the deployer, or one of a rollout that is done.

    Raises ApiError 400 where there is no such rollout, and 404 where it has no Pod yet.
    """
    metadata, latest = config["metadata"], config["status"].get("latestVersion", 0)
    name, asked = metadata["name"], query.get("version", "")
    version = int(asked) if asked.isdecimal() else latest
    if not latest:
        raise bad_request(f'no deployment exists for deploymentConfig "{name}"')
    if not asked and query.get("previous") in ("true", "1"):
        version -= 1
        if not version:
            raise bad_request(f'no previous deployment exists for deploymentConfig "{name}"')
    if not 0 < version <= latest:
        raise bad_request(f'invalid version for deploymentConfig "{name}": {asked}')
    space, made = metadata["namespace"], f"{name}-{version}"
    controller = found(known, "replicationcontrollers", space, made)
    if controller is None:
        raise not_found(_CONTROLLERS, made)
    if (controller["metadata"].get("annotations") or {}).get(PHASE) == "Complete":
        for pod in objects(known, "pods", space):
            labels = pod["metadata"].get("labels") or {}
            if controller["spec"]["selector"].items() <= labels.items():
                return pod
    deployer = found(known, "pods", space, f"{made}-deploy")
    if deployer is None:
        raise not_found(ResourceType("", "v1", "pods", "Pod"), f"{made}-deploy")
    return deployer


def _body(request: Any, kind: str) -> JsonObject:
    if not isinstance(request, dict) or request.get("kind", kind) != kind:
        raise bad_request(f"the body of the request is not a {kind}")
    return request


def _type(kind: str) -> ResourceType:
    return ResourceType("apps.openshift.io", "v1", kind.lower(), kind)


_CONTROLLERS = ResourceType("", "v1", "replicationcontrollers", "ReplicationController")

"""The DeploymentConfig controller: a ReplicationController for each version, and its size.

Who rolls out is the deployer's Pod; while it runs this controller only reports.
Source: https://github.com/openshift/openshift-controller-manager/blob/master/pkg/apps/deploymentconfig/deploymentconfig_controller.go
"""

import json

from practicecluster.controllers.actors import Actor, leaving, owned_by
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.openshift import rollouts
from practicecluster.controllers.openshift.config_status import status_of
from practicecluster.controllers.openshift.triggers import Triggered, triggered
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

_KIND = "ReplicationController"
_NEWER = "newer deployment was found running"


class DeploymentConfigs(Actor):
    """One look writes one thing, as the real one's does, then waits until it hears of that."""

    watches = ("DeploymentConfig", _KIND)
    component = "deploymentconfig-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, rollouts.infra("deploymentconfig-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A config, or a rollout of one that changed or went."""
        if kind == "DeploymentConfig":
            self.enqueue(thing["metadata"]["uid"])
        elif before is not None:
            name, space = rollouts.noted(thing, rollouts.CONFIG), thing["metadata"]["namespace"]
            for config in self.cached("DeploymentConfig"):
                metadata = config["metadata"]
                if (metadata["namespace"], metadata["name"]) == (space, name):
                    self.enqueue(metadata["uid"])

    def selects(self, owner: Json, thing: Json) -> bool:
        """Whether a ReplicationController is a rollout of a config."""
        metadata, labels = owner["metadata"], thing["metadata"].get("labels") or {}
        same = metadata["namespace"] == thing["metadata"]["namespace"]
        return bool(same and labels.get(rollouts.CONFIG) == metadata["name"])

    def reconcile(self, key: str) -> Work:
        """One look at one config."""
        config = self.known("DeploymentConfig", key)
        if config is None:
            return
        if not config["status"].get("latestVersion") and not config["spec"]["triggers"]:
            yield from self._report(config, [])
            return
        yield from self.claim(config, _KIND)
        found = self.claimed(config, _KIND)
        if leaving(config):
            yield from self._report(config, found)
        elif config["spec"].get("paused"):
            yield from self._clean(config, found)
            yield from self._report(config, found)
        else:
            yield from self._advance(config, found)

    def _advance(self, config: Json, found: list[Json]) -> Work:
        """Begin the next version where there is reason to; else see to the rollouts there are."""
        is_latest, newest = rollouts.latest(config, found)
        if newest is not None and rollouts.version(newest) > config["status"]["latestVersion"]:
            yield from self._raise(config, Triggered())
            return
        if not is_latest:
            yield from self._cancel(config, found)
        if any(
            not c.get("image", "").strip() for c in config["spec"]["template"]["spec"]["containers"]
        ):
            yield from self._report(config, found)
            return
        why = triggered(config, newest if is_latest else None)
        if why.waits:
            yield from self._report(config, found)
        elif why.now:
            yield from self._raise(config, why)
        elif not is_latest or newest is None:
            yield from self._begin(config, found)
        elif not rollouts.over(newest):
            yield from self._report(config, found, observed=False)
        else:
            yield from self._resize(config, found)

    def _raise(self, config: Json, why: Triggered) -> Work:
        after = copied(config)
        after["status"]["latestVersion"] = config["status"].get("latestVersion", 0) + 1
        if why.details:
            after["status"]["details"] = why.details
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "status")

    def _begin(self, config: Json, found: list[Json]) -> Work:
        """Make the version's ReplicationController, without Pods."""
        number = config["status"].get("latestVersion", 0)
        if not number:
            yield from self._report(config, found)
            return
        yield self.clock.between(0.001, 0.006)
        try:
            made = self.server.create(self.who, rollout(config))
        except Refused as refusal:
            text = f"Couldn't deploy version {number}: {refusal}"
            self.events.tell(config, "DeploymentCreationFailed", text, "Warning")
            said = {"type": "Progressing", "status": "False", "message": str(refusal)}
            said["reason"] = "ReplicationControllerCreateError"
            yield from self._report(config, found, said=said)
            raise
        text = (
            f'Created new replication controller "{made["metadata"]["name"]}" for version {number}'
        )
        self.events.tell(config, "DeploymentCreated", text)
        yield from self._clean(config, [*found, made])
        said = {"type": "Progressing", "status": "True", "message": text}
        said["reason"] = "NewReplicationControllerCreated"
        yield from self._report(config, [*found, made], said=said)

    def _cancel(self, config: Json, found: list[Json]) -> Work:
        """Have rollouts of earlier versions given up, and wait until they are."""
        number, waits = config["status"].get("latestVersion", 0), False
        for each in found:
            if rollouts.over(each):
                continue
            waits = True
            if rollouts.cancelled(each):
                continue
            after = copied(each)
            after["metadata"]["annotations"] |= {
                rollouts.CANCELLED: "true",
                rollouts.REASON: _NEWER,
            }
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after)
            text = (
                f'Cancelled deployment "{each["metadata"]["name"]}" superceded by version {number}'
            )
            self.events.tell(config, "DeploymentCancelled", text)
        if waits:
            text = (
                f"Deployment of version {number} awaiting cancellation of older running deployments"
            )
            self.events.tell(config, "DeploymentAwaitingCancellation", text)
            raise Refused(409, "Conflict", "an earlier rollout is still there")

    def _resize(self, config: Json, found: list[Json]) -> Work:
        """Give the active rollout the desired size, and the others none."""
        active, now = rollouts.active(found), list[Json]()
        for each in found:
            before, size = each["spec"]["replicas"], 0
            if each is active and not config["spec"].get("test"):
                size = config["spec"]["replicas"]
            if size == before:
                now.append(each)
                continue
            after = copied(self.known(_KIND, each["metadata"]["uid"]) or each)
            after["spec"]["replicas"] = size
            yield self.clock.between(0.001, 0.006)
            now.append(self.server.update(self.who, after))
            name = each["metadata"]["name"]
            text = f'Scaled replication controller "{name}" from {before} to {size}'
            self.events.tell(config, "ReplicationControllerScaled", text)
        yield from self._clean(config, now)
        yield from self._report(config, now)

    def _clean(self, config: Json, found: list[Json]) -> Work:
        """Delete the oldest rollouts beyond the limit that have no Pods."""
        limit = config["spec"].get("revisionHistoryLimit")
        if limit is None:
            return
        active = rollouts.active(found)
        older = [
            each
            for each in reversed(rollouts.newest_first(found))
            if (
                rollouts.version(each) < rollouts.version(active)
                if active is not None
                else rollouts.version(each) != config["status"].get("latestVersion", 0)
            )
        ]
        for each in older[: max(0, len(older) - limit)]:
            if not each["spec"]["replicas"]:
                yield self.clock.between(0.001, 0.006)
                self.server.delete(self.who, each)

    def _report(
        self, config: Json, found: list[Json], *, observed: bool = True, said: Json | None = None
    ) -> Work:  # fmt: skip
        at = stamp(self.clock.now)
        status = status_of(config, found, at, observed=observed, said=said)
        if status == config["status"]:
            return
        after = copied(config)
        after["status"] = status
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after, "status")


def rollout(config: Json) -> Json:
    """The ReplicationController of a config's latest version.

    Source: https://github.com/openshift/library-go, pkg/apps/appsutil/util.go, MakeDeployment
    """
    spec, metadata, status = config["spec"], config["metadata"], config["status"]
    number = str(status["latestVersion"])
    name = f"{metadata['name']}-{number}"
    own = {"deploymentconfig": metadata["name"], "deployment": name}
    template = copied(spec["template"])
    inner = template.setdefault("metadata", {})
    inner["labels"] = (inner.get("labels") or {}) | own
    inner["annotations"] = (inner.get("annotations") or {}) | {
        rollouts.ROLLOUT: name,
        rollouts.CONFIG: metadata["name"],
        rollouts.VERSION: number,
    }
    for container in template["spec"]["containers"]:
        container["image"] = container["image"].strip()
    annotations = {
        rollouts.CONFIG: metadata["name"],
        rollouts.ENCODED: json.dumps(config, separators=(",", ":")) + "\n",
        rollouts.PHASE: rollouts.NEW,
        rollouts.VERSION: number,
        rollouts.DESIRED: str(spec["replicas"]),
        rollouts.REPLICAS: "0",
    }
    if message := (status.get("details") or {}).get("message"):
        annotations[rollouts.REASON] = message
    made: Json = {"replicas": 0, "selector": spec["selector"] | own, "template": template}
    if spec.get("minReadySeconds"):
        made["minReadySeconds"] = spec["minReadySeconds"]
    return {
        "kind": _KIND, "apiVersion": "v1",
        "metadata": {
            "name": name, "namespace": metadata["namespace"], "annotations": annotations,
            "labels": (metadata.get("labels") or {}) | {rollouts.CONFIG: metadata["name"]},
            "ownerReferences": owned_by(config),
        },
        "spec": made,
    }  # fmt: skip

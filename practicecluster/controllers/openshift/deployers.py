"""The deployer controller: a Pod for each rollout, and what becomes of the rollout by that Pod.

Source: https://github.com/openshift/openshift-controller-manager/blob/master/pkg/apps/deployer/deployer_controller.go
"""

from datetime import datetime
from typing import Any

from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.openshift import rollouts
from practicecluster.copying import copied

_KIND = "ReplicationController"
_TRIES, _RESYNC = 15, 600.0
"""How often a key is tried, and when it is looked at again for good measure, in seconds."""
_GRACE, _LONGEST = 10, 21600
_COPIED = (
    "dnsPolicy", "dnsConfig", "enableServiceLinks", "imagePullSecrets", "tolerations",
    "nodeSelector",
)  # fmt: skip
"""What a deployer's Pod has of the Pods that it rolls out."""
_MISSING = "deployer pod no longer exists"
_UNABLE = "unable to create deployer pod"
_UNRELATED = "unrelated pod with the same name as this deployment is already running"


class Deployers(Actor):
    """Moves each rollout on by its Pod's phase; it never goes back."""

    watches = (_KIND, "Pod")
    component = "deployer-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, rollouts.infra("deployer-controller"))
        self._pods: dict[tuple[str, str], Json] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A rollout, or the Pod of one that changed or went."""
        if kind == _KIND:
            if type_ != "DELETED" and rollouts.noted(thing, rollouts.CONFIG):
                self.enqueue(thing["metadata"]["uid"])
            return
        metadata = thing["metadata"]
        place = metadata["namespace"], metadata["name"]
        if type_ != "DELETED":
            self._pods[place] = thing
        elif self._pods.get(place, thing)["metadata"]["uid"] == metadata["uid"]:
            self._pods.pop(place, None)
        name = rollouts.noted(thing, rollouts.ROLLOUT)
        if before is None or not name:
            return
        for rollout in self.cached(_KIND):
            own = rollout["metadata"]
            if (own["namespace"], own["name"]) == (metadata["namespace"], name):
                self.enqueue(own["uid"])

    def reconcile(self, key: str) -> Work:
        """One look at one rollout."""
        rollout = self.known(_KIND, key)
        if rollout is None or not rollouts.noted(rollout, rollouts.CONFIG):
            return
        space = rollout["metadata"]["namespace"]
        pod = self._pods.get((space, rollouts.deployer_name(rollout)))
        told = dict(rollout["metadata"]["annotations"])
        now = rollouts.phase(rollout)
        then = now if pod is None else self._by_pod(rollout, pod, told)
        if now == rollouts.NEW:
            moved = yield from self._new(rollout, pod, told, then)
        elif now in (rollouts.PENDING, rollouts.RUNNING):
            moved = yield from self._under_way(rollout, pod, told, then)
        else:
            moved = then
            if now == rollouts.FAILED and rollouts.cancelled(rollout):
                yield from self._clean(rollout)
        if rollouts.advances(now, moved):
            yield from self._move(rollout, told | {rollouts.PHASE: moved})

    def _by_pod(self, rollout: Json, pod: Json, told: dict[str, str]) -> str:
        """The phase that follows from the Pod's; what else follows goes into `told`."""
        phase = pod["status"].get("phase")
        if phase in ("Succeeded", "Failed") and (ended := _ended(pod)):
            told[rollouts.ENDED_AT] = ended
        if phase == "Succeeded":
            if rollouts.cancelled(rollout):
                for name in (rollouts.REASON, rollouts.CANCELLED):
                    told.pop(name, None)
                text = "Succeeded before cancel recorded"
                self._tell(rollout, "FailedCancellation", text, "Warning")
            told[rollouts.REPLICAS] = told.pop(rollouts.DESIRED, "")
            return rollouts.COMPLETE
        followed = {"Pending": rollouts.PENDING, "Running": rollouts.RUNNING}
        followed["Failed"] = rollouts.FAILED
        return followed.get(str(phase), rollouts.NEW)

    def _new(self, rollout: Json, pod: Json | None, told: dict[str, str], then: str) -> Any:
        """A rollout that nobody has begun: its Pod is made, unless it was given up already."""
        if rollouts.cancelled(rollout):
            yield from self._clean(rollout)
            return rollouts.PENDING
        config = rollouts.config_of(rollout)
        if config is None:
            return then
        if self._too_late(rollout, config):
            told[rollouts.REASON] = _UNABLE
            whose = f"{rollout['metadata']['namespace']}/{rollout['metadata']['name']}"
            text = f'Rollout for "{whose}" failed to create deployer pod '
            text += f"(timeoutSeconds: {_timeout(config)}s)"
            self._tell(rollout, "RolloutTimeout", text, "Warning")
            return rollouts.FAILED
        if pod is None:
            pod = yield from self._make(rollout, config)
            if pod is None:
                return then
            then = rollouts.PENDING
        elif rollouts.noted(pod, rollouts.ROLLOUT) != rollout["metadata"]["name"]:
            told[rollouts.REASON] = _UNRELATED
            name = pod["metadata"]["name"]
            text = "Error creating deployer pod since another pod with the same name "
            self._tell(rollout, "FailedCreate", f'{text}("{name}") exists', "Warning")
            return rollouts.FAILED
        told[rollouts.DEPLOYER] = pod["metadata"]["name"]
        told[rollouts.MADE_AT] = rollouts.written_out(pod["metadata"]["creationTimestamp"])
        if began := pod["status"].get("startTime"):
            told[rollouts.STARTED_AT] = rollouts.written_out(began)
        return then if rollouts.advances(rollouts.PENDING, then) else rollouts.PENDING

    def _make(self, rollout: Json, config: Json) -> Any:
        """Create the Pod; None where that was tried often enough for now."""
        key = rollout["metadata"]["uid"]
        yield self.clock.between(0.001, 0.02)
        try:
            return self.server.create(self.who, deployer_pod(rollout, config))
        except Refused as refusal:
            text = f"Error creating deployer pod: {refusal}"
            self._tell(rollout, "FailedCreate", text, "Warning")
            if self._failures.get(key, 0) < _TRIES:
                raise
            whose = f"{rollout['metadata']['namespace']}/{rollout['metadata']['name']}"
            text = f'Stop retrying: couldn\'t create deployer pod for "{whose}": {refusal}'
            self._tell(rollout, "FailedRetry", text, "Warning")
            self.enqueue(key, _RESYNC)
            return None

    def _under_way(self, rollout: Json, pod: Json | None, told: dict[str, str], then: str) -> Any:
        """A rollout whose Pod is there, or was."""
        if pod is not None:
            if rollouts.cancelled(rollout):
                yield from self._clean(rollout)
            return then
        if rollouts.cancelled(rollout):
            return rollouts.FAILED
        name = rollouts.deployer_name(rollout)
        pending = rollouts.phase(rollout) == rollouts.PENDING
        if pending and self._failures.get(rollout["metadata"]["uid"], 0) < _TRIES - 2:
            raise Refused(409, "Conflict", f'pod "{name}" may not be in the cache yet')
        told[rollouts.REASON] = _MISSING
        self._tell(rollout, "Failed", f'Deployer pod "{name}" has gone missing', "Warning")
        return rollouts.FAILED

    def _clean(self, rollout: Json) -> Work:
        """Delete the rollout's Pods, which is heard of when they are gone."""
        metadata = rollout["metadata"]
        for pod in self.cached("Pod"):
            labels = pod["metadata"].get("labels") or {}
            same = pod["metadata"]["namespace"] == metadata["namespace"]
            if same and labels.get(rollouts.DEPLOYER_OF) == metadata["name"]:
                yield self.clock.between(0.001, 0.006)
                self.server.delete(self.who, pod)

    def _move(self, rollout: Json, told: dict[str, str]) -> Work:
        after = copied(rollout)
        after["metadata"]["annotations"] = told
        config = rollouts.config_of(after)
        if rollouts.over(after) and config is not None and config["spec"].get("test"):
            after["spec"]["replicas"] = 0
        yield self.clock.between(0.001, 0.006)
        self.server.update(self.who, after)
        if rollouts.phase(after) == rollouts.FAILED and rollouts.cancelled(after):
            whose = f"{after['metadata']['namespace']}/{after['metadata']['name']}"
            self._tell(after, "RolloutCancelled", f'Rollout for "{whose}" cancelled')

    def _too_late(self, rollout: Json, config: Json) -> bool:
        made = datetime.fromisoformat(rollout["metadata"]["creationTimestamp"]).timestamp()
        return 0 < _timeout(config) < int(self.clock.now - made)

    def _tell(self, rollout: Json, reason: str, text: str, type_: str = "Normal") -> None:
        self.events.tell(rollouts.config_of(rollout) or rollout, reason, text, type_)


def _timeout(config: Json) -> int:
    strategy = config["spec"]["strategy"]
    name = {"Rolling": "rollingParams", "Recreate": "recreateParams"}.get(strategy["type"], "")
    return int((strategy.get(name) or {}).get("timeoutSeconds", 600))


def _ended(pod: Json) -> str:
    """When the first of a Pod's containers ended, as annotations have it."""
    for told in pod["status"].get("containerStatuses", ()):
        if at := (told["state"].get("terminated") or {}).get("finishedAt"):
            return rollouts.written_out(at)
    return ""


def deployer_pod(rollout: Json, config: Json) -> Json:
    """The Pod that rolls out; it belongs to the rollout, which does not count it."""
    metadata, strategy = rollout["metadata"], config["spec"]["strategy"]
    custom = strategy.get("customParams") or {}
    spec = rollout["spec"]["template"]["spec"]
    about = {"OPENSHIFT_DEPLOYMENT_NAME": metadata["name"]}
    about["OPENSHIFT_DEPLOYMENT_NAMESPACE"] = metadata["namespace"]
    env = [{"name": name, "value": value} for name, value in about.items()]
    container = {
        "name": "deployment",
        "image": custom.get("image") or rollouts.DEPLOYER_IMAGE,
        "env": [*(custom.get("environment") or ()), *env],
        "resources": strategy.get("resources") or {},
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "imagePullPolicy": "IfNotPresent",
    } | ({"command": custom["command"]} if custom.get("command") else {})
    owner = {"apiVersion": "v1", "kind": _KIND, "name": metadata["name"], "uid": metadata["uid"]}
    annotations = {rollouts.ROLLOUT: metadata["name"]}
    annotations[rollouts.CONFIG] = rollouts.noted(rollout, rollouts.CONFIG)
    return {
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": rollouts.deployer_name(rollout), "namespace": metadata["namespace"],
            "annotations": (strategy.get("annotations") or {}) | annotations,
            "labels": (strategy.get("labels") or {}) | {rollouts.DEPLOYER_OF: metadata["name"]},
            "ownerReferences": [owner],
        },
        "spec": {name: spec[name] for name in _COPIED if name in spec} | {
            "containers": [container], "restartPolicy": "Never", "serviceAccountName": "deployer",
            "activeDeadlineSeconds": strategy.get("activeDeadlineSeconds", _LONGEST),
            "terminationGracePeriodSeconds": _GRACE, "shareProcessNamespace": False,
        },
    }  # fmt: skip

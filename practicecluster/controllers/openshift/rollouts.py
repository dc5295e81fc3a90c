"""What the controllers and the deployer have in common: the annotations of a rollout.

A rollout is a ReplicationController, NAME-VERSION, whose annotations say how far it has come.
Source: https://github.com/openshift/library-go/blob/master/pkg/apps/appsutil/util.go
"""

import json
from datetime import datetime

from practicecluster.controllers.api import Json
from practicecluster.controllers.who import Who

DEPLOYER_IMAGE = "openshift/deployer:v1"
CONFIG = "openshift.io/deployment-config.name"
VERSION = "openshift.io/deployment-config.latest-version"
ROLLOUT = "openshift.io/deployment.name"
PHASE = "openshift.io/deployment.phase"
REPLICAS = "openshift.io/deployment.replicas"
REASON = "openshift.io/deployment.status-reason"
CANCELLED = "openshift.io/deployment.cancelled"
ENCODED = "openshift.io/encoded-deployment-config"
DEPLOYER_OF = "openshift.io/deployer-pod-for.name"
DEPLOYER = "openshift.io/deployer-pod.name"
MADE_AT = "openshift.io/deployer-pod.created-at"
STARTED_AT = "openshift.io/deployer-pod.started-at"
ENDED_AT = "openshift.io/deployer-pod.completed-at"
DESIRED = "kubectl.kubernetes.io/desired-replicas"
NEW, PENDING, RUNNING, COMPLETE, FAILED = "New", "Pending", "Running", "Complete", "Failed"
_ORDER = {NEW: 0, PENDING: 1, RUNNING: 2, COMPLETE: 3, FAILED: 3}
_AGENT = "v0.0.0 (linux/amd64) kubernetes/$Format"
_INFRA = "system:serviceaccount:openshift-infra:"


def infra(actor: str) -> Who:
    """One of openshift-controller-manager's loops, each with an account of its own."""
    agent = f"openshift-controller-manager/{_AGENT}/{_INFRA}{actor}"
    return Who(actor, "openshift-controller-manager", _INFRA + actor, agent)


def deployer(space: str) -> Who:
    """The program that a deployer's Pod runs, by its account in that namespace."""
    user = f"system:serviceaccount:{space}:deployer"
    return Who("deployer", "openshift-deploy", user, f"openshift-deploy/{_AGENT}")


def noted(thing: Json, name: str) -> str:
    """An annotation; empty where there is none."""
    return str((thing["metadata"].get("annotations") or {}).get(name, ""))


def phase(rollout: Json) -> str:
    """How far a rollout has come."""
    return noted(rollout, PHASE)


def over(rollout: Json) -> bool:
    """Whether a rollout is complete, or has failed."""
    return phase(rollout) in (COMPLETE, FAILED)


def cancelled(rollout: Json) -> bool:
    """Whether somebody asked for a rollout to be given up."""
    return noted(rollout, CANCELLED).lower() == "true"


def advances(now: str, then: str) -> bool:
    """Whether a rollout may go from one phase to another."""
    return now in _ORDER and then in _ORDER and _ORDER[now] < _ORDER[then]


def version(rollout: Json) -> int:
    """Which version of its config a rollout is, -1 where that is not to be read."""
    text = noted(rollout, VERSION)
    return int(text) if text.isdecimal() else -1


def newest_first(rollouts: list[Json]) -> list[Json]:
    """The rollouts by version."""
    return sorted(rollouts, key=version, reverse=True)


def latest(config: Json, rollouts: list[Json]) -> tuple[bool, Json | None]:
    """The newest rollout, and whether that is the version that the config asks for."""
    asked = config["status"].get("latestVersion", 0)
    if not asked or not rollouts:
        return False, None
    newest = newest_first(rollouts)[0]
    return version(newest) == asked, newest


def active(rollouts: list[Json]) -> Json | None:
    """The newest rollout that is complete: the one whose Pods are to run."""
    done = [each for each in rollouts if phase(each) == COMPLETE and version(each) > 0]
    return newest_first(done)[0] if done else None


def config_of(rollout: Json) -> Json | None:
    """The config as it was when a rollout was made, None where that is not to be read."""
    try:
        found: Json = json.loads(noted(rollout, ENCODED))
    except json.JSONDecodeError:
        return None
    return found


def deployer_name(rollout: Json) -> str:
    """What the Pod is called that rolls out."""
    return f"{rollout['metadata']['name']}-deploy"


def share(value: int | str, of: int, *, up: bool) -> int:
    """A number, or so many hundredths of another, rounded up or down."""
    if isinstance(value, int):
        return value
    part = int(value.rstrip("%")) * of
    return -(-part // 100) if up else part // 100


def bounds(config: Json, desired: int) -> tuple[int, int]:
    """How many Pods may be above and below the desired number while they are replaced."""
    params = config["spec"]["strategy"].get("rollingParams") or {}
    surge = share(params.get("maxSurge") or 0, desired, up=True)
    absent = share(params.get("maxUnavailable") or 0, desired, up=False)
    return surge, absent if surge or absent else 1


def written_out(at: str) -> str:
    """A time as these annotations have it, which is how Go prints one."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")

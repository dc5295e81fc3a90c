"""What was done in each recording: the commands that a person typed, and when."""

import json
from dataclasses import dataclass, field
from typing import Any

from practicecluster.controllers.openshift.rollouts import DEPLOYER_IMAGE

Json = dict[str, Any]
NGINX = "bitnami/nginx:latest"


@dataclass(frozen=True)
class Step:
    """One command, some seconds after the first; `manifest` is what it reads from its input."""

    at: float
    command: str
    manifest: Json | None = None


@dataclass(frozen=True)
class Play:
    """The commands of one recording, those that came before it, and its length in seconds."""

    name: str
    steps: tuple[Step, ...]
    seconds: float
    before: tuple[Step, ...] = ()
    images: tuple[str, ...] = field(default=("crasher:1", "bitnami/nginx:1.27", "busybox:1", NGINX))
    absent: tuple[str, ...] = ()
    """Images that its registry does not have."""
    space: str = "shop"
    """The namespace in which all is typed."""
    begun: str = "2026-11-23T00:07:37Z"
    lag: tuple[float, float] = (0.0005, 0.008)
    """How far behind the caches of its controllers are, in seconds: how busy the machine was."""
    replayed: bool = False
    """Whether an operator, and who drove it, are taken from the recording."""


def _workload(kind: str, name: str, spec: Json, container: Json | None = None, **pod: Any) -> Json:
    containers = [{"name": "c", "image": NGINX} | (container or {})]
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **pod}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def _deployment(name: str, replicas: int, cpu: str = "") -> Json:
    spec = {"replicas": replicas, "progressDeadlineSeconds": 600}
    container = {"resources": {"requests": {"cpu": cpu}}} if cpu else {}
    return _workload("Deployment", name, spec, container, terminationGracePeriodSeconds=2)


def _web(replicas: int) -> tuple[Step, ...]:
    return (Step(0, "apply -f -", _deployment("web", replicas)),)


_QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "pods", "namespace": "shop"},
    "spec": {"hard": {"pods": "2"}},
}
_CREATE = f"create deployment nginx --image={NGINX} --replicas=3"
_WEB_STATEFUL = _workload("StatefulSet", "db", {"replicas": 3, "serviceName": "db"})
_CONFIG = {
    "apiVersion": "apps.openshift.io/v1",
    "kind": "DeploymentConfig",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 1,
        "selector": {"deployment-config.name": "web"},
        "template": {
            "metadata": {"labels": {"deployment-config.name": "web"}},
            "spec": {"containers": [{"name": "default-container", "image": NGINX}]},
        },
    },
}
_CONFIG_IMAGES = (NGINX, DEPLOYER_IMAGE)
_INSTANTIATE = "/apis/apps.openshift.io/v1/namespaces/dcs/deploymentconfigs/web/instantiate"
_LATEST = {
    "apiVersion": "apps.openshift.io/v1",
    "kind": "DeploymentRequest",
    "name": "web",
    "latest": True,
    "force": True,
}
_BAD_IMAGE = (
    '{"spec":{"template":{"spec":{"containers":'
    '[{"name":"default-container","image":"bitnami/absent:9"}]}}}}'
)
_CANCEL = (
    "annotate rc web-2 --overwrite openshift.io/deployment.cancelled=true "
    "'openshift.io/deployment.status-reason=cancelled by the user'"
)
PLAYS = {
    play.name: play
    for play in (
        Play("create", (Step(0, _CREATE),), 11),
        Play(
            "scale",
            (
                Step(0, "scale deployment web --replicas=5"),
                Step(8.09, "scale deployment web --replicas=1"),
            ),
            16,
            _web(2),
        ),
        Play(
            "rolling_update",
            (
                Step(0, "set image deployment/web c=bitnami/nginx:1.27"),
                Step(6.09, "rollout undo deployment/web"),
            ),
            26,
            _web(3),
        ),
        Play(
            "self_heal",
            (
                Step(0, "delete {Pod} --wait=false"),
                Step(7.09, "delete {ReplicaSet} --wait=false"),
            ),
            19,
            _web(3),
        ),
        Play(
            "bad_image",
            (
                Step(0, "create deployment api --image=bitnami/does-not-exist:9 --replicas=2"),
                Step(25.11, "set image deployment/api does-not-exist=bitnami/nginx:1.27"),
            ),
            40,
        ),
        Play("crash_loop", (Step(0, "create deployment flaky --image=crasher:1"),), 39),
        Play(
            "unschedulable",
            (
                Step(0, "apply -f -", _deployment("big", 2, "64")),
                Step(8.51, "apply -f -", _deployment("big", 2, "100m")),
            ),
            18,
        ),
        Play(
            "quota",
            (
                Step(0, f"create deployment capped --image={NGINX} --replicas=4"),
                Step(15.09, "delete quota pods --wait=false"),
            ),
            16,
            (Step(0, "apply -f -", _QUOTA),),
            lag=(0.0005, 0.015),
        ),
        Play(
            "workloads",
            (
                Step(0, "create job once --image=crasher:1"),
                Step(0.07, f"create cronjob tick --image={NGINX} --schedule='* * * * *'"),
                Step(0.12, "apply -f -", _WEB_STATEFUL),
                Step(0.13, "apply -f -", _workload("DaemonSet", "agent", {})),
            ),
            74,
            begun="2026-11-23T00:13:16Z",
        ),
        Play(
            "events_apart",
            (Step(0, _CREATE), Step(8.1, "scale deployment nginx --replicas=1")),
            15,
        ),
        Play(
            "dc_create",
            (
                Step(0, "create -f -", _CONFIG),
                Step(18.28, "scale dc/web --replicas=3"),
                Step(24.49, f"create --raw {_INSTANTIATE} -f -", _LATEST),
            ),
            38.6,
            images=_CONFIG_IMAGES,
            space="dcs",
        ),
        Play(
            "dc_fail",
            (
                Step(0, f"patch dc/web -p '{_BAD_IMAGE}'"),
                Step(22.16, _CANCEL),
                Step(34.35, "delete dc/web --wait=false"),
            ),
            37,
            (Step(0, "create -f -", _CONFIG),),
            images=_CONFIG_IMAGES,
            absent=("bitnami/absent:9",),
            space="dcs",
        ),
        Play("operator", (), 43, replayed=True),
        Play("oc_create", (), 29, replayed=True),
        Play("sts_reuse", (), 8, replayed=True),
        Play("sts_slow_stop", (), 30, replayed=True),
        Play("jobset_suspend", (), 40, replayed=True),
        Play("project", (), 40, replayed=True),
    )
}


def written(manifest: Json | None) -> bytes | None:
    """Return what a command reads from its input."""
    return json.dumps(manifest).encode() if manifest is not None else None

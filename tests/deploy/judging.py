"""What has to hold of every installation, whatever makes it: kustomize or Helm.

Each function returns its complaints, so that a test shows all of them at once.
"""

from collections.abc import Iterator
from typing import Any

from django.core.management import CommandError, get_commands, load_command_class

from dashboard.health import FIRST_SECONDS, READ_SECONDS
from tests.deploy import ways
from tests.deploy.checking import complaints
from tests.deploy.parts import PROBES, Manifest, baton, pod

DELEGATOR = ("ClusterRole", "system:auth-delegator")
"""A role that every cluster has."""
CLUSTERS = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
FIRST_LOOK_SECONDS = 10
"""A probe that looks earlier may fail, which is a Warning Event."""
OPEN_SECONDS = 3
"""Baton's port is open by then, and who knocks is answered once it is loaded, which takes 3 s of a
core: a startup probe that waits for its answer need not look later."""
PATIENT_SECONDS = {"startupProbe": 60, "readinessProbe": READ_SECONDS + FIRST_SECONDS}
"""So long an answer may take at the start; the second one waits for the first lists."""


def wrong(manifests: list[Manifest]) -> list[str]:
    """Return all that is wrong with an installation: first what the API would not take."""
    refused = [complaint for each in manifests for complaint in complaints(each)]
    return refused or [
        *(f"{each['kind']}: {path}" for each in manifests for path in _idle(each)),
        *_doubled(manifests),
        *ways.unreachable(manifests),
        *ways.led_astray(manifests),
        *ways.unmounted(pod(manifests)),
        *_loud(pod(manifests)),
        *_misunderstood(baton(manifests)["args"]),
        *_unnamed_account(manifests),
    ]


def unrestricted(spec: Manifest) -> list[str]:
    """Return what is at odds with the restricted Pod Security Standard, any uid, a read-only root.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    found = []
    asked = spec["securityContext"]
    if asked.get("runAsNonRoot") is not True or "runAsUser" in asked:
        found.append(f"the Pod's uid: {asked}")
    if asked.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append(f"the Pod's seccomp profile: {asked}")
    forbidden = {"hostNetwork", "hostPID", "hostIPC", "hostUsers", "initContainers"}
    found += sorted(forbidden & spec.keys())
    found += [f"volume {v['name']}" for v in spec["volumes"] if "hostPath" in v]
    for container in spec["containers"]:
        context = container["securityContext"]
        if context != {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }:
            found.append(f"container {container['name']}: {context}")
    return found


def _idle(value: Any, path: str = "") -> Iterator[str]:
    """What an API server does not keep, and which would be sent anew with each apply."""
    if value is None or value == []:
        yield f"{path} says nothing"
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _idle(each, f"{path}.{name}")
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _idle(each, f"{path}[{index}]")


def _doubled(manifests: list[Manifest]) -> Iterator[str]:
    seen = set()
    for each in manifests:
        key = (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"])
        if key in seen:
            yield f"{key} is there twice"
        seen.add(key)
    for container in pod(manifests)["containers"]:
        names = [entry["name"] for entry in container.get("env", ())]
        yield from (f"{name} is set twice" for name in set(names) if names.count(name) > 1)


def _loud(spec: Manifest) -> Iterator[str]:
    """Probes that would fail while a container starts well, each a Warning Event."""
    for container in spec["containers"]:
        begins = container.get("startupProbe")
        if begins is not None:
            first, earliest = [begins], OPEN_SECONDS
            for name, seconds in PATIENT_SECONDS.items():
                if container[name].get("timeoutSeconds", 1) < seconds:
                    yield f"{container['name']} is given too little time by its {name}"
        else:
            first = [container[probe] for probe in PROBES if probe in container]
            earliest = FIRST_LOOK_SECONDS
        for probe in first:
            if probe.get("initialDelaySeconds", 0) < earliest:
                yield f"{container['name']} is looked at too early: {probe}"


def _misunderstood(arguments: list[str]) -> Iterator[str]:
    """Arguments that `manage.py` would not take."""
    command, *options = arguments
    try:
        load_command_class(get_commands()[command], command).create_parser("", command).parse_args(
            options
        )
    except (KeyError, CommandError) as error:
        yield f"manage.py does not take {arguments}: {error}"


def _unnamed_account(manifests: list[Manifest]) -> Iterator[str]:
    made = {each["metadata"]["name"] for each in manifests if each["kind"] == "ServiceAccount"}
    known = made | {pod(manifests)["serviceAccountName"]}
    for each in manifests:
        for subject in each.get("subjects", ()):
            if subject["name"] not in known:
                yield f"{each['kind']} {each['metadata']['name']} binds {subject['name']}"
    roles = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    for each in manifests:
        role = each.get("roleRef")
        if role and (role["kind"], role["name"]) not in roles | {DELEGATOR}:
            yield f"{each['metadata']['name']} binds a role that is not there: {role}"

"""A DeploymentConfig's own rules: what is filled in, what only the server sets, what is refused.

Sources: https://github.com/openshift/openshift-apiserver, pkg/apps/apis/apps/v1/defaults.go,
pkg/apps/apis/apps/validation/validation.go and pkg/apps/apiserver/registry/deployconfig/strategy.go
"""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from practicecluster.stored import JsonObject
from practicecluster.writing.pod_defaults import pod_template
from practicecluster.writing.pod_validation import template_faults
from practicecluster.writing.problems import Wrong, forbidden_field, invalid, required

DEPLOYMENT_CONFIGS = "deploymentconfigs.apps.openshift.io"
CONFIG_CHANGE, IMAGE_CHANGE = "ConfigChange", "ImageChange"
NEW_STATUS: JsonObject = {
    "latestVersion": 0,
    "observedGeneration": 0,
    "replicas": 0,
    "updatedReplicas": 0,
    "availableReplicas": 0,
    "unavailableReplicas": 0,
}
_TIMEOUT, _LONGEST = 600, 21600
_ROLLING = {"updatePeriodSeconds": 1, "intervalSeconds": 1, "timeoutSeconds": _TIMEOUT}
_SHARE, _NONE = "25%", (0, "0%")
_PERCENT = re.compile(r"\d{1,9}%")
_HOOKS = {"rollingParams": ("pre", "post"), "recreateParams": ("pre", "mid", "post")}
_NOT_HERE = "the practice cluster runs no life cycle hooks"


def fill(thing: JsonObject) -> None:
    """Fill in what a request left out."""
    spec = thing["spec"]
    if spec.get("triggers") is None:
        spec["triggers"] = [{"type": CONFIG_CHANGE}]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    _fill_strategy(spec.setdefault("strategy", {}))
    for trigger in spec["triggers"]:
        source = (trigger.get("imageChangeParams") or {}).get("from")
        if isinstance(source, dict):
            source.setdefault("kind", "ImageStreamTag")
            source.setdefault("namespace", thing["metadata"].get("namespace", ""))
    pod_template(spec)


def _fill_strategy(strategy: JsonObject) -> None:
    kind = strategy.setdefault("type", "Rolling")
    if kind == "Rolling":
        strategy.setdefault("rollingParams", {})
    if kind == "Recreate":
        strategy.setdefault("recreateParams", {})
    if isinstance(params := strategy.get("recreateParams"), dict):
        params.setdefault("timeoutSeconds", _TIMEOUT)
    if isinstance(params := strategy.get("rollingParams"), dict):
        for name, number in _ROLLING.items():
            params.setdefault(name, number)
        absent, surge = params.get("maxUnavailable"), params.get("maxSurge")
        if absent is None and (surge is None or surge in _NONE):
            params["maxUnavailable"] = _SHARE
        if surge is None and (absent is None or absent in _NONE):
            params["maxSurge"] = _SHARE
    strategy.setdefault("resources", {})
    strategy.setdefault("activeDeadlineSeconds", _LONGEST)


def prepare(thing: JsonObject, uid: str, chance: Random) -> None:
    """Set what a new one gets from the server, which nobody owns."""
    del uid, chance
    _always(thing["spec"])
    thing["spec"].setdefault("revisionHistoryLimit", 10)
    for trigger in thing["spec"]["triggers"]:
        (trigger.get("imageChangeParams") or {}).pop("lastTriggeredImage", None)


def _always(spec: JsonObject) -> None:
    """Set fields that its Go type always writes."""
    spec.setdefault("replicas", 0)
    spec.setdefault("test", False)


def keep(before: JsonObject, after: JsonObject, wanted: Any) -> None:
    """Let an update ask for the next version, as old clients do by their `wanted` status."""
    _always(after["spec"])
    version = before["status"].get("latestVersion", 0)
    asked = wanted.get("latestVersion") if isinstance(wanted, dict) else None
    if asked == version + 1:
        after["status"] = {**after["status"], "latestVersion": asked}


def raised(before: JsonObject, after: JsonObject) -> bool:
    """Return whether another version is asked for, which counts as a change of the spec."""
    versions = [(each.get("status") or {}).get("latestVersion", 0) for each in (before, after)]
    return bool(versions[0] != versions[1])


def faults(thing: JsonObject) -> Iterator[Wrong]:
    """Yield what one has wrong."""
    spec = thing["spec"]
    for name in ("replicas", "minReadySeconds", "revisionHistoryLimit"):
        if isinstance(spec.get(name), int) and spec[name] < 0:
            yield invalid(f"spec.{name}", spec[name], "must be greater than or equal to 0")
    for number, trigger in enumerate(spec.get("triggers") or ()):
        yield from _trigger_faults(trigger, f"spec.triggers[{number}]")
    yield from _strategy_faults(spec)
    if not spec.get("selector"):
        yield invalid("spec.selector", spec.get("selector"), "selector cannot be empty")
    if not spec.get("template"):
        yield required("spec.template")
        return
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("selector") or {}).items()):
        why = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", labels, why)
    yield from template_faults(_with_images(spec), restart=("Always",))


def _with_images(spec: JsonObject) -> JsonObject:
    """Return the template with an image wherever a trigger is to bring one."""
    brought = {
        name
        for trigger in spec.get("triggers") or ()
        for name in (trigger.get("imageChangeParams") or {}).get("containerNames") or ()
    }
    template: JsonObject = spec["template"]
    below = template.get("spec") or {}
    shown = [
        {**each, "image": each.get("image") or ("unset" if each.get("name") in brought else "")}
        for each in below.get("containers") or ()
    ]
    return {**template, "spec": {**below, "containers": shown}}


def _trigger_faults(trigger: JsonObject, at: str) -> Iterator[Wrong]:
    if not trigger.get("type"):
        yield required(f"{at}.type")
    if trigger.get("type") != IMAGE_CHANGE:
        return
    params = trigger.get("imageChangeParams")
    if not params:
        yield required(f"{at}.imageChangeParams")
        return
    source = params.get("from") or {}
    if not source.get("name"):
        yield required(f"{at}.imageChangeParams.from")
    elif source.get("kind") != "ImageStreamTag":
        where = f"{at}.imageChangeParams.from.kind"
        yield invalid(where, source.get("kind"), "kind must be an ImageStreamTag")
    elif not all(source["name"].partition(":")[::2]):
        where = f"{at}.imageChangeParams.from.name"
        yield invalid(where, source["name"], "must be in the form of <name>:<tag>")
    if not params.get("containerNames"):
        yield required(f"{at}.imageChangeParams.containerNames")


def _strategy_faults(spec: JsonObject) -> Iterator[Wrong]:
    strategy, at = spec["strategy"], "spec.strategy"
    if strategy["type"] not in ("Rolling", "Recreate", "Custom"):
        why = 'unsupported strategy type, use "Custom" instead and specify your own strategy'
        yield invalid(f"{at}.type", strategy["type"], why)
    if strategy["type"] == "Custom" and not strategy.get("customParams"):
        yield required(f"{at}.customParams")
    if isinstance(rolling := strategy.get("rollingParams"), dict):
        yield from _rolling_faults(rolling, f"{at}.rollingParams")
    recreate = strategy.get("recreateParams") or {}
    if recreate.get("timeoutSeconds", 1) < 1:
        yield invalid(
            f"{at}.recreateParams.timeoutSeconds", recreate["timeoutSeconds"], "must be >0"
        )
    for params, names in _HOOKS.items():
        for name in names:
            if (strategy.get(params) or {}).get(name):
                yield forbidden_field(f"{at}.{params}.{name}", _NOT_HERE)
    timeout = (rolling or recreate or {}).get("timeoutSeconds")
    if timeout and strategy["activeDeadlineSeconds"] <= timeout:
        why = "activeDeadlineSeconds must be greater than timeoutSeconds"
        yield invalid(f"{at}.activeDeadlineSeconds", strategy["activeDeadlineSeconds"], why)
    if timeout and spec.get("minReadySeconds", 0) >= timeout:
        why = f"must be less than the deployment timeout ({timeout}s)"
        yield invalid("spec.minReadySeconds", spec["minReadySeconds"], why)


def _rolling_faults(params: JsonObject, at: str) -> Iterator[Wrong]:
    for name in _ROLLING:
        if params[name] < 1:
            yield invalid(f"{at}.{name}", params[name], "must be >0")
    for name in ("maxUnavailable", "maxSurge"):
        value = params.get(name)
        if isinstance(value, str) and not _PERCENT.fullmatch(value):
            yield invalid(f"{at}.{name}", value, "value should be int(5) or percentage(5%)")
        elif isinstance(value, int) and value < 0:
            yield invalid(f"{at}.{name}", value, "must be non-negative")
    absent, surge = params.get("maxUnavailable"), params.get("maxSurge")
    if absent in (*_NONE, None) and surge in (*_NONE, None):
        yield invalid(f"{at}.maxUnavailable", absent, "cannot be 0 when maxSurge is 0 as well")
    if isinstance(absent, str) and _PERCENT.fullmatch(absent) and int(absent[:-1]) > 100:
        yield invalid(f"{at}.maxUnavailable", absent, "should not be more than 100%")

"""HorizontalPodAutoscalers exist in two API versions over the same stored objects.

The server keeps the v2 form and converts for autoscaling/v1, which knows one metric, CPU.
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/autoscaling/v1/conversion.go
"""

from typing import Any

STORAGE = "horizontalpodautoscalers.autoscaling"
OLDER, KEPT = "autoscaling/v1", "autoscaling/v2"
_CPU = "targetCPUUtilizationPercentage"
_NOW = "currentCPUUtilizationPercentage"


def to_older(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a v2 object's fields as autoscaling/v1 has them; apiVersion is not touched."""
    spec, status = dict(kept.get("spec") or {}), dict(kept.get("status") or {})
    for metric in spec.pop("metrics", None) or ():
        target = _cpu(metric).get("target") or {}
        if "averageUtilization" in target:
            spec[_CPU] = target["averageUtilization"]
    for metric in status.pop("currentMetrics", None) or ():
        current = _cpu(metric).get("current") or {}
        if "averageUtilization" in current:
            status[_NOW] = current["averageUtilization"]
    status.pop("conditions", None)
    return {**kept, "spec": spec, "status": status}


def to_kept(older: dict[str, Any]) -> dict[str, Any]:
    """Return an autoscaling/v1 object as v2."""
    spec = dict(older.get("spec") or {})
    share = spec.pop(_CPU, None)
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    found = {name: each for name, each in older.items() if name != "status"}
    return {**found, "spec": spec, "apiVersion": KEPT}


def _cpu(metric: dict[str, Any]) -> dict[str, Any]:
    resource: dict[str, Any] = metric.get("resource") or {}
    return resource if resource.get("name") == "cpu" else {}

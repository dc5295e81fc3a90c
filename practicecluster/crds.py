"""From a CustomResourceDefinition to the types that it serves.

A CRD serves its versions once its condition Established is True; see
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
"""

import re
from typing import Any

from practicecluster.resources import PrinterColumn, ResourceType

CRD_PLURAL = "customresourcedefinitions"
CRD_STORAGE = f"{CRD_PLURAL}.apiextensions.k8s.io"


def established(crd: dict[str, Any]) -> bool:
    """Return whether the API server has taken up serving this CRD."""
    conditions = (crd.get("status") or {}).get("conditions") or []
    return any(
        condition.get("type") == "Established" and condition.get("status") == "True"
        for condition in conditions
    )


def _columns(version: dict[str, Any]) -> tuple[PrinterColumn, ...]:
    return tuple(
        PrinterColumn(
            name=column["name"],
            type=column["type"],
            path=column["jsonPath"],
            priority=column.get("priority", 0),
        )
        for column in version.get("additionalPrinterColumns") or []
    )


def _scale(version: dict[str, Any]) -> dict[str, Any]:
    """Return what a version says of its subresource `scale`, where it has one."""
    told = (version.get("subresources") or {}).get("scale")
    if not told:
        return {}
    names = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    return {"subresources": ("scale",), "scale": tuple(told.get(name) or "" for name in names)}


def _preference(version: str) -> tuple[int, int, int]:
    """Return a key by which discovery names versions: v2, v1, v1beta1, v1alpha1, others."""
    found = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if found is None:
        return (3, 0, 0)
    major, stability, minor = found.groups()
    return ({None: 0, "beta": 1, "alpha": 2}[stability], -int(major), -int(minor or 0))


def served_types(crd: dict[str, Any]) -> list[ResourceType]:
    """Return one type for each served version, the preferred one first.

    All of them show the same stored objects.
    """
    spec = crd["spec"]
    names = spec["names"]
    return [
        ResourceType(
            group=spec["group"],
            version=version["name"],
            plural=names["plural"],
            kind=names["kind"],
            namespaced=spec["scope"] == "Namespaced",
            singular=names.get("singular", ""),
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            has_status="status" in (version.get("subresources") or {}),
            custom=True,
            list_kind=names.get("listKind", ""),
            columns=_columns(version),
            **_scale(version),
        )
        for version in sorted(spec["versions"], key=lambda each: _preference(each["name"]))
        if version.get("served")
    ]

"""Which metrics and labels an expression of PromQL speaks of, as far as names go.

promtool says whether it can be read; that what it asks for is given out by anybody, nobody says.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dashboard.metrics.catalogue import METRICS, Metric

TARGET = frozenset({"instance", "job"})
"""Labels that Prometheus itself gives each series."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"\b((?:baton|process)_\w+)(\{[^}]*\})?")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_PARTS = ("_bucket", "_sum", "_count")


class Asked(NamedTuple):
    """One metric of the catalogue, and the labels by which it is chosen."""

    metric: Metric
    labels: frozenset[str]


def asked(expression: str) -> Iterator[Asked]:
    """Yield what an expression selects; KeyError names a metric that is not given out."""
    plain = _STRING.sub('""', expression)
    for name, chosen in _SELECTOR.findall(plain):
        yield Asked(_metric(name), frozenset(_LABEL.findall(chosen)))


def grouped(expression: str) -> frozenset[str]:
    """Return the labels by which an expression sums up."""
    found = _GROUPED.findall(_STRING.sub('""', expression))
    return frozenset(label.strip() for labels in found for label in labels.split(",")) - {""}


def wrong(expression: str) -> list[str]:
    """Return what an expression speaks of that is not given out, in words."""
    try:
        selected = list(asked(expression))
    except KeyError as error:
        return [f"no metric {error}"]
    told = []
    every = set(TARGET)
    for metric, labels in selected:
        known = {*metric.labels, *TARGET, *({"le"} if metric.type == "histogram" else ())}
        every |= known
        told += [f"{metric.name} has no label {each}" for each in sorted(labels - known)]
    told += [f"nothing has the label {each}" for each in sorted(grouped(expression) - every)]
    return told if selected else ["it asks for no metric of Baton's"]


def _metric(name: str) -> Metric:
    if name in METRICS:
        if METRICS[name].type == "histogram":
            raise KeyError(f"{name}, which has a _bucket, _sum and _count")
        return METRICS[name]
    for part in _PARTS:
        found = METRICS.get(name.removesuffix(part))
        if name.endswith(part) and found is not None and found.type == "histogram":
            return found
    raise KeyError(name)

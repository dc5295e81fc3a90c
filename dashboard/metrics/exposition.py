"""Brings samples into the forms that a Prometheus reads, by what the catalogue says of each."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prometheus_client import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from dashboard.metrics.catalogue import METRICS, Metric
from eventstream.metrics import Distribution


class Sample(NamedTuple):
    """One number of a metric, with the values of its labels in the catalogue's order."""

    name: str
    value: float | Distribution
    labels: tuple[str, ...] = ()


def text(samples: Iterable[Sample], accept: str) -> tuple[bytes, str]:
    """Return what is answered, and its Content-Type, to who accepts what a header says."""
    encode, type_ = choose_encoder(accept)
    return encode(_Collected(samples)), type_


class _Collected(Collector):
    """Families of samples, in the catalogue's order; a metric without a sample is left out."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Family]:
        """Yield them."""
        families: dict[str, Family] = {}
        for sample in self._samples:
            metric = METRICS[sample.name]
            if len(sample.labels) != len(metric.labels):
                raise ValueError(f"{metric.name} has the labels {metric.labels}.")
            if metric.name not in families:
                families[metric.name] = _family(metric)
            _add(families[metric.name], metric, sample)
        yield from (families[name] for name in METRICS if name in families)


def _family(metric: Metric) -> Family:
    match metric.type:
        case "counter":
            return CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        case "histogram":
            return HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        case "info":
            return InfoMetricFamily(metric.name.removesuffix("_info"), metric.meaning)
        case "gauge":
            return GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)


def _add(family: Family, metric: Metric, sample: Sample) -> None:
    match family, sample.value:
        case HistogramMetricFamily(), Distribution(upto=upto, total=total):
            buckets = [("+Inf" if le == math.inf else str(le), float(n)) for le, n in upto]
            family.add_metric(sample.labels, buckets, total)
        case InfoMetricFamily(), _:
            family.add_metric([], dict(zip(metric.labels, sample.labels, strict=True)))
        case CounterMetricFamily() | GaugeMetricFamily(), float() | int() as value:
            family.add_metric(sample.labels, float(value))
        case _:
            raise TypeError(f"{metric.name} is no {type(sample.value).__name__}.")

"""docs/metrics.md has each metric, as it is given out."""

from collections.abc import Iterator
from pathlib import Path

from dashboard.metrics.catalogue import GROUPS, METRICS, Metric
from dashboard.metrics.scrapers import SCRAPERS_MOST
from eventstream.metrics.places import PLACES_MOST, TYPES_MOST
from tests.conftest import Golden

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
BEGIN = "<!-- Below: dashboard/metrics/catalogue.py, by pytest --regenerate tests/metrics -->\n"


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "-"
    return f"| `{metric.name}` | {metric.type} | {metric.unit} | {labels} | {metric.meaning} |"


def tables() -> Iterator[str]:
    for title, metrics in GROUPS.items():
        yield f"\n## {title}\n"
        if any(metric.names for metric in metrics):
            yield "Told as far as the token may list and watch the kind in the whole cluster.\n"
        yield "| metric | type | unit | labels | meaning |"
        yield "|---|---|---|---|---|"
        yield from map(row, metrics)


def test_the_document_has_each_metric_with_its_meaning_and_unit(golden: Golden) -> None:
    written = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
    golden(DOCUMENT, f"{written}{BEGIN}" + "\n".join(tables()) + "\n")


def test_the_document_says_the_bounds() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    for number in (f"{PLACES_MOST} pairs", f"{TYPES_MOST} kinds", f"{SCRAPERS_MOST} tokens"):
        assert number in written


def test_names_are_those_that_prometheus_recommends() -> None:
    for metric in METRICS.values():
        assert metric.name.startswith(("baton_", "process_"))
        assert metric.name.endswith("_total") == (metric.type == "counter")
        assert metric.meaning.endswith(".")
        assert metric.unit

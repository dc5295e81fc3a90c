"""Writes deploy/grafana/baton.json: Grafana's form of a dashboard takes 30 lines for a panel.

Here a panel is one declaration. A test holds the file against it, and each expression against what
/metrics gives out.
"""

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

FILE = Path(__file__).resolve().parents[1] / "deploy" / "grafana" / "baton.json"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
HEIGHT = 8

HERE = 'instance=~"$instance"'
PLACE = f'{HERE}, namespace=~"$namespace", kind=~"$kind"'

COMPLETED = f'increase(baton_traces_settled_total{{{PLACE}, state="complete"}}[1h])'
COMMITTING = f"sum(rate(baton_commit_seconds_total{{{HERE}}}[5m]))"
COMMITTED = f"sum(rate(baton_commits_total{{{HERE}}}[5m]))"
DELAYS = f"sum by (le) (rate(baton_loop_delay_seconds_bucket{{{HERE}}}[$__rate_interval]))"

Look = Literal["stat", "timeseries", "table"]


class Panel(NamedTuple):
    """One panel: what it shows, by which expressions under which legends, and how wide."""

    title: str
    expressions: dict[str, str]
    unit: str = "short"
    look: Look = "timeseries"
    width: int = 8
    about: str = ""
    stacked: bool = False


def stat(
    title: str, expression: str, unit: str = "short", about: str = "", width: int = 4
) -> Panel:
    """A number of now."""
    return Panel(title, {"": expression}, unit, "stat", width, about)


def quantile(part: float, by: str) -> str:
    """Return how long the slowest of a part of the traces of an hour took at most."""
    buckets = f"increase(baton_trace_duration_seconds_bucket{{{PLACE}}}[1h])"
    return f"histogram_quantile({part}, sum by (le, {by}) ({buckets}))"


ROWS: dict[str, tuple[Panel, ...]] = {
    "Rollouts, and whatever else is under way": (
        stat(
            "Running",
            f'sum(baton_traces{{{PLACE}, state="running"}}) or vector(0)',
            about="Traces: one cause and all that followed, as a rollout, scaling or deletion.",
        ),
        stat(
            "Standing still",
            f'sum(baton_traces{{{PLACE}, state="stalled"}}) or vector(0)',
            about="Nothing moves until somebody acts.",
        ),
        stat(
            "Completed in an hour",
            f"sum({COMPLETED}) or vector(0)",
        ),
        Panel(
            "What stands still",
            {
                "": f"sum by (namespace, kind, diagnosis) (baton_stalled_traces{{{PLACE}}}) > 0",
            },
            look="table",
            width=12,
            about="Withheld where the diagnosis draws on what the scraper's token may not list.",
        ),
        Panel("By state", {"{{state}}": f"sum by (state) (baton_traces{{{PLACE}}})"}, stacked=True),
        Panel(
            "Standing still, by diagnosis",
            {"{{diagnosis}}": f"sum by (diagnosis) (baton_stalled_traces{{{PLACE}}})"},
            stacked=True,
        ),
        Panel(
            "From cause to completion, by kind",
            {"{{kind}}, median": quantile(0.5, "kind"), "{{kind}}, 95 %": quantile(0.95, "kind")},
            "s",
            about="Of the traces that settled within an hour.",
        ),
    ),
    "Watching": (
        stat(
            "Live",
            f"min(baton_live{{{HERE}}})",
            "bool_yes_no",
            "Whether every page shows the cluster as it is now.",
        ),
        stat("Behind", f"max(baton_lag_seconds{{{HERE}}})", "s", "From arrival to commit."),
        stat("Gaps in a day", f"sum(increase(baton_gaps_total{{{HERE}}}[1d]))"),
        Panel(
            "Kinds, by how they are watched",
            {"{{state}}": f"sum by (state) (baton_watches{{{HERE}}})"},
            width=12,
            stacked=True,
        ),
        Panel(
            "Changes a second",
            {"{{type}}": f"sum by (type) (rate(baton_changes_total{{{HERE}}}[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Failures, relists and gaps in five minutes",
            {
                "failures": f"sum(increase(baton_watch_errors_total{{{HERE}}}[5m]))",
                "relists": f"sum(increase(baton_relists_total{{{HERE}}}[5m]))",
                "gaps": f"sum(increase(baton_gaps_total{{{HERE}}}[5m]))",
            },
        ),
        Panel(
            "Behind",
            {
                "stored": f"max(baton_lag_seconds{{{HERE}}})",
                "taken from a watch": f"max(baton_watch_lag_seconds{{{HERE}}})",
            },
            "s",
        ),
    ),
    "Storing": (
        stat("Storing", f"min(baton_storing{{{HERE}}})", "bool_yes_no"),
        stat(
            "Reaches back",
            f"time() - max(baton_history_since_timestamp_seconds{{{HERE}}})",
            "s",
            "Since then nothing of history was deleted.",
        ),
        stat(
            "Time of a commit",
            f"{COMMITTING} / {COMMITTED}",
            "s",
        ),
        Panel(
            "On disk",
            {
                "history": f"sum(baton_store_bytes{{{HERE}}})",
                "limit": f"sum(baton_store_limit_bytes{{{HERE}}})",
            },
            "bytes",
            width=12,
        ),
        Panel(
            "Rows that wait",
            {
                "waiting": f"sum(baton_queue_rows{{{HERE}}})",
                "then watching waits": f"sum(baton_queue_limit_rows{{{HERE}}})",
            },
        ),
        Panel(
            "Steps a second",
            {"steps": f"sum(rate(baton_steps_total{{{HERE}}}[$__rate_interval]))"},
            "ops",
        ),
        Panel(
            "Let go of for want of room, in five minutes",
            {"{{what}}": f"sum by (what) (increase(baton_let_go_total{{{HERE}}}[5m]))"},
        ),
    ),
    "Serving": (
        Panel(
            "Pages and people",
            {
                "pages followed": f"sum(baton_pages_followed{{{HERE}}})",
                "sessions": f"sum(baton_sessions{{{HERE}}})",
                "recordings": f"sum(baton_recordings_open{{{HERE}}})",
            },
        ),
        Panel(
            "Sign-ins in five minutes",
            {"{{outcome}}": f"sum by (outcome) (increase(baton_sign_ins_total{{{HERE}}}[5m]))"},
        ),
        Panel(
            "Turned away in five minutes",
            {"{{what}}": f"sum by (what) (increase(baton_refused_total{{{HERE}}}[5m]))"},
        ),
        Panel(
            "Delay of the loop",
            {f"{part:.0%}": f"histogram_quantile({part}, {DELAYS})" for part in (0.5, 0.99)},
            "s",
            about="How much later than meant it does what it does eight times a second.",
        ),
        Panel(
            "CPU",
            {"{{instance}}": f"rate(process_cpu_seconds_total{{{HERE}}}[$__rate_interval])"},
            "percentunit",
        ),
        Panel("Memory", {"{{instance}}": f"process_resident_memory_bytes{{{HERE}}}"}, "bytes"),
    ),
}

SETTLED = f'baton_traces_settled_total{{{PLACE}, state="complete"}}'


class Annotation(NamedTuple):
    """What is marked over time on every panel: while its expression gives something."""

    name: str
    expression: str
    title: str
    colour: str
    shown: bool = True


ANNOTATIONS = (
    Annotation(
        "Standing still",
        f"sum by (namespace, kind, diagnosis) (baton_stalled_traces{{{PLACE}}}) > 0",
        "{{kind}} in {{namespace}} stands still: {{diagnosis}}",
        "orange",
    ),
    Annotation(
        "Completed",
        # A series that begins has its first completion in it, which no change shows.
        f"sum by (namespace, kind) (changes({SETTLED}[2m]) > 0 or "
        f"({SETTLED} unless {SETTLED} offset 2m)) > 0",
        "{{kind}} in {{namespace}} completed",
        "green",
        shown=False,
    ),
)

VARIABLES = {
    "instance": "label_values(baton_live, instance)",
    "namespace": "label_values(baton_traces, namespace)",
    "kind": "label_values(baton_traces, kind)",
}


def dashboard() -> dict[str, Any]:
    """Return Grafana's form of it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top},
            }
        )
        top, left = top + 1, 0
        for panel in row:
            if left + panel.width > COLUMNS:
                top, left = top + HEIGHT, 0
            place = {"h": HEIGHT, "w": panel.width, "x": left, "y": top}
            panels.append(_panel(panel, len(panels) + 1, place))
            left += panel.width
        top += HEIGHT
    return {
        "uid": "baton",
        "title": "Baton",
        "description": "Rollouts as Baton follows them, and how Baton itself does.",
        "tags": ["baton", "kubernetes"],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "templating": {"list": [_source(), *(_variable(*each) for each in VARIABLES.items())]},
        "annotations": {"list": [_annotation(each) for each in ANNOTATIONS]},
        "panels": panels,
    }


def _annotation(marked: Annotation) -> dict[str, Any]:
    return {
        "name": marked.name,
        "datasource": SOURCE,
        "enable": marked.shown,
        "hide": False,
        "iconColor": marked.colour,
        "expr": marked.expression,
        "step": "1m",
        "titleFormat": marked.title,
        "textFormat": "",
        "tagKeys": "namespace,kind",
        "useValueForTime": False,
    }


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    instant = panel.look != "timeseries"
    custom: dict[str, Any] = {}
    if panel.stacked:
        custom = {"stacking": {"mode": "normal"}, "fillOpacity": 30}
    return {
        "id": number,
        "type": panel.look,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": place,
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": SOURCE,
                "expr": expression,
                "legendFormat": legend or "__auto",
                "instant": instant,
                "range": not instant,
                "format": "table" if panel.look == "table" else "time_series",
            }
            for at, (legend, expression) in enumerate(panel.expressions.items())
        ],
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": custom}, "overrides": []},
        "options": _OPTIONS[panel.look],
        "transformations": _WITHOUT_TIME if panel.look == "table" else [],
    }


_OPTIONS: dict[Look, dict[str, Any]] = {
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none", "graphMode": "none"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "sortBy": [{"displayName": "Value", "desc": True}]},
}
_WITHOUT_TIME = [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]


def _source() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def text() -> str:
    """Return what the file has to hold."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

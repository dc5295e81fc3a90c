"""All metrics that Baton gives out: name, type, labels, unit and meaning, each said once.

docs/metrics.md is written from it, the alerts and the dashboard in `deploy` are held against it,
and what is given out under another name, or with other labels, is an error.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Type = Literal["gauge", "counter", "histogram", "info"]

PLACE = ("kind", "group", "namespace")
"""The labels of what is counted by where a trace began."""

RESOURCE = ("group", "resource")


class Metric(msgspec.Struct, frozen=True):
    """One metric. `labels` name values of a fixed set, but for `names`: these come of the cluster.

    Those are given only as far as whoever asks may list and watch the kind in the whole cluster.
    """

    name: str
    type: Type
    unit: str
    meaning: str
    labels: tuple[str, ...] = ()
    names: bool = False


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, "gauge", unit, meaning, labels)


def _counter(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, "counter", unit, meaning, labels)


def _named(
    name: str, type_: Type, unit: str, meaning: str, labels: tuple[str, ...] = PLACE
) -> Metric:
    return Metric(name, type_, unit, meaning, labels, names=True)


_WATCHING = (
    Metric("baton_info", "info", "1", "Which Baton this is.", ("version",)),
    Metric(
        "baton_cluster_info",
        "info",
        "1",
        "The cluster that is watched, and its API server's version.",
        ("cluster", "version"),
    ),
    _gauge(
        "baton_live",
        "0 or 1",
        "Whether every page says Live: what it shows is the cluster as it is now.",
    ),
    _gauge(
        "baton_heartbeat_timestamp_seconds",
        "unix seconds",
        "When the observer last stored how it does; it does so each second.",
    ),
    _gauge(
        "baton_watches",
        "resources",
        "How many resources are watched how; of those without a place 50 at most are counted.",
        "state",
    ),
    _gauge(
        "baton_watch_lag_seconds",
        "seconds",
        "From the arrival of a watch's last lines until they were taken; of all the largest.",
    ),
    _gauge("baton_objects", "objects", "Objects that are held, of all resources."),
    _counter(
        "baton_changes_total",
        "changes",
        "Versions of objects that were taken in: from a first list (EXISTING), from a watch or a "
        "later list (ADDED, MODIFIED, DELETED), and what a later list lacked (VANISHED).",
        "type",
    ),
    _counter("baton_received_bytes_total", "bytes", "Size of these objects as they came."),
    _counter("baton_relists_total", "lists", "Lists that were read anew after the first."),
    _counter("baton_gaps_total", "gaps", "Stretches of a resource's history that nobody saw."),
    _counter("baton_watch_errors_total", "failures", "Lists and watches that failed."),
    _counter("baton_audit_records_total", "records", "Requests that audit logs told of."),
    _gauge("baton_audit_logs", "logs", "How many audit logs are followed how.", "state"),
    _counter("baton_audit_corrupt_lines_total", "lines", "Lines of them that could not be read."),
    _counter("baton_audit_missed_total", "stretches", "Stretches of them that were passed over."),
)

_EXPLAINING = (
    _counter("baton_steps_total", "steps", "Steps that were made, or made anew as more was known."),
    _counter(
        "baton_let_go_total",
        "versions, traces, revisions",
        "What was not followed to its end for want of room; history has its steps.",
        "what",
    ),
    _counter(
        "baton_traces_uncounted_total",
        "times",
        "How often a trace changed that the metrics by place lack, as too many are open.",
    ),
)

_STORING = (
    _gauge("baton_storing", "0 or 1", "Whether the last commit succeeded."),
    _gauge(
        "baton_lag_seconds", "seconds", "From the arrival of what was stored last to its commit."
    ),
    _gauge("baton_queue_rows", "rows", "Rows that wait to be stored."),
    _gauge("baton_queue_limit_rows", "rows", "So many may wait; then watching waits."),
    _counter("baton_commits_total", "commits", "Commits that succeeded."),
    _counter("baton_commit_failures_total", "commits", "Commits that failed, and are tried again."),
    _counter("baton_commit_seconds_total", "seconds", "What commits that succeeded took."),
    _gauge("baton_history_readable", "0 or 1", "Whether history could be read for this answer."),
    _gauge("baton_store_bytes", "bytes", "What history takes of its disk, all files together."),
    _gauge("baton_store_limit_bytes", "bytes", "What it may take: BATON_RETENTION_MB."),
    _gauge(
        "baton_history_since_timestamp_seconds",
        "unix seconds",
        "Since when nothing was deleted of history, good to a thousandth of BATON_RETENTION_DAYS.",
    ),
)

_SERVING = (
    Metric(
        "baton_loop_delay_seconds",
        "histogram",
        "seconds",
        "How much later than meant the event loop did what it does eight times a second.",
    ),
    _counter("baton_loop_holds_total", "holds", "How often the loop was held for over a second."),
    _gauge("baton_loop_longest_hold_seconds", "seconds", "How long the longest hold was."),
    _gauge("baton_pages_followed", "sockets", "Open pages that are kept current."),
    _gauge("baton_sockets_waiting", "sockets", "Sockets that have not said what they follow."),
    _counter("baton_refused_total", "requests", "What was turned away at a bound.", "what"),
    _gauge("baton_sessions", "sessions", "Sessions of people who are signed in."),
    _counter("baton_sign_ins_total", "attempts", "How attempts to sign in ended.", "outcome"),
    _counter("baton_uploads_total", "recordings", "Recordings that were uploaded."),
    _gauge("baton_recordings_open", "recordings", "Recordings that are open."),
)

_NOTIFYING = (
    _gauge("baton_notification_rules", "rules", "Rules by which people are notified."),
    _gauge(
        "baton_notification_rules_valid",
        "0 or 1",
        "Whether their file can be used as it is now; else those before it hold.",
    ),
    _gauge("baton_notifications_waiting", "notifications", "Notifications that wait to be sent."),
    _gauge(
        "baton_notification_targets_failing",
        "targets",
        "Targets whose last attempt failed; /coverage says why.",
    ),
    _counter(
        "baton_notifications_total",
        "notifications",
        "What became of them: `delivered`, `failed` (given up) or `dropped` (one too many).",
        "outcome",
    ),
    _counter(
        "baton_notifications_left_out_total",
        "times",
        "How often a trace was left out, as more stood still at once than is followed.",
    ),
)

_EXPORTING = (
    _gauge("baton_otlp_waiting", "traces", "Settled traces that wait to be sent."),
    _gauge("baton_otlp_failing", "0 or 1", "Whether the last attempt to send one failed."),
    _counter(
        "baton_otlp_traces_total",
        "traces",
        "What became of settled traces: `sent`, `failed` (given up) or `dropped` (one too many, or "
        "no more in history).",
        "outcome",
    ),
)

_PROCESS = (
    _counter("process_cpu_seconds_total", "seconds", "CPU time of the process."),
    _gauge("process_resident_memory_bytes", "bytes", "Memory of the process that is resident."),
    _gauge("process_virtual_memory_bytes", "bytes", "Its address space."),
    _gauge("process_start_time_seconds", "unix seconds", "When it started."),
    _gauge("process_open_fds", "descriptors", "Files and sockets that it has open."),
    _gauge("process_max_fds", "descriptors", "How many it may have open."),
)

_NAMED = (
    _named(
        "baton_traces",
        "gauge",
        "traces",
        "Traces that are not settled, by state: each is one cause and all that followed, such as a "
        "rollout, a scaling or a deletion. `kind` is that of the object that it began with.",
        (*PLACE, "state"),
    ),
    _named(
        "baton_traces_settled_total",
        "counter",
        "traces",
        "Traces that settled, by the state in which they did.",
        (*PLACE, "state"),
    ),
    _named(
        "baton_trace_duration_seconds",
        "histogram",
        "seconds",
        "From the cause of a trace to its completion; counted once it has settled.",
    ),
    _named(
        "baton_stalled_traces",
        "gauge",
        "traces",
        "Open traces that stand still, by diagnosis; `withheld` where that draws on a kind that "
        "whoever asks may not list and watch.",
        (*PLACE, "diagnosis"),
    ),
    _named("baton_resource_watched", "gauge", "0 or 1", "Whether it is watched now.", RESOURCE),
    _named("baton_resource_objects", "gauge", "objects", "Objects that are held of it.", RESOURCE),
    _named("baton_resource_lag_seconds", "gauge", "seconds", "Its own watch lag.", RESOURCE),
    _named("baton_resource_relists_total", "counter", "lists", "Its own relists.", RESOURCE),
    _named("baton_resource_gaps_total", "counter", "gaps", "Its own gaps.", RESOURCE),
    _named("baton_resource_errors_total", "counter", "failures", "Its own failures.", RESOURCE),
)

_IN_FRONT = (
    _gauge(
        "baton_clusters",
        "clusters",
        "How many clusters are in which state: starting, up or down.",
        "state",
    ),
    _counter(
        "baton_cluster_restarts_total",
        "restarts",
        "How often the process of a cluster was started again because it had ended.",
    ),
)

GROUPS: Mapping[str, tuple[Metric, ...]] = {
    "Watching": _WATCHING,
    "Explaining": _EXPLAINING,
    "Storing": _STORING,
    "Serving": _SERVING,
    "Notifying (with rules only)": _NOTIFYING,
    "Giving traces to a collector (with one only)": _EXPORTING,
    "The process": _PROCESS,
    "What happens in the cluster": _NAMED,
    "In front of several clusters": _IN_FRONT,
}
"""The metrics in the order in which they are given out, by what they are about."""

IN_FRONT = frozenset(metric.name for metric in _IN_FRONT)
"""What the process in front of several clusters gives out, and no other."""

METRICS = {metric.name: metric for group in GROUPS.values() for metric in group}

"""What this process can say of itself: numbers that name nothing of the cluster but itself.

Each part is read on its own, so that a history that can't be read takes nothing else away.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator

import msgspec
from django.db import DatabaseError
from prometheus_client.process_collector import ProcessCollector

from dashboard.consumers import lobby, pages
from dashboard.kinds import WORDS, kinds_of
from dashboard.liveness import liveness
from dashboard.metrics.exposition import Sample
from dashboard.metrics.tallies import signed_in, uploads
from dashboard.opened import tapes
from dashboard.signin.sessions import sessions
from eventstream import history, metrics
from eventstream.history import ClusterStatus, Coverage, Extent
from eventstream.version import VERSION

logger = logging.getLogger(__name__)

_process = ProcessCollector(registry=None)


class Known(msgspec.Struct, frozen=True):
    """What history says of the watching, read once for an answer."""

    cluster: ClusterStatus | None
    covered: list[Coverage]
    logs: list[history.AuditLog]
    extent: Extent


def known() -> Known | None:
    """Read it, whatever whoever asks may see; None where history can't be read."""
    try:
        with history.seeing(history.EVERYTHING):
            return Known(
                history.cluster(), history.watching(), history.audit_logs(), history.extent()
            )
    except DatabaseError as error:
        logger.warning("Metrics are given without history, which can't be read: %s.", error)
        return None


def of_process(read: Known | None) -> Iterator[Sample]:
    """Yield all that names nothing."""
    yield Sample("baton_info", 1, (VERSION,))
    yield Sample("baton_history_readable", read is not None)
    yield Sample("baton_live", read is not None and _is_live(read))
    if read is not None:
        yield from _of_watching(read)
    yield from _of_counting()
    yield from _of_notifying()
    yield from _of_exporting()
    yield from _of_pages()
    for family in _process.collect():
        for sample in family.samples:
            yield Sample(sample.name, sample.value)


def _is_live(read: Known) -> bool:
    return liveness(read.cluster, read.covered, time.time(), ()).state == "live"


def _of_watching(read: Known) -> Iterator[Sample]:
    cluster, covered = read.cluster, read.covered
    if cluster is not None:
        yield Sample("baton_cluster_info", 1, (cluster.name, cluster.version))
        yield Sample("baton_heartbeat_timestamp_seconds", cluster.heartbeat)
    found = Counter(kind.manner.word for kind in kinds_of(covered))
    for word in WORDS:
        yield Sample("baton_watches", found[word], (word.replace(" ", "-"),))
    lags = [each.lag for each in covered if each.lag is not None and each.state == "watching"]
    yield Sample("baton_watch_lag_seconds", max(lags, default=0.0))
    yield Sample("baton_objects", sum(each.objects for each in covered))
    logs = Counter(log.state for log in read.logs)
    for state in ("following", "behind", "missing", "unreadable"):
        yield Sample("baton_audit_logs", logs[state], (state,))
    yield Sample("baton_audit_corrupt_lines_total", sum(log.corrupt for log in read.logs))
    yield Sample("baton_audit_missed_total", sum(log.missed for log in read.logs))
    yield Sample("baton_store_bytes", read.extent.bytes)
    yield Sample("baton_store_limit_bytes", read.extent.most)
    if read.extent.since is not None:
        yield Sample("baton_history_since_timestamp_seconds", read.extent.since)


def _of_counting() -> Iterator[Sample]:
    """What the observer of this process counts; nothing where none runs."""
    running = metrics.running()
    if running is None:
        return
    counting, queue = running.counting, running.queue
    for type_, count in counting.changes.items():
        yield Sample("baton_changes_total", count, (type_,))
    yield Sample("baton_received_bytes_total", counting.received)
    yield Sample("baton_relists_total", counting.relists)
    yield Sample("baton_gaps_total", counting.gaps)
    yield Sample("baton_watch_errors_total", counting.errors)
    yield Sample("baton_audit_records_total", counting.audit_records)
    yield Sample("baton_steps_total", counting.steps)
    yield Sample("baton_traces_uncounted_total", counting.traces.left_out)
    for what, count in msgspec.structs.asdict(history.let_go()).items():
        yield Sample("baton_let_go_total", count, (what,))
    yield Sample("baton_storing", history.storing.trouble() is None)
    yield Sample("baton_lag_seconds", queue.commits.lag)
    yield Sample("baton_queue_rows", queue.pending)
    yield Sample("baton_queue_limit_rows", queue.limit)
    yield Sample("baton_commits_total", queue.commits.done)
    yield Sample("baton_commit_failures_total", queue.commits.failed)
    yield Sample("baton_commit_seconds_total", queue.commits.spent)


def _of_notifying() -> Iterator[Sample]:
    """How notifying goes; nothing where nobody is notified."""
    noted = history.notifications()
    if noted is None:
        return
    yield Sample("baton_notification_rules", noted.rules)
    yield Sample("baton_notification_rules_valid", not noted.problem)
    yield Sample("baton_notifications_waiting", sum(each.waiting for each in noted.targets))
    failing = sum(bool(each.error) for each in noted.targets)
    yield Sample("baton_notification_targets_failing", failing)
    for outcome in ("delivered", "failed", "dropped"):
        count = sum(getattr(each, outcome) for each in noted.targets)
        yield Sample("baton_notifications_total", count, (outcome,))
    yield Sample("baton_notifications_left_out_total", noted.left_out)


def _of_exporting() -> Iterator[Sample]:
    """How giving traces to a collector goes; nothing where none is named."""
    noted = metrics.exported()
    if noted is None:
        return
    yield Sample("baton_otlp_waiting", noted.waiting)
    yield Sample("baton_otlp_failing", bool(noted.error))
    for outcome in ("sent", "failed", "dropped"):
        yield Sample("baton_otlp_traces_total", getattr(noted, outcome), (outcome,))


def _of_pages() -> Iterator[Sample]:
    held, delays = history.holds(), history.delays()
    if delays is not None:
        yield Sample("baton_loop_delay_seconds", delays)
    yield Sample("baton_loop_holds_total", held.count)
    yield Sample("baton_loop_longest_hold_seconds", held.longest)
    yield Sample("baton_pages_followed", len(pages))
    yield Sample("baton_sockets_waiting", len(lobby))
    for what, count in metrics.refused.so_far().items():
        yield Sample("baton_refused_total", count, (what,))
    yield Sample("baton_sessions", len(sessions))
    for outcome, count in signed_in.so_far().items():
        yield Sample("baton_sign_ins_total", count, (outcome,))
    yield Sample("baton_uploads_total", uploads.so_far()["taken"])
    yield Sample("baton_recordings_open", len(tapes))

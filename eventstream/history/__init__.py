"""History: what the dashboard may ask of `eventstream`, and the only way in.

Synchronous; call from a coroutine by `database_sync_to_async`. All of it only reads. To show a
page and keep it current: take `head()`, read the rows, then ask `changes_since` that head.
"""

from eventstream.history.answers import (
    ActorRate,
    BadCursorError,
    Changes,
    ClusterStatus,
    Counts,
    Filter,
    FilterChoices,
    Gone,
    Page,
    Row,
    Stored,
)
from eventstream.history.changes import changes_since
from eventstream.history.databases import add, current, reading, remove
from eventstream.history.digest_key import DigestKeyError, installation_key
from eventstream.history.ledger import LedgerFilter, LedgerPage, ledger
from eventstream.history.listing import begun, step, steps, steps_up_to, trace, traces
from eventstream.history.objects import (
    KeptObject,
    ancestors,
    children,
    heartbeats,
    kept,
    steps_about,
    traces_about,
)
from eventstream.history.overview import (
    POD_STATES,
    Namespaces,
    NodeState,
    PodPlace,
    Population,
    namespaces,
    nodes,
    pod_states,
    pods,
    population,
    trace_states,
)
from eventstream.history.problems import cause_of, storing
from eventstream.history.relations import (
    between,
    gaps_between,
    steps_beside,
    trace_after,
    trace_before,
    traces_of,
)
from eventstream.history.status import (
    CHOICES_MOST,
    audit_logs,
    choices,
    cluster,
    counts,
    coverage,
    epoch,
    floor,
    gaps,
    head,
    holds,
    let_go,
)
from eventstream.history.waits import rates, usual
from eventstream.letgo import LetGo
from eventstream.objects.observations import AuditLog, Coverage, Gap, Problem
from eventstream.pulse import Holds
from eventstream.sqlite.readers import only_reading

__all__ = [
    "CHOICES_MOST",
    "POD_STATES",
    "ActorRate",
    "AuditLog",
    "BadCursorError",
    "Changes",
    "ClusterStatus",
    "Counts",
    "Coverage",
    "DigestKeyError",
    "Filter",
    "FilterChoices",
    "Gap",
    "Gone",
    "Holds",
    "KeptObject",
    "LedgerFilter",
    "LedgerPage",
    "LetGo",
    "Namespaces",
    "NodeState",
    "Page",
    "PodPlace",
    "Population",
    "Problem",
    "Row",
    "Stored",
    "add",
    "ancestors",
    "audit_logs",
    "begun",
    "between",
    "cause_of",
    "changes_since",
    "children",
    "choices",
    "cluster",
    "counts",
    "coverage",
    "current",
    "epoch",
    "floor",
    "gaps",
    "gaps_between",
    "head",
    "heartbeats",
    "holds",
    "installation_key",
    "kept",
    "ledger",
    "let_go",
    "namespaces",
    "nodes",
    "only_reading",
    "pod_states",
    "pods",
    "population",
    "rates",
    "reading",
    "remove",
    "step",
    "steps",
    "steps_about",
    "steps_beside",
    "steps_up_to",
    "storing",
    "trace",
    "trace_after",
    "trace_before",
    "trace_states",
    "traces",
    "traces_about",
    "traces_of",
    "usual",
]

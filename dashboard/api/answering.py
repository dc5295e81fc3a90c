"""Answers the API's addresses from history, as far as whoever asks may see."""

from typing import Any

import msgspec

from dashboard import clock, status, wording
from dashboard.api import asked, documents, records, types
from dashboard.coverage import overview
from dashboard.coverage_json import document
from dashboard.liveness import Liveness
from dashboard.signin.viewers import Viewer
from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, Step
from eventstream.version import VERSION

STEPS_TOLD = 12
"""So many of a trace's last steps go with an outlook."""


class NotFoundError(Exception):
    """There is no such thing, or none that may be seen: the message tells no difference."""


class NotListedError(Exception):
    """Whether there is such a thing can't be said before everything was listed once.

    The message names no kind, and is the same whatever was asked for and whoever asks.
    """


def index(viewer: Viewer | None, _: asked.Nothing) -> documents.Index:
    """Return what this Baton is, who asks, and where a watch begins."""
    place = cursor()
    seen = overview(clock.now())
    return documents.Index(
        VERSION,
        viewer.name if viewer is not None else "",
        history.seen().everything,
        _cluster(seen.cluster),
        _live(seen.live),
        place,
    )


def summary(_: Viewer | None, __: asked.Nothing) -> documents.Summary:
    """Return how the cluster stands, in numbers."""
    seen, states = overview(clock.now()), history.states()
    known = {name: states.get(name, 0) for name in documents.TraceCounts.__struct_fields__}
    name = seen.cluster.name if seen.cluster is not None else ""
    return documents.Summary(name, _live(seen.live), documents.TraceCounts(**known))


def traces(_: Viewer | None, wanted: asked.Traces) -> documents.TraceList:
    """Return traces that match; the place to watch from is read first."""
    place = cursor()
    page = history.traces(wanted.filter, limit=wanted.limit, before=wanted.cursor)
    items = [records.trace_of(each.record) for each in page.rows]
    return documents.TraceList(items, page.next, place)


def trace(_: Viewer | None, __: asked.Nothing, trace_id: str) -> records.Trace:
    """Return one trace; raises NotFoundError."""
    found = history.trace(trace_id)
    if found is None:
        raise NotFoundError("History holds no such trace that you may see.")
    return records.trace_of(found.record)


def steps(_: Viewer | None, wanted: asked.Steps, trace_id: str) -> documents.StepList:
    """Return steps of a trace in the API server's order; raises NotFoundError."""
    if history.trace(trace_id) is None:
        raise NotFoundError("History holds no such trace that you may see.")
    found = history.steps(trace_id, after=wanted.cursor, limit=wanted.limit + 1)
    shown = found[: wanted.limit]
    more = shown[-1].cursor if len(found) > wanted.limit else None
    return documents.StepList(_steps([each.record for each in shown]), more)


def step(_: Viewer | None, __: asked.Nothing, step_id: str) -> records.Step:
    """Return one step; raises NotFoundError."""
    found = history.step(step_id)
    if found is None:
        raise NotFoundError("History holds no such step that you may see.")
    return _steps([found.record])[0]


def changes(_: Viewer | None, wanted: asked.Changes) -> documents.StepList:
    """Return the writes that match, of all traces, the newest first."""
    filter_ = history.LedgerFilter(wanted.namespace, wanted.kind, wanted.actor, wanted.text)
    page = history.ledger(filter_, limit=wanted.limit, before=wanted.cursor)
    return documents.StepList(_steps([each.record for each in page.rows]), page.next)


def objects(_: Viewer | None, wanted: asked.Objects) -> documents.ObjectList:
    """Return objects that exist."""
    filter_ = history.ObjectsWanted(wanted.namespace, wanted.kind, None, wanted.name)
    page = history.existing(filter_, limit=wanted.limit, after=wanted.cursor or "")
    items = [
        documents.ObjectEntry(records.object_of(each.ref), each.state, each.node)
        for each in page.rows
    ]
    return documents.ObjectList(items, page.next)


def object_(_: Viewer | None, __: asked.Nothing, uid: str) -> documents.ObjectDetail:
    """Return one object that exists; raises NotFoundError or NotListedError."""
    found = history.kept(uid)
    if found is None:
        raise _none("No such object that you may see exists.")
    return documents.ObjectDetail(
        object=records.object_of(found.ref),
        resource_version=found.resource_version,
        owners=[records.object_of(each.ref) for each in history.ancestors(found)],
        state=found.state,
        node=found.node,
        created=found.created,
        deleted=found.deleted,
        generation=found.generation,
        observed_generation=found.observed_generation,
        labels=found.labels,
        finalizers=found.finalizers,
        conditions=[
            documents.Condition(each.type, each.status, each.reason, each.message, each.since)
            for each in found.conditions
        ],
        numbers=found.numbers,
        content=msgspec.json.decode(found.text, type=dict[str, Any]),
    )


def outlook(_: Viewer | None, wanted: asked.Outlook) -> documents.Outlook:
    """Return how the object stands that is called so; raises NotFoundError or NotListedError."""
    found = _named(wanted)
    at = clock.now()
    stored = history.trace_telling(found)
    last = history.last_steps(stored.id, STEPS_TOLD) if stored is not None else []
    return documents.Outlook(
        records.object_of(found),
        wording.json_time(at),
        _live(overview(at).live),
        records.trace_of(stored.record) if stored is not None else None,
        _steps([each.record for each in last if each.record.verb != "renew"]),
    )


def coverage(_: Viewer | None, __: asked.Nothing) -> documents.Coverage:
    """Return how well each type is watched, as /coverage.json does."""
    at = clock.now()
    return msgspec.json.decode(document(overview(at), at), type=documents.Coverage)


def cursor() -> str:
    """Return where a watch begins that tells of all that comes from now on."""
    return f"{history.epoch()}-{history.head()}"


def _named(wanted: asked.Outlook) -> ObjectRef:
    for type_ in types.called(wanted.type):
        namespace = (wanted.namespace or "default") if type_.namespaced else ""
        filter_ = history.ObjectsWanted(namespace, None, type_.name, wanted.name)
        for each in history.existing(filter_, limit=1).rows:
            return each.ref
    raise _none(_NO_OBJECT)


def _none(said: str) -> NotFoundError | NotListedError:
    """What to raise where no such object is known."""
    unready = status.unlisted()
    if unready is not None:
        return NotListedError(f"Baton can't say yet whether there is one. {unready.plain}")
    return NotFoundError(said)


def _steps(found: list[Step]) -> list[records.Step]:
    seen = history.seen_causes(found)
    return [records.step_of(each, seen) for each in found]


def _live(live: Liveness) -> documents.Live:
    return documents.Live(live.state, live.word, live.detail, live.reason)


def _cluster(cluster: history.ClusterStatus | None) -> documents.Cluster | None:
    if cluster is None:
        return None
    beat = wording.json_time(cluster.heartbeat)
    return documents.Cluster(cluster.name, cluster.server, cluster.version, cluster.uid, beat)


_NO_OBJECT = (
    "No object of that type and name that you may see exists. A custom resource is asked for by "
    "its plural or kind: its short names are not known here."
)

"""What happens in the cluster, by kind and namespace: to whom the kind may be told.

What is not reached is left out, not summed up: who may not list a kind learns nothing of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from dashboard.metrics.exposition import Sample
from eventstream import metrics
from eventstream.explain.vocabulary.records import type_name
from eventstream.history import Coverage, Rights
from eventstream.metrics import Place, Stall, TraceCounts

RESOURCES_MOST = 300
"""So many resources have series of their own."""

WITHHELD = "withheld"


def of_cluster(covered: Iterable[Coverage], rights: Rights) -> Iterator[Sample]:
    """Yield what names kinds and namespaces, as far as `rights` reach them in all the cluster."""
    running = metrics.running()
    if running is not None:
        yield from _of_traces(running.counting.traces, rights)
    seen = [each for each in covered if _reached(_type(each), rights)]
    for each in seen[:RESOURCES_MOST]:
        yield from _of_resource(each)


def types_named(covered: Iterable[Coverage]) -> frozenset[str]:
    """Return the types that any of that names, or that a diagnosis draws on."""
    types = {_type(each) for each in list(covered)[:RESOURCES_MOST]}
    running = metrics.running()
    if running is not None:
        traces = running.counting.traces
        types |= {place.type for place, _ in traces.open()}
        types |= {place.type for place in traces.settled()}
        types |= {type_ for stall in traces.stalls() for type_ in stall.types}
    return frozenset(types)


def _type(covered: Coverage) -> str:
    return type_name(covered.resource.group, covered.resource.kind)


def _reached(type_: str, rights: Rights) -> bool:
    return rights.everything or type_ in rights.everywhere


def _of_traces(traces: TraceCounts, rights: Rights) -> Iterator[Sample]:
    for (place, state), count in sorted(traces.open().items()):
        if _reached(place.type, rights):
            yield Sample("baton_traces", count, (*_labels(place), state))
    for place, settled in sorted(traces.settled().items(), key=lambda each: each[0]):
        if not _reached(place.type, rights):
            continue
        for state, count in sorted(settled.states.copy().items()):
            yield Sample("baton_traces_settled_total", count, (*_labels(place), state))
        durations = settled.durations.so_far()
        if durations.count:
            yield Sample("baton_trace_duration_seconds", durations, _labels(place))
    for (place, diagnosis), count in sorted(_stalled(traces.stalls(), rights).items()):
        yield Sample("baton_stalled_traces", count, (*_labels(place), diagnosis))


def _stalled(stalls: Mapping[Stall, int], rights: Rights) -> dict[tuple[Place, str], int]:
    """How many stand still of what is reached, with each diagnosis that is."""
    found: Counter[tuple[Place, str]] = Counter()
    for stall, count in stalls.items():
        if _reached(stall.place.type, rights):
            told = all(_reached(type_, rights) for type_ in stall.types)
            found[stall.place, stall.diagnosis if told else WITHHELD] += count
    return dict(found)


def _labels(place: Place) -> tuple[str, str, str]:
    kind, _, group = place.type.partition(".")
    return kind, group, place.namespace


def _of_resource(covered: Coverage) -> Iterator[Sample]:
    labels = (covered.resource.group, covered.resource.plural)
    yield Sample("baton_resource_watched", covered.state == "watching", labels)
    yield Sample("baton_resource_objects", covered.objects, labels)
    if covered.lag is not None:
        yield Sample("baton_resource_lag_seconds", covered.lag, labels)
    yield Sample("baton_resource_relists_total", covered.relists, labels)
    yield Sample("baton_resource_gaps_total", covered.gap_count, labels)
    yield Sample("baton_resource_errors_total", covered.errors, labels)

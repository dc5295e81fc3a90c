"""All of a history, for whoever prints or copies it: little of it in memory at a time."""

from collections.abc import Iterator

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import permitted
from eventstream.history.reading import STEP_COLUMNS, read_step, stored_traces
from eventstream.history.rights import seen
from eventstream.history.withholding import step_for
from eventstream.objects.versions import is_comparable

AT_ONCE = 500


def all_steps() -> Iterator[Step]:
    """Every step by its resourceVersion; those without a comparable one by time, after the rest."""
    rows = permitted.steps().order_by("sort", "id").values_list(*STEP_COLUMNS)
    apart: list[Step] = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        step = step_for(read_step(row).record, seen())
        if is_comparable(step.resource_version or "-"):
            yield step
        else:
            apart.append(step)
    yield from sorted(apart, key=lambda step: (step.at, step.id))


def all_traces() -> Iterator[Trace]:
    """Every trace by when it began."""
    numbers = [*permitted.traces().order_by("started", "id").values_list("number", flat=True)]
    for start in range(0, len(numbers), AT_ONCE):
        rows = permitted.traces().filter(number__in=numbers[start : start + AT_ONCE])
        yield from (each.record for each in stored_traces(rows.order_by("started", "id")))

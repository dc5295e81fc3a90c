"""Writes upserts: gives each changed step and trace its revision and seq, nothing else a new one.

A row whose body is what is stored already keeps its revision and seq, so that a restart which
reads again what it had read before sends nothing to anybody.
"""

from collections.abc import Sequence

import msgspec

from eventstream.explain.vocabulary.records import (
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
    WaitsSeen,
    WaitsUpsert,
)
from eventstream.models import StepRow, TombstoneRow, TraceRow, WaitsRow
from eventstream.recorder.rows import (
    Known,
    chunks,
    known_steps,
    known_traces,
    place,
    replace_rows,
    settled_among,
    step_row,
    trace_row,
    waits_row,
)


class Numbers:
    """Gives out seqs; `last` is the highest given out."""

    def __init__(self, last: int) -> None:
        self.last = last

    def take(self) -> int:
        """The next seq."""
        self.last += 1
        return self.last


class UpsertWriter:
    """Writes the upserts of one batch, inside the transaction of the caller."""

    def __init__(self, numbers: Numbers, now: float) -> None:
        self._numbers = numbers
        self._now = now
        self._steps: dict[str, Known] = {}
        self._traces: dict[str, Known] = {}
        self._settled: set[str] = set()
        self._step_rows: list[StepRow] = []
        self._trace_rows: list[TraceRow] = []
        self._removed: dict[str, list[str]] = {"step": [], "trace": []}
        self._tombstones: list[TombstoneRow] = []
        self._waits: list[WaitsSeen] = []

    def write(self, upserts: Sequence[Upsert]) -> None:
        """Store `upserts`, numbered in their order."""
        self._read(upserts)
        for upsert in upserts:
            match upsert:
                case StepUpsert():
                    self._step(upsert.step, upsert.memo)
                case TraceUpsert():
                    self._trace(upsert.trace)
                case StepRemoved():
                    self._remove(upsert)
                case WaitsUpsert():
                    self._waits.append(upsert.waits)
        self._save()

    def _read(self, upserts: Sequence[Upsert]) -> None:
        steps = [upsert for upsert in upserts if isinstance(upsert, StepUpsert)]
        traces = [upsert.trace for upsert in upserts if isinstance(upsert, TraceUpsert)]
        removed = [upsert for upsert in upserts if isinstance(upsert, StepRemoved)]
        step_ids = {step.id for step in steps} | {r.id for r in removed if r.kind == "step"}
        trace_ids = {trace.id for trace in traces} | {r.id for r in removed if r.kind == "trace"}
        self._steps = known_steps(step_ids)
        self._traces = known_traces(trace_ids)
        settled = {trace.id for trace in traces if trace.settled}
        unasked = {step.trace for step in steps} - {trace.id for trace in traces}
        self._settled = settled | settled_among(unasked)

    def _step(self, step: Step, memo: bytes) -> None:
        body = msgspec.json.encode(step)
        kept = None if step.trace in self._settled else memo
        known = self._steps.get(step.id)
        if known is not None and known.trace != step.trace:
            self._bury(step.id, "step", known.trace)
        changed = known is None or known.body != body
        if known is not None and not changed and known.memo == kept:
            return
        row = step_row(step, body, kept)
        row.seq, row.revision = self._number(known, changed=changed)
        self._step_rows.append(row)

    def _trace(self, trace: Trace) -> None:
        body = msgspec.json.encode(trace)
        known = self._traces.get(trace.id)
        if known is not None and known.body == body:
            return
        row = trace_row(trace, body)
        row.seq, row.revision = self._number(known, changed=True)
        self._trace_rows.append(row)

    def _number(self, known: Known | None, *, changed: bool) -> tuple[int, int]:
        if known is not None and not changed:
            return known.seq, known.revision
        return self._numbers.take(), known.revision + 1 if known else 1

    def _remove(self, removed: StepRemoved) -> None:
        known = (self._steps if removed.kind == "step" else self._traces).get(removed.id)
        if known is not None:
            self._removed[removed.kind].append(removed.id)
            self._bury(removed.id, removed.kind, known.trace)

    def _bury(self, row: str, kind: str, trace: str) -> None:
        seq = self._numbers.take()
        self._tombstones.append(
            TombstoneRow(row=row, kind=kind, trace=trace, seq=seq, at=self._now)
        )

    def _save(self) -> None:
        for ids in chunks(self._removed["step"]):
            StepRow.objects.filter(id__in=ids).delete()
        for ids in chunks(self._removed["trace"]):
            TraceRow.objects.filter(id__in=ids).delete()
        replace_rows(StepRow, [row for row in self._step_rows if row.sort_key])
        replace_rows(StepRow, [place(row) for row in self._step_rows if not row.sort_key])
        replace_rows(TraceRow, self._trace_rows)
        TombstoneRow.objects.bulk_create(
            self._tombstones,
            update_conflicts=True,
            unique_fields=["row", "trace"],
            update_fields=["seq", "at"],
        )
        forgotten = [waits.key for waits in self._waits if not waits.seen]
        WaitsRow.objects.filter(key__in=forgotten).delete()
        replace_rows(WaitsRow, [waits_row(waits) for waits in self._waits if waits.seen])
        for ids in chunks(sorted(self._settled)):
            # Whoever settled is not asked again: the engine needs no memory of it.
            StepRow.objects.filter(trace__in=ids, memo__isnull=False).update(memo=None)

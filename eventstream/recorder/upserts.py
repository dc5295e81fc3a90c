"""Writes upserts: gives each changed step and trace its revision and seq, nothing else a new one.

A row that says what is stored already keeps its revision and seq, so that a restart which reads
again what it had read before sends nothing to anybody.
"""

from collections.abc import Sequence
from typing import NamedTuple

from eventstream.explain.vocabulary.records import (
    Encode,
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
    WaitsSeen,
    WaitsUpsert,
)
from eventstream.models import TombstoneRow, WaitsRow
from eventstream.names import Names
from eventstream.packing import frames
from eventstream.packing.ids import id_bytes, id_text
from eventstream.packing.journal import Memos
from eventstream.packing.order import version_key
from eventstream.packing.steps import microseconds, step_content
from eventstream.packing.traces import (
    pack_content,
    texts_of,
    trace_content,
    unpack_texts,
)
from eventstream.recorder.journal import MemosChanged
from eventstream.recorder.rows import (
    KnownTrace,
    StepCells,
    known_steps,
    known_traces,
    replace_rows,
    sort_behind,
    trace_cells,
    waits_row,
)
from eventstream.searching.keeping import Indexed
from eventstream.statements import STEPS, TRACE_KEYS, TRACES, Cells, statements


class Numbers:
    """Gives out seqs; `last` is the highest given out."""

    def __init__(self, last: int) -> None:
        self.last = last

    def take(self) -> int:
        """The next seq."""
        self.last += 1
        return self.last


class _Told(NamedTuple):
    """A step in words, with its key, and what its body and its memo hold.

    All that is made while what it is made of is at hand, and packed later, all of a batch at once:
    on the way from one to the other the processor forgets what it knew, which costs more than the
    packing.
    """

    step: Step
    id: bytes
    sort: bytes
    at: int
    content: bytes
    memo: bytes


class UpsertWriter:
    """Writes the upserts of one batch, inside the transaction of the caller.

    `encode` gives the JSON of an image. Where fresh steps are `trusted` to be stored nowhere yet,
    they are not looked for; one that is raises IntegrityError.
    """

    def __init__(
        self,
        numbers: Numbers,
        names: Names,
        now: float,
        encode: Encode,
        indexed: Indexed,
        *,
        trusted: bool = False,
    ) -> None:
        self._trusted = trusted
        self._numbers = numbers
        self._indexed = indexed
        self._names = names
        self._now = now
        self._encode = encode
        self._steps: dict[bytes, StepCells] = {}
        self._traces: dict[int, KnownTrace] = {}
        self._keys: dict[str, int] = {}
        self._actors: dict[str, int] = {}
        self._settled: set[int] = set()
        self._new_steps: list[Cells] = []
        self._unplaced: list[tuple[float, Cells]] = []
        self._old_seqs: list[Cells] = []
        self._new_traces: list[Cells] = []
        self._memos: dict[int, Memos] = {}
        self._old_memos: list[tuple[int, bytes]] = []
        self._removed_traces: list[Cells] = []
        self._buried: list[tuple[str, str, int, int]] = []
        self._waits: list[WaitsSeen] = []

    def write(self, upserts: Sequence[Upsert]) -> None:
        """Store `upserts`, numbered in their order."""
        told = [self._told(upsert) for upsert in upserts if isinstance(upsert, StepUpsert)]
        steps = [each.step for each in told]
        self._read(upserts, steps)
        bodies = [frames.pack(each.content, frames.EXPLAINED) for each in told]
        rows = iter(zip(told, self._names.of_objects(steps), bodies, strict=True))
        for upsert in upserts:
            match upsert:
                case StepUpsert():
                    self._step(*next(rows))
                case TraceUpsert():
                    self._trace(upsert.trace)
                case StepRemoved():
                    self._remove(upsert)
                case WaitsUpsert():
                    self._waits.append(upsert.waits)
        self._save()

    @property
    def memos(self) -> MemosChanged:
        """What that did to memos."""
        return MemosChanged(tuple(self._old_memos), tuple(self._settled), self._memos)

    def _read(self, upserts: Sequence[Upsert], steps: list[Step]) -> None:
        traces = [upsert.trace for upsert in upserts if isinstance(upsert, TraceUpsert)]
        removed = [upsert for upsert in upserts if isinstance(upsert, StepRemoved)]
        gone = {kind: [r.id for r in removed if r.kind == kind] for kind in ("step", "trace")}
        own = {trace.id for trace in traces}
        named = own | {step.trace for step in steps}
        self._name(named, gone["trace"], {step.actor for step in steps})
        told = {
            upsert.id
            for upsert in upserts
            if isinstance(upsert, StepUpsert) and not (self._trusted and upsert.fresh)
        }
        self._steps = known_steps([id_bytes(id_) for id_ in told.union(gone["step"])])
        self._traces = known_traces(
            self._keys[id_] for id_ in own | {*gone["trace"]} if id_ in self._keys
        )

    def _name(self, traces: set[str], gone: Sequence[str], actors: set[str]) -> None:
        """Find the numbers of these traces and actors; of `gone` traces as far as they are stored.

        One that went with the batch in which it came was never stored.
        """
        kept, left = ({id_: id_bytes(id_) for id_ in ids} for ids in (traces, gone))
        numbers = self._names.traces.numbers(kept.values(), self._names.take)
        self._keys = {id_: numbers[key] for id_, key in kept.items()}
        numbers = self._names.traces.stored(left.values())
        self._keys |= {id_: numbers[key] for id_, key in left.items() if key in numbers}
        self._actors = self._names.names.numbers(actors, self._names.take)

    def _told(self, upsert: StepUpsert) -> _Told:
        step = upsert.step
        sort, at = version_key(step.resource_version), microseconds(step.at)
        memo = upsert.memo_by(self._encode)
        return _Told(step, id_bytes(step.id), sort, at, step_content(step, sort, at), memo)

    def _step(self, told: _Told, meant: tuple[int, int], body: bytes) -> None:
        step, id_, sort, at, _, memo = told
        trace = self._keys[step.trace]
        known = self._steps.get(id_)
        if known is not None and known.trace != trace:
            self._bury(step.id, "step", known.trace)
            self._old_memos.append((known.trace, id_))
        self._memos.setdefault(trace, []).append((id_, memo))
        said = (at, *meant, self._actors[step.actor], body)
        revision = 1
        if known is not None:
            if known.says(trace, sort, said):
                return
            self._drop(known)
            revision = known.revision + 1
        cells = (seq := self._numbers.take(), id_, trace, revision, sort, *said)
        self._indexed.add_step(seq, step, meant[0])
        if sort:
            self._new_steps.append(cells)
        else:
            self._unplaced.append((step.at, cells))

    def _trace(self, trace: Trace) -> None:
        content, number = trace_content(trace), self._keys[trace.id]
        if trace.settled:
            # Whoever settled is not asked again: the engine needs no memory of it. Of what comes
            # after this it does: that begins the trace again, of which a later upsert tells. Of one
            # that only says how an object stands there never was a memo: a start tells many such.
            if trace.steps or not trace.existing:
                self._settled.add(number)
            self._memos.pop(number, None)
        known = self._traces.get(number)
        before = frames.unpack(known.body) if known else b""
        if before == content:
            return
        seq, revision = self._numbers.take(), known.revision + 1 if known else 1
        body = pack_content(content)
        self._new_traces.append(trace_cells(number, trace, seq, revision, body))
        told = texts_of(before) if before else None
        self._indexed.put_trace(number, trace, told, known.seq if known else 0)

    def _remove(self, removed: StepRemoved) -> None:
        if removed.kind == "trace":
            number = self._keys.get(removed.id)
            if number is not None and number in self._traces:
                known = self._traces[number]
                self._indexed.put_trace(number, None, unpack_texts(known.body), known.seq)
                self._removed_traces.append((number,))
                self._bury(removed.id, "trace", number)
            return
        step = self._steps.get(id_bytes(removed.id))
        if step is not None:
            self._drop(step)
            self._old_memos.append((step.trace, step.id))
            self._bury(removed.id, "step", step.trace)

    def _drop(self, known: StepCells) -> None:
        self._indexed.remove_step(known.seq)
        self._old_seqs.append((known.seq,))

    def _bury(self, row: str, kind: str, trace: int) -> None:
        self._buried.append((row, kind, trace, self._numbers.take()))

    def _save(self) -> None:
        self._indexed.save()
        write = statements()
        write.remove(STEPS, self._old_seqs)
        write.remove(TRACES, self._removed_traces)
        write.add(STEPS, self._new_steps)
        for at, cells in self._unplaced:
            row = StepCells(*cells)
            write.add(STEPS, [row._replace(sort=sort_behind(row.trace, row.at, at))])
        write.put(TRACES, self._new_traces)
        self._save_tombstones()
        forgotten = [waits.key for waits in self._waits if not waits.seen]
        if self._waits:
            WaitsRow.objects.filter(key__in=forgotten).delete()
            replace_rows(WaitsRow, [waits_row(waits) for waits in self._waits if waits.seen])

    def _save_tombstones(self) -> None:
        if not self._buried:
            return
        numbers = {trace for _, _, trace, _ in self._buried}
        found = statements().find(TRACE_KEYS, TRACE_KEYS.columns, "number", numbers)
        ids = {number: id_text(id_) for number, id_ in found}
        TombstoneRow.objects.bulk_create(
            [
                TombstoneRow(row=row, kind=kind, trace=ids[trace], seq=seq, at=self._now)
                for row, kind, trace, seq in self._buried
            ],
            update_conflicts=True,
            unique_fields=["row", "trace"],
            update_fields=["seq", "at"],
        )

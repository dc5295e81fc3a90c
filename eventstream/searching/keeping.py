"""Keeps the index with the rows: what is stored is found, and what is deleted is no more.

History that was stored before there was an index gets it from its newest rows on, a little at a
time: `InstallationRow.unsearched` is the highest seq whose row is not in the index yet, and 0 once
all are.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import QuerySet

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.models import InstallationRow, StepRow, TraceRow
from eventstream.packing.steps import sentences
from eventstream.packing.traces import Texts, unpack_texts
from eventstream.searching.index import Changed, Entry, TextIndex, text_index
from eventstream.searching.texts import (
    indexable,
    is_searched,
    step_entry,
    step_text,
    told_of_step,
    trace_names,
    trace_text,
)

SEQS_AT_ONCE = 1000
"""So many seqs, and so at most as many rows, are taken into the index in one go."""

PAGES_AT_ONCE = 16
"""So much of the index is written anew after each slice of history that is deleted. An index gives
room back only so; all of it is written anew while half as much is deleted as there is."""

PAGES_MOST = 1024
"""The same where nothing is left to delete, and room is short."""

_COLUMNS = ("seq", "body", "place_id", "place__kind", "place__namespace", "object__name")


RECENT_MOST = 4096
"""So many texts of steps are remembered that were taken in last."""


class Indexed:
    """The default database's index for one transaction; `unsearched` is what is stored of that.

    `recent` has the texts of steps that were taken in lately, as a step that is told anew was
    mostly told a moment ago; it is to be forgotten if the transaction fails.
    """

    def __init__(self, unsearched: int, recent: dict[int, str]) -> None:
        self._unsearched = unsearched
        self._recent = recent
        self._index = _index()
        self._steps: list[Entry] = []
        self._gone: list[int] = []
        self._traces: dict[int, tuple[str | None, str | None]] = {}
        self._names: dict[int, tuple[str | None, str | None]] = {}

    def add_step(self, seq: int, step: Step, place: int) -> None:
        """A new step is stored, with a seq above all others."""
        if is_searched(step.verb):
            text = self._recent[seq] = step_entry(step_text(step), place)
            self._steps.append((seq, text))

    def remove_step(self, seq: int) -> None:
        """A step is to be deleted."""
        self._gone.append(seq)

    def put_trace(self, number: int, new: Trace | None, known: Texts | None, seq: int) -> None:
        """A trace is stored anew, or None is; `known` is what was stored of it at `seq`."""
        names = trace_names(known) if known else None, trace_names(new) if new else None
        if names[0] != names[1]:
            self._names[number] = names
        before = trace_text(known) if known and seq > self._unsearched else None
        after = trace_text(new) if new else None
        if before != after:
            self._traces[number] = _entry(before), _entry(after)

    def save(self) -> None:
        """Change the index; call it while the rows to be deleted are still there."""
        recent = self._recent
        gone = sorted(seq for seq in self._gone if seq > self._unsearched)
        forget_steps([seq for seq in gone if seq not in recent], self._unsearched)
        self._index.remove_steps([(seq, recent.pop(seq)) for seq in gone if seq in recent])
        while len(recent) > RECENT_MOST:
            del recent[next(iter(recent))]
        self._index.put_traces(_in_order(self._traces))
        self._index.put_trace_names(_in_order(self._names))
        self._index.add_steps(self._steps)


def add_objects(objects: Sequence[Entry]) -> None:
    """Take in the names of new objects, by their numbers."""
    _index().add_objects(objects)


def forget_objects(objects: Iterable[Entry]) -> None:
    """Take objects that are to be deleted out of the index."""
    _index().remove_objects(sorted(objects))


def forget_steps(seqs: Iterable[int], unsearched: int | None = None) -> None:
    """Take steps that are to be deleted out of the index."""
    least = _unsearched() if unsearched is None else unsearched
    gone = sorted(seq for seq in seqs if seq > least)
    for start in range(0, len(gone), SEQS_AT_ONCE):
        chunk = gone[start : start + SEQS_AT_ONCE]
        _index().remove_steps(_entries(StepRow.objects.filter(seq__in=chunk)))


def forget_traces(traces: "QuerySet[TraceRow]") -> None:
    """Take traces that are to be deleted out of the index."""
    least, told = _unsearched(), _texts(traces)
    _index().put_traces([(n, indexable(trace_text(t)), None) for n, s, t in told if s > least])
    _index().put_trace_names([(number, trace_names(texts), None) for number, _, texts in told])


def tidy(pages: int = PAGES_AT_ONCE) -> bool:
    """Give back some of the room of what was taken out; False where there is none to give."""
    return _index().tidy(pages)


def index_older() -> bool:
    """Take some more of what is older than the index into it; True when there may be more."""
    with transaction.atomic():
        mark = _unsearched()
        if mark == 0:
            return False
        low = max(0, mark - SEQS_AT_ONCE)
        _index().add_steps(_entries(StepRow.objects.filter(seq__gt=low, seq__lte=mark)))
        told = _texts(TraceRow.objects.filter(seq__gt=low, seq__lte=mark))
        _index().put_traces([(number, None, indexable(trace_text(t))) for number, _, t in told])
        InstallationRow.objects.filter(id=1).update(unsearched=low)
    return low > 0


def _index() -> TextIndex:
    return text_index(connections[DEFAULT_DB_ALIAS])


def _entry(text: str | None) -> str | None:
    return None if text is None else indexable(text)


def _unsearched() -> int:
    found = InstallationRow.objects.filter(id=1).values_list("unsearched", flat=True).first()
    return found or 0


def _entries(rows: "QuerySet[StepRow]") -> list[Entry]:
    """The texts of steps, as they were or are to be taken in, in order of seq."""
    found: list[Entry] = []
    for seq, body, place, *names in rows.order_by("seq").values_list(*_COLUMNS):
        try:
            verb, told = sentences(bytes(body))
        except msgspec.DecodeError:
            continue  # What can't be read was found by nothing but chance, and is not shown.
        if is_searched(verb):
            text = told_of_step(told, [name or "" for name in names])
            found.append((seq, step_entry(text, place)))
    return found


def _texts(rows: "QuerySet[TraceRow]") -> list[tuple[int, int, Texts]]:
    """The number and seq of each trace, and what it says, in order of number."""
    found = []
    for number, seq, body in rows.order_by("number").values_list("number", "seq", "body"):
        try:
            found.append((number, seq, unpack_texts(bytes(body))))
        except msgspec.DecodeError:
            continue  # As above.
    return found


def _in_order(changed: Mapping[int, tuple[str | None, str | None]]) -> list[Changed]:
    return [(number, *changed[number]) for number in sorted(changed)]

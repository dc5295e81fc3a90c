"""Writes one batch in one transaction: steps, images and positions become true together.

The position only moves with the rows that it vouches for, so a restart after any failure reads
on from where history ends.
"""

from collections.abc import Iterable, Mapping

import msgspec
from django.db import IntegrityError, transaction

from eventstream.explain.vocabulary.records import type_name
from eventstream.models import (
    CoverageRow,
    GapRow,
    ImageRow,
    InstallationRow,
    PositionRow,
)
from eventstream.names import Names, forget, names
from eventstream.objects.observations import Gap, Position, Removed
from eventstream.recorder.batch import Batch
from eventstream.recorder.journal import Note, empty, opened_journal
from eventstream.recorder.leaving import positions_after
from eventstream.recorder.rows import Encoded
from eventstream.recorder.status import Status, save_status
from eventstream.recorder.tenure import Tenure
from eventstream.recorder.upserts import Numbers, UpsertWriter
from eventstream.searching.keeping import Indexed
from eventstream.statements import (
    COVERAGE,
    INSTALLATION,
    LOGS,
    POSITIONS,
    Table,
    statements,
)

_position = msgspec.json.Decoder(Position)


def commit(
    batch: Batch,
    now: float,
    status: Status | None = None,
    tenure: Tenure | None = None,
    images_wait: float = 0.0,
) -> int:
    """Store `batch` and return the latest seq; on any exception nothing of it is stored.

    The images of objects that are written to again and again may wait for so many seconds. Raises
    OvertakenError and VanishedError where the database is not as `tenure` left it.
    """
    try:
        try:
            return _commit(batch, now, status, tenure, images_wait, trusted=True)
        except IntegrityError:
            forget()  # An earlier run had told one of the steps that are new to this one.
            return _commit(batch, now, status, tenure, images_wait, trusted=False)
    except BaseException:
        forget()  # What is remembered of names may not have been stored.
        raise


def _commit(
    batch: Batch,
    now: float,
    status: Status | None,
    tenure: Tenure | None,
    images_wait: float,
    *,
    trusted: bool,
) -> int:
    with transaction.atomic():
        statements().alone()
        epoch, seq, last, floor, writer, unsearched = _installation()
        if tenure is not None:
            tenure.check(epoch, writer, seq)
        numbers, known = Numbers(seq), names(epoch, last)
        encode, indexed = Encoded(), Indexed(unsearched, known.texts)
        note = Note(opened_journal(epoch, known), now, images_wait)
        upserts = UpsertWriter(numbers, known, now, encode, indexed, trusted=trusted)
        upserts.write(list(batch.upserts.values()))
        _store_gaps(batch.gaps, numbers)
        _leave(batch.over, known)
        note.store(upserts.memos, batch.images, known, encode, batch.over)
        _store_bodies(POSITIONS, batch.positions)
        _store_bodies(COVERAGE, batch.coverage)
        _store_bodies(LOGS, batch.logs)
        if status is not None:
            save_status(status)
        if (numbers.last, known.last) != (seq, last):
            told = (1, epoch, numbers.last, known.last, floor, writer, unsearched)
            statements().put(INSTALLATION, [told])
    note.keep()
    return numbers.last


def empty_journal() -> None:
    """Give all that is only noted so far rows of its own; nothing else is changed."""
    try:
        with transaction.atomic():
            statements().alone()
            epoch, seq, last, floor, writer, unsearched = _installation()
            known = names(epoch, last)
            empty(known)
            if known.last != last:
                told = (1, epoch, seq, known.last, floor, writer, unsearched)
                statements().put(INSTALLATION, [told])
    except BaseException:
        forget()
        raise


def _installation() -> tuple[str, int, int, int, str, int]:
    """The epoch, the last seq and number of a name, the floor, who writes, what is unsearched."""
    found = statements().find(INSTALLATION, INSTALLATION.columns[1:], "id", (1,))
    if not found:
        one = InstallationRow.the_one()
        return one.epoch, one.seq, one.names, one.floor, one.writer, one.unsearched
    epoch, seq, last, floor, writer, unsearched = found[0]
    return epoch, seq, last, floor, writer, unsearched


def _store_gaps(gaps: list[Gap], numbers: Numbers) -> None:
    if not gaps:
        return
    rows = {_gap_id(gap): gap for gap in gaps}
    stored = GapRow.objects.filter(id__in=rows).values_list("id", flat=True)
    for id_ in stored:
        del rows[id_]
    GapRow.objects.bulk_create(
        GapRow(
            id=id_,
            seq=numbers.take(),
            at=gap.at,
            type=type_name(gap.resource.group, gap.resource.kind),
            body=msgspec.json.encode(gap),
        )
        for id_, gap in rows.items()
    )


def _gap_id(gap: Gap) -> str:
    return f"{gap.resource.key}@{gap.from_version}-{gap.to_version}@{gap.at!r}"


def _leave(over: Iterable[Removed], known: Names) -> None:
    """Have the rows say what was told of these, one after the other."""
    for removed in over:
        key, by = removed.resource.key, removed.successor
        images = ImageRow.objects.filter(resource__name=key)
        positions = PositionRow.objects.filter(resource=key)
        if by is None:
            images.delete()
        else:
            images.update(resource=known.names.numbers([by.key], known.take)[by.key])
            kept = {row.resource: _position.decode(bytes(row.body)) for row in positions}
            _store_bodies(POSITIONS, positions_after(removed, kept))
        positions.delete()
        CoverageRow.objects.filter(resource=key).delete()


def _store_bodies(table: Table, said: Mapping[str, msgspec.Struct]) -> None:
    statements().put(table, [(key, msgspec.json.encode(each)) for key, each in said.items()])

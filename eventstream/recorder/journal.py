"""Notes what only a restart needs of each commit, in one row: most of it is over soon.

A memo goes when its trace settles, mostly within a minute; and an object's image is written again
and again while it comes up. As rows of their own they would cost as much as the steps. So a commit
notes them together in a row of the journal. Memos that are still needed when that is one of the
oldest rows get rows of their own then; images do so once a second.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import accumulate, islice
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from eventstream.models import JournalRow
from eventstream.names import Names
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Removed
from eventstream.objects.resource import Resource
from eventstream.packing.ids import uid_bytes
from eventstream.packing.journal import (
    Entry,
    KeptImage,
    Memos,
    memos_of,
    pack_entry,
    unpack_entry,
)
from eventstream.packing.traces import pack_image
from eventstream.recorder.leaving import SavedImage, images_after
from eventstream.recorder.rows import Encoded, image_cells
from eventstream.statements import IMAGES, JOURNAL, MEMOS, STEPS, statements

IMAGES_SECONDS = 1.0
"""So long an image may wait for its row while its object is written to again and again."""

AT_ONCE_MOST = 4
"""Images of a commit with so few of them wait for nothing: noting them first would cost more."""

WAITING_MOST = 2000
"""So many images wait at most."""

ROWS_MOST, BYTES_MOST = 1024, 8 * 1024 * 1024
"""So many rows the journal has, and so many bytes; of what is more, a few rows go at a time."""

ROWS_AT_ONCE, BYTES_AT_ONCE = 64, 128 * 1024
"""So many of them go with one commit, as long as these have no more bytes than that, packed."""


READ_AT_ONCE = 8
"""So many are read together."""


class Row(NamedTuple):
    """A row of the journal: its number, and the bytes of its body."""

    number: int
    size: int


class Journal:
    """The journal of the database with this epoch, as the last commit left it."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.rows: deque[Row] = deque()
        self.size = 0
        self.settled: dict[int, int] = {}
        self.waiting: dict[str, SavedImage] = {}
        self.written_at = -math.inf

    @property
    def is_full(self) -> bool:
        """Whether its oldest rows have to go."""
        return len(self.rows) >= ROWS_MOST + ROWS_AT_ONCE or self.size > BYTES_MOST

    @property
    def last(self) -> int:
        """The number of its newest row, 0 where there is none."""
        return self.rows[-1].number if self.rows else 0


class MemosChanged(NamedTuple):
    """What a commit does to memos: some go with their steps, then some with settled traces.

    Then others come, by their traces.
    """

    gone: tuple[tuple[int, bytes], ...]
    settled: tuple[int, ...]
    came: dict[int, Memos]


class Note:
    """What one commit adds to a journal, inside the transaction of the caller, who then `keep`s it.

    Images may wait for so many `seconds`, of which `now` is one.
    """

    def __init__(self, journal: Journal, now: float, seconds: float) -> None:
        self._journal = journal
        self._now = now
        self._at_once = journal.is_full or not 0 <= now - journal.written_at < seconds
        self._waiting = journal.waiting
        self._settled: tuple[int, ...] = ()
        self._row: Row | None = None
        self._over: list[Row] = []

    def store(
        self,
        memos: MemosChanged,
        images: Mapping[str, SavedImage],
        known: Names,
        encode: Encoded,
        over: Sequence[Removed] = (),
    ) -> None:
        """Store images or note them, and note what was done to memos.

        Images wait of whose step a memo came as well: `encode` has made their JSON. That of a new
        object does not, or its page would say that there is none; nor does what is read in another
        version now, as by what is `over`.
        """
        before = self._journal.waiting
        left = reduce(lambda kept, each: images_after(each, kept), over, dict(before))
        later: dict[str, SavedImage] = {}
        if over or self._at_once or len(left) + len(images) > WAITING_MOST:
            self._at_once = True
            write_images({**left, **images}, known, encode)
            self._waiting = {}
        else:
            if len(images) > AT_ONCE_MOST:
                later = {
                    uid: each
                    for uid, each in images.items()
                    if not each.new and encode.has_made(each.image)
                }
            now = {uid: each for uid, each in images.items() if uid not in later}
            write_images(now, known, encode)
            self._waiting = {uid: each for uid, each in left.items() if uid not in now} | later
        if self._journal.is_full:
            self._shorten()
        self._add(
            Entry(
                memos.gone,
                memos.settled,
                memos.came,
                tuple(uid for uid in before if uid not in self._waiting),
                tuple(
                    KeptImage(uid, each.resource.key, each.image.kind, encode(each.image))
                    for uid, each in later.items()
                    if each.image is not None
                ),
            )
        )

    def _add(self, entry: Entry) -> None:
        if entry == _NOTHING:
            return
        body = pack_entry(entry)
        self._row = Row(self._journal.last + 1, len(body))
        self._settled = entry.settled
        statements().add(JOURNAL, [(self._row.number, body)])

    def _shorten(self) -> None:
        """Move the memos of the oldest rows that are still needed; all images have rows by now."""
        sizes = accumulate(row.size for row in self._journal.rows)
        some = sum(1 for size in islice(sizes, ROWS_AT_ONCE) if size <= BYTES_AT_ONCE)
        self._over = list(islice(self._journal.rows, max(some, 1)))
        numbers = [row.number for row in self._over]
        _move_memos(list(_entries(numbers)), self._journal.settled)
        statements().remove(JOURNAL, [(number,) for number in numbers])

    def keep(self) -> None:
        """The transaction was committed: go on from here."""
        journal = self._journal
        for over in self._over:
            journal.rows.popleft()
            journal.size -= over.size
        if self._over:
            last = self._over[-1].number
            journal.settled = {t: at for t, at in journal.settled.items() if at > last}
        if self._row is not None:
            journal.rows.append(self._row)
            journal.size += self._row.size
            journal.settled.update(dict.fromkeys(self._settled, self._row.number))
        journal.waiting = self._waiting
        if self._at_once:
            journal.written_at = self._now
        _remember(journal)


_NOTHING = Entry()


def _entries(numbers: Sequence[int]) -> Iterator[tuple[int, Entry]]:
    """These rows, in their order, a few at a time."""
    for start in range(0, len(numbers), READ_AT_ONCE):
        asked = numbers[start : start + READ_AT_ONCE]
        for number, body in sorted(statements().find(JOURNAL, JOURNAL.columns, "number", asked)):
            yield number, unpack_entry(bytes(body))


def _move_memos(entries: Sequence[tuple[int, Entry]], settled: Mapping[int, int]) -> None:
    gone: dict[tuple[int, bytes], None] = {}
    over: dict[int, None] = {}
    left: dict[int, dict[bytes, bytes]] = {}
    for number, entry in entries:
        for trace, step in entry.gone:
            gone[trace, step] = None
            left.get(trace, {}).pop(step, None)
        for trace in entry.settled:
            over[trace] = None
            left.pop(trace, None)
        for trace in entry.memos:
            if settled.get(trace, 0) <= number:
                left.setdefault(trace, {}).update(memos_of(entry, trace))
    write = statements()
    write.remove(MEMOS, gone)
    write.remove_by(MEMOS, "trace_id", over)
    came = [(trace, *memo) for trace, memos in left.items() for memo in memos.items()]
    # Retention may have deleted the step, and with it the memos that had rows by then.
    steps = {id_ for (id_,) in write.find(STEPS, ("id",), "id", {step for _, step, _ in came})}
    write.put(
        MEMOS, [(trace, step, pack_image(memo)) for trace, step, memo in came if step in steps]
    )


def _saved(image: KeptImage) -> SavedImage:
    group, version, plural = ("", *image.resource.split("/"))[-3:]
    resource = Resource(group, version, plural, image.kind)
    return SavedImage(resource, _decoder.image(resource, image.body))


_decoder = Decoder(b"")  # Images are redacted already, which decoding leaves as it is.


IMAGES_AT_ONCE = 200
"""So many images are rows in memory at a time: a first list brings thousands in one commit."""


def write_images(images: Mapping[str, SavedImage], known: Names, encode: Encoded) -> None:
    """Store the rows of objects, and delete those of the ones that are no more."""
    gone = [uid_bytes(uid) for uid, saved in images.items() if saved.image is None]
    statements().remove(IMAGES, [(uid,) for uid in gone])
    live = [
        (uid, saved.resource.key, saved.image)
        for uid, saved in images.items()
        if saved.image is not None
    ]
    for start in range(0, len(live), IMAGES_AT_ONCE):
        part = live[start : start + IMAGES_AT_ONCE]
        statements().put(IMAGES, image_cells(part, known, encode.once))


_KEPT = "_journal_of_history"


def opened_journal(epoch: str, known: Names) -> Journal:
    """The journal of this thread's default database, which has this epoch.

    It is remembered with the connection. One that another process left is emptied first.
    """
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.ensure_connection()
    connection, kept = getattr(wrapper, _KEPT, (None, None))
    if (
        isinstance(kept, Journal)
        and connection is wrapper.connection
        and kept.epoch == epoch
        and _is_there(kept.last)
    ):
        return kept
    empty(known)
    return Journal(epoch)


def _is_there(number: int) -> bool:
    return not number or bool(statements().find(JOURNAL, ("number",), "number", [number]))


def _remember(journal: Journal) -> None:
    wrapper = connections[DEFAULT_DB_ALIAS]
    setattr(wrapper, _KEPT, (wrapper.connection, journal))


def empty(known: Names) -> None:
    """Move all that is needed of the journal to rows of its own."""
    numbers = list(JournalRow.objects.order_by("number").values_list("number", flat=True))
    settled = {trace: number for number, entry in _entries(numbers) for trace in entry.settled}
    images: dict[str, KeptImage] = {}
    for start in range(0, len(numbers), READ_AT_ONCE):
        entries = list(_entries(numbers[start : start + READ_AT_ONCE]))
        _move_memos(entries, settled)
        for _, entry in entries:
            for uid in entry.written:
                images.pop(uid, None)
            images.update((image.uid, image) for image in entry.images)
    write_images({uid: _saved(image) for uid, image in images.items()}, known, Encoded())
    statements().remove(JOURNAL, [(number,) for number in numbers])

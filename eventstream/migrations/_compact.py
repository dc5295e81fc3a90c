"""Rows of history as they were until migration 0008, told anew in the tables of 0009."""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.packing.ids import id_bytes, uid_bytes
from eventstream.packing.order import key_after, version_key
from eventstream.packing.steps import microseconds, pack_step
from eventstream.packing.traces import pack_image, pack_trace

_AT_ONCE = 500
_step = msgspec.json.Decoder(Step).decode
_trace = msgspec.json.Decoder(Trace).decode


class _Numbers:
    """Numbers of one table of names, as they are given out."""

    def __init__(self, counter: list[int]) -> None:
        self.known: dict[Any, int] = {}
        self._counter = counter

    def of(self, key: Any) -> int:
        """The number of a name, the same for the same one."""
        number = self.known.get(key)
        if number is None:
            self._counter[0] += 1
            number = self.known[key] = self._counter[0]
        return number


class _Conversion:
    """Moves all rows over one connection, whose transaction is the caller's."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        counter = [0]
        self._names, self._places, self._objects, self._traces = (
            _Numbers(counter) for _ in range(4)
        )
        self._counter = counter

    def run(self) -> None:
        """Move steps, traces and images, and what they name."""
        for rows in self._read("steprow", _OLD_STEP):
            self._write("steprow", _STEP, [self._step(*row[:-1]) for row in rows])
            memos = [self._memo(row[0], row[1], row[-1]) for row in rows if row[-1] is not None]
            self._write("memorow", ("trace_id", "step", "body"), memos)
        for rows in self._read("tracerow", _TRACE):
            self._write("tracerow", ("number", *_TRACE), [self._trace(row) for row in rows])
        for rows in self._read("imagerow", _OLD_IMAGE):
            self._write("imagerow", _IMAGE, [self._image(*row) for row in rows])
        self._write_names()

    def _step(
        self, id_: str, trace: str, seq: int, revision: int, key: str, type_: str, body: bytes
    ) -> tuple[Any, ...]:
        step = _step(bytes(body))
        ref, sort, at = step.object, _sort(key), microseconds(step.at)
        return (
            seq,
            id_bytes(id_),
            self._traces.of(id_bytes(trace)),
            revision,
            sort,
            at,
            self._places.of((ref.namespace or "", ref.kind, type_)),
            self._objects.of((uid_bytes(ref.uid), ref.api_version, ref.name)),
            self._names.of(step.actor),
            pack_step(step, version_key(step.resource_version), at),
        )

    def _memo(self, id_: str, trace: str, memo: bytes) -> tuple[Any, ...]:
        return self._traces.of(id_bytes(trace)), id_bytes(id_), pack_image(bytes(memo))

    def _trace(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        id_ = id_bytes(row[0])
        return self._traces.of(id_), id_, *row[1:-1], pack_trace(_trace(bytes(row[-1])))

    def _image(self, uid: str, resource: str, *row: Any) -> tuple[Any, ...]:
        kind, type_, namespace, name, owner, node, state, body = row
        return (
            uid_bytes(uid),
            self._names.of(resource),
            self._places.of((namespace, kind, type_)),
            name,
            uid_bytes(owner),
            node,
            state,
            pack_image(bytes(body)),
        )

    def _write_names(self) -> None:
        for table, columns, numbers in (
            ("namerow", ("id", "name"), self._names),
            ("placerow", ("id", "namespace", "kind", "type"), self._places),
            ("objectrow", ("id", "uid", "api_version", "name"), self._objects),
            ("tracekeyrow", ("number", "id"), self._traces),
        ):
            rows = [
                (number, *key) if isinstance(key, tuple) else (number, key)
                for key, number in numbers.known.items()
            ]
            self._write(table, columns, rows)
        with self._connection.cursor() as cursor:
            cursor.execute("UPDATE eventstream_installationrow SET names = %s", self._counter)

    def _read(self, table: str, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
        named = ", ".join(f'"{column}"' for column in columns)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {named} FROM eventstream_old{table}")  # noqa: S608  # nosec B608
            while rows := cursor.fetchmany(_AT_ONCE):
                yield rows

    def _write(self, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        named = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join("%s" for _ in columns)
        with self._connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO eventstream_{table} ({named}) VALUES ({places})",  # noqa: S608  # nosec B608
                rows,
            )


_OLD_STEP = ("id", "trace", "seq", "revision", "sort_key", "type", "body", "memo")
_STEP = (
    *("seq", "id", "trace_id", "revision", "sort", "at"),
    *("place_id", "object_id", "actor_id", "body"),
)
_TRACE = (
    *("id", "seq", "revision", "rank", "state", "started", "updated", "namespace", "kind", "type"),
    *("name", "title", "holder", "settled", "background", "existing", "body"),
)
_OLD_IMAGE = (
    *("uid", "resource", "kind", "type", "namespace", "name", "owner", "node", "state", "body"),
)
_IMAGE = ("uid", "resource_id", "place_id", "name", "owner", "node", "state", "body")


def _sort(key: str) -> bytes:
    """The bytes of a key that was text: how many digits, these, and a time where there was none."""
    number, _, time = key.partition(".")
    digits = version_key(number[4:] or "0")
    return key_after(digits, float(time)) if time else digits


def convert(_: Any, schema: Any) -> None:
    """Tell all rows anew."""
    _Conversion(schema.connection).run()

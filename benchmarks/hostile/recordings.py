"""Recordings that would take the machine: of 33,000 kinds, of ten million lines, and a large one.

Each is read as one that somebody opens in the page: by the same process, with the same budget.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import psutil

from benchmarks.clusters import recorded_lines
from benchmarks.hostile import report
from benchmarks.stream import TAPES

if TYPE_CHECKING:
    from dashboard.tapereader import TapeReader

_KINDS, _SHORT, _LARGE_MB = 33_000, 10_000_000, 100
_LOOK_SECONDS = 0.05


def main() -> None:
    """Read each, and print what that took and when it first said how far it was."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    _attack(f"{_KINDS} kinds", _kinds())
    _attack(f"{_SHORT} short lines", repeat(b"{}\n" * 10_000, _SHORT // 10_000))
    _attack("... behind a sound one", _behind_a_sound_one())
    _attack(f"{_LARGE_MB} MB of a rollout", _large())


def _attack(name: str, pieces: Iterable[bytes]) -> None:
    from dashboard.tapereader import TapeReader

    with TemporaryDirectory() as directory:
        tape = Path(directory, "tape.jsonl")
        with tape.open("wb") as file:
            file.writelines(pieces)
        reader = TapeReader(Path(directory), [str(tape)])
        began = time.monotonic()
        reader.start()
        memory, first, gap = _watched(reader, began)
        progress = reader.progress()
        stored, state = Path(directory, "baton.sqlite3").stat().st_size, reader.state
    note = f"{progress.megabytes}, {progress.steps} steps, history {stored >> 20} MB"
    report.row(
        f"recording: {name}",
        memory_mb=memory / 1e6,
        longest_hold_ms=gap * 1000,
        lag_ms=first * 1000,
        dropped=progress.passed_over,
        note=f"{note}, {progress.seconds:.0f} s CPU, {time.monotonic() - began:.0f} s, "
        f"{state}{f', cut by {progress.cut}' if progress.cut else ''}",
    )


def _watched(reader: "TapeReader", began: float) -> tuple[int, float, float]:
    """The most memory, when it first told how far it was, and its longest silence from then on."""
    memory, first, latest, gap = 0, 0.0, began, 0.0
    told = None
    while reader.state == "reading":
        with contextlib.suppress(psutil.Error):
            memory = max(memory, psutil.Process(reader.pid).memory_info().rss)
        now, progress = time.monotonic(), reader.progress()
        if progress != told and progress.size:
            gap = max(gap, now - latest) if first else 0.0
            first = first or now - began
            told, latest = progress, now
        time.sleep(_LOOK_SECONDS)
    return memory, first or time.monotonic() - began, gap


def _kinds() -> Iterator[bytes]:
    for n in range(_KINDS):
        yield _line(n, f"g{n}.example.com/v1/things", f"u{n}", n + 1)


def _behind_a_sound_one() -> Iterator[bytes]:
    yield _line(0, "v1/things", "u", 1)
    yield from repeat(b"{}\n" * 10_000, _SHORT // 10_000)


def _line(number: int, resource: str, uid: str, version: int) -> bytes:
    metadata = {"name": "a", "namespace": "n", "uid": uid, "resourceVersion": str(version)}
    content = {"kind": "Thing", "metadata": metadata, "spec": {"a": 1}}
    line = {"t": 1_795_000_000 + number / 1e3, "resource": resource, "type": "ADDED"}
    return msgspec.json.encode(line | {"object": content}) + b"\n"


def _large() -> Iterator[bytes]:
    """A real rollout, in as many namespaces at once as make up the size."""
    tape = TAPES / "rolling_update.jsonl"
    written = 0
    for line in recorded_lines(tape, 1 + _LARGE_MB * 1_600_000 // tape.stat().st_size):
        type_ = "ADDED" if line.type == "EXISTING" else line.type
        head = b'{"t":%f,"resource":"%s","type":"%s",'
        text = head % (line.at, line.resource.key.encode(), type_.encode())
        text += line.text[line.text.index(b'"object":') :]
        written += len(text)
        if written > _LARGE_MB * 1_000_000:
            return
        yield text


if __name__ == "__main__":
    main()

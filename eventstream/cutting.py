"""Cuts a window out of a recording, so that what is left is a recording of its own.

What was known to exist when the window begins comes first, as lists of that moment. Each object is
read and written again, so it is redacted as history is, whoever made the recording.
"""

from pathlib import Path
from typing import BinaryIO

import msgspec

from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Observation, Position
from eventstream.tapelines import BadLine
from eventstream.tapes import TapeReader, TapeWriter


class CutTape(msgspec.Struct):
    """What was cut: how many observations are in the window, and which lines can't be used.

    `first` and `last` (unix seconds) are those of the recording, as far as it was read.
    """

    taken: int = 0
    passed_over: list[BadLine] = []
    first: float | None = None
    last: float | None = None


def cut_tape(tape: Path, since: float, until: float, decoder: Decoder, file: BinaryIO) -> CutTape:
    """Write what `tape` shows from `since` to `until` (unix seconds) into `file`.

    Raises TapeError where the tape can't be read, OSError where the file can't be written.
    """
    told, cutter = CutTape(), _Cutter(since, file)
    for _, shown in TapeReader(decoder).read(tape):
        if isinstance(shown, BadLine):
            told.passed_over.append(shown)
            continue
        for observation in shown:
            told.first = observation.at if told.first is None else told.first
            told.last = observation.at
            if observation.at > until:
                return told
            told.taken += cutter.take(observation)
    return told


class _Cutter:
    """Keeps in mind what comes before the window, and writes what is in it."""

    def __init__(self, since: float, file: BinaryIO) -> None:
        self._since = since
        self._writer = TapeWriter(file)
        self._reached: dict[str, Position] = {}
        self._begun = False

    def take(self, observation: Observation) -> bool:
        """Take an observation in; returns whether it is in the window."""
        if not self._begun and observation.at < self._since:
            self._note(observation)
            return False
        if not self._begun:
            self._begun = True
            for position in self._reached.values():
                self._writer.write(msgspec.structs.replace(position, at=self._since))
        self._writer.write(observation)
        return True

    def _note(self, observation: Observation) -> None:
        self._writer.note(observation)
        if isinstance(observation, Position):
            key = observation.resource.key
            # Of what was never listed nothing says what else there is, so it is no list.
            if observation.listed or key in self._reached:
                self._reached[key] = msgspec.structs.replace(observation, listed=True)
        elif isinstance(observation, Change) and not observation.relisted:
            key, version = observation.resource.key, observation.after.version
            if key in self._reached and version:
                reached = self._reached[key]
                self._reached[key] = msgspec.structs.replace(reached, resource_version=version)

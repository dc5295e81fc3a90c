"""Writes a recording while watching, and lets the watching end when it cannot be written.

A recording that silently misses its end, or an earlier one that is lost because the cluster could
not be reached this time, would be worse than none.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from eventstream import private
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, Observation, Position
from eventstream.tapes import TapeWriter


class RecordingError(Exception):
    """The recording cannot be written; the message says to which file, why, and what to do."""


class Recording:
    """A tape at `path`. Raises RecordingError at once when it could not be written.

    What the file held stays until `begin`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failed = asyncio.Event()
        self._error: OSError | None = None
        self._begun = False
        try:
            self._file: BinaryIO = path.open("ab")
            private.close_file(path)
        except OSError as error:
            raise self._refusal(error) from error
        self._writer = TapeWriter(self._file)

    def begin(self, known: Iterable[tuple[Position, Iterable[Image]]]) -> None:
        """Start anew, with what is known already as lists, so that the tape can be read alone.

        A recording that has begun just goes on: what is listed again comes as such.
        """
        if self._begun:
            return
        self._begun = True
        try:
            if self._path.is_file():  # Neither a pipe nor a device has a beginning.
                self._file.truncate(0)
            for position, images in known:
                resource, at = position.resource, position.at
                for image in images:
                    self._writer.write(Change(resource, "EXISTING", image, at))
                listed = Position(resource, position.resource_version, at, listed=True)
                self._writer.write(listed)
        except OSError as error:
            self._fail(error)

    def write(self, observation: Observation) -> None:
        """Append one observation; once that failed nothing more is written, and `watch` tells."""
        if self._error is None:
            try:
                self._writer.write(observation)
            except OSError as error:
                self._fail(error)

    async def watch(self) -> None:
        """Run until writing fails; then raises RecordingError."""
        while self._error is None:
            await self._failed.wait()
        raise self._refusal(self._error) from self._error

    def close(self) -> None:
        """Close the file; raises RecordingError where what it still holds cannot be written."""
        try:
            self._file.close()
        except OSError as error:
            if self._error is None:  # Else it was told.
                raise self._refusal(error) from error

    def _fail(self, error: OSError) -> None:
        self._error = error
        self._failed.set()

    def _refusal(self, error: OSError) -> RecordingError:
        return RecordingError(
            f"Cannot record to {self._path}: {error.strerror or error}. Make the file writable and "
            "room on its disk, or choose another file with --record."
        )

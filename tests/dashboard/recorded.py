"""A real recording, folded into the history that a test's pages read."""

import time
from pathlib import Path

from eventstream.explain.engine.engine import Engine
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.replaying import PassedOver, replay
from tests.explain.tapes import TAPES


def store_tape(name: str | Path, lines: int | None = None) -> float:
    """Store what a recording, by name or as a file, shows (its first `lines` observations).

    Returns when it ends.
    """
    batch, at, seen = Batch(), 0.0, 0
    tape = name if isinstance(name, Path) else TAPES / f"{name}.jsonl"
    for shown in replay(Engine("tape", audited=False), tape, b"tests"):
        assert not isinstance(shown, PassedOver)
        batch.add(shown.observation, shown.upserts)
        at, seen = shown.at, seen + (shown.observation is not None)
        if lines is not None and seen >= lines:
            break
    commit(batch, time.time())
    return at

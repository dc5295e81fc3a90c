"""A history as a first contact leaves it: what a recording shows by some moment was there."""

import time

from eventstream.explain.engine.engine import Engine
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.explain.first_contact import listed_at


def store_contact(name: str, seconds: float) -> None:
    """Store what a first contact with the recording's cluster finds, so long after it began."""
    existing, _ = listed_at(name, seconds)
    engine, batch = Engine("cluster"), Batch()
    for observation in existing:
        batch.add(observation, engine.apply(observation))
    for upserts in engine.ticking(existing[0].at + 5.0):
        batch.add(None, upserts)
    commit(batch, time.time())

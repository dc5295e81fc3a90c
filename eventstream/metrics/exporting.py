"""How giving traces to a collector goes in this process; plain numbers, for metrics."""

import msgspec


class Exported(msgspec.Struct, frozen=True):
    """What became of settled traces since Baton started; `waiting` are still to be sent.

    `dropped` were one too many for the queue, or no more in history; `error` is why the last
    attempt failed, "" once one succeeded.
    """

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    error: str = ""


_noted: list[Exported | None] = [None]


def note(said: Exported | None) -> None:
    """Keep how it goes now; None where no collector is named."""
    _noted[0] = said


def so_far() -> Exported | None:
    """What was noted last."""
    return _noted[0]

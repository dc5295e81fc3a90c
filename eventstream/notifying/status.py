"""How notifying goes in this process, for the page of coverage and metrics. It holds no secret."""

import msgspec


class TargetStatus(msgspec.Struct, frozen=True):
    """One target: how many notifications wait, and what became of the others; times in unix s.

    `dropped` were one too many for the queue; `failed` were given up, `error` is why the last
    attempt failed, "" once one succeeded.
    """

    name: str
    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    error: str = ""
    error_at: float | None = None


class Notifications(msgspec.Struct, frozen=True):
    """All of them. `problem` says what is wrong with the file, whose last good rules then hold."""

    rules: int = 0
    problem: str = ""
    targets: tuple[TargetStatus, ...] = ()
    left_out: int = 0


_noted: list[Notifications | None] = [None]


def note(said: Notifications | None) -> None:
    """Keep how it goes now; None where nobody is notified."""
    _noted[0] = said


def so_far() -> Notifications | None:
    """What was noted last."""
    return _noted[0]

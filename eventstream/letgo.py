"""How much this process's engine let go of for want of room, for the page of coverage."""

import msgspec


class LetGo(msgspec.Struct, frozen=True):
    """What is not followed to its end since Baton started, as too much went on at once.

    `versions` of objects, which nothing decides anew, and whole `traces`. History has their steps.
    And `revisions` from before watching began that are not told.
    """

    versions: int = 0
    traces: int = 0
    revisions: int = 0


_noted = [LetGo()]


def note(versions: int, traces: int, revisions: int = 0) -> None:
    """Keep how much was let go of by now."""
    _noted[0] = LetGo(versions, traces, revisions)


def so_far() -> LetGo:
    """What was noted last."""
    return _noted[0]

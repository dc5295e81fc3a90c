"""Work on the loop goes on in later turns once it had its share of one, whoever does it."""

import asyncio

from eventstream.turns import TURN_SECONDS, Turns


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Loop:
    """Counts the turns of the loop that a test runs in."""

    def __init__(self) -> None:
        self.turns = 0
        self._count()

    def _count(self) -> None:
        self.turns += 1
        asyncio.get_running_loop().call_soon(self._count)


async def worked(turns: Turns, clock: Clock, pieces: int, each: float) -> None:
    for _ in range(pieces):
        clock.now += each
        await turns.share()


async def test_short_pieces_share_a_turn() -> None:
    clock, loop = Clock(), Loop()
    await worked(Turns(clock), clock, 100, TURN_SECONDS / 200)
    assert loop.turns == 1


async def test_long_pieces_have_a_turn_each() -> None:
    clock, loop = Clock(), Loop()
    await worked(Turns(clock), clock, 100, TURN_SECONDS * 2)
    assert loop.turns >= 50


async def test_many_workers_have_one_share_together() -> None:
    clock, loop = Clock(), Loop()
    turns = Turns(clock)
    await asyncio.gather(*(worked(turns, clock, 10, TURN_SECONDS / 2) for _ in range(10)))
    assert loop.turns >= 10

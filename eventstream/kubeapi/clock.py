"""Time and chance as an argument, so that hours of back-off can be tested in milliseconds."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """What a reflector needs of the world: two clocks, a way to wait and a die.

    `now` is in unix seconds, for people; `monotonic` in seconds since any start, for durations,
    as it is not moved by who sets the time; `chance` is in [0, 1).
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

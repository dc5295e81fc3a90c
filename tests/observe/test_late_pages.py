"""A page that is still being made when Baton ends: its thread is waited for, so it is answered."""

import asyncio
import threading

from eventstream import serving

PATIENCE = 60.0


async def answer() -> str:
    await asyncio.sleep(0)
    return "answered"


def test_what_a_page_asks_of_the_loop_at_the_very_end_is_answered() -> None:
    loop = asyncio.new_event_loop()
    held = loop.create_task(asyncio.Event().wait())
    serving._end_what_is_left(loop)
    [left] = [thread for thread in threading.enumerate() if thread.name == "pages"]
    assert held.cancelled()
    assert asyncio.run_coroutine_threadsafe(answer(), loop).result(PATIENCE) == "answered"
    loop.call_soon_threadsafe(loop.stop)
    left.join(PATIENCE)
    loop.close()


def test_what_a_page_asked_of_the_loop_just_before_is_begun_and_then_cancelled() -> None:
    told = []

    async def ask() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("the thread that waits for it")

    loop = asyncio.new_event_loop()
    asked = loop.create_task(ask())
    serving._end_what_is_left(loop)
    [left] = [thread for thread in threading.enumerate() if thread.name == "pages"]
    loop.call_soon_threadsafe(loop.stop)
    left.join(PATIENCE)
    loop.close()
    assert asked.cancelled()
    assert told == ["the thread that waits for it"]

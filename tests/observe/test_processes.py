"""What becomes of the process of a cluster that ends, says nothing any more, or does not end."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from eventstream.clusters import Named, Standing, board
from eventstream.front import process
from eventstream.front.process import ClusterProcess
from eventstream.web.sorting import Channels
from tests.observe.running import until

EAST = Named("east", "the East")
UP = """
import os, signal, time
{0}
os.write({1}, b'{{"up": true}}\\n')
time.sleep(100)
"""
FAILS = """
import os
os.write({1}, b'{{"up": false, "why": "The context is not there.\\\\nName another."}}\\n')
raise SystemExit(1)
"""
DIES = "raise SystemExit(7)"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is waited for, and the board is left as it was."""
    monkeypatch.setattr(process, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(process, "PROBE_SECONDS", 0.01)
    yield
    board.clear()


@asynccontextmanager
async def kept(script: str, before: str = "") -> Any:
    """Keep a process of this script running within the block; the channels to it."""

    def command(channel: int) -> list[str]:
        return [sys.executable, "-S", "-c", script.format(before, channel)]

    channels = Channels()
    task = asyncio.create_task(ClusterProcess(EAST, command, {}, channels).run())
    try:
        yield channels
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def stands(state: str) -> bool:
    return board[EAST].state == state


async def test_one_that_says_why_it_ends_is_down_for_that_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with kept(FAILS):
        assert board[EAST] == Standing("starting", board[EAST].since)
        await until(lambda: "started again" in caplog.text, "it ended")
        assert board[EAST].why == "The context is not there.\nName another."
        since = board[EAST].since
        await until(lambda: caplog.text.count("started again") > 2, "it ended again")
        assert board[EAST].since == since
    assert "the East: The context is not there." in caplog.text


async def test_one_that_is_not_wanted_any_more_as_it_starts_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[socket.socket] = []
    starting = asyncio.Event()

    async def starts(*_command: str, **_options: object) -> None:
        starting.set()
        await asyncio.Event().wait()

    def pair() -> tuple[socket.socket, socket.socket]:
        made.extend(pairs())
        return made[0], made[1]

    pairs = socket.socketpair
    monkeypatch.setattr(asyncio, "create_subprocess_exec", starts)
    monkeypatch.setattr(socket, "socketpair", pair)
    async with kept(DIES):
        await starting.wait()
    assert [each.fileno() for each in made] == [-1, -1]


async def test_one_that_says_nothing_is_told_of_by_its_exit_code() -> None:
    async with kept(DIES):
        await until(lambda: "exit code 7" in board[EAST].why, "it ended")


async def test_each_pause_is_twice_the_last_and_bounded(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds != process.PROBE_SECONDS:
            pauses.append(seconds)
        await real(0)

    monkeypatch.setattr(process, "FIRST_SECONDS", 4.0)
    monkeypatch.setattr(process, "AGAIN_SECONDS", 10.0)
    async with kept(DIES):
        monkeypatch.setattr(asyncio, "sleep", sleep)
        while len(pauses) < 4:
            await real(0.01)
        monkeypatch.undo()
    assert pauses[:4] == [4.0, 8.0, 10.0, 10.0]


async def test_one_that_is_up_and_answers_no_more_is_ended() -> None:
    async with kept(UP) as channels:
        await until(lambda: stands("up") or "3 times" in board[EAST].why, "it is up")
        await until(lambda: "3 times in a row" in board[EAST].why, "it was ended")
        del channels


async def test_connections_go_to_one_that_is_up_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "PROBE_SECONDS", 60.0)
    async with kept(UP) as channels:
        assert channels.names() == []
        await until(lambda: stands("up"), "it is up")
        assert channels.names() == ["east"]
    assert channels.names() == []


async def test_one_that_does_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PROBE_SECONDS", 60.0)
    monkeypatch.setattr(process, "END_SECONDS", -0.4)
    async with kept(UP, STUBBORN) as channels:
        await until(lambda: stands("up"), "it is up")
    assert channels.names() == []


async def test_where_no_process_can_be_started_that_is_said() -> None:
    channels = Channels()
    running = ClusterProcess(EAST, lambda _: ["/none/python"], {}, channels).run()
    task = asyncio.create_task(running)
    await until(lambda: "No process can be started" in board[EAST].why, "it is told")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""The tasks of a page's main thread, from Chromium's own trace.

The browser's Long Tasks API goes by the clock, and so counts what a task waits for a processor,
which on a small machine the server and the other processes of the browser have meanwhile. The
trace tells both: how long a task took, and how long it worked.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "devtools.timeline"]


class Task(NamedTuple):
    """One task: ms of its thread's CPU time, and ms by the clock."""

    worked: float
    took: float


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[Task]]:
    """A list that holds, once the context is over, the tasks of the page's main thread in it."""
    found: list[Task] = []
    browser.start_tracing(page=page, categories=CATEGORIES)
    yield found
    found.extend(main_tasks(browser.stop_tracing()))


def main_tasks(trace: bytes) -> list[Task]:
    """The tasks of the thread that draws frames; an error if the trace has no frame."""
    told: list[dict[str, Any]] = msgspec.json.decode(trace)["traceEvents"]
    frames = Counter(_thread(each) for each in told if each["name"] == "FireAnimationFrame")
    if not frames:
        raise RuntimeError("Nothing was drawn while the page was traced.")
    [(main, _)] = frames.most_common(1)
    return [
        Task(each["tdur"] / 1e3, each["dur"] / 1e3)
        for each in told
        if each["name"].endswith("RunTask") and "tdur" in each and _thread(each) == main
    ]


def _thread(each: dict[str, Any]) -> tuple[int, int]:
    return each["pid"], each["tid"]

"""What a page costs a browser, beside what it may: bytes, first content, long tasks, delay, heap.

Each number comes from Chromium with the whole of Baton behind it; a budget that is missed shows.
"""

import argparse
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from playwright.sync_api import Browser, Page, Response, sync_playwright

from benchmarks.programs import CHROMIUM, FLAGS, Dashboard, Stored
from benchmarks.tasks import Task, traced
from benchmarks.writing import Writing

SCRIPT_BYTES, STYLE_BYTES = 45_000, 20_000
PAGES = ("/", "/cluster", "/changes", "/coverage", "/learn", "/reference", "/tape")
CONTENT_MS = 1_000
TASK_MS = 50
DELAY_MS = 250
HEAP_GROWTH = 0.10
"""Of what is used after warming up: what is left after a forced collection may vary so much."""

ROWS = 2000
STEPS_A_SECOND = 200
SECONDS = 20
WARM_SECONDS = 20
"""Until each row has changed some ten times: what is made with a first change is no growth."""
LOOKS = 6
"""At the heap, each after SECONDS of tasks: two minutes are as many changes as 33 a second, in
an hour."""


class Measured(NamedTuple):
    """One number beside what it may be."""

    what: str
    value: float
    allowed: float
    unit: str

    def told(self) -> str:
        """The line that is printed."""
        verdict = "ok" if self.value <= self.allowed else "MISSED"
        numbers = f"{self.value:10,.0f} of {self.allowed:7,.0f} {self.unit}"
        return f"  {self.what:44}{numbers:28}{verdict}"


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page with an empty cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def loaded(page: Page, address: str) -> dict[str, int]:
    """Return how many bytes of script and of style a page loads, compressed as they are served."""
    sizes = {"script": 0, "stylesheet": 0}
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  # It is marked.
    page.goto(address, wait_until="networkidle")
    for answer in answers:
        kind = answer.request.resource_type
        if kind in sizes:
            sizes[kind] += len(gzip.compress(answer.body(), 9))
    return sizes


def bytes_loaded(browser: Browser, url: str) -> list[Measured]:
    """Measure the page that loads most."""
    sizes = []
    for path in PAGES:
        with fresh_page(browser) as page:
            sizes.append(loaded(page, url + path))
    return [
        Measured(
            "JavaScript, compressed", max(each["script"] for each in sizes), SCRIPT_BYTES, "B"
        ),
        Measured("CSS, compressed", max(each["stylesheet"] for each in sizes), STYLE_BYTES, "B"),
    ]


def _painted(page: Page) -> float:
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    found: float = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    return found


def first_content(browser: Browser, url: str) -> Iterator[Measured]:
    """Measure until something is painted, with an empty cache and again with a full one."""
    for path in ("/", "/cluster", "/changes"):
        with fresh_page(browser) as page:
            page.goto(url + path)
            yield Measured(f"first content of {path}, cold", _painted(page), CONTENT_MS, "ms")
            page.reload()
            yield Measured(f"first content of {path}, warm", _painted(page), CONTENT_MS, "ms")


def _load_rows(page: Page) -> int:
    """Load older traces until the page holds ROWS, all that it keeps; returns how many it has."""
    count = 0
    for _ in range(100):
        count = page.locator(".trace-row").count()
        if count >= ROWS:
            break
        page.evaluate("document.querySelector('#older a') && htmx.trigger('#older a', 'click')")
        page.wait_for_timeout(200)
    page.evaluate("scrollTo(0, 0)")
    return count


def busy_page(browser: Browser, url: str) -> Iterator[Measured]:
    """Measure tasks and heap of a full page, of whose traces a hundred change ten times a second.

    What grows shows in the highest of the later looks at the heap.
    """
    with fresh_page(browser) as page:
        page.goto(url)
        page.locator("body[data-link=up]").wait_for()
        rows = _load_rows(page)
        page.wait_for_timeout(WARM_SECONDS * 1_000)
        began = page.evaluate(_LATEST)
        tasks: list[Task] = []
        heaps = [_heap(page)]
        for _ in range(LOOKS):
            with traced(browser, page) as found:
                page.wait_for_timeout(SECONDS * 1_000)
            tasks += found
            heaps.append(_heap(page))
        ended = page.evaluate(_LATEST)
        left = page.locator(".trace-row").count()
    print(f"    {rows} rows, {left} at the end; ticks {began} to {ended} were shown")
    slow = max(tasks, key=lambda task: task.took)
    print(f"    by the clock a task took {slow.took:.0f} ms at most, and worked {slow.worked:.0f}")
    print(f"    heap: {', '.join(f'{heap / 1e6:.1f}' for heap in heaps)} MB")
    longest = max(task.worked for task in tasks)
    yield Measured("longest task's work at 100 rows a tick", longest, TASK_MS, "ms")
    middle = len(heaps) // 2
    before, after = max(heaps[:middle]), max(heaps[-middle:])
    allowed = before * (1 + HEAP_GROWTH)
    yield Measured("heap after 120,000 updates", after / 1e3, allowed / 1e3, "kB")


def _heap(page: Page) -> float:
    """Return the bytes that are used once garbage is collected and little waits to be shown."""
    session = page.context.new_cdp_session(page)
    looks: list[float] = []
    for _ in range(5):
        session.send("HeapProfiler.collectGarbage")
        looks.append(session.send("Runtime.getHeapUsage")["usedSize"])
        page.wait_for_timeout(100)
    session.detach()
    return min(looks)


_LATEST = """() => Math.max(...[...document.querySelectorAll(".trace-row")]
    .map(row => Number(/at tick (\\d+)/.exec(row.textContent)?.[1] ?? 0)))"""
"""The latest tick that a row shows."""

_SEEN = """() => {
    window.seen = {};
    const look = () => requestAnimationFrame(() => {
        const now = performance.timeOrigin + performance.now();
        for (const step of document.querySelectorAll("#rows .what")) {
            const count = /: (\\d+) existing/.exec(step.textContent)?.[1];
            if (count && !(count in seen)) seen[count] = now;
        }
    });
    const rows = document.getElementById("rows");
    const all = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(rows, all);
}"""


def delay(browser: Browser, directory: Path) -> Iterator[Measured]:
    """Measure from a write in the practice cluster to the frame that shows its step on its trace.

    The trace that is looked at has one step in twenty.
    """
    with Writing(directory / "kubeconfig") as cluster, ExitStack() as stack:
        dashboard = Dashboard(directory, directory / "kubeconfig")
        stack.callback(dashboard.end)
        with fresh_page(browser) as page:
            page.goto(dashboard.url)
            page.locator(".live.is-live").wait_for()
            cluster.create()
            page.locator(".trace-row", has_text="deployment/written-00").locator("a").click()
            page.wait_for_url("**/traces/*")
            page.locator("body[data-link=up]").wait_for()
            page.evaluate(_SEEN)
            written = cluster.write(STEPS_A_SECOND, SECONDS)
            page.wait_for_timeout(2_000)
            seen: dict[str, float] = page.evaluate("seen")
    first = {str(count): at * 1e3 for (name, count), at in written.items() if name == "written-00"}
    delays = [seen[count] - at for count, at in first.items() if count in seen]
    cuts = quantiles(delays, n=20)
    print(f"    {len(delays)} of {len(first)} steps of the trace seen, median {cuts[9]:.0f} ms")
    yield Measured("watch event to pixel, 95th percentile", cuts[18], DELAY_MS, "ms")


def quiet(browser: Browser, directory: Path) -> Iterator[Measured]:
    """Measure pages of a large history in which nothing happens."""
    server = Stored(directory, "benchmarks.large:fill")
    try:
        yield from bytes_loaded(browser, server.url)
        yield from first_content(browser, server.url)
    finally:
        server.end()


def busy(browser: Browser, directory: Path) -> Iterator[Measured]:
    """Measure a page of a large history in which a thousand traces change each second."""
    server = Stored(directory, "benchmarks.large:fill", "--tick=benchmarks.large:hundred")
    try:
        yield from busy_page(browser, server.url)
    finally:
        server.end()


MEASURES = {"quiet": quiet, "busy": busy, "live": delay}


def main() -> None:
    """Print each number beside what it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["quiet", "busy", "live"])
    only = parser.parse_args().only
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        print("In the browser, on 10,000 traces and 10,000 Pods:")
        for name in [only] if only else MEASURES:
            (scratch / name).mkdir()
            for each in MEASURES[name](browser, scratch / name):
                print(each.told(), flush=True)


if __name__ == "__main__":
    main()

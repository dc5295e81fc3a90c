"""Takes a picture of each view in each state, in light and dark, wide and narrow.

A page is judged by looking at it, in all the states that it can be in, or it is not judged at
all. Two runs give the same pictures but for the times in them: same fonts, UTC, no motion.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from benchmarks.programs import CHROMIUM, FLAGS  # noqa: E402
from scripts.screen_states import STATES, Acted, State, View  # noqa: E402

SCREENS = ROOT / "var" / "screens"
SCHEMES = ("light", "dark")
SIZES = {1440: 900, 390: 844}
TALLEST = 3000
"""Pixels of a page that a picture shows at most: what is below looks like what is above."""


def open_page(browser: Browser, url: str, scheme: str, width: int) -> Page:
    """Return a page that looks the same wherever it is opened."""
    context = browser.new_context(
        base_url=url,
        color_scheme=scheme,  # type: ignore[arg-type]  # One of SCHEMES.
        viewport={"width": width, "height": SIZES[width]},
        device_scale_factor=1,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(60_000)
    return context.new_page()


def looks() -> Iterator[tuple[str, int]]:
    """Yield each scheme with each width."""
    for scheme in SCHEMES:
        for width in SIZES:
            yield scheme, width


def picture(
    page: Page,
    address: str,
    file: Path,
    *,
    full: bool = True,
    act: Callable[[Page], None] | None = None,
) -> None:
    """Open `address`, do what there is to do, and store what it looks like once nothing comes."""
    page.goto(address)
    if act is not None:
        act(page)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(600)
    width = page.evaluate("innerWidth")
    height = page.evaluate("document.documentElement.scrollHeight")
    options: dict[str, Any] = {}
    if full:
        options["clip"] = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
    page.screenshot(path=file, full_page=full, animations="disabled", **options)


def settle(page: Page, ready: str) -> None:
    """Return once the first page shows what says so: to whom is new, it may take a minute."""
    for _ in range(8):
        page.goto("/")
        with suppress(PlaywrightTimeoutError):
            page.locator(ready).first.wait_for(timeout=30_000)
            return
    raise TimeoutError(f"The first page never showed {ready!r}.")


def _found(view: View, page: Page) -> tuple[str, Callable[[Page], None] | None]:
    """The address of a view, and what is to be done there."""
    if isinstance(view, Acted):
        return _found(view.at, page)[0], view.act
    return view if isinstance(view, str) else view(page), None


def take(browser: Browser, name: str, state: State, views: list[str], directory: Path) -> None:
    """Bring about one state and store a picture of each of its views."""
    server = state.start(directory)
    try:
        first = open_page(browser, server.url, "light", 1440)
        state.enter(first, directory)
        settle(first, state.ready)
        chosen = {view: at for view, at in state.views.items() if not views or view in views}
        found = {view: _found(at, first) for view, at in chosen.items()}
        first.context.close()
        for scheme, width in looks():
            page = open_page(browser, server.url, scheme, width)
            state.enter(page, directory)
            for view, (address, act) in found.items():
                file = SCREENS / f"{view}-{name}-{scheme}-{width}.png"
                whole = name != "large" and view not in {"step", "withheld"}
                picture(page, address, file, full=whole, act=act)
            page.context.close()
    finally:
        server.end()


SETTLED = "#status .watched, #status:has-text('1 kind not watched')"
"""The watches have come back after a recording began: a picture of README has just the news."""

DOCS = {
    "failing": (("now", "now", 540), ("trace", "stalled", 520)),
    "busy": (("trace", "trace", 900),),
}
"""README's pictures: in which state, of which view, under which name, and how high."""


def refresh_docs(browser: Browser, directory: Path) -> None:
    """Store the pictures that README shows: what is under way, what stands still, and a trace."""
    for state, pictures in DOCS.items():
        (scratch := directory / state).mkdir()
        server = STATES[state].start(scratch)
        try:
            page = open_page(browser, server.url, "light", 1440)
            page.goto("/")
            page.locator(STATES[state].ready).first.wait_for()
            page.locator(SETTLED).first.wait_for()
            for view, name, height in pictures:
                address, _ = _found(STATES[state].views[view], page)
                page.set_viewport_size({"width": 1440, "height": height})
                picture(page, address, ROOT / "docs" / f"{name}.png", full=False)
        finally:
            server.end()


def main() -> None:
    """Take the pictures that are asked for, all by default, into var/screens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="refresh README's pictures instead")
    parser.add_argument("--state", action="append", choices=STATES, default=[])
    parser.add_argument("--view", action="append", default=[])
    asked = parser.parse_args()
    SCREENS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.docs:
            refresh_docs(browser, scratch)
            return
        for name in asked.state or STATES:
            (directory := scratch / name).mkdir()
            take(browser, name, STATES[name], asked.view, directory)
            print(f"{name}: done", flush=True)


if __name__ == "__main__":
    main()

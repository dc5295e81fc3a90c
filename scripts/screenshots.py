"""Takes a picture of each view in each state, in light and dark, wide and narrow.

A page is judged by looking at it, in all the states that it can be in, or it is not judged at
all. Two runs give the same pictures but for the times in them: same fonts, UTC, no motion.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Run as a script, so that the project is not on the path.

from benchmarks.programs import CHROMIUM, FLAGS, Baton, Stored  # noqa: E402

SCREENS = ROOT / "var" / "screens"
SCHEMES = ("light", "dark")
SIZES = {1440: 900, 390: 844}
TALLEST = 3000
"""Pixels of a page that a picture shows at most: what is below looks like what is above."""

STUCK_SECONDS = 20.0
"""The recording of an image that does not exist has it for 24 s, then it is mended."""

Find = Callable[[Page], str]


class Acted(NamedTuple):
    """A view that is there once something was done on the page at an address."""

    at: str | Find
    act: Callable[[Page], None]


View = str | Find | Acted


class Server(Protocol):
    """Something that serves the dashboard at `url` until its end."""

    url: str

    def end(self) -> None:
        """End it."""


def anybody(_: Page, __: Path) -> None:
    """Come in where nobody has to sign in."""


class State(NamedTuple):
    """How the dashboard comes to be in a state, what shows that it is, and which views then.

    `enter` lets a new page in; it is told where the server writes.
    """

    start: Callable[[Path], Server]
    ready: str
    views: Mapping[str, View]
    enter: Callable[[Page, Path], None] = anybody


def linked(start: str, link: str, query: str = "") -> Find:
    """Return what finds the address behind the first `link` of the page `start`."""

    def find(page: Page) -> str:
        page.goto(start)
        return f"{page.locator(link).first.get_attribute('href')}{query}"

    return find


def traces(title: str) -> dict[str, str | Find]:
    """Return the views of the trace called `title`, and of its object."""
    row = f'.trace-row:has-text("{title}") a'
    shows = {
        f"trace-{show}": linked("/", row, f"?show={show}")
        for show in ("sequence", "waterfall", "list")
    }
    return {
        **shows,
        "trace": linked("/", row),
        "step": _step(row),
        "object": linked("/changes", f'.ledger tbody th a:has-text("{title}")'),
    }


def _step(row: str) -> Find:
    def find(page: Page) -> str:
        page.goto(linked("/", row)(page))
        link = page.locator("#rows .step-link").nth(1).get_attribute("href")
        return urljoin(page.url, link)

    return find


def played(*tapes: str, **options: str) -> Callable[[Path], Server]:
    """Return what starts a practice cluster with these tapes, and a dashboard that watches it."""
    arguments = [f"--{name}={value}" for name, value in {"pause": "1", **options}.items()]

    def start(directory: Path) -> Server:
        return Baton(directory, [*arguments, "--tape", *tapes] if tapes else ["--playlist", "none"])

    return start


def stuck(directory: Path) -> Server:
    """Start with a Deployment whose image does not exist: the recording, without how it is mended.

    No recording ends with something that is still stuck.
    """
    lines = (ROOT / "practicecluster" / "tapes" / "bad_image.jsonl").read_text().split("\n")
    begun = json.loads(lines[0])["t"]
    cut = [line for line in lines if line and json.loads(line)["t"] < begun + STUCK_SECONDS]
    tape = directory / "stuck.jsonl"
    tape.write_text("\n".join(cut) + "\n")
    return played("crash_loop", "unschedulable", "quota", str(tape), speed="8", forbid="cronjobs")(
        directory
    )


def asking(**environment: str) -> Callable[[Path], Server]:
    """Return what starts both where people sign in, and two of them have tokens."""
    named = {f"BATON_{name.upper()}": value for name, value in environment.items()}
    tapes = ["--viewers", "--pause=1", "--speed=8", "--tape", "rolling_update", "create"]
    return lambda directory: Baton(directory, tapes, named)


def signed_in(page: Page, directory: Path) -> None:
    """Sign in as the one who may see a namespace only."""
    said = (directory / "cluster.log").read_text(encoding="utf-8")
    _, some = re.findall(r"^Token of .*: (\S+)$", said, re.MULTILINE)
    page.goto("/login")
    _send(some)(page)
    page.locator(".viewer").wait_for()


def _send(token: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_label("Bearer token").fill(token)
        page.get_by_role("button", name="Sign in").click()

    return act


def _open(what: str) -> Callable[[Page], None]:
    return lambda page: page.locator(what).first.click()


def _search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("nginx ready")
    page.locator("#found:visible").wait_for()


def stored(fill: str, *options: str) -> Callable[[Path], Server]:
    """Return what serves a history that the function `fill` stored."""
    return lambda directory: Stored(directory, fill, *options)


PAGES: dict[str, str | Find] = {
    "now": "/",
    "cluster": "/cluster",
    "changes": "/changes",
    "writers": "/writers",
    "search": "/search?text=nginx",
    "coverage": "/coverage",
    "learn": "/learn",
    "operators": "/learn?tab=operators",
    "deploymentconfig": "/learn?tab=deploymentconfig",
}
STATES = {
    "empty": State(played(), "#empty:visible", PAGES),
    "unwatched": State(
        stored("builtins:bool", "--silent"),
        "#empty:visible",
        {"now": "/", "cluster": "/cluster", "coverage": "/coverage"},
    ),
    "busy": State(
        played("rolling_update", "operator", "create", speed="8"),
        '.trace-row.is-complete:has-text("deployment/nginx")',
        {
            **PAGES,
            **traces("deployment/nginx"),
            "filtered": "/?text=nothing-has-this-name",
            "found": Acted("/", _search),
            "reference": "/reference",
            "tape": "/tape",
            "lost": "/traces/none",
        },
    ),
    "failing": State(
        stuck,
        '.trace-row.is-stalled:has-text("deployment/api")',
        {**PAGES, **traces("deployment/api")},
    ),
    "large": State(
        stored("benchmarks.large:fill"),
        ".trace-row",
        {
            "now": "/",
            "cluster": "/cluster",
            "changes": "/changes",
            "trace": linked("/", ".trace-row a"),
            "object": linked("/changes", ".ledger tbody th a"),
        },
    ),
    "hostile": State(
        stored("tests.browser.hostile:fill"),
        ".trace-row",
        {
            **PAGES,
            "trace": linked("/", ".trace-row a"),
            "object": linked("/changes", ".ledger tbody th a"),
        },
    ),
}


OIDC = {"sign_in": "oidc", "oidc_issuer": "http://localhost:9", "oidc_client_id": "baton"}
"""A provider that does not answer."""

_MINE = '.trace-row:has-text("deployment/nginx") a'

SIGNING_IN = {
    "token": State(
        asking(sign_in="token"),
        "input[name=token]",
        {
            "sign-in": "/login",
            "sign-in-wrong": Acted("/login", _send("no-such-token")),
            "sign-in-where": Acted("/login", _open(".sign-in details summary")),
        },
    ),
    "oidc": State(
        asking(**OIDC), "a.primary", {"sign-in": "/login", "sign-in-wrong": "/oidc/begin"}
    ),
    "viewer": State(
        asking(sign_in="token"),
        '.trace-row.is-complete:has-text("deployment/nginx")',
        {
            **PAGES,
            "who": Acted("/", _open(".viewer summary")),
            "trace": linked("/", _MINE),
            "trace-list": linked("/", _MINE, "?show=list"),
            "withheld": Acted(
                linked("/", _MINE, "?show=list"), _open(".step:has-text('withheld') .step-link")
            ),
        },
        signed_in,
    ),
}
STATES |= SIGNING_IN


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

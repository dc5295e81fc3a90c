"""Every state that the dashboard is photographed in: how it comes about, and which views then.

A view is a page at an address, or what is there once something was done on it.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urljoin

from playwright.sync_api import Page

from benchmarks.programs import Baton, Stored

ROOT = Path(__file__).resolve().parents[1]

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


def practising(directory: Path) -> Server:
    """Start both as the practice cluster has it, with the first exercise done."""
    kubeconfig = {"BATON_PRACTICE": str(directory / "kubeconfig")}
    return Baton(directory, ["--pause=1", "--speed=8", "--tape", "create"], kubeconfig)


def several(directory: Path) -> Server:
    """Start one for three clusters: two are the same one, and one there is not."""
    clusters = {"BATON_CLUSTERS": "prod-east=practice, prod-west=practice, gone=nowhere"}
    return Baton(directory, ["--pause=1", "--speed=8", "--tape", "create"], clusters)


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
    "practice": State(
        practising,
        '.trace-row.is-complete:has-text("deployment/nginx")',
        {
            "now": "/",
            "learn": "/learn",
            "exercises": "/learn/exercises",
            "exercise": "/learn/exercises/create",
            "exercise-new": "/learn/exercises/operator",
            "situations": "/learn/situations",
            "situation": "/learn/situations/16",
            "situation-early": "/learn/situations/16?holder=scheduler&diagnosis=crash-loop",
        },
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
    "several": State(
        several,
        ".clusters .is-down, .clusters .numbers:not([hidden])",
        {
            "clusters": "/",
            "down": "/clusters/gone/changes",
            "chooser": Acted("/clusters/prod-east/changes", _open(".chooser summary")),
        },
    ),
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

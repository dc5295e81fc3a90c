"""A dashboard and a browser, each a process of its own, and the practice cluster that it watches.

Nothing is simulated between them: the commands that a person runs, and HTTP on free ports.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    sync_playwright,
)

from benchmarks.programs import CHROMIUM, FLAGS, ROOT, Dashboard, Stored
from tests.browser.playing import Baton

__all__ = [
    "PATIENCE_MS",
    "ROOT",
    "Baton",
    "Dashboard",
    "StartBaton",
    "Stored",
    "opened",
    "rolled_out",
]

PATIENCE_MS = 60_000
"""Far more than anything takes: it only ends what will never come, on a busy machine too."""

StartBaton = Callable[..., Baton]


@pytest.fixture(scope="module")
def start_baton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBaton]:
    """`start_baton("create", …)` starts a pair that ends with the module; see `Baton`."""
    with ExitStack() as pairs:

        def start(name: str, **options: Any) -> Baton:
            baton = Baton(tmp_path_factory.mktemp("baton"), name, **options)
            pairs.callback(baton.end)
            return baton

        yield start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """A dashboard, one for all modules, that has seen nginx roll out, at the recording's times."""
    stored = Stored(tmp_path_factory.mktemp("nginx"), "tests.browser.recorded:create")
    yield stored
    stored.end()


def rolled_out(page: Page, baton: Dashboard | Stored) -> Locator:
    """Open Now and return the row of nginx's creation, once it is complete."""
    page.goto(baton.url)
    row = page.locator(".trace-row.is-complete", has_text="deployment/nginx")
    row.wait_for(timeout=PATIENCE_MS)
    return row


class Watch:
    """What a page did that it should not: errors, and requests to anyone but Baton."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)


class Served(Protocol):
    """Something that serves the dashboard."""

    @property
    def url(self) -> str: ...


@contextmanager
def opened(browser: Browser, baton: Served, path: str, **options: object) -> Iterator[Page]:
    """Open a page of `baton` with clean storage; it must make no error and ask nobody else."""
    context = browser.new_context(**{"reduced_motion": "reduce", **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(context)
    page = context.new_page()
    page.goto(baton.url + path)
    yield page
    context.close()
    assert watch.errors == []
    assert watch.hosts == {baton.url.removeprefix("http://")}

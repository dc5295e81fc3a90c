"""What may not be watched shows with its rule, and heals on the open page once it is granted."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from practicecluster.cluster import PracticeCluster
from practicecluster.kubeconfig import write_kubeconfig
from tests.browser.conftest import PATIENCE_MS, Dashboard, opened

expect.set_options(timeout=PATIENCE_MS)

RETRY_MS = 90_000
"""A refused permission is tried again within a minute."""

CRONJOBS = "batch/v1/cronjobs"


class Troubled:
    """A practice cluster in this process that forbids some types and fails at another."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._loop = asyncio.new_event_loop()
        self._served = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])
        self._thread.start()
        assert self._served.wait(10)

    async def _serve(self) -> None:
        async with PracticeCluster() as self._cluster:
            self._cluster.access.forbidden |= {"cronjobs.batch", "jobs.batch"}
            self._cluster.faults.answer("/apis/apps/v1/daemonsets", 500, times=10**6)
            write_kubeconfig(self._cluster.kubeconfig(), self.kubeconfig)
            self._served.set()
            await self._over.wait()

    def grant(self, group_resource: str) -> None:
        self._loop.call_soon_threadsafe(self._cluster.access.forbidden.discard, group_resource)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    troubled = Troubled(tmp_path_factory.mktemp("troubled") / "kubeconfig")
    yield troubled
    troubled.end()


@pytest.fixture(scope="module")
def dashboard(
    cluster: Troubled, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Dashboard]:
    """A dashboard that has found out what it may not watch."""
    watching = Dashboard(tmp_path_factory.mktemp("dashboard"), cluster.kubeconfig)
    page = browser.new_page()
    page.goto(f"{watching.url}/coverage")
    page.locator("tr.is-bad").nth(2).wait_for(timeout=PATIENCE_MS)
    page.locator("tr.is-good", has_text="v1/pods").wait_for(timeout=PATIENCE_MS)
    page.close()
    yield watching
    watching.end()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    browser: Browser, dashboard: Dashboard, scheme: Literal["light", "dark"], width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with opened(browser, dashboard, "/coverage", **look) as page:
        page.locator("tr.is-bad").first.wait_for()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_rule_is_copied_by_one_press(browser: Browser, dashboard: Dashboard) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    with opened(browser, dashboard, "/coverage", permissions=allowed) as page:
        page.locator("#troubles .copy").click()
        expect(page.locator("#troubles .copy")).to_have_text("Copied")
        rules = page.evaluate("navigator.clipboard.readText()")
    assert rules.count("- apiGroups:") == 2
    assert re.search(r'resources: \["cronjobs"\]', rules)


def test_without_script_the_page_is_whole(browser: Browser, dashboard: Dashboard) -> None:
    with opened(browser, dashboard, "/coverage", java_script_enabled=False) as page:
        expect(page.locator("#troubles")).to_contain_text('resources: ["cronjobs"]')
        expect(page.locator("tr", has_text=CRONJOBS)).to_contain_text("forbidden")
        expect(page.locator("#troubles .copy")).to_be_hidden()


def test_what_is_granted_is_watched_and_shown_so_without_a_reload(
    browser: Browser, cluster: Troubled, dashboard: Dashboard
) -> None:
    with opened(browser, dashboard, "/coverage") as page:
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        row = page.locator("tr", has_text=CRONJOBS)
        expect(row).to_contain_text("forbidden")
        expect(row.locator("time.until")).to_have_text(re.compile(r"in \d+ s|now"))
        # A reader who has scrolled down is told as well.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        cluster.grant("cronjobs.batch")
        expect(row).to_contain_text("watching", timeout=RETRY_MS)
        expect(page.locator("#troubles")).not_to_contain_text("cronjobs")
        expect(page.locator("#troubles")).to_contain_text("batch/v1/jobs")
        order = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.order)")
        assert order == sorted(order)
        assert page.evaluate("window.stillHere === true")

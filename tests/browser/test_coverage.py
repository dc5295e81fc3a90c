"""What may not be watched shows with its rule, and heals on the open page once it is granted."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS, Dashboard, opened
from tests.browser.playing import Hosted

expect.set_options(timeout=PATIENCE_MS)

RETRY_MS = 90_000
"""A refused permission is tried again within a minute."""

CRONJOBS = "batch/v1/cronjobs"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A practice cluster that forbids some types and fails at another."""
    kubeconfig = tmp_path_factory.mktemp("troubled") / "kubeconfig"
    troubled = Hosted(kubeconfig, ["cronjobs.batch", "jobs.batch"])
    troubled.cluster.faults.answer("/apis/apps/v1/daemonsets", 500, times=10**6)
    yield troubled
    troubled.end()


@pytest.fixture(scope="module")
def dashboard(
    cluster: Hosted, tmp_path_factory: pytest.TempPathFactory, browser: Browser
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
    browser: Browser, cluster: Hosted, dashboard: Dashboard
) -> None:
    with opened(browser, dashboard, "/coverage") as page:
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        row = page.locator("tr", has_text=CRONJOBS)
        expect(row).to_contain_text("forbidden")
        expect(row.locator("time.until")).to_have_text(re.compile(r"in \d+ s|now"))
        # A reader who has scrolled down is told as well.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        cluster.cluster.access.forbidden.discard("cronjobs.batch")
        expect(row).to_contain_text("watching", timeout=RETRY_MS)
        expect(page.locator("#troubles")).not_to_contain_text("cronjobs")
        expect(page.locator("#troubles")).to_contain_text("batch/v1/jobs")
        order = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.order)")
        assert order == sorted(order)
        assert page.evaluate("window.stillHere === true")

"""A window of time is replayed in the page, by pointer and by key."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, Stored, opened, rolled_out

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def around(nginx: Stored, browser: Browser) -> str:
    """The address of the minute in which nginx came to run, however long ago that is."""
    page = browser.new_page()
    path = rolled_out(page, nginx).locator("a").get_attribute("href")
    page.goto(f"{nginx.url}{path}")
    began = float(page.locator("#minimap").get_attribute("data-begin") or "")
    page.close()
    return f"/window?from={began - 30}&to={began + 30}"


def shown(page: Page) -> Locator:
    return page.locator("#rows > .step:not([hidden])")


def test_a_window_is_stepped_through_and_left(browser: Browser, nginx: Stored, around: str) -> None:
    with opened(browser, nginx, around) as page:
        expect(page.locator("#replay-play")).to_be_visible()  # Its script has come.
        whole = shown(page).count()
        page.get_by_role("link", name="From the start").click()
        expect(shown(page)).not_to_have_count(whole)
        assert "at=" in page.url
        few = shown(page).count()
        page.get_by_role("link", name="One step on").click()
        expect(shown(page)).not_to_have_count(few)
        assert few < shown(page).count() < whole
        page.get_by_role("link", name="Return to live").click()
        expect(page.locator("#rows > .step[hidden]")).to_have_count(0)
        assert "at=" not in page.url


def test_nothing_of_it_stands_in_anybodys_way(browser: Browser, nginx: Stored, around: str) -> None:
    for scheme in ("light", "dark"):
        with opened(browser, nginx, around, color_scheme=scheme) as page:
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

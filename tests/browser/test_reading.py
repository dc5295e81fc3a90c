"""Reading what has happened: by keyboard, by address, in light and dark, wide and narrow."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Baton, StartBaton, opened

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def baton(start_baton: StartBaton, browser: Browser) -> Baton:
    """A dashboard that has seen nginx roll out, and may not watch one kind."""
    pair = start_baton("create", speed=4, forbidden=["cronjobs.batch"])
    pair.play()
    page = browser.new_page()
    page.goto(pair.url)
    page.locator(".trace-row.is-complete", has_text="deployment/nginx").wait_for(
        timeout=PATIENCE_MS
    )
    page.close()
    return pair


@pytest.fixture(scope="module")
def trace(baton: Baton, browser: Browser) -> str:
    """The path of nginx's trace."""
    page = browser.new_page()
    page.goto(baton.url)
    path = (
        page.locator(".trace-row", has_text="deployment/nginx").locator("a").get_attribute("href")
    )
    page.close()
    assert path is not None
    return path


def selected(page: Page) -> str:
    return page.locator('#rows a[aria-current="true"] .number').inner_text().split()[-1]


def test_steps_are_walked_by_keyboard_and_explained(
    browser: Browser, baton: Baton, trace: str
) -> None:
    with opened(browser, baton, trace) as page:
        page.keyboard.press("j")
        expect(page.locator("#drawer h2")).to_contain_text("create Deployment nginx")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        expect(page.locator("#drawer .loop")).to_contain_text("Compare")
        assert selected(page) == "2"
        page.keyboard.press("k")
        assert selected(page) == "1"
        assert page.url.partition("#")[2].startswith("step-")
        page.keyboard.press("Escape")
        expect(page.locator("#drawer")).to_be_hidden()
        assert "#" not in page.url


def test_the_focus_comes_back_to_where_it_was(browser: Browser, baton: Baton) -> None:
    with opened(browser, baton, "/?text=nginx") as page:
        row = page.locator(".trace-row", has_text="deployment/nginx").locator("a")
        row.focus()
        page.keyboard.press("Enter")
        page.locator("body[data-link=up]").wait_for()
        page.locator("#rows .step-link").first.wait_for()
        page.keyboard.press("j")
        page.locator("#drawer").get_by_role("link").first.focus()
        page.keyboard.press("Escape")
        expect(page.locator("#rows .step-link").first).to_be_focused()
        expect(page.locator("#drawer")).to_be_hidden()
        page.go_back()
        expect(row).to_be_focused()


def test_an_address_with_a_step_opens_it(browser: Browser, baton: Baton, trace: str) -> None:
    with opened(browser, baton, trace) as page:
        page.locator("#rows .step-link").nth(1).click()
        address = page.url.removeprefix(baton.url)
    with opened(browser, baton, address) as page:
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        page.locator("#drawer .cause-link").click()
        expect(page.locator("#drawer h2")).to_contain_text("create Deployment nginx")


def test_single_keys_rest_in_controls_and_can_be_switched_off(
    browser: Browser, baton: Baton
) -> None:
    with opened(browser, baton, "/") as page:
        page.keyboard.press("/")
        page.keyboard.type("j?")
        expect(page.locator("#search-text")).to_have_value("j?")
        expect(page.locator("#help")).to_be_hidden()
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        page.locator("#keys-on").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_hidden()


def test_what_is_found_shows_while_one_types_and_is_walked_through(
    browser: Browser, baton: Baton
) -> None:
    with opened(browser, baton, "/cluster") as page:
        page.keyboard.press("/")
        page.keyboard.type("nginx")
        found = page.locator("#found")
        expect(found.locator("mark").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(found.locator("a").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(found).to_be_hidden()
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?text=nginx")
        page.locator("#search-text").fill("nginx scheduler")
        page.wait_for_url("**/search?text=nginx%20scheduler")
        page.locator("#results .found-step a").first.click()
        expect(page.locator("#drawer")).to_be_visible()


def test_those_who_listen_are_told_what_was_found(browser: Browser, baton: Baton) -> None:
    with opened(browser, baton, "/") as page:
        page.locator("#search-text").press_sequentially("nginx")
        expect(page.locator("#summary")).to_have_text(re.compile(r"^\d+ found; the down arrow"))


def test_filters_live_in_the_address(browser: Browser, baton: Baton) -> None:
    with opened(browser, baton, "/") as page:
        page.locator("select[name=kind]").select_option("Deployment")
        page.wait_for_url("**/?kind=Deployment")
        page.locator("#filter-text").fill("noth")
        page.wait_for_url("**text=noth")
        page.locator("#filter-text").fill("nothing like it")
        page.wait_for_url("**text=nothing*")
        page.go_back()
        page.wait_for_url("**/?kind=Deployment")
        expect(page.locator("select[name=kind]")).to_have_value("Deployment")
        expect(page.locator("#filter-text")).to_have_value("")
        page.locator(".trace-row").first.wait_for()
        page.locator("body[data-link=up]").wait_for()  # Its script has come.
        page.go_forward()
        page.wait_for_url("**text=nothing*")
        expect(page.locator("#empty h2")).to_be_visible()
        expect(page.locator("#empty")).to_contain_text("Nothing matches these filters")
        page.reload()
        expect(page.locator("#filter-text")).to_have_value("nothing like it")


def test_what_is_not_watched_shows_with_the_rule_that_would_allow_it(
    browser: Browser, baton: Baton
) -> None:
    with opened(browser, baton, "/") as page:
        page.locator(".unwatched summary").click()
        expect(page.locator(".unwatched")).to_contain_text("cronjobs")
        page.wait_for_timeout(2500)
        expect(page.locator(".unwatched .panel")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_no_page_is_wider_than_the_window(
    browser: Browser, baton: Baton, trace: str, width: int
) -> None:
    for path in ("/", trace, "/coverage"):
        with opened(browser, baton, path, viewport={"width": width, "height": 844}) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_a_page_is_whole_and_a_step_is_a_link(
    browser: Browser, baton: Baton, trace: str
) -> None:
    with opened(browser, baton, trace, java_script_enabled=False) as page:
        page.locator("#rows .step-link").nth(1).click()
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(
    browser: Browser, baton: Baton, trace: str, scheme: Literal["light", "dark"], width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    for path in ("/", trace, "/coverage", "/?text=none"):
        with opened(browser, baton, path, **look) as page:
            if path == trace:
                page.locator("#rows .step-link").nth(1).click()
                page.locator("#drawer h2").wait_for()
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


def test_a_trace_that_does_not_exist_says_so(browser: Browser, baton: Baton) -> None:
    page = browser.new_page()
    answer = page.goto(f"{baton.url}/traces/nope")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("main")).to_contain_text(re.compile("History holds no trace of this id"))
    page.close()

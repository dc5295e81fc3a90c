"""The feed as a place to read: rows hold still under the reader, and history goes a long way."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, StartBaton, opened

expect.set_options(timeout=PATIENCE_MS)

STALLED = 56
"""So many writes of `quota`: a Deployment may have no more Pods, and nobody lifts its quota."""


def titles(page: Page) -> list[str]:
    found: list[str] = page.locator(".trace-row .title").all_text_contents()
    return found


def test_rows_keep_their_order_while_one_has_the_focus(
    browser: Browser, start_baton: StartBaton
) -> None:
    baton = start_baton("create", speed=4)
    baton.play()
    with opened(browser, baton, "/") as page:
        nginx = page.locator(".trace-row.is-complete", has_text="deployment/nginx")
        nginx.wait_for()
        nginx.locator("a").focus()
        before = titles(page)
        baton.insert("quota")
        baton.play(STALLED)
        newer = page.locator("#newer")
        expect(newer).to_be_visible()
        expect(newer).to_contain_text("new")
        assert titles(page) == before
        expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")
        newer.click()
        page.locator(".trace-row", has_not_text="deployment/nginx").first.wait_for()
        assert titles(page)[0] != before[0]


def test_those_who_listen_are_told_how_things_stand(
    browser: Browser, start_baton: StartBaton
) -> None:
    baton = start_baton("quota", speed=4)
    with opened(browser, baton, "/") as page:
        page.locator("body[data-link=up]").wait_for()
        baton.play(STALLED)
        page.locator("#filter-text").fill("nosuch")
        expect(page.locator("#summary")).to_have_text("Nothing matches these filters")
        page.locator("#filter-text").fill("")
        stalled = page.locator(".trace-row.is-stalled")
        stalled.wait_for()
        expect(page.locator("#summary")).to_contain_text("stalled; first ")
        expect(page.locator("#standing > .is-stalled")).to_have_text("1 stalled")
        expect(page.locator("#standing .codes")).to_have_text("quota-exceeded 1")
        expect(page).to_have_title("1 stalled · Now · practice · Baton")
        page.locator("#standing").get_by_role("link", name="quota-exceeded 1").click()
        expect(page).to_have_url(re.compile(r"/search\?text=quota-exceeded&in=traces$"))
        expect(page.locator("#results")).to_contain_text("quota-exceeded")

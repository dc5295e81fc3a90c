"""From a recording through the whole of Baton to a browser, pushed and without a reload."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Baton, StartBaton, opened

expect.set_options(timeout=PATIENCE_MS)

CREATED, PLACED, RUNNING, AVAILABLE = 8, 18, 40, 50
"""So many writes of `create`: a Pod is made, all are bound, one runs, all do; then renewals."""


@pytest.fixture
def slow(start_baton: StartBaton) -> Iterator[Baton]:
    """Nginx is created when a test says so, as far as it says."""
    baton = start_baton("create", speed=4)
    yield baton
    baton.end()


def never_reloaded(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def step_ids(page: Page) -> list[str]:
    ids: list[str] = page.locator("#rows > .step").evaluate_all("rows => rows.map(row => row.id)")
    return ids


def test_nginx_appears_through_all_sixteen_documented_steps(
    browser: Browser, start_baton: StartBaton
) -> None:
    baton = start_baton("create", speed=4)
    with opened(browser, baton, "/") as page:
        expect(page.locator("#empty")).to_contain_text("Nothing is happening")
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        baton.play(AVAILABLE)
        nginx = page.locator(".trace-row", has_text="deployment/nginx")
        nginx.wait_for()
        assert never_reloaded(page)
        nginx.locator("a").click()
        page.wait_for_url("**/traces/*")
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        expect(page.locator("#head .state")).to_contain_text("complete")
        # The kubelet's heartbeat is the last of the sixteen: the next renewal of its node's Lease.
        baton.play()
        page.locator("#rows > .step.fresh .doc", has_text=re.compile("^16$")).first.wait_for()
        assert never_reloaded(page)
        documented = page.locator("#rows .doc").all_text_contents()
        assert {int(number) for number in documented} == set(range(1, 17))
        bound = page.locator("#rows .what", has_text=re.compile(r"bound Pod nginx-\S+ to node"))
        assert len(set(bound.all_text_contents())) == 3
        expect(page.locator("#lanes .lane-label").first).to_have_text("client")


def test_a_killed_server_costs_nothing_and_doubles_nothing(browser: Browser, slow: Baton) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(slow.url)
    slow.play(PLACED)
    page.locator(".trace-row", has_text="deployment/nginx").locator("a").click()
    page.locator("body[data-link=up]").wait_for()
    page.locator("#rows > .step").nth(3).wait_for()
    page.evaluate("window.stillHere = true")
    slow.kill_dashboard()
    expect(page.locator("#link")).to_contain_text("Connection to Baton lost")
    expect(page.locator("#link")).to_have_text(re.compile(r"of \d\d:\d\d:\d\d UTC\.$"))
    slow.play(RUNNING)
    slow.start_dashboard()
    expect(page.locator("#link")).to_be_hidden()
    slow.play()
    expect(page.locator("#head .state")).to_contain_text("complete")
    expect(page.locator("#rows > .step", has_text="renewed its node Lease")).to_have_count(3)
    again = context.new_page()
    again.goto(page.url)
    written = again.locator("#rows").inner_text()
    expect(page.locator("#rows")).to_have_text(written, use_inner_text=True)
    assert never_reloaded(page)
    shown = step_ids(page)
    assert len(shown) == len(set(shown))
    assert shown == step_ids(again)
    context.close()


def test_a_paused_page_counts_what_comes_and_shows_it_when_it_goes_on(
    browser: Browser, slow: Baton
) -> None:
    with opened(browser, slow, "/") as page:
        page.locator("#pause").wait_for()
        page.keyboard.press("Space")
        expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
        slow.play(CREATED)
        expect(page.locator("#newer")).to_have_text(re.compile(r"^[12] new$"))
        assert page.locator(".trace-row").count() == 0
        page.keyboard.press("Space")
        page.locator(".trace-row", has_text="deployment/nginx").wait_for()
        expect(page.locator("#newer")).to_be_hidden()


def test_now_goes_on_after_a_killed_server_with_nothing_lost_or_doubled(
    browser: Browser, slow: Baton
) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(slow.url)
    slow.play(PLACED)
    page.locator(".trace-row", has_text="deployment/nginx").wait_for()
    page.evaluate("window.stillHere = true")
    slow.kill_dashboard()
    expect(page.locator("#link")).to_contain_text("Connection to Baton lost")
    slow.play(RUNNING)
    slow.start_dashboard()
    expect(page.locator("#link")).to_be_hidden()
    slow.play()
    page.locator(".trace-row.is-complete", has_text="deployment/nginx").wait_for()
    assert never_reloaded(page)
    again = context.new_page()
    again.goto(slow.url)
    rows = "#rows > .trace-row"
    expect(again.locator(rows)).to_have_count(page.locator(rows).count())
    ids = "rows => rows.map(row => row.id)"
    assert page.locator(rows).evaluate_all(ids) == again.locator(rows).evaluate_all(ids)
    context.close()


def test_a_tab_in_the_background_catches_up(browser: Browser, slow: Baton) -> None:
    with opened(browser, slow, "/") as page:
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        tab = page.context.new_cdp_session(page)
        tab.send("Page.setWebLifecycleState", {"state": "frozen"})
        other = page.context.new_page()
        other.goto(slow.url)
        slow.play()
        other.locator(".trace-row.is-complete", has_text="deployment/nginx").wait_for()
        tab.send("Page.setWebLifecycleState", {"state": "active"})
        page.locator(".trace-row.is-complete", has_text="deployment/nginx").wait_for()
        assert never_reloaded(page)


def test_filters_in_the_address_hold_for_what_is_pushed(browser: Browser, slow: Baton) -> None:
    with opened(browser, slow, "/?kind=Deployment&text=else") as page:
        page.locator("body[data-link=up]").wait_for()
        other = page.context.new_page()
        other.goto(f"{slow.url}/?kind=Deployment&text=ngin")
        other.locator("body[data-link=up]").wait_for()
        other.evaluate("window.stillHere = true")
        slow.play()
        other.locator(".trace-row.is-complete", has_text="deployment/nginx").wait_for()
        assert never_reloaded(other)
        page.evaluate("new Promise(done => requestAnimationFrame(done))")
        assert page.locator(".trace-row").count() == 0
        expect(page.locator("#empty")).to_contain_text("Nothing matches these filters")

"""Learn and the reference in a browser: steps turn as they happen, and commands can be copied."""

import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS, Baton, StartBaton, opened

expect.set_options(timeout=PATIENCE_MS)

REPORTED = re.compile("reported at [+\u2212]")
"""Played at six times the speed, what was milliseconds apart can arrive the other way round."""
PAGES = ("/learn", "/learn?tab=operators", "/reference")


@pytest.fixture(scope="module")
def baton(start_baton: StartBaton, browser: Browser) -> Baton:
    """A dashboard that has seen an operator answer a custom resource."""
    pair = start_baton("create", speed=6)
    pair.play()
    pair.insert("operator")
    pair.play()
    page = browser.new_page()
    page.goto(pair.url)
    page.locator(".trace-row.is-complete", has_text="website/shopfront").first.wait_for(
        timeout=PATIENCE_MS
    )
    page.goto(f"{pair.url}/learn?tab=operators")
    expect(page.locator("#shown-operator-act")).to_contain_text("custom controller")
    page.close()
    return pair


def test_the_sixteen_steps_turn_while_a_deployment_comes_to_run(
    browser: Browser, start_baton: StartBaton
) -> None:
    baton = start_baton("create", speed=4)
    with opened(browser, baton, "/learn") as page:
        expect(page.locator("#shown-step-1")).to_contain_text("not yet")
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        baton.play()
        expect(page.locator("#shown-step-2")).to_contain_text("seen at +0 ms")
        expect(page.locator("#shown-step-13")).to_contain_text(REPORTED)
        expect(page.locator("#shown-step-12-volumes")).to_contain_text("can't be seen from the API")
        expect(page.locator("#shown-after-available")).to_contain_text("Available is now True")
        expect(page.locator("#subject .state")).to_contain_text("complete")
        # The kubelet's heartbeat is the last of the sixteen: the next renewal of its node's Lease.
        expect(page.locator("#shown-step-15")).to_contain_text("inferred at +")
        assert page.evaluate("window.stillHere === true")
        expect(page.locator("#summary")).to_have_text("25 of 25 lines are known")
        page.locator("#shown-step-9 .first a").click()
        page.wait_for_url("**/traces/*")
        expect(page.locator("#drawer h2")).to_contain_text("bound Pod nginx")
        page.locator("#drawer a.doc", has_text="9").click()
        page.wait_for_url("**/reference#step-9")
        expect(page.locator(":target h4")).to_contain_text("A node is chosen for each Pod")


def test_a_command_is_copied_as_it_stands(browser: Browser, baton: Baton) -> None:
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    with opened(browser, baton, "/learn?cli=oc", **allowed) as page:
        page.locator(".commands .copy").first.click()
        expect(page.locator(".commands .copy").first).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == ("oc create deployment nginx --image=bitnami/nginx:latest --replicas=3")


def test_without_script_tabs_traces_and_programs_are_links(browser: Browser, baton: Baton) -> None:
    with opened(browser, baton, "/learn", java_script_enabled=False) as page:
        expect(page.locator("#shown-step-7")).to_contain_text(REPORTED)
        page.locator(".tabs a", has_text="Operators").click()
        expect(page.locator("#shown-operator-act")).to_contain_text("custom controller")
        page.locator(".commands nav a", has_text="oc").click()
        expect(page.locator(".commands code").first).to_have_text(
            "oc get customresourcedefinitions"
        )


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_no_page_is_wider_than_the_window(browser: Browser, baton: Baton, width: int) -> None:
    for path in PAGES:
        with opened(browser, baton, path, viewport={"width": width, "height": 844}) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(
    browser: Browser, baton: Baton, scheme: Literal["light", "dark"], width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    for path in PAGES:
        with opened(browser, baton, path, **look) as page:
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

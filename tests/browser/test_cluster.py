"""The cluster page and what it leads to: live, and by keyboard."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS, Baton, StartBaton, opened

expect.set_options(timeout=PATIENCE_MS)


def test_the_map_of_pods_leads_to_a_pod_by_keyboard(browser: Browser, nginx: Baton) -> None:
    with opened(browser, nginx, "/cluster") as page:
        expect(page.locator("#pod-counts")).to_contain_text("ready 3")
        expect(page.locator("#podmap")).to_be_visible()  # Its Pods have come.
        page.locator("#podmap canvas").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#podmap-said")).to_have_text(
            re.compile(r"^shop/nginx-\S+: ready, on node-1$")
        )
        page.keyboard.press("Enter")
        page.wait_for_url("**/objects/*")
        expect(page.locator("h1")).to_contain_text("pod/nginx-")
        page.get_by_role("navigation", name="What controls it").get_by_text("deployment/").click()
        expect(page.locator("h1")).to_have_text("deployment/nginx")
        page.locator("body[data-link=up]").wait_for()
        page.keyboard.press("j")
        expect(page.locator(".ranked a").first).to_be_focused()


def test_the_cluster_page_keeps_itself_fresh(browser: Browser, start_baton: StartBaton) -> None:
    late = start_baton("--tape", "create", "--speed", "4", "--pause", "5")
    with opened(browser, late, "/cluster") as page:
        expect(page.locator("#pod-counts")).not_to_contain_text("ready")
        expect(page.locator("#pod-counts")).to_contain_text("ready 3")
        expect(page.locator("#podmap")).to_be_visible()
    late.end()


def test_the_ledger_is_filtered_and_saved(browser: Browser, nginx: Baton) -> None:
    with opened(browser, nginx, "/changes") as page:
        page.get_by_label("kind").select_option("Deployment")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**/changes?*kind=Deployment*")
        expect(page.locator(".ledger tbody th a").first).to_have_text("deployment/nginx")
        with page.expect_download() as saved:
            page.get_by_role("link", name="CSV").click()
        text = saved.value.path().read_text()
        assert text.startswith("time,kind,namespace,name,verb,field")
        assert ",Deployment,shop,nginx," in text

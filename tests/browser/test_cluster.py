"""The cluster page and what it leads to: live, and by keyboard."""

import re

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS, StartBaton, Stored, opened

expect.set_options(timeout=PATIENCE_MS)


WRITTEN = """async () => {
    const { morph } = await import(new URL("rows.js", document.querySelector("[type=module]").src));
    const fresh = document.getElementById("main").cloneNode(true);
    const newer = fresh.querySelector(".writes li").cloneNode(true);
    newer.id = "write-newer";
    newer.querySelector("a").href = "/traces/newer";
    fresh.querySelector(".writes").prepend(newer);
    morph(document.getElementById("main"), fresh);
    return document.activeElement.getAttribute("href");
}"""
"""Draws the page anew as after one more write to the object; the address that has the focus."""

SAID_AGAIN = """async () => {
    let said = 0;
    const node = document.getElementById("podmap-said");
    new MutationObserver(() => said++).observe(node, { childList: true, characterData: true });
    const drawn = new Promise(done => {
        const getContext = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind) {
            setTimeout(done);
            return getContext.call(this, kind);
        };
    });
    document.dispatchEvent(new Event("baton:refreshed"));
    await drawn;
    return said;
}"""
"""How often the map says the same again when it is drawn anew."""


def test_the_map_of_pods_leads_to_a_pod_by_keyboard(browser: Browser, nginx: Stored) -> None:
    with opened(browser, nginx, "/cluster") as page:
        expect(page.locator("#pod-counts")).to_contain_text("ready 3")
        expect(page.locator("#podmap")).to_be_visible()  # Its Pods have come.
        page.locator("#podmap canvas").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#podmap-said")).to_have_text(
            re.compile(r"^shop/nginx-\S+: ready, on node-1$")
        )
        assert page.evaluate(SAID_AGAIN) == 0
        page.keyboard.press("Enter")
        page.wait_for_url("**/objects/*")
        expect(page.locator("h1")).to_contain_text("pod/nginx-")
        page.get_by_role("navigation", name="What controls it").get_by_text("deployment/").click()
        expect(page.locator("h1")).to_have_text("deployment/nginx")
        page.locator("body[data-link=up]").wait_for()
        page.keyboard.press("j")
        expect(page.locator(".ranked a").first).to_be_focused()
        write = page.locator(".writes a").first
        address = write.get_attribute("href")
        write.focus()
        assert page.evaluate(WRITTEN) == address, "a newer write does not take the focus along"


def test_the_cluster_page_keeps_itself_fresh(browser: Browser, start_baton: StartBaton) -> None:
    late = start_baton("create", speed=4)
    with opened(browser, late, "/cluster") as page:
        expect(page.locator("#pod-counts")).not_to_contain_text("ready")
        page.locator("body[data-link=up]").wait_for()
        late.play()
        expect(page.locator("#pod-counts")).to_contain_text("ready 3")
        expect(page.locator("#podmap")).to_be_visible()
    late.end()


def test_a_selected_text_holds_the_page_still_for_a_minute_at_most(
    browser: Browser, nginx: Stored
) -> None:
    with opened(browser, nginx, "/reference") as page:
        page.clock.install()
        page.goto(f"{nginx.url}/cluster")
        page.locator("body[data-link=up]").wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(nginx.url)))
        page.locator("h1").select_text()
        page.clock.fast_forward(10_000)
        page.clock.fast_forward(10_000)
        page.locator("#help-open").hover()  # What was asked for meanwhile has been heard of.
        assert "/cluster" not in asked
        with page.expect_request("**/cluster"):
            page.clock.fast_forward(70_000)
            page.clock.fast_forward(10_000)


def test_the_ledger_is_filtered_and_saved(browser: Browser, nginx: Stored) -> None:
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

"""150 Pods at once: one line that unfolds, in each picture, and hostile words shown as text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.burst import HOSTILE
from tests.browser.conftest import PATIENCE_MS, Stored, opened
from tests.browser.recorded import PODS

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def baton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    stored = Stored(tmp_path_factory.mktemp("burst"), "tests.browser.recorded:burst")
    yield stored
    stored.end()


@pytest.fixture(scope="module")
def trace(baton: Stored, browser: Browser) -> str:
    """The path of the trace, once the last Pod has started."""
    page = browser.new_page()
    page.goto(baton.url)
    link = page.locator(".trace-row", has_text="deployment/nginx").locator("a").first
    link.wait_for(timeout=PATIENCE_MS)
    path = link.get_attribute("href")
    page.goto(f"{baton.url}{path}")
    started = page.locator("#rows > .step", has=page.locator(".doc", has_text="13"))
    expect(started.locator("summary")).to_contain_text(f"+{PODS - 1} more Pods did the same")
    page.close()
    assert path is not None
    return path


def test_the_sequence_is_one_row_an_act_and_unfolds_to_all_of_it(
    browser: Browser, baton: Stored, trace: str
) -> None:
    with opened(browser, baton, trace) as page:
        assert page.locator("#rows > .step").count() < 20
        created = page.locator("#rows > .step", has_text="created Pod nginx").first
        expect(created.locator("summary")).to_contain_text(f"+{PODS - 1} more Pods did the same")
        created.locator("summary").click()
        created.locator(".unfold a").click()
        expect(created.locator(".folded .step")).to_have_count(PODS - 1)
        created.locator(".folded .step-link").nth(99).click()
        expect(page.locator("#drawer h2")).to_contain_text("created Pod nginx")
        address = page.url.removeprefix(baton.url)
    with opened(browser, baton, address) as page:
        expect(page.locator("#drawer h2")).to_contain_text("created Pod nginx")


def test_the_waterfall_draws_the_slowest_pod_and_unfolds_to_the_others(
    browser: Browser, baton: Stored, trace: str
) -> None:
    with opened(browser, baton, f"{trace}?show=waterfall") as page:
        line = page.locator("#rows > .bar", has_text="pod/nginx-")
        expect(line).to_have_count(1)
        expect(line).to_contain_text(f"b{PODS - 1}")
        expect(line).to_contain_text("slowest")
        line.locator(".unfold a").click()
        expect(line.locator(".folded > .bar")).to_have_count(PODS - 1)


def test_hostile_words_in_what_the_kubelet_says_are_text(
    browser: Browser, baton: Stored, trace: str
) -> None:
    with opened(browser, baton, f"{trace}?show=waterfall") as page:
        line = page.locator("#rows > .bar", has_text="pod/nginx-")
        line.locator("summary").click()
        expect(line.locator(".spans")).to_contain_text(HOSTILE)
        line.locator(".spans a", has_text="pull").click()
        expect(page.locator("#drawer .evidence")).to_contain_text(HOSTILE)
        page.locator("#replay-first").click()
        page.locator("#replay-live").click()
        assert page.locator("main img").count() == 0


def test_a_burst_replays_pod_by_pod(browser: Browser, baton: Stored, trace: str) -> None:
    with opened(browser, baton, trace) as page:
        page.locator("#replay-first").click()
        for _ in range(12):
            page.locator("#replay-on").click()
        expect(page.locator("#head .track")).to_contain_text("Pods")
        assert 3 <= page.locator("#rows > .step:visible").count() < 9

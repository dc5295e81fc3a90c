"""What holds on every view alike: hostile words are text, nothing needs script, nothing is cramped.

One history has it all (tests.browser.hostile), and each view is opened on it in a real browser.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Stored, opened
from tests.browser.hostile import LINK, MARKUP
from tests.explain.tapes import TAPES

expect.set_options(timeout=PATIENCE_MS)

Scheme = Literal["light", "dark"]
OBJECTS = tuple(f"/objects/uid-pod-{place}" for place in range(6))
TRACES = ("/traces/hostile", "/traces/names")
HOSTILE = (
    "/",
    "/?text=img",
    "/cluster",
    "/changes",
    "/writers",
    "/coverage",
    "/window",
    "/search?text=img",
    "/learn?trace=hostile",
    "/learn?tab=operators&trace=hostile",
    *OBJECTS,
    *(f"{trace}?show={show}" for trace in TRACES for show in ("sequence", "waterfall", "list")),
    "/traces/hostile?step=hostile-001",
    "/traces/names?step=names-006",
)
VIEWS = (*HOSTILE, "/reference", "/tape", "/traces/none")
SMUGGLED = """[...document.querySelectorAll(
    "body img, body iframe, main script, main u, main s, [onerror], [onload]," +
    "a[href^='javascript:' i]"
)].map(node => node.outerHTML.slice(0, 200))"""
WORDS = {
    "/": "Now",
    "/cluster": "Stuck or slow",
    "/changes": "the object",
    "/writers": "who last set which fields",
    "/coverage": "cronjobs",
    "/window": "whatever trace they belong to",
    "/search?text=img": "Objects",
    "/learn": "A client asks for a Deployment",
    "/learn?tab=operators": "A new type",
    "/reference": "Documented steps",
    "/tape": "The recording",
    "/objects/uid-pod-2": "pod/__proto__",
    "/traces/names": "Steps",
    "/traces/names?show=waterfall": "waterfall",
    "/traces/names?show=list": "constructor",
    "/traces/names?step=names-003": "Evidence",
}
"""What each view says without script."""

SPACED = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {
        line-height: 1.5 !important;
        letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important;
    } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
    return document.documentElement.scrollWidth - innerWidth;
}"""
"""Spaces text as a reader may want it (WCAG 2.2, 1.4.12); how much wider than the window it is."""

UNNAMED = """() => [...document.querySelectorAll("[tabindex='0']")]
    .filter(node => !node.ariaLabel && !node.ariaLabelledByElements?.length)
    .map(node => node.outerHTML.slice(0, 120))"""
"""What takes the focus and has no name of its own."""

CRAMPED = """() => [...document.querySelectorAll("a, button, input, select, summary")]
    .filter(node => node.checkVisibility() && !node.matches(".vh, .skip"))
    .filter(node => getComputedStyle(node).display !== "inline")
    .map(node => [node, (node.closest("label") ?? node).getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
    .map(([node, box]) => `${node.outerHTML.slice(0, 120)}: ${box.width} by ${box.height}`)"""
"""What is smaller than 24 by 24 px (WCAG 2.2, 2.5.8); links within a sentence may be."""

COVERED = """() => {
    const node = document.activeElement;
    const box = node.getClientRects()[0];
    if (!box || node === document.body) return "";
    const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.right)];
    const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)];
    const parts = [0.1, 0.3, 0.5, 0.7, 0.9];
    const seen = parts.some(x => parts.some(y => {
        const at = [left + x * (right - left), top + y * (bottom - top)];
        const spot = document.elementFromPoint(...at);
        return spot && (node.contains(spot) || spot.contains(node));
    }));
    return seen ? "" : node.outerHTML.slice(0, 160);
}"""
"""What has the focus and is covered in full by something else (WCAG 2.2, 2.4.11)."""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    served = Stored(tmp_path_factory.mktemp("stored"), "tests.browser.hostile:fill")
    yield served
    served.end()


def assert_text(page: Page) -> None:
    assert page.evaluate(SMUGGLED) == []
    assert "Baton" in page.title()
    assert page.evaluate("({}).polluted === undefined")


@pytest.mark.parametrize("width", [1440, 390])
def test_hostile_words_are_text_on_every_view(browser: Browser, stored: Stored, width: int) -> None:
    with opened(browser, stored, "/", viewport={"width": width, "height": 844}) as page:
        for path in HOSTILE:
            page.goto(stored.url + path)
            page.locator("body[data-link=up]").wait_for()
            assert_text(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_four_times_as_large_and_widely_spaced_a_view_needs_no_scrolling_sideways(
    browser: Browser, stored: Stored
) -> None:
    with opened(browser, stored, "/", viewport={"width": 320, "height": 256}) as page:
        wide = {}
        for path in set(VIEWS[:-1]) - set(OBJECTS[1:5]):
            page.goto(stored.url + path)
            if too_wide := page.evaluate(SPACED):
                wide[path] = too_wide
        assert wide == {}
        page.goto(f"{stored.url}/traces/names?step=names-001")
        for covering in (".top", ".drawer-head"):
            how = page.locator(covering).evaluate("node => getComputedStyle(node).position")
            assert how == "static", covering


def test_a_key_that_finds_nothing_to_act_on_stays_the_browser_s(
    browser: Browser, stored: Stored
) -> None:
    with opened(browser, stored, "/reference") as page:
        page.locator("body[data-link=up]").wait_for()
        at = 0
        for key in ("ArrowDown", "Space", "End"):
            page.keyboard.press(key)
            page.wait_for_function("at => scrollY > at", arg=at)
            at = page.evaluate("scrollY")
        page.goto(f"{stored.url}/changes")
        page.locator("body[data-link=up]").wait_for()
        page.keyboard.press("/")
        expect(page.locator("#search-text")).to_be_focused()


def test_a_finger_finds_what_it_presses(browser: Browser, stored: Stored) -> None:
    hand = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    with opened(browser, stored, "/", **hand) as page:
        for path in ("/", "/tape", "/window", TRACES[1]):
            page.goto(stored.url + path)
            page.locator("body[data-link=up]").wait_for()
            pressed = page.locator("button:visible, select:visible, nav.places a")
            heights = pressed.evaluate_all("all => all.map(each => each.offsetHeight)")
            assert min(heights) >= 42, path


def test_where_the_system_picks_the_colours_edges_tell_what_is_chosen(
    browser: Browser, stored: Stored
) -> None:
    edge = "node => getComputedStyle(node).borderBottomColor"
    ring = "node => getComputedStyle(node).outlineStyle"
    with opened(browser, stored, "/traces/names?step=names-001", forced_colors="active") as page:
        here = page.locator(".places [aria-current]").evaluate(edge)
        assert here != page.locator(".places a:not([aria-current])").first.evaluate(edge)
        assert page.locator('#rows a[aria-current="true"]').evaluate(ring) == "solid"


def test_hostile_names_can_be_read_as_they_are(browser: Browser, stored: Stored) -> None:
    with opened(browser, stored, "/") as page:
        expect(page.locator("#rows")).to_contain_text(MARKUP)
        expect(page.locator("#rows")).to_contain_text("\\u202etxt")
        page.goto(f"{stored.url}/traces/names?show=list")
        expect(page.locator("#rows")).to_contain_text(LINK)
        page.goto(f"{stored.url}/objects/uid-pod-1")
        expect(page.locator("h1")).to_have_text(f"pod/{LINK}")


def test_the_map_tells_hostile_names_as_text(browser: Browser, stored: Stored) -> None:
    with opened(browser, stored, "/cluster") as page:
        canvas = page.locator("#podmap canvas")
        expect(canvas).to_be_visible()
        canvas.focus()
        told = []
        for _ in range(6):
            page.keyboard.press("ArrowRight")
            told.append(page.locator("#podmap-said").inner_text())
        assert any(f"{MARKUP}/{LINK}: " in each for each in told)
        assert_text(page)
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 9, box["y"] + 9)
        assert_text(page)


def test_a_hostile_recording_is_text(browser: Browser, stored: Stored, tmp_path: Path) -> None:
    tape = tmp_path / "<img src=x onerror=alert(1)>.jsonl"
    recorded = (TAPES / "create.jsonl").read_text()
    tape.write_text(recorded.replace("bitnami/nginx:latest", json.dumps(MARKUP)[1:-1]))
    with opened(browser, stored, "/tape") as page:
        page.get_by_label("The recording").set_input_files(tape)
        page.get_by_role("button", name="Open it").click()
        page.locator(".recorded-banner").wait_for()
        expect(page.locator(".recorded-banner")).to_contain_text("<img src=x")
        assert_text(page)
        page.locator(".trace-row a").first.click()
        expect(page.locator("#rows")).to_contain_text(MARKUP)
        assert_text(page)
        page.locator("#rows .step-link").first.click()
        expect(page.locator("#drawer h2")).to_contain_text(MARKUP)
        assert_text(page)


def test_without_script_each_view_is_whole_and_can_be_loaded_again(
    browser: Browser, stored: Stored
) -> None:
    titles: list[str] = []
    with opened(browser, stored, "/", java_script_enabled=False) as page:
        for path, words in WORDS.items():
            page.goto(stored.url + path)
            expect(page.locator("main")).to_contain_text(words)
            page.reload()
            expect(page.locator("main")).to_contain_text(words)
            if not path.startswith("/traces/names?"):  # Those are one trace in other pictures.
                assert page.title() not in titles, path
                titles.append(page.title())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_where_names_are_hostile(
    browser: Browser, stored: Stored, scheme: Scheme, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with opened(browser, stored, "/", **look) as page:
        for path in ("/", "/cluster", "/changes", "/writers", OBJECTS[0], *TRACES):
            page.goto(stored.url + path)
            found = Axe().run(page)
            assert found.violations_count == 0, path + found.generate_report()


@pytest.mark.parametrize("width", [1440, 390])
def test_what_is_pressed_is_large_enough_and_what_takes_the_focus_has_a_name(
    browser: Browser, stored: Stored, width: int
) -> None:
    with opened(browser, stored, "/", viewport={"width": width, "height": 844}) as page:
        found = {}
        for path in VIEWS[:-1]:
            page.goto(stored.url + path)
            page.locator("body[data-link=up]").wait_for()
            if cramped := page.evaluate(CRAMPED) + page.evaluate(UNNAMED):
                found[path] = cramped
        assert found == {}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path", ["/", "/cluster", "/changes", "/traces/names?show=list&step=names-001", "/learn"]
)
def test_what_has_the_focus_is_not_hidden(
    browser: Browser, stored: Stored, path: str, width: int
) -> None:
    with opened(browser, stored, path, viewport={"width": width, "height": 844}) as page:
        page.locator("body[data-link=up]").wait_for()
        for key in ("Tab", "Shift+Tab"):
            for _ in range(40):
                page.keyboard.press(key)
                assert page.evaluate(COVERED) == "", key


def test_a_trace_is_printed_as_its_steps_alone(browser: Browser, stored: Stored) -> None:
    ink = "getComputedStyle(document.body).color"
    with opened(browser, stored, "/traces/names?step=names-006", color_scheme="light") as page:
        dark_on_light = page.evaluate(ink)
        for _ in range(2):
            page.locator("#theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate(ink) != dark_on_light
        page.emulate_media(media="print")
        assert page.evaluate(ink) == dark_on_light
        cut = "node => node.scrollHeight > node.clientHeight + 1"
        assert not page.locator("#drawer").evaluate(cut)
        assert not page.locator("#rows .what").last.evaluate(cut)
        expect(page.locator(".top")).to_be_hidden()
        said = page.evaluate("getComputedStyle(document.querySelector('main'), '::before').content")
        assert said.startswith('"Baton · cluster')
        expect(page.locator("#pause")).to_be_hidden()
        expect(page.locator("#rows .what").first).to_be_visible()
        expect(page.locator("#head h1")).to_be_visible()

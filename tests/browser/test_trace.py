"""One trace in the browser: as sequence, waterfall and list, by keyboard, replayed, at a moment."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Baton, StartBaton, Stored, opened, rolled_out

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def trace(nginx: Stored, browser: Browser) -> str:
    """The path of nginx's trace, which is complete and has its heartbeats."""
    page = browser.new_page()
    path = rolled_out(page, nginx).locator("a").get_attribute("href")
    page.goto(f"{nginx.url}{path}")
    beats = page.locator("#rows > .step", has_text="renewed its node Lease")
    expect(beats).to_have_count(3)
    page.close()
    assert path is not None
    return path


@pytest.fixture
def begun(start_baton: StartBaton) -> Iterator[Baton]:
    """A dashboard that has seen nginx begin; the rest comes when a test says so."""
    baton = start_baton("create", speed=4)
    baton.play(BEGINNING)
    yield baton
    baton.end()


BEGINNING = 30
"""So many writes of the recording: all is made and placed, and nothing runs yet."""

NEAR = 1e-6
"""Seconds by which sums of times differ: the map's moments are rounded up to milliseconds."""


def shown(page: Page) -> int:
    return page.locator("#rows > .step:visible").count()


def came_by(page: Page, moment: float, row: str = ".step") -> int:
    """How many rows began by then: on a busy machine several arrive at the same moment."""
    times = page.locator(f"#rows > {row}").evaluate_all("rows => rows.map(row => row.dataset.at)")
    return sum(float(at) <= moment for at in times)


def moments(page: Page) -> list[float]:
    """The moments that a replay goes through, rising."""
    told = page.locator("#minimap").evaluate("map => [map.dataset.begin, map.dataset.times]")
    return [float(told[0]) + int(ms) / 1000 for ms in told[1].split()]


def moment_in_address(page: Page) -> float:
    return float(parse_qs(urlsplit(page.url).query)["at"][0])


def test_the_waterfall_appears_as_steps_arrive(browser: Browser, begun: Baton) -> None:
    with opened(browser, begun, "/") as page:
        link = page.locator(".trace-row", has_text="deployment/nginx").locator("a")
        link.wait_for()
        page.goto(f"{begun.url}{link.get_attribute('href')}?show=waterfall")
        page.locator("body[data-link=up]").wait_for()
        page.evaluate("window.stillHere = true")
        begun.play()
        expect(page.locator("#head .state")).to_contain_text("complete")
        pods = page.locator("#rows > .bar", has_text="pod/nginx-")
        expect(pods).to_have_count(3)
        expect(page.locator(".findings")).to_contain_text("Slowest: ")
        assert "complete" in page.title(), "a tab tells how its trace stands"
        assert page.evaluate("window.stillHere === true"), "pushed, not loaded again"
        live = page.locator("#rows").inner_text()
        page.reload()
        assert page.locator("#rows").inner_text() == live


REDRAWN = """async () => {
    const { flow } = await import(new URL("flow.js", document.querySelector("[type=module]").src));
    const row = document.querySelector("#rows [aria-current]").closest("li");
    flow.take([[row.dataset.id, 1e15, "step", row.outerHTML]]);
}"""
"""Does what the page does when the row of the selected step was drawn anew."""


def test_the_drawer_keeps_focus_and_place_while_its_step_is_drawn_anew(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace, viewport={"width": 1440, "height": 600}) as page:
        page.locator("#rows .step-link", has_text="created ReplicaSet").click()
        page.locator("#drawer h2", has_text="created ReplicaSet").wait_for()
        page.locator("#drawer .copy").first.focus()
        page.locator("#drawer").evaluate("node => { node.scrollTop = 40 }")
        page.locator("#drawer .eyebrow").evaluate("node => node.append('stale')")
        with page.expect_response("**/steps/*"):
            page.evaluate(REDRAWN)
        expect(page.locator("#drawer .eyebrow")).not_to_contain_text("stale")
        expect(page.locator("#drawer .copy").first).to_be_focused()
        assert page.locator("#drawer").evaluate("node => node.scrollTop") == 40
        page.locator("#drawer [rel=next]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#drawer h2")).not_to_contain_text("created ReplicaSet")
        expect(page.locator("#drawer [rel=next]")).to_be_focused()


def test_that_there_was_no_step_is_said_until_one_comes(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace) as page:
        page.locator("#rows .step-link").first.click()
        page.locator(".scroller").evaluate(
            "node => node.insertAdjacentHTML('afterend', '<p id=none>')"
        )
        page.evaluate(REDRAWN)
        expect(page.locator("#none")).to_have_count(0)


def test_a_step_that_can_t_be_read_is_told_of(browser: Browser, nginx: Stored, trace: str) -> None:
    page = browser.new_page()
    page.goto(f"{nginx.url}{trace}")
    page.locator("body[data-link=up]").wait_for()
    page.route("**/steps/*", lambda route: route.abort())
    page.locator("#rows .step-link").first.click()
    expect(page.locator("#drawer [role=alert]")).to_contain_text("could not be read")
    page.close()


def test_each_pod_s_time_is_told_span_by_span_and_by_which_clock(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, f"{trace}?show=waterfall") as page:
        pod = page.locator("#rows > .bar", has_text="pod/nginx-").first
        pod.locator("summary").click()
        spans = pod.locator(".spans tbody th").all_inner_texts()
        assert spans == ["scheduling", "volumes and network", "pull", "start", "ready"]
        expect(pod.locator(".spans")).to_contain_text("32ms as its kubelet says")
        expect(pod.locator(".spans")).to_contain_text("arrival ±1 ms to the Event's own ±1 ms")
        pod.locator(".spans a", has_text="pull").click()
        expect(page.locator("#drawer h2")).to_contain_text(
            "The kubelet on node-1 reported Pod nginx"
        )


def test_the_same_step_stays_selected_in_each_picture_and_the_address_keeps_both(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace) as page:
        page.locator("#rows .step-link", has_text="created ReplicaSet").click()
        page.locator("#drawer h2", has_text="created ReplicaSet").wait_for()
        page.locator(".switch a:visible", has_text="list").click()
        page.wait_for_url("**show=list*#step-*")
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        expect(page.locator('#rows a[aria-current="true"]')).to_contain_text("created ReplicaSet")
        page.locator(".switch a:visible", has_text="waterfall").click()
        page.wait_for_url("**show=waterfall*#step-*")
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        expect(page.locator('#rows a[aria-current="true"]')).to_contain_text("replicaset/nginx")


def test_the_drawer_walks_by_buttons_and_by_keys(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace) as page:
        page.keyboard.press(".")
        expect(page.locator("#drawer h2")).to_contain_text("create Deployment nginx")
        expect(page.locator("#drawer .walk [rel=next]")).to_be_visible()
        page.keyboard.press(".")
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        page.keyboard.press(",")
        expect(page.locator("#drawer h2")).to_contain_text("create Deployment nginx")
        page.locator("#drawer .walk [rel=next]").click()
        expect(page.locator("#drawer h2")).to_contain_text("created ReplicaSet")
        command = page.locator("#drawer .command", has_text="who wrote which field")
        expect(command).to_contain_text("kubectl get replicaset.v1.apps nginx-754449dc84 -n shop")
        command.locator("button", has_text="for oc").click()
        expect(command.locator("button").last).to_have_text(re.compile("Copied|Selected"))


def test_a_step_without_a_bar_of_its_own_marks_its_object(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, f"{trace}?show=list") as page:
        page.locator("#rows .step-link", has_text="3 ready (before: 2)").first.click()
        page.locator("#drawer h2", has_text="3 ready (before: 2)").wait_for()
        page.locator(".switch a:visible", has_text="waterfall").click()
        page.wait_for_url("**show=waterfall*")
        expect(page.locator("#drawer h2")).to_contain_text("3 ready (before: 2)")
        marked = page.locator('#rows a[aria-current="true"]')
        expect(marked).to_contain_text(re.compile("(deployment|replicaset)/nginx"))
        address = page.url.removeprefix(nginx.url).replace("#step-", "&step=")
    with opened(browser, nginx, address, java_script_enabled=False) as page:
        marked = page.locator('#rows a[aria-current="true"]')
        expect(marked).to_contain_text(re.compile("(deployment|replicaset)/nginx"))


def test_ticks_stand_over_what_they_measure(browser: Browser, nginx: Stored, trace: str) -> None:
    with opened(browser, nginx, f"{trace}?show=waterfall") as page:
        boxes = [
            page.locator(where).first.bounding_box()
            for where in (".axis .bars", "#rows > .bar .bars")
        ]
        places = {(round(box["x"]), round(box["width"])) for box in boxes if box is not None}
        assert len(places) == 1


def test_the_waterfall_is_looked_at_closer_by_keys_and_buttons(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    width = "document.querySelector('.scroller').scrollWidth"
    left = "document.querySelector('.scroller').scrollLeft"
    with opened(browser, nginx, f"{trace}?show=waterfall") as page:
        page.locator("#zoom").wait_for()
        before = page.evaluate(width)
        for _ in range(3):
            page.keyboard.press("w")
        assert page.evaluate(width) > 2 * before
        at = page.evaluate(left)
        page.keyboard.press("d")
        assert page.evaluate(left) > at
        named = page.locator("#rows > .bar .named").first.bounding_box()
        box = page.locator(".scroller").bounding_box()
        assert named is not None
        assert box is not None
        assert abs(named["x"] - box["x"]) < 20, "names stay in view"
        page.keyboard.press("a")
        assert page.evaluate(left) == at
        page.keyboard.press("s")
        page.keyboard.press("f")
        assert page.evaluate(width) == before
        page.locator("#zoom button", has_text="+").click()
        assert page.evaluate(width) > before
        wide = page.evaluate(width)
        page.keyboard.press("w")
        assert page.evaluate(width) == wide, "a button has the focus"


def test_a_trace_is_replayed_step_by_step_and_returns_to_live(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace) as page:
        page.locator("#replay-play").wait_for()
        whole = shown(page)
        first, second = (came_by(page, moment + NEAR) for moment in moments(page)[:2])
        assert 1 <= first < second < whole
        page.locator("#replay-first").click()
        assert shown(page) == first
        expect(page.locator("#head .state")).to_contain_text("as it was")
        assert "at=" in page.url
        page.locator("h2", has_text="Steps").click()
        page.keyboard.press(".")
        assert shown(page) == second
        expect(page.locator("#head .who")).to_contain_text("Deployment controller")
        page.keyboard.press(",")
        assert shown(page) == first
        page.locator("#moment").focus()
        page.keyboard.press("End")
        assert shown(page) == whole - 3, "heartbeats come after all that is on the map"
        page.locator("#replay-live").click()
        expect(page.locator("#head .state")).to_contain_text("complete")
        expect(page.locator("#rows > .step:visible")).to_have_count(whole)
        assert "at=" not in page.url
        page.locator("#replay-play").click()
        expect(page.locator("#head .state")).to_contain_text("as it was")


def test_a_replay_plays_holds_and_ends_at_the_end(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace) as page:
        page.locator("#speed").select_option("0.25")
        page.locator("#replay-play").click()
        expect(page.locator("#rows > .step:visible").nth(2)).to_be_visible()
        page.locator("h2", has_text="Steps").click()
        page.keyboard.press("Space")
        expect(page.locator("#replay-play")).to_have_text("Play")
        held = page.url
        assert "at=" in held
        page.locator("#speed").select_option("8")
        page.locator("#replay-play").click()
        expect(page.locator("#replay-play")).to_have_text("Play")
        expect(page.locator("#moment")).to_have_value("1")
    with opened(browser, nginx, held.removeprefix(nginx.url)) as page:
        expect(page.locator("#head .state")).to_contain_text("as it was")
        expect(page.locator("#replay-live")).to_be_visible()


def test_what_comes_while_replaying_waits_and_is_counted(browser: Browser, begun: Baton) -> None:
    with opened(browser, begun, "/") as page:
        page.locator(".trace-row", has_text="deployment/nginx").locator("a").click()
        page.wait_for_url("**/traces/*")
        page.locator("#rows > .step").nth(2).wait_for()
        page.reload()  # So that there is a map from the first moment to a later one.
        page.locator("#replay-first").click()
        begun.play()
        expect(page.locator("#newer")).to_have_text(re.compile(r"^\d+ new$"))
        assert 1 <= shown(page) == came_by(page, moments(page)[0] + NEAR)
        expect(page.locator("#head .state")).to_contain_text("as it was")
        page.locator("#newer").click()
        expect(page.locator("#head .state")).not_to_contain_text("as it was")
        expect(page.locator("#rows > .step:visible").nth(3)).to_be_visible()


def test_times_read_as_the_reader_wants_them_on_every_page(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace, timezone_id="Asia/Kathmandu") as page:
        first = page.locator("#rows .offset").first
        began = page.locator("#head .at").inner_text()
        assert began.endswith("UTC")
        page.locator("#times").select_option("absolute utc")
        expect(first).to_have_text(began.split()[1])
        page.locator("#times").select_option("absolute local")
        expect(page.locator("#head .at")).to_have_text(re.compile(r"\+05:45$"))
        page.goto(f"{nginx.url}{trace}?show=list")
        expect(page.locator("#head .at")).to_have_text(re.compile(r"\+05:45$"))
        page.locator("#times").select_option("relative utc")
        expect(page.locator("#head .at")).to_have_text(began)
        expect(page.locator("#rows .offset").first).to_have_text("+0 ms")


def test_without_script_each_picture_and_moment_is_a_page(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace, java_script_enabled=False) as page:
        whole = shown(page)
        page.locator("#replay-first").click()
        first = shown(page)
        assert 1 <= first == came_by(page, moment_in_address(page))
        page.locator("#replay-on").click()
        assert first < shown(page) == came_by(page, moment_in_address(page)) < whole
        page.locator(".switch a:visible", has_text="waterfall").click()
        begun = came_by(page, moment_in_address(page), ".bar")
        assert begun >= 2
        expect(page.locator("#rows > .bar:visible")).to_have_count(begun)
        page.locator("#replay-live").click()
        assert page.locator("#rows > .bar:visible").count() > begun
        page.locator(".switch a:visible", has_text="list").click()
        assert shown(page) == whole


def test_a_narrow_window_gets_the_list_and_says_so(
    browser: Browser, nginx: Stored, trace: str
) -> None:
    with opened(browser, nginx, trace, viewport={"width": 390, "height": 844}) as page:
        expect(page.locator(".switch a[aria-current]:visible")).to_have_text("list")
        expect(page.locator("#lanes")).to_be_hidden()
        page.locator(".switch a:visible", has_text="sequence").click()
        expect(page.locator("#lanes")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("query", ["?show=waterfall", "?show=list", "?show=waterfall&at="])
def test_axe_finds_nothing(
    browser: Browser,
    nginx: Stored,
    trace: str,
    query: str,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    with opened(browser, nginx, trace, **look) as page:
        middle = page.evaluate(
            "(({ begin, end }) => (Number(begin) + Number(end)) / 2)(minimap.dataset)"
        )
        page.goto(f"{nginx.url}{trace}{query}{middle if query.endswith('=') else ''}")
        page.locator("#replay-play").wait_for()
        page.locator("#rows .step-link:visible").nth(1).click()
        page.locator("#drawer h2").wait_for()
        for summary in page.locator("#rows summary:visible").all()[:2]:
            summary.click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

"""`make practice` as a person has it: they type into kubectl, and the open page turns."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from benchmarks.programs import free_port
from dashboard.exercises.declared import EXERCISES
from tests.browser.conftest import PATIENCE_MS, ROOT, opened
from tests.deploy.programs import program

expect.set_options(timeout=PATIENCE_MS)

PATIENCE = 120.0
PAGES = (
    "/",
    "/learn",
    "/learn/exercises",
    "/learn/exercises/operator",
    "/learn/situations",
    "/learn/situations/16?holder=scheduler&diagnosis=crash-loop",
)


class Practice(NamedTuple):
    """What `make practice` told: where the dashboard is, and by which file kubectl gets in."""

    url: str
    kubeconfig: str
    home: Path

    def kubectl(self, *arguments: str) -> None:
        environment = os.environ | {"KUBECONFIG": self.kubeconfig, "HOME": str(self.home)}
        command = [program("kubectl"), *arguments]
        subprocess.run(command, env=environment, check=True, timeout=PATIENCE)

    @contextmanager
    def terminal(self) -> Iterator[IO[str]]:
        """A shell that runs what is typed; what it says is kept in `home`."""
        path = f"{Path(program('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
        known = {"PATH": path, "KUBECONFIG": self.kubeconfig, "HOME": str(self.home)}
        with (self.home / "terminal.log").open("a+") as said:
            shell = subprocess.Popen(
                ["/bin/sh"], stdin=subprocess.PIPE, stdout=said, stderr=said, env=known, text=True
            )
            assert shell.stdin is not None
            yield shell.stdin
            shell.stdin.close()
            shell.wait(PATIENCE)
            said.seek(0)
            assert "unknown" not in said.read()


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    command = [sys.executable, "scripts/run_practice.py", "--drive", "--port", str(free_port())]
    script = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        kubeconfig, address = told(script)
        yield Practice(address.rstrip("/"), kubeconfig, tmp_path_factory.mktemp("home"))
    finally:
        script.terminate()
        said, _ = script.communicate(timeout=PATIENCE)
    assert script.returncode == 0, said
    assert "Traceback" not in said


def told(script: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the kubeconfig and the address that it says: the last thing, once all is seen."""
    seen, address = [], ""
    assert script.stdout is not None
    for line in script.stdout:
        seen.append(line)
        if line.startswith("Dashboard: http://"):
            address = line.split()[1]
        if "export KUBECONFIG=" in line:
            assert address, "what to type is said before anybody would see it"
            return line.strip().partition("=")[2], address
    pytest.fail("make practice ended without an address:\n" + "".join(seen))


def does(page: Page, practice: Practice, slug: str) -> None:
    """Type what an exercise's page says, task by task; each turns on the open page."""
    page.goto(f"{practice.url}/learn/exercises/{slug}")
    page.locator("body[data-link=up]").wait_for()
    commands = page.locator(".task pre").all_inner_texts()
    expect(page.locator("#task-1")).to_contain_text("waiting for you")
    with practice.terminal() as typed:
        for number, command in enumerate(commands, 1):
            typed.write(f"{command}\n")
            typed.flush()
            expect(page.locator(f"#task-{number}.is-done")).to_be_visible(timeout=PATIENCE * 1e3)
            expect(page.locator(f"#task-{number} .seen li:not(.is-seen)")).to_have_count(0)
    expect(page.locator("#finished")).to_contain_text("Done.")


@pytest.mark.timeout(900)  # All exercises one after the other, of which each waits for kubectl.
def test_each_exercise_turns_while_kubectl_does_it_and_is_remembered(
    browser: Browser, practice: Practice
) -> None:
    with opened(browser, practice, "/learn/exercises") as page:
        does(page, practice, "create")
        expect(page.locator("#task-1 .is-seen")).to_have_count(5)
        expect(page.locator("#task-2")).to_contain_text("3 available")
        expect(page.locator("#tally")).to_contain_text("1 of ")
        page.locator("#task-1 .what").nth(2).click()
        expect(page.locator("#drawer h2")).to_contain_text("created Pod nginx")
        page.evaluate("localStorage.setItem('baton.exercises', '{\"who\": \"2026-01-01\"}')")
        page.goto(f"{practice.url}/learn/exercises")
        expect(page.locator("#exercise-who.was-done .far")).to_have_text("done before")
        expect(page.locator("#exercise-create.is-done:not(.was-done) .far")).to_have_text("done")
        page.locator("#forget").click()
        expect(page.locator("#exercise-who.was-done")).to_have_count(0)
        page.goto(practice.url)
        expect(page.locator(".trace-row").first).to_contain_text("3 of 3 Pods available")
        for exercise in EXERCISES[1:]:
            does(page, practice, exercise.slug)
        page.goto(f"{practice.url}/learn/exercises")
        expect(page.locator("[id^=exercise-].is-done")).to_have_count(len(EXERCISES))


def test_a_situation_plays_and_an_answer_is_compared(browser: Browser, practice: Practice) -> None:
    with opened(browser, practice, "/learn/situations/16") as page:
        page.locator("body[data-link=up]").wait_for()
        expect(page.locator("#stage")).to_contain_text("Not started")
        command = page.locator(".situation pre").first.inner_text().split()
        practice.kubectl(*command[1:])
        expect(page.locator("#stage")).to_contain_text("made up its mind")
        page.get_by_label("persistent volume controller").check()
        page.get_by_label("And what is wrong?").select_option("volume-pending")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#compared-title")).to_contain_text("Right, on both counts")
        page.locator("body[data-link=up]").wait_for()
        page.goto(f"{practice.url}/learn/situations")
        expect(page.locator("#tally")).to_have_text("1 of 51 done")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_each_page_fits_the_window_and_axe_finds_nothing(
    browser: Browser, practice: Practice, width: int, scheme: str
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    for path in PAGES:
        with opened(browser, practice, path, **look) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

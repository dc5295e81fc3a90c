"""A recording from one's own disk, opened in the page and kept apart from the live cluster."""

import gzip
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, ROOT, Stored, opened

expect.set_options(timeout=PATIENCE_MS)
TAPES = ROOT / "practicecluster" / "tapes"


def open_tape(page: Page, tape: Path, audit: Path | None = None) -> None:
    page.get_by_label("The recording").set_input_files(tape)
    if audit is not None:
        page.get_by_label("Its audit log").set_input_files(audit)
    page.get_by_role("button", name="Open it").click()


def test_a_recording_is_explained_in_a_view_of_its_own(browser: Browser, nginx: Stored) -> None:
    with opened(browser, nginx, "/tape") as page:
        open_tape(page, TAPES / "bad_image.jsonl")
        page.locator(".recorded-banner").wait_for()
        expect(page.locator("#status")).to_contain_text("Recording, until 2026-")
        page.locator(".trace-row", has_text="deployment/").first.locator("a").click()
        page.wait_for_url("**/traces/*")
        assert "/tapes/" in page.url
        page.keyboard.press("j")
        expect(page.locator("#drawer h2")).to_contain_text("changed Deployment api")
        page.get_by_role("link", name="Return to live").click()
        expect(page.locator(".recorded-banner")).to_have_count(0)
        row = page.locator(".trace-row", has_text="deployment/nginx")
        row.wait_for()
        expect(page.locator(".trace-row", has_text="deployment/api")).to_have_count(0)


def test_its_audit_log_tells_who_asked(browser: Browser, nginx: Stored) -> None:
    audit = ROOT / "tests" / "explain" / "truth" / "quota.audit.jsonl"
    with opened(browser, nginx, "/tape") as page:
        open_tape(page, TAPES / "quota.jsonl", audit)
        page.locator(".recorded-banner").wait_for()
        open_still = page.locator(".trace-row.is-running .clock .ticking").first
        expect(page.locator("#help-open")).to_be_visible()  # Its script has come.
        expect(open_still).to_have_text(re.compile(r"^\d+\.\d s$"))  # It was open when it ended.
        assert page.title().startswith("Recording: ")
        page.locator(".trace-row", has_text="deployment/").first.locator("a").click()
        page.locator("#rows .step-link").first.click()
        expect(page.locator("#drawer .claims")).to_contain_text("audited")


def test_what_is_no_recording_is_refused_in_words(
    browser: Browser, nginx: Stored, tmp_path: Path
) -> None:
    packed, notes = tmp_path / "packed.jsonl", tmp_path / "notes.txt"
    packed.write_bytes(gzip.compress(b"not a recording" * 10))
    notes.write_bytes(b"dear diary\n")
    for file, words in ((packed, "gunzip"), (notes, "line 1")):
        with opened(browser, nginx, "/tape") as page:
            open_tape(page, file)
            expect(page.locator("main")).to_contain_text("can't be read")
            expect(page.locator("main")).to_contain_text(words)


def test_a_closed_recording_is_gone(browser: Browser, nginx: Stored) -> None:
    with opened(browser, nginx, "/tape") as page:
        open_tape(page, TAPES / "create.jsonl")
        page.locator(".recorded-banner").wait_for()
        address = page.url
        page.goto(f"{nginx.url}/tape")
        page.get_by_role("link", name="create.jsonl").click()
        page.get_by_role("button", name="Close it").click()
        page.get_by_role("heading", name="Open a recording").wait_for()
        expect(page.get_by_role("link", name="create.jsonl")).to_have_count(0)
        answer = page.request.get(address)
        assert answer.status == 404
        assert "not open" in answer.text()

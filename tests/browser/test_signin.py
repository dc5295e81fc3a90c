"""Signing in as a person does it, in a real browser: with a token, and with a real provider."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from benchmarks.programs import answers, free_port
from practicecluster.access import Viewer
from tests.browser.conftest import PATIENCE_MS, Baton

ADA, SAM = "token-of-ada-000000", "token-of-sam-000000"
SHOP = frozenset({"shop"})


@pytest.fixture
def baton(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Baton]:
    """A Baton in mode token that sees the recording `scale`, of namespace shop."""
    monkeypatch.setenv("BATON_SIGN_IN", "token")
    made = Baton(tmp_path, "scale", speed=1000.0)
    made.invite({ADA: Viewer("ada"), SAM: Viewer("sam", namespaces=frozenset())})
    yield made
    made.end()


@pytest.fixture
def provider() -> Iterator[str]:
    """An OpenID Connect provider's address."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not answers(address, probe=".well-known/openid-configuration"):
        assert time.monotonic() < deadline, "the provider does not answer"
        time.sleep(0.1)
    yield address
    running.terminate()
    running.wait()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Bearer token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_sees_and_logs_out(baton: Baton, context: BrowserContext) -> None:
    baton.play()
    page = context.new_page()
    page.goto(f"{baton.url}/changes")
    expect(page).to_have_title("Sign in · Baton")
    expect(page.get_by_role("navigation")).to_have_count(0)
    sign_in(page, "no-such-token")
    expect(page.get_by_role("alert")).to_contain_text("does not know this token")
    sign_in(page, ADA)
    page.wait_for_url(f"{baton.url}/changes")
    expect(page.locator(".viewer")).to_contain_text("ada")
    expect(page.locator("main")).to_contain_text("deployment/web")
    page.goto(f"{baton.url}/changes")
    expect(page.locator("body")).to_have_attribute("data-link", "up")
    held = context.cookies()
    (session,) = [each for each in held if each["name"] == "__Host-baton"]
    assert (session["httpOnly"], session["secure"], session["sameSite"]) == (True, True, "Strict")
    other = context.new_page()
    other.goto(baton.url)
    expect(other.locator("body")).to_have_attribute("data-link", "up")

    def answered_late(asked: Route) -> None:
        answer = asked.fetch(max_redirects=0)
        expect(other).to_have_title("Sign in · Baton")  # So by then the page here is told too.
        page.wait_for_timeout(200)
        asked.fulfill(response=answer)

    page.route("**/logout", answered_late)
    page.locator(".viewer summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{baton.url}/login")
    expect(page).to_have_title("Sign in · Baton")
    assert "__Host-baton" not in {each["name"] for each in context.cookies()}


def test_who_may_see_nothing_is_told_so_and_sees_more_when_granted(
    baton: Baton, context: BrowserContext
) -> None:
    baton.play()
    page = context.new_page()
    page.goto(baton.url)
    sign_in(page, SAM)
    expect(page.locator("#empty")).to_contain_text("You may not see anything here")
    expect(page.locator("header")).to_contain_text("Sees nothing here.")
    assert "deployment/web" not in page.content()


def test_a_real_provider_signs_in(
    provider: str, tmp_path: Path, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_SIGN_IN", "oidc")
    monkeypatch.setenv("BATON_OIDC_ISSUER", provider)
    monkeypatch.setenv("BATON_OIDC_CLIENT_ID", "baton")
    monkeypatch.setenv("BATON_OIDC_SCOPES", "openid email")
    secret = tmp_path / "secret"
    secret.write_text("this provider's clients have one")
    monkeypatch.setenv("BATON_OIDC_CLIENT_SECRET_FILE", str(secret))
    baton = Baton(tmp_path, "scale", speed=1000.0)
    try:
        baton.vouch(lambda token: viewer_of(token, provider))
        baton.play()
        page = context.new_page()
        page.goto(f"{baton.url}/changes?kind=Deployment")
        page.get_by_role("link", name="Sign in").click()
        page.locator("input[name=sub]").fill("sam")
        page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(f"{baton.url}/changes?kind=Deployment")
        expect(page.locator(".viewer")).to_contain_text("sam")
        expect(page.locator("header")).to_contain_text("Sees namespace shop.")
        expect(page.locator("main")).to_contain_text("deployment/web")
        assert not any("eyJ" in each["value"] for each in context.cookies())
    finally:
        baton.end()


def viewer_of(token: str, provider: str) -> Viewer | None:
    """Who an ID token is of, as an API server knows it that trusts the provider."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    if claims["iss"] != provider or claims["aud"] not in ("baton", ["baton"]):
        return None
    return Viewer(claims["sub"], namespaces=SHOP)

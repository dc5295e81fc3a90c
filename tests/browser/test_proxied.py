"""Behind a real nginx, over HTTPS, on a port of its own and below a path of a shared site."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from benchmarks.programs import CHROMIUM, FLAGS
from practicecluster.access import Viewer
from tests.browser.conftest import PATIENCE_MS, ROOT, Baton
from tests.browser.nginx import SITE, Nginx
from tests.browser.test_signin import ADA, provider, sign_in, viewer_of

__all__ = ["provider"]

expect.set_options(timeout=PATIENCE_MS)

PROXIED = {"BATON_ALLOWED_HOSTS": SITE, "BATON_PROXY_ADDRESSES": "127.0.0.1"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that finds the site on this machine."""
    with sync_playwright() as playwright:
        mapped = f"--host-resolver-rules=MAP {SITE} 127.0.0.1"
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, mapped])
        yield chromium
        chromium.close()


@contextmanager
def behind(
    directory: Path, monkeypatch: pytest.MonkeyPatch, *, cuts: bool, **environment: str
) -> Iterator[tuple[Baton, Nginx]]:
    """A Baton that sees the recording `scale`, and an nginx in front of it."""
    for name, value in (PROXIED | environment).items():
        monkeypatch.setenv(name, value)
    with ExitStack() as started:
        baton = Baton(directory, "scale", speed=1000.0)
        started.callback(baton.end)
        nginx = Nginx(directory / "nginx", baton.url, cuts=cuts)
        started.callback(nginx.end)
        yield baton, nginx


@contextmanager
def visiting(browser: Browser, nginx: Nginx) -> Iterator[BrowserContext]:
    """A person's browser, which makes no error and asks for nothing beside Baton's path."""
    context = browser.new_context(ignore_https_errors=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    asked, errors = set[str](), list[str]()

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error" and nginx.site in said.location["url"]:
            errors.append(f"{said.text} {said.location}")

    context.on("console", heard)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("request", lambda request: asked.add(request.url))
    yield context
    context.close()
    assert errors == []
    ours = {each for each in asked if each.startswith(f"https://{nginx.site}/")}
    assert len(ours) > 10
    assert [each for each in ours if not f"{each}/".startswith(f"{nginx.url}/")] == []


def live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", "up")


@pytest.mark.parametrize("cuts", [False, True], ids=["prefix left there", "prefix cut off"])
def test_a_person_works_with_it_as_at_a_site_of_its_own(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: bool
) -> None:
    known = {} if cuts else {"BATON_PATH_PREFIX": "/baton"}
    started = behind(tmp_path, monkeypatch, cuts=cuts, BATON_SIGN_IN="token", **known)
    with started as (baton, nginx), visiting(browser, nginx) as context:
        baton.invite({ADA: Viewer("ada")})
        page = context.new_page()
        first = page.goto(f"{nginx.url}/changes?kind=Deployment")
        assert first is not None
        assert first.headers["strict-transport-security"] == "max-age=31536000"
        sign_in(page, ADA)
        page.wait_for_url(f"{nginx.url}/changes?kind=Deployment")
        cookies_are_kept_apart(context)
        moves_by_itself(page, baton, nginx)
        pages_lead_to_each_other(page)
        files_come(page, nginx)
        opens_a_recording(page, nginx)
        logs_out(context, page, nginx)


def cookies_are_kept_apart(context: BrowserContext) -> None:
    held = {str(each["name"]): each for each in context.cookies()}
    assert {"__Secure-baton", "csrftoken"} <= set(held)
    for each in held.values():
        assert (each["path"], each["secure"], each["httpOnly"]) == ("/baton", True, True)


def moves_by_itself(page: Page, baton: Baton, nginx: Nginx) -> None:
    """The socket tells what happens; a row leads to its trace, a step to its drawer."""
    page.goto(f"{nginx.url}/")
    live(page)
    baton.play()
    row = page.locator(".trace-row.is-complete", has_text="deployment/web").first
    row.locator("a").first.click()
    page.wait_for_url(f"{nginx.url}/traces/*")
    live(page)
    page.locator("#rows .step-link").first.click()
    expect(page.locator("#drawer h2")).to_be_visible()


def pages_lead_to_each_other(page: Page) -> None:
    for name in ("Cluster", "Learn", "Reference", "Tape", "Now"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        page.wait_for_url(f"**/baton/{'' if name == 'Now' else name.lower()}")
        live(page)
    page.locator("#filter-text").fill("web")  # Asked for by htmx.
    page.wait_for_url(re.compile(r"/baton/\?.*text=web"))


def files_come(page: Page, nginx: Nginx) -> None:
    page.goto(nginx.url)
    page.wait_for_url(f"{nginx.url}/")
    for path, begins in (("changes.csv", "time,"), ("healthz", "alive"), ("readyz", "ready")):
        asked = (
            "async (path) => { const a = await fetch(path); return [a.status, await a.text()]; }"
        )
        status, text = page.evaluate(asked, path)
        assert (status, text[: len(begins)]) == (200, begins)


def opens_a_recording(page: Page, nginx: Nginx) -> None:
    page.goto(f"{nginx.url}/tape")
    tape = ROOT / "practicecluster" / "tapes" / "bad_image.jsonl"
    page.get_by_label("The recording").set_input_files(tape)
    page.get_by_role("button", name="Open it").click()
    page.locator(".recorded-banner").wait_for()
    assert page.url.startswith(f"{nginx.url}/tapes/")
    page.locator(".trace-row", has_text="deployment/").first.locator("a").click()
    page.wait_for_url(f"{nginx.url}/tapes/*/traces/*")
    page.get_by_role("link", name="Return to live").click()
    page.wait_for_url(f"{nginx.url}/")


def logs_out(context: BrowserContext, page: Page, nginx: Nginx) -> None:
    other = context.new_page()
    other.goto(f"{nginx.url}/coverage")
    live(other)
    page.locator(".viewer summary").click()
    page.get_by_role("button", name="Log out").click()
    for each in (page, other):
        expect(each).to_have_title("Sign in · Baton")
    assert "__Secure-baton" not in {each["name"] for each in context.cookies()}


def test_a_provider_sends_back_to_where_baton_is(
    browser: Browser, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("this provider's clients have one")
    oidc = {
        "BATON_SIGN_IN": "oidc",
        "BATON_OIDC_ISSUER": provider,
        "BATON_OIDC_CLIENT_ID": "baton",
        "BATON_OIDC_SCOPES": "openid email",
        "BATON_OIDC_CLIENT_SECRET_FILE": str(secret),
    }
    started = behind(tmp_path, monkeypatch, cuts=True, **oidc)
    with started as (baton, nginx), visiting(browser, nginx) as context:
        baton.vouch(lambda token: viewer_of(token, provider))
        baton.play()
        page = context.new_page()
        page.goto(f"{nginx.url}/changes?kind=Deployment")
        page.get_by_role("link", name="Sign in").click()
        page.locator("input[name=sub]").fill("sam")
        page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(f"{nginx.url}/changes?kind=Deployment")
        expect(page.locator(".viewer")).to_contain_text("sam")
        expect(page.locator("main")).to_contain_text("deployment/web")
        names = {str(each["name"]) for each in context.cookies() if SITE in str(each["domain"])}
        assert "__Secure-baton" in names
        assert "__Secure-baton-begun" not in names
        logs_out(context, page, nginx)

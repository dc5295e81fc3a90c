"""Who may look at a running Baton, and that on the wire it only reads, whoever looks."""

import re
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web

from eventstream import version
from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from practicecluster.reviews import REVIEW_PATHS
from practicecluster.server import ApiServer
from tests.observe.conftest import StartObserve
from tests.observe.running import until

SAM = "token-of-sam-1234567"


class Sent(NamedTuple):
    """One request as the API server got it."""

    method: str
    path: str
    authorization: str
    agent: str


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """All requests that reach the API server, as they come."""
    noted: list[Sent] = []
    answer = ApiServer.handle

    async def handle(self: ApiServer, request: web.Request) -> web.StreamResponse:
        authorization = request.headers.get("Authorization", "")
        agent = request.headers.get("User-Agent", "")
        noted.append(Sent(request.method, request.path, authorization, agent))
        return await answer(self, request)

    monkeypatch.setattr(ApiServer, "handle", handle)
    return noted


async def test_nobody_else_may_reach_it_without_sign_in(
    cluster: PracticeCluster, kubeconfig: Path, observe: StartObserve
) -> None:
    for host in ("0.0.0.0", "::"):
        running = await observe("--kubeconfig", kubeconfig, "--host", host, "--port", "0")
        ended = await running.ended()
        assert ended.code == 1
        assert "nobody has to sign in" in ended.err
        assert "--insecure-anyone-may-look" in ended.err


async def test_anyone_may_look_where_that_is_said(
    cluster: PracticeCluster, kubeconfig: Path, observe: StartObserve
) -> None:
    insecure = ("--host", "0.0.0.0", "--port", "0", "--insecure-anyone-may-look")
    running = await observe("--kubeconfig", kubeconfig, *insecure)
    url = await running.url()
    async with aiohttp.ClientSession() as anyone, anyone.get(f"{url}/") as answer:
        assert answer.status == 200
    assert "whoever reaches 0.0.0.0 sees the whole cluster" in (await running.end()).err


async def signed_in(browser: aiohttp.ClientSession, url: str, token: str) -> tuple[str, str]:
    """Sign in as a browser does; returns the first page, and what the browser holds.

    aiohttp keeps secure cookies for https only, which browsers do not on localhost.
    """
    async with browser.get(f"{url}/login") as answer:
        form = await answer.text()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert found is not None
    fields = {"csrfmiddlewaretoken": found[1], "token": token}
    async with browser.post(f"{url}/login", data=fields, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        held = answer.cookies["__Host-baton"].value
    async with browser.get(f"{url}/", headers={"Cookie": f"__Host-baton={held}"}) as answer:
        return await answer.text(), held


async def test_on_the_wire_all_is_read_and_only_viewers_ask_for_their_rights(
    sent: list[Sent], cluster: PracticeCluster, kubeconfig: Path, observe: StartObserve
) -> None:
    cluster.access.viewers[SAM] = Viewer("sam", namespaces=frozenset({"shop"}))
    running = await observe(
        "--kubeconfig", kubeconfig, "--host", "0.0.0.0", "--port", "0", BATON_SIGN_IN="token"
    )
    url = await running.url()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{url}/", headers={"Accept": "text/html"}) as answer:
            assert answer.url.path == "/login"
        await until(lambda: len(sent) > 10, "it watches")
        page, _ = await signed_in(browser, url, SAM)
    assert '<bdi class="who">sam</bdi>' in page
    assert (await running.end()).code == 0
    own, theirs = f"Bearer {cluster.access.token}", f"Bearer {SAM}"
    assert {each.authorization for each in sent} == {own, theirs}
    assert {each.agent for each in sent} == {version.AGENT}
    assert {each.method for each in sent if each.authorization == own} == {"GET"}
    viewers = [each for each in sent if each.authorization == theirs]
    assert {(each.method, each.path in REVIEW_PATHS) for each in viewers} == {("POST", True)}
    paths = {each.path.rpartition("/")[2] for each in viewers}
    assert {"selfsubjectreviews", "selfsubjectaccessreviews"} <= paths


def test_one_module_alone_can_send_anything_but_get() -> None:
    sending = re.compile(r"\.(post|put|patch|delete|request)\(|[\"'](POST|PUT|PATCH|DELETE)[\"']")
    root = Path(__file__).resolve().parents[2] / "eventstream"
    found = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if "aiohttp" in (text := file.read_text(encoding="utf-8")) and sending.search(text)
    }
    # Notifications go to the addresses of their rules; a cluster is sent nothing by them.
    assert found - {"notifying/delivery.py", "notifying/notifier.py"} == {"kubeapi/reviews.py"}

"""Several clusters at one address: a process each, apart in all, and one in front of them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import pytest_asyncio
from django.core.management.base import CommandError, OutputWrapper
from playwright.async_api import async_playwright
from yarl import URL

from benchmarks.programs import CHROMIUM, FLAGS
from eventstream import clusters
from eventstream.management import fronting
from eventstream.management.commands import observe
from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.observe.playing import Playing
from tests.observe.running import PATIENCE, Observing, get, start

ADA, SAM = "token-of-ada-1234567", "token-of-sam-1234567"
module = pytest.mark.asyncio(loop_scope="module")


def kubeconfig_of(clusters: dict[str, PracticeCluster], path: Path) -> Path:
    """A kubeconfig with a context for each cluster, and one more whose server is gone."""
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    configs = {name: cluster.kubeconfig() for name, cluster in clusters.items()}
    first = next(iter(configs.values()))
    gone = json.loads(json.dumps(first))
    gone["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:9"
    configs["gone"] = gone
    for part in ("clusters", "users"):
        merged[part] = [{**config[part][0], "name": name} for name, config in configs.items()]
    merged["contexts"] = [
        {"name": name, "context": {"cluster": name, "user": name}} for name in configs
    ]
    path.write_text(json.dumps(merged))
    return path


def _command(process: psutil.Process) -> str:
    """What a process was started with; nothing of one that has just ended."""
    with suppress(psutil.NoSuchProcess):  # A zombie is one of these.
        return " ".join(process.cmdline())
    return ""


async def answers(url: str, status: int) -> None:
    """Return once that is what is answered there."""
    async with asyncio.timeout(PATIENCE):
        found = await get(url)
        while found[0] != status:
            await asyncio.sleep(0.05)
            found = await get(url)


class Two:
    """Two clusters with a viewer each, and a Baton for both and a third that can't be reached."""

    def __init__(self, clusters: dict[str, PracticeCluster], running: Observing, data: Path):
        self.clusters = clusters
        self.running = running
        self.data = data
        self.url = ""

    def processes(self) -> dict[str, psutil.Process]:
        """The process of each cluster that runs."""
        front = psutil.Process(self.running.process.pid)
        return {
            name: each
            for each in front.children()
            for name in (*self.clusters, "gone")
            if f'"name":"{name}","clusters"' in _command(each)
        }

    async def up(self, *names: str) -> None:
        """Return once the pages of these are served."""
        for name in names:
            await answers(f"{self.url}/clusters/{name}/readyz", 200)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    path = tmp_path_factory.mktemp("clusters")
    async with PracticeCluster() as east, PracticeCluster() as west:
        east.access.viewers[ADA] = Viewer("ada")
        west.access.viewers[SAM] = Viewer("sam")
        clusters = {"east": east, "west": west}
        named = ("--context", "east", "--context", "west", "--context", "gone")
        running = await start(
            *("--kubeconfig", str(kubeconfig_of(clusters, path / "kubeconfig")), *named),
            data=path / "data",
            environment={"BATON_SIGN_IN": "token"},
        )
        made = Two(clusters, running, path / "data")
        made.url = await running.url()
        await made.up("east", "west")
        await Playing(east, "create", seconds=0).play()
        yield made
        if running.process.returncode is None:
            running.process.kill()
        await running.ended()


async def signed_in(session: aiohttp.ClientSession, address: str, token: str) -> list[str]:
    """Sign in at a cluster's page as a browser does; returns the cookies that it is to keep."""
    async with session.get(f"{address}/login") as page:
        csrf = page.cookies["csrftoken"].value
    head = {"Origin": address.partition("/clusters")[0]}
    fields = {"token": token, "csrfmiddlewaretoken": csrf}
    async with session.post(
        f"{address}/login", data=fields, headers=head, allow_redirects=False
    ) as answer:
        assert answer.status == 302
        return answer.headers.getall("Set-Cookie")


def browser(url: str) -> aiohttp.ClientSession:
    """Keeps cookies as a browser does, which takes localhost for safe."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(url))
    return aiohttp.ClientSession(cookie_jar=jar)


async def page(session: aiohttp.ClientSession, address: str) -> tuple[int, str]:
    """Status and text of what a browser shows, or where it is sent."""
    async with session.get(
        address, headers={"Accept": "text/html"}, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


@module
async def test_the_first_page_names_each_and_tells_nobody_what_is_in_them(two: Two) -> None:
    async with browser(two.url) as session:
        status, first = await page(session, f"{two.url}/")
        assert status == 200
        for name in ("east", "west"):
            assert f'href="/clusters/{name}/"' in first
            assert f'data-summary="/clusters/{name}/api/v1/summary"' in first
        assert "gone" in first
        assert "127.0.0.1:9" not in first
        assert "nginx" not in first
        assert (await page(session, f"{two.url}/nowhere"))[0] == 404
        status, instead = await page(session, f"{two.url}/clusters/gone/changes")
        assert (status, "The pages of" in instead) == (503, True)
    assert await get(f"{two.url}/readyz") == (200, "ready\n")
    assert await get(f"{two.url}/healthz") == (200, "alive\n")
    assert 'baton_clusters{state="up"} 2.0' in (await get(f"{two.url}/metrics"))[1]


@module
async def test_whoever_signs_in_at_one_is_nobody_at_the_other(two: Two) -> None:
    east, west = f"{two.url}/clusters/east", f"{two.url}/clusters/west"
    async with browser(two.url) as session:
        assert (await page(session, f"{east}/changes"))[1].startswith("/clusters/east/login")
        cookies = await signed_in(session, east, ADA)
        assert all("Path=/clusters/east;" in each for each in cookies)
        await changes(session, east, "nginx")
        assert (await page(session, f"{west}/changes"))[1].startswith("/clusters/west/login")
        async with session.get(f"{west}/api/v1/summary") as answer:
            assert answer.status == 401
        async with session.get(f"{east}/api/v1/summary") as answer:
            assert (await answer.json())["cluster"] == "east"

        await signed_in(session, west, SAM)
        status, other = await page(session, f"{west}/changes")
        assert (status, "nginx" in other) == (200, False)
        assert 'href="/clusters/east/changes"' in other
        csrf = next(
            each.value
            for each in session.cookie_jar
            if each.key == "csrftoken" and each["path"] == "/clusters/west"
        )
        await session.post(
            f"{west}/logout", data={"csrfmiddlewaretoken": csrf}, headers={"Origin": two.url}
        )
        assert (await page(session, f"{west}/changes"))[1].startswith("/clusters/west/login")
        await changes(session, east, "nginx")


async def changes(session: aiohttp.ClientSession, address: str, words: str) -> None:
    """Return once the page of changes has these words."""
    async with asyncio.timeout(PATIENCE):
        shown = await page(session, f"{address}/changes")
        while words not in shown[1]:
            await asyncio.sleep(0.05)
            shown = await page(session, f"{address}/changes")


@module
async def test_a_connection_ends_with_its_answer_as_the_next_may_be_for_another(
    two: Two,
) -> None:
    url = URL(two.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    asked = b"GET /clusters/%s/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    writer.write(asked % b"east" + asked % b"west")
    said = await asyncio.wait_for(reader.read(), PATIENCE)
    assert said.count(b"HTTP/1.1 200 OK") == 1
    assert b"\r\nConnection: close\r\n" in said
    writer.close()


@module
async def test_a_page_is_told_of_changes_over_its_socket(two: Two) -> None:
    east = f"{two.url}/clusters/east"
    async with browser(two.url) as session:
        await signed_in(session, east, ADA)
        async with session.ws_connect(f"{east}/live", origin=two.url) as live:
            await live.send_json({"type": "hello", "epoch": "e", "since": 0, "view": "now"})
            assert (await live.receive_json())["type"] == "welcome"


@module
async def test_a_browser_goes_from_one_to_the_other_and_each_tells_its_own_viewers(
    two: Two,
) -> None:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        shown = await chromium.new_page()
        shown.set_default_timeout(PATIENCE * 1000)
        complaints = list[str]()
        shown.on("console", lambda message: complaints.append(message.text))
        await shown.goto(f"{two.url}/")
        await shown.get_by_role("link", name="east").click()
        await shown.get_by_label("Bearer token").fill(ADA)
        await shown.get_by_role("button", name="Sign in").click()
        await shown.wait_for_url("**/clusters/east/")
        await shown.locator(".chooser summary").press("Enter")
        choice = shown.locator(".chooser [data-cluster=gone] .standing")
        await choice.get_by_text(re.compile("^(Down|Starting)$")).wait_for()
        assert not await shown.locator(".chooser [data-cluster=west] .standing").is_visible()
        await shown.get_by_role("link", name="All clusters").click()
        cards = shown.locator(".clusters .card")
        await cards.nth(0).get_by_text(re.compile(r"^\d+ stalled$")).wait_for()
        await cards.nth(1).get_by_text("Sign in there to see how it does").wait_for()
        assert not [said for said in complaints if "401" in said]
        await cards.nth(0).get_by_role("link").click()
        await shown.get_by_role("link", name="Learn").click()
        await shown.wait_for_url("**/clusters/east/learn")
        await shown.locator(".chooser summary").press("Enter")
        await shown.get_by_role("link", name="west").press("Enter")
        await shown.wait_for_url("**/clusters/west/login?next=*learn")
        assert await shown.title() == "Sign in · west · Baton"
        await chromium.close()


@module
async def test_a_process_that_died_is_started_again_and_the_other_goes_on(two: Two) -> None:
    west = two.processes()["west"]
    west.kill()
    await answers(f"{two.url}/clusters/west/readyz", 503)
    assert (await get(f"{two.url}/clusters/east/readyz"))[0] == 200
    await two.up("west")
    assert two.processes()["west"].pid != west.pid
    assert "baton_cluster_restarts_total 0" not in (await get(f"{two.url}/metrics"))[1]


@module
async def test_each_has_a_directory_of_its_own_and_all_end_together(two: Two) -> None:
    assert {each.name for each in (two.data / "clusters").iterdir()} == {"east", "west", "gone"}
    processes = two.processes()
    ended = await two.running.end()
    assert ended.code == 0
    assert not any(each.is_running() for each in processes.values())
    assert "Traceback" not in ended.err
    for said in ("gone: The server http://127.0.0.1:9 cannot", "It is started again in 1 s."):
        assert said in ended.err
    assert "[east]" in ended.err or "Watching east" in ended.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"record": Path("x")}, "--record: a file is of one cluster"),
        ({"role": "watcher"}, "--role watcher is of one cluster"),
        ({"cluster_name": "eu"}, "BATON_CLUSTER are of one cluster"),
        ({"context": ["a", "a"]}, "two clusters are called a"),
        ({"cluster": ["East"]}, "small letters"),
    ],
)
def test_what_several_clusters_can_not_have_is_refused(options: dict[str, Any], words: str) -> None:
    none: dict[str, Any] = dict.fromkeys(("record", "fronted", "cluster_name"))
    none |= {"audit_file": [], "role": "all"}
    given = {"context": [], "cluster": ["a", "b"]} | none | options
    with pytest.raises(CommandError, match=words):
        fronting.run(observe._asked(given), given, OutputWrapper(StringIO()))


def test_the_cluster_that_baton_runs_in_is_found_by_its_process_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("KUBECONFIG", "elsewhere")
    monkeypatch.setenv("BATON_CLUSTERS", "here=,east=far")
    settings.DATA_DIR, settings.BATON_PATH_PREFIX = "/data", "/baton"
    here, east = clusters.asked(["here=", "east=far"])
    fronted = clusters.Fronted("here", (here.cluster, east.cluster), 9, "http://localhost/")
    options = dict.fromkeys(fronting._PASSED) | {"kubeconfig": "k", "role": "all"}
    options |= {"log_format": "text", "no_messages": True}
    found = fronting._command(here, fronted, options)
    assert not any(each.startswith(("--kubeconfig", "--context")) for each in found)
    assert "--no-messages" in found
    assert {"--kubeconfig=k", "--context=far", "--path-prefix=/baton"} < set(
        fronting._command(east, fronted, options)
    )
    environment = fronting._environment(here)
    assert environment["BATON_DATA"] == "/data/clusters/here"
    assert environment["BATON_CLUSTER"] == "here"
    assert environment.keys().isdisjoint({"KUBECONFIG", "BATON_CLUSTERS"})
    assert fronting._environment(east)["KUBECONFIG"] == "elsewhere"


@pytest.mark.parametrize(
    ("contexts", "given", "found"),
    [
        ([], [], []),
        (["one"], [], []),
        (["one", "two"], [], ["one", "two"]),
        ([], ["one"], ["one"]),
        (["two"], ["one"], ["one", "two"]),
    ],
)
def test_one_context_is_one_cluster_and_as_ever(
    contexts: list[str], given: list[str], found: list[str]
) -> None:
    options = {"context": contexts, "cluster": given, "fronted": None}
    assert [each.cluster.name for each in observe._asked(options)] == found

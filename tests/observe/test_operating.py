"""Whoever operates a running Baton is told the truth of it: in its header, and in its metrics."""

import asyncio
import time
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from practicecluster.access import Viewer
from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.playing import caught_up, playing
from tests.observe.running import PATIENCE

SCRAPER, READER = "token-of-scraper-1234567", "token-of-reader-1234567"

Numbers = dict[tuple[str, ...], float]


async def becomes(url: str, word: str) -> str:
    """Wait until that is said of the watching; returns the detail."""
    deadline = time.monotonic() + PATIENCE
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{url}/coverage.json") as answer:
                live = (await answer.json())["live"]
            if live["word"] == word:
                return str(live["detail"])
            assert time.monotonic() < deadline, f"{live}, not {word!r}"
            await asyncio.sleep(0.1)


async def scraped(url: str, token: str = "") -> tuple[int, dict[str, Numbers]]:
    """Ask for metrics as a Prometheus does; returns the status, and numbers by name and labels."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if token:
        headers["Host"] = "10.1.2.3:8000"  # The Pod's address.
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/metrics", headers=headers) as answer,
    ):
        text, status = await answer.text(), answer.status
    found: dict[str, Numbers] = {}
    if status == 200:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[labels] = sample.value
    return status, found


async def metrics_say(url: str, live: float) -> dict[str, Numbers]:
    """Return the numbers once they say so: an answer is given again for a second."""
    deadline = time.monotonic() + PATIENCE
    while (told := (await scraped(url))[1])["baton_live"] != {(): live}:
        assert time.monotonic() < deadline, told["baton_watches"]
        await asyncio.sleep(0.2)
    return told


async def test_live_is_said_again_only_when_the_kind_that_backed_off_is_watched_again(
    kubeconfig: Path, cluster: PracticeCluster, observe: StartObserve
) -> None:
    url = await (await observe("--kubeconfig", kubeconfig)).url()
    await becomes(url, "Live")
    await metrics_say(url, live=1.0)
    cluster.faults.answer("/api/v1/pods", 500, times=10**6)
    cluster.faults.drop("/api/v1/pods")
    assert await becomes(url, "Partly live") == "without pods"
    told = await metrics_say(url, live=0.0)
    assert told["baton_watches"][("backing-off",)] + told["baton_watches"][("listing",)] == 1
    assert told["baton_watches"][("watching",)] > 10
    assert told["baton_watch_errors_total"][()] >= 1
    async with aiohttp.ClientSession() as session, session.get(f"{url}/coverage") as page:
        header = await page.text()
    assert "Partly live" in header
    assert "1 kind not watched" in header
    cluster.faults.heal()
    await becomes(url, "Live")
    await metrics_say(url, live=1.0)


async def test_a_kind_that_is_taken_away_from_baton_is_not_live_any_more(
    kubeconfig: Path, cluster: PracticeCluster, data: Path, observe: StartObserve
) -> None:
    url = await (await observe("--kubeconfig", kubeconfig)).url()
    async with playing(cluster, "create", data) as recording:
        await recording.play()
        await caught_up(cluster, data)
    cluster.access.forbidden.add("deployments.apps")
    cluster.faults.drop("/apis/apps/v1/deployments")
    assert await becomes(url, "Partly live") == "without deployments"


async def test_metrics_count_what_was_watched_and_name_what_the_scraper_may_list(
    kubeconfig: Path, cluster: PracticeCluster, data: Path, observe: StartObserve
) -> None:
    paths = frozenset({"/metrics"})
    allowed = frozenset({"deployments.apps", "pods"})
    cluster.access.viewers[SCRAPER] = Viewer("scraper", resources=frozenset(), paths=paths)
    cluster.access.viewers[READER] = Viewer("reader", resources=allowed, paths=paths)
    cluster.access.viewers["plain-token-1234567"] = Viewer("plain")
    running = await observe("--kubeconfig", kubeconfig, BATON_SIGN_IN="token")
    url = await running.url()
    async with playing(cluster, "create", data) as recording:
        await recording.play()
        await caught_up(cluster, data)
    for token, status in (("", 401), ("guessed", 401), ("plain-token-1234567", 403)):
        assert (await scraped(url, token))[0] == status
    status, bare = await scraped(url, SCRAPER)
    assert status == 200
    assert bare["baton_changes_total"][("ADDED",)] > 5
    assert bare["baton_changes_total"][("MODIFIED",)] > 5
    assert bare["baton_steps_total"][()] >= 16
    assert bare["baton_received_bytes_total"][()] > 10_000
    assert bare["baton_commits_total"][()] > 0
    assert bare["baton_store_bytes"][()] > 10_000
    assert bare["baton_loop_delay_seconds_count"][()] > 0
    assert "baton_traces" not in bare
    assert "baton_resource_watched" not in bare
    status, named = await scraped(url, READER)
    assert status == 200
    traces = {**named.get("baton_traces", {}), **named.get("baton_traces_settled_total", {})}
    assert any(labels[1:3] == ("Deployment", "shop") for labels in traces), named
    assert set(named["baton_resource_watched"]) == {("apps", "deployments"), ("", "pods")}
    assert SCRAPER not in (await running.end()).err

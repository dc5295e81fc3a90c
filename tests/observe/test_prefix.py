"""The option --path-prefix, as a person gives it to the command."""

from pathlib import Path

from practicecluster.cluster import PracticeCluster
from tests.observe.conftest import StartObserve
from tests.observe.running import get


async def test_the_pages_are_below_the_prefix_and_the_probes_where_they_were(
    cluster: PracticeCluster, kubeconfig: Path, observe: StartObserve
) -> None:
    running = await observe("--kubeconfig", kubeconfig, "--path-prefix", "/baton/")
    url = await running.url()
    assert url.endswith("/baton")
    for address in (url, url.removesuffix("/baton")):
        status, page = await get(f"{address}/")
        assert status == 200
        assert 'href="/baton/cluster"' in page
        assert 'data-live="/baton/live"' in page
        assert await get(f"{address}/healthz") == (200, "alive\n")
    await running.end()


async def test_what_is_no_prefix_ends_the_start_in_words(
    cluster: PracticeCluster, kubeconfig: Path, observe: StartObserve
) -> None:
    for prefix, words in (("baton", "is no path"), ("/changes", "Baton's own addresses")):
        running = await observe("--kubeconfig", kubeconfig, "--path-prefix", prefix)
        ended = await running.ended()
        assert ended.code == 1
        assert "--path-prefix" in ended.err
        assert words in ended.err
        assert "Traceback" not in ended.err

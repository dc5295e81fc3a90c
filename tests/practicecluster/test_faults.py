"""Each fault does what it says, to whom it says, and is over when it is; order is never touched."""

import asyncio

import aiohttp
import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.faults import Reply
from tests.practicecluster.conftest import SOON, Api, OpenWatch
from tests.practicecluster.objects import config_map, served

MAPS = "/api/v1/configmaps"
WATCH = f"{MAPS}?watch=1"
STREAM = f"{WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1"


def put(cluster: PracticeCluster, *names: str) -> int:
    maps = served(cluster.store, "v1/configmaps")
    return max(cluster.store.put(maps, config_map(name)) for name in names)


def names_of(lines: list[tuple[str, str]]) -> list[str]:
    return [name for _, name in lines]


async def test_a_reply_can_be_any_status_with_a_wish(cluster: PracticeCluster, api: Api) -> None:
    cluster.faults.reply(MAPS, Reply(429, reason="TooManyRequests", retry_after=7))
    answer = await api.ask(MAPS)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json["reason"] == "TooManyRequests"
    assert answer.json["details"] == {"retryAfterSeconds": 7}
    assert (await api.ask(MAPS)).status == 200


async def test_a_reply_can_be_a_proxys_page(cluster: PracticeCluster, api: Api) -> None:
    cluster.faults.reply(MAPS, Reply(504, body=b"<html>Gateway Time-out</html>"))
    answer = await api.ask(MAPS)
    assert (answer.status, answer.headers["Content-Type"]) == (504, "text/html")
    assert answer.text == "<html>Gateway Time-out</html>"


@pytest.mark.parametrize(
    ("only", "refused"), [("list", MAPS), ("watch", WATCH), ("stream", STREAM)]
)
async def test_a_reply_can_be_for_one_kind_of_request(
    cluster: PracticeCluster, api: Api, only: str, refused: str
) -> None:
    cluster.faults.reply(MAPS, Reply(422, times=9, only=only))  # type: ignore[arg-type]
    for path in {MAPS, WATCH, STREAM} - {refused}:
        if path == MAPS:
            assert (await api.ask(path)).status == 200
        else:
            async with api.watch(path):
                pass
    assert (await api.ask(refused)).status == 422


async def test_the_next_watch_can_begin_with_garbage(cluster: PracticeCluster, api: Api) -> None:
    put(cluster, "a", "b")
    cluster.faults.corrupt(MAPS, b"garbage\n")
    async with api.watch(WATCH) as watch:
        assert await watch.response.content.readline() == b"garbage\n"
        assert names_of(await watch.seen(1)) == ["b"]
    async with api.watch(WATCH) as watch:
        assert names_of(await watch.seen(2)) == ["a", "b"]


async def test_watches_can_end_at_once_and_empty(cluster: PracticeCluster, api: Api) -> None:
    put(cluster, "a")
    cluster.faults.end_at_once(MAPS, times=2)
    for _ in range(2):
        async with api.watch(WATCH) as watch:
            assert await watch.end() == b""
    async with api.watch(WATCH) as watch:
        assert names_of(await watch.seen(1)) == ["a"]


async def test_open_watches_can_be_ended_cleanly_or_dropped(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster, "a")
    async with api.watch(WATCH) as watch:
        await watch.seen(1)
        assert cluster.faults.end("/api/v1/pods") == 0
        assert cluster.faults.end(MAPS) == 1
        assert await watch.end() == b""
    async with api.watch(WATCH) as watch:
        await watch.seen(1)
        assert cluster.faults.drop(MAPS) == 1
        with pytest.raises(aiohttp.ClientError):
            await watch.end()


async def test_bytes_can_come_a_few_at_a_time(cluster: PracticeCluster, api: Api) -> None:
    cluster.faults.trickle(MAPS, 3)
    put(cluster, "a")
    async with api.watch(WATCH) as watch:
        assert names_of(await watch.seen(1)) == ["a"]
        put(cluster, "b")
        assert names_of(await watch.seen(1)) == ["b"]


async def test_answers_can_be_late(cluster: PracticeCluster, api: Api) -> None:
    loop = asyncio.get_running_loop()
    cluster.faults.delay(MAPS, 0.05)
    begun = loop.time()
    await api.ask(MAPS)
    assert loop.time() - begun >= 0.05
    cluster.faults.heal()
    async with asyncio.timeout(SOON):
        await api.ask(MAPS)


async def test_the_watch_of_a_slow_reader_ends_without_a_word(
    cluster: PracticeCluster, api: Api
) -> None:
    cluster.faults.end_slow(MAPS, 1000)
    maps = served(cluster.store, "v1/configmaps")
    large = config_map("large") | {"data": {"filler": "x" * 2_000_000}}
    async with api.watch(WATCH) as watch:
        for _ in range(20):
            cluster.store.put(maps, large)
            await asyncio.sleep(0.01)
        assert cluster.faults.end(MAPS) == 0, "it is not served any more"
        lines = (await watch.end()).splitlines()
    assert 0 < len(lines) < 20


async def test_a_server_that_is_down_refuses_and_comes_back_at_its_address(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster, "a")
    async with api.watch(WATCH) as watch:
        await watch.seen(1)
        await cluster.down()
        with pytest.raises(aiohttp.ClientError):
            await watch.end()
    with pytest.raises(aiohttp.ClientConnectorError):
        await api.ask("/healthz")
    await cluster.up()
    assert (await api.ask(MAPS)).names == ["a"]


async def test_a_restored_backup_takes_objects_and_versions_back(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster, "kept")
    backup = cluster.store.backup()
    lost = put(cluster, "lost")
    cluster.store.restore(backup)
    answer = await api.ask(MAPS)
    assert answer.names == ["kept"]
    assert answer.json["metadata"]["resourceVersion"] == str(lost - 1)
    assert put(cluster, "other") == lost, "versions are given out anew"
    async with api.watch(f"{WATCH}&resourceVersion={lost + 5}&allowWatchBookmarks=1") as watch:
        cluster.store.progress()
        assert await watch.is_silent(), "a watch beyond the newest version gets no word"


async def test_a_bookmark_never_comes_before_what_it_promises(
    cluster: PracticeCluster, api: Api
) -> None:
    async with api.watch(f"{WATCH}&allowWatchBookmarks=1") as watch:
        for number in range(20):
            version = put(cluster, f"map{number}")
            cluster.store.progress()
            await _until_bookmark(watch, version)


async def _until_bookmark(watch: OpenWatch, version: int) -> None:
    seen = 0
    while True:
        line = await watch.line()
        found = int(line["object"]["metadata"]["resourceVersion"])
        if line["type"] != "BOOKMARK":
            seen = found
        elif found >= version:
            assert seen == version
            return

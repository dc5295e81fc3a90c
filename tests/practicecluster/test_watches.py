"""Watches: from where they begin, how they end, and what a real server says in between."""

import asyncio
import json

import aiohttp
import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.player import Player
from tests.practicecluster.conftest import SOON, Api
from tests.practicecluster.objects import (
    CONFIG_MAPS,
    PODS,
    config_map,
    delete,
    pod,
    put,
)
from tests.practicecluster.tapes import shipped

INITIAL_END = {"k8s.io/initial-events-end": "true"}
WATCH = "/api/v1/configmaps?watch=1"


async def test_a_watch_from_nowhere_begins_with_what_exists(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("a"))
    for version in ("", "&resourceVersion=0"):
        async with api.watch(WATCH + version) as watch:
            assert await watch.seen(1) == [("ADDED", "a")]
            assert await watch.is_silent()


async def test_bookmarks_come_only_when_asked_for(cluster: PracticeCluster, api: Api) -> None:
    revision = put(cluster.store, CONFIG_MAPS, config_map("a"))
    async with api.watch(f"{WATCH}&allowWatchBookmarks=true") as watch:
        await watch.seen(1)
        bookmark = await watch.line()
        assert bookmark["type"] == "BOOKMARK"
        assert bookmark["object"] == {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": str(revision), "annotations": INITIAL_END},
        }


async def test_a_watch_list_marks_the_end_of_the_initial_objects(api: Api) -> None:
    path = "/api/v1/namespaces?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
    async with api.watch(f"{path}&resourceVersionMatch=NotOlderThan") as watch:
        assert (await watch.seen(4))[-1] == ("ADDED", "kube-system")
        end = await watch.line()
        assert end["object"]["metadata"]["annotations"] == INITIAL_END
        assert end["object"]["spec"] == end["object"]["status"] == {}, "as recorded"


async def test_initial_events_can_be_declined(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("a"))
    path = f"{WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"
    async with api.watch(path) as watch:
        assert await watch.is_silent()


async def test_initial_events_need_their_match(api: Api) -> None:
    answer = await api.ask(f"{WATCH}&sendInitialEvents=true")
    assert (answer.status, answer.json["reason"]) == (422, "Invalid")
    assert (await api.ask(f"{WATCH}&resourceVersionMatch=NotOlderThan")).status == 422


async def test_a_watch_resumes_after_its_version(cluster: PracticeCluster, api: Api) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("a"))
    revision = put(cluster.store, CONFIG_MAPS, config_map("b"))
    put(cluster.store, CONFIG_MAPS, config_map("c"))
    deleted = delete(cluster.store, CONFIG_MAPS, config_map("a"))
    async with api.watch(f"{WATCH}&resourceVersion={revision}") as watch:
        assert (await watch.line())["object"]["metadata"]["name"] == "c"
        line = await watch.line()
        assert line["type"] == "DELETED"
        assert line["object"]["metadata"]["resourceVersion"] == str(deleted)
        put(cluster.store, CONFIG_MAPS, config_map("b"))
        assert await watch.seen(1) == [("MODIFIED", "b")]


async def test_a_watch_of_a_compacted_version_is_told_in_the_stream(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("a"))
    cluster.store.compact()
    oldest = cluster.store.revision("configmaps")
    async with api.watch(f"{WATCH}&resourceVersion=1") as watch:
        assert await watch.line() == {
            "type": "ERROR",
            "object": {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": f"too old resource version: 1 ({oldest})",
                "reason": "Expired",
                "code": 410,
            },
        }
        assert await watch.end() == b""


async def test_compaction_does_not_disturb_a_running_watch(
    cluster: PracticeCluster, api: Api
) -> None:
    async with api.watch(WATCH) as watch:
        put(cluster.store, CONFIG_MAPS, config_map("a"))
        cluster.store.compact()
        put(cluster.store, CONFIG_MAPS, config_map("b"))
        assert await watch.seen(2) == [("ADDED", "a"), ("ADDED", "b")]


async def test_a_watch_that_falls_behind_the_history_is_expired() -> None:
    async with PracticeCluster(history=4) as cluster, aiohttp.ClientSession() as session:
        api = Api(cluster, session)
        async with api.watch(WATCH) as watch:
            put(cluster.store, CONFIG_MAPS, config_map("a"))
            await watch.seen(1)
            for _ in range(20):
                put(cluster.store, CONFIG_MAPS, config_map("a"))
            line = await watch.line()
            assert (line["type"], line["object"]["code"]) == ("ERROR", 410)
        resumed = await api.ask(f"{WATCH}&resourceVersion=6")
        assert json.loads(resumed.text)["object"]["reason"] == "Expired"


async def test_a_watch_beyond_the_newest_version_is_silent_until_it_is_reached(
    cluster: PracticeCluster, api: Api
) -> None:
    newest = cluster.store.revision("configmaps")
    path = f"{WATCH}&allowWatchBookmarks=true&resourceVersion={newest + 1}"
    async with api.watch(path) as watch:
        put(cluster.store, CONFIG_MAPS, config_map("a"))
        put(cluster.store, CONFIG_MAPS, config_map("b"))
        assert await watch.seen(1) == [("ADDED", "b")]


async def test_a_bad_version_is_a_servers_error(api: Api) -> None:
    answer = await api.ask(f"{WATCH}&resourceVersion=abc")
    assert (answer.status, answer.json) == (
        500,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": (
                'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": '
                "invalid syntax"
            ),
            "code": 500,
        },
    )


async def test_a_watch_ends_after_its_timeout(api: Api) -> None:
    async with api.watch(f"{WATCH}&timeoutSeconds=1") as watch:
        assert "Content-Length" not in watch.response.headers
        assert watch.response.headers["Transfer-Encoding"] == "chunked"
        assert await watch.end() == b""


async def test_bookmarks_come_by_the_clock_and_tell_of_other_types_writes() -> None:
    async with (
        PracticeCluster(bookmark_seconds=0.05) as cluster,
        aiohttp.ClientSession() as session,
    ):
        path = f"{WATCH}&resourceVersion={cluster.store.revision('configmaps')}"
        async with Api(cluster, session).watch(f"{path}&allowWatchBookmarks=true") as watch:
            newest = put(cluster.store, PODS, pod("elsewhere"))
            versions = [(await watch.line())["object"]["metadata"] for _ in range(3)]
            assert versions[-1] == {"resourceVersion": str(newest)}


async def test_progress_brings_a_bookmark_now(cluster: PracticeCluster, api: Api) -> None:
    path = f"{WATCH}&allowWatchBookmarks=true&resourceVersion=1"
    async with api.watch(path) as asked, api.watch(f"{WATCH}&resourceVersion=1") as unasked:
        assert await asked.is_silent()
        cluster.store.progress()
        assert (await asked.line())["type"] == "BOOKMARK"
        assert await unasked.is_silent()


async def test_a_watch_of_a_namespace_sees_only_it(cluster: PracticeCluster, api: Api) -> None:
    async with api.watch("/api/v1/namespaces/shop/configmaps?watch=true") as watch:
        put(cluster.store, CONFIG_MAPS, config_map("there", "bank"))
        put(cluster.store, CONFIG_MAPS, config_map("here", "shop"))
        assert await watch.seen(1) == [("ADDED", "here")]


async def test_a_watch_of_one_object_sees_only_it(cluster: PracticeCluster, api: Api) -> None:
    async with api.watch("/api/v1/namespaces/shop/configmaps/b?watch=1") as watch:
        put(cluster.store, CONFIG_MAPS, config_map("a"))
        put(cluster.store, CONFIG_MAPS, config_map("b"))
        assert await watch.seen(1) == [("ADDED", "b")]


async def test_entering_and_leaving_a_selection_reads_as_added_and_deleted(
    cluster: PracticeCluster, api: Api
) -> None:
    path = "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dnode-1,status.phase%3DRunning"
    async with api.watch(path) as watch:
        put(cluster.store, PODS, pod("a"))
        put(cluster.store, PODS, pod("a", node="node-1"))
        put(cluster.store, PODS, pod("a", node="node-1", phase="Running"))
        put(cluster.store, PODS, pod("a", node="node-1", phase="Running"))
        left = put(cluster.store, PODS, pod("a", node="node-1", phase="Failed"))
        assert await watch.seen(2) == [("ADDED", "a"), ("MODIFIED", "a")]
        line = await watch.line()
        assert line["type"] == "DELETED"
        assert line["object"]["status"]["phase"] == "Running", "the last state that was selected"
        assert line["object"]["metadata"]["resourceVersion"] == str(left)
        delete(cluster.store, PODS, pod("a", node="node-1", phase="Running"))
        assert await watch.is_silent(), "what had left already"


async def test_labels_select_in_a_watch(cluster: PracticeCluster, api: Api) -> None:
    async with api.watch(f"{WATCH}&labelSelector=app%3Dweb") as watch:
        put(cluster.store, CONFIG_MAPS, config_map("a", app="db"))
        put(cluster.store, CONFIG_MAPS, config_map("a", app="web"))
        put(cluster.store, CONFIG_MAPS, config_map("a"))
        assert await watch.seen(2) == [("ADDED", "a"), ("DELETED", "a")]


@pytest.mark.parametrize("query", ["fieldSelector=spec.color%3Dred", "labelSelector=%3D"])
async def test_a_bad_selector_refuses_the_watch(api: Api, query: str) -> None:
    assert (await api.ask(f"/api/v1/pods?watch=1&{query}")).status == 400


async def test_a_client_that_goes_leaves_nothing_behind(cluster: PracticeCluster, api: Api) -> None:
    async with api.watch(WATCH) as watch:
        put(cluster.store, CONFIG_MAPS, config_map("a"))
        await watch.seen(1)
        waiting = cluster.store.cache("configmaps").waiting
        assert len(waiting) == 1
        watch.response.close()
        async with asyncio.timeout(SOON):
            while waiting:  # noqa: ASYNC110 - only the server's own end can be waited for
                await asyncio.sleep(0.01)


async def test_a_stop_ends_open_watches() -> None:
    async with aiohttp.ClientSession() as session:
        async with PracticeCluster() as cluster:
            response = await session.get(f"{cluster.url}{WATCH}")
        with pytest.raises(aiohttp.ClientError):
            await response.content.readline()
        response.close()


async def test_the_next_tape_ends_watches_so_that_clients_list_again(
    cluster: PracticeCluster, api: Api
) -> None:
    put(cluster.store, CONFIG_MAPS, config_map("of-the-old-tape"))
    async with api.watch(WATCH) as watch:
        await watch.seen(1)
        Player(cluster.store, shipped("create")).prepare()
        line = await watch.line()
        assert (line["type"], line["object"]["reason"]) == ("ERROR", "Expired")
        assert await watch.end() == b""
    assert (await api.ask("/api/v1/configmaps")).names == []
    assert len((await api.ask("/api/v1/nodes")).names) == 3, "the new tape's beginning, at once"

"""A whole cluster is watched: types come and go, one that breaks is reported and holds up none."""

import asyncio
import logging

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.delivery import Saved
from eventstream.kubeapi.discovery import EVENTS, NEW_EVENTS, WANTED
from eventstream.objects.observations import Change, Coverage, Observation
from eventstream.objects.resource import Resource
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.cluster import CRD_PATH, SITE_PATH, Definitions, serve_empty, serve_types
from tests.kubeapi.objects import POD_PATH, PODS, crd, definition, line, listed, pod
from tests.kubeapi.observing import Observed, watching
from tests.kubeapi.scripted import (
    Answer,
    Request,
    ScriptedServer,
    json_answer,
    status_answer,
    stream,
)

SITES = Resource("stable.example.com", "v1", "websites", "Website")


def watched(observed: Observed, resource: Resource) -> bool:
    return any(each.state == "watching" for each in observed.coverage(resource))


def states_after_removal(observed: Observed) -> list[str]:
    after = observed.all[observed.all.index(observed.removed[0]) :]
    return [each.state for each in after if isinstance(each, Coverage) and each.resource == SITES]


def live_types(observed: Observed) -> set[str]:
    told = [each for each in observed.all if isinstance(each, Coverage)]
    return {each.resource.key for each in told if each.state == "watching"}


def serve_any_site(request: Request) -> Answer | None:
    if not request.path.startswith("/apis/stable.example.com/") or request.streams:
        return None
    content = {"kind": "WebsiteList", "metadata": {"resourceVersion": "10"}, "items": []}
    return stream(hold=True) if request.watches else json_answer(content)


async def test_every_wanted_type_is_watched_or_said_to_be_missing(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, POD_PATH, "/apis/apps/v1/deployments")
    async with watching(connection) as observed:
        await observed.until(lambda seen: watched(seen, PODS))
        told = [each for types in WANTED if (each := observed.coverage(types[0]))]
    assert len(told) == len(WANTED)
    missing = [each[0] for each in told if each[0].state == "gone"]
    assert {each.problem.code for each in missing if each.problem} == {"not-served"}
    assert len(missing) == len(WANTED) - 2


async def test_a_custom_type_is_watched_from_its_establishment_to_its_end(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, CRD_PATH)
    serve_empty(server, SITE_PATH)
    definitions = Definitions(server)
    async with watching(connection, clock=VirtualClock(eager=60).clock()) as observed:
        definitions.writes(11, "ADDED", definition(11, established=False))
        await observed.until(lambda seen: len(seen.changes) == 1)
        assert server.lists(SITE_PATH) == []
        definitions.writes(12, "MODIFIED", definition(12, established=True))
        await observed.until(lambda seen: watched(seen, SITES))
        definitions.writes(13, "DELETED", definition(13, established=True))
        await observed.until(lambda seen: seen.removed)
        definitions.writes(14, "ADDED", definition(14, established=True))
        await observed.until(lambda seen: "watching" in states_after_removal(seen))
    assert len(server.watches(SITE_PATH)) == 2
    (removed,) = observed.removed
    assert removed.resource == SITES
    assert "websites.stable.example.com" in removed.reason
    assert sorted(set(states_after_removal(observed))) == ["listing", "watching"]


async def test_three_hundred_custom_types_are_watched_at_once(
    server: ScriptedServer, connection: Connection
) -> None:
    plurals = [f"kinds{number}" for number in range(300)]
    serve_types(server, CRD_PATH)
    Definitions(server).has(*[definition(5, established=True, plural=each) for each in plurals])
    server.handlers.insert(0, serve_any_site)
    async with watching(connection) as observed:
        await observed.until(lambda seen: len(live_types(seen)) == 301)
    assert {f"stable.example.com/v1/{each}" for each in plurals} < live_types(observed)


async def test_a_custom_type_whose_definition_vanished_in_a_gap_is_removed(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, CRD_PATH)
    serve_empty(server, SITE_PATH)
    server.on(CRD_PATH, json_answer({"kind": "List", "metadata": {"resourceVersion": "50"}}))
    server.on_watch(CRD_PATH, status_answer(410, "Expired"), stream(hold=True))
    saved = {CRDS.key: Saved("11", [crd()]), SITES.key: Saved("9", [])}
    async with watching(connection, saved=saved) as observed:
        await observed.until(lambda seen: seen.removed)
    assert observed.removed[0].resource == SITES


async def test_after_a_restart_custom_types_resume_too(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, CRD_PATH)
    serve_empty(server, SITE_PATH)
    saved = {CRDS.key: Saved("11", [crd()]), SITES.key: Saved("9", [])}
    async with watching(connection, saved=saved) as observed:
        await observed.until(lambda seen: watched(seen, SITES) and watched(seen, CRDS))
    assert server.lists(CRD_PATH) == server.lists(SITE_PATH) == []
    assert server.watches(SITE_PATH)[0].version == 9


async def test_what_was_saved_of_a_custom_type_is_not_taken_for_its_successor(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, CRD_PATH)
    serve_empty(server, SITE_PATH)
    definitions = Definitions(server)
    definitions.writes(12, "DELETED", definition(12, established=True))
    definitions.writes(13, "ADDED", definition(13, established=True))
    saved = {CRDS.key: Saved("11", [crd()]), SITES.key: Saved("9", [])}
    async with watching(connection, saved=saved, clock=VirtualClock().clock()) as observed:
        await observed.until(lambda seen: seen.removed and server.lists(SITE_PATH))
        await observed.until(lambda _: any(w.version == 10 for w in server.watches(SITE_PATH)))


async def test_events_are_read_under_their_other_name_while_the_first_is_forbidden(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, EVENTS.path)
    serve_empty(server, NEW_EVENTS.path)
    server.on(EVENTS.path, status_answer(403, "Forbidden"), json_answer(listed(10)))
    time = VirtualClock()
    async with watching(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: watched(seen, NEW_EVENTS))
        time.advance(60)
        await observed.until(lambda seen: seen.removed)
    assert observed.removed[0].resource == NEW_EVENTS
    assert watched(observed, EVENTS)


async def test_a_forbidden_type_holds_up_no_other(
    server: ScriptedServer, connection: Connection
) -> None:
    nodes = Resource("", "v1", "nodes", "Node", namespaced=False)
    serve_types(server, POD_PATH, nodes.path)
    server.on(nodes.path, status_answer(403, "Forbidden"))
    async with watching(connection) as observed:
        await observed.until(lambda seen: watched(seen, PODS) and len(seen.coverage(nodes)) == 2)
    assert [each.state for each in observed.coverage(nodes)] == ["listing", "forbidden"]


async def test_a_reflector_that_breaks_is_reported_and_goes_on(
    server: ScriptedServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    class Breaks(Observed):
        broken = False

        async def take(self, observation: Observation) -> None:
            if isinstance(observation, Change) and not self.broken:
                self.broken = True
                raise RuntimeError("a defect")
            await super().take(observation)

    serve_types(server, POD_PATH)
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(line("ADDED", pod("a", 11)), hold=True))
    clock = VirtualClock(eager=60).clock()
    with caplog.at_level(logging.ERROR):
        async with watching(connection, observed=Breaks(), clock=clock) as observed:
            await observed.until(lambda seen: seen.changes)
    assert observed.told == [("ADDED", "a", "11")]
    problems = [each.problem for each in observed.coverage() if each.problem]
    assert [problem.code for problem in problems] == ["internal"]
    assert "a defect" in problems[0].message
    assert "Traceback" in caplog.text


async def test_a_sink_that_fails_for_good_is_in_the_log(
    server: ScriptedServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    class Dead(Observed):
        async def take(self, observation: Observation) -> None:
            if getattr(observation, "resource", None) == PODS:
                raise OSError("disk full")

    serve_types(server, POD_PATH)
    clock = VirtualClock().clock()
    with caplog.at_level(logging.ERROR):
        async with watching(connection, observed=Dead(), clock=clock) as observed:
            await observed.until(lambda _: "could not be reported" in caplog.text)
    assert "disk full" in caplog.text


async def test_within_a_namespace_no_cluster_wide_path_is_asked_for(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, POD_PATH, CRD_PATH, "/api/v1/nodes")
    serve_empty(server, "/api/v1/namespaces/shop/pods")
    async with watching(connection, namespace="shop") as observed:
        await observed.until(lambda seen: watched(seen, PODS))
    collections = {each.path for each in server.requests} - {"/version", "/api", "/apis"}
    assert collections == {"/api/v1/namespaces/shop/pods"}


async def test_cancelling_ends_everything_at_once(
    server: ScriptedServer, connection: Connection
) -> None:
    serve_types(server, POD_PATH, CRD_PATH)
    async with watching(connection) as observed:
        await observed.until(lambda seen: watched(seen, PODS) and watched(seen, CRDS))
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 1
    running = {task.get_name() for task in asyncio.all_tasks()}
    assert not {name for name in running if name.startswith("watch ")}

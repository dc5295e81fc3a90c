"""More types than can be watched: some are, all else is counted, and nothing else suffers."""

import errno
from collections.abc import Sequence
from typing import Any

import pytest

from eventstream.kubeapi import rationing
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.discovery import WANTED
from eventstream.kubeapi.rationing import Places, chosen, named
from eventstream.objects.observations import Coverage, Problem
from eventstream.objects.resource import Resource
from practicecluster.cluster import PracticeCluster
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.cluster import CRD_PATH, Definitions, serve_types
from tests.kubeapi.objects import POD_PATH, PODS, definition, listed
from tests.kubeapi.observing import Observed, reflecting, watching
from tests.kubeapi.scripted import ScriptedServer, json_answer, stream

GROUP = "stable.example.com"


def types(*plurals: str) -> list[Resource]:
    return [Resource(GROUP, "v1", plural, "Website") for plural in plurals]


def define(server: ScriptedServer, plurals: Sequence[str], version: int = 10) -> Definitions:
    """Serve CRDs and these custom types, with nothing in them."""
    serve_types(server, CRD_PATH)
    for verb in (server.on, server.on_watch):
        for plural in plurals:
            empty = listed(version) if verb == server.on else None
            given = json_answer(empty) if empty else stream(hold=True)
            verb(f"/apis/{GROUP}/v1/{plural}", given)
    definitions = Definitions(server)
    definitions.has(*[definition(1, established=True, plural=each) for each in plurals])
    definitions.writes(11, "BOOKMARK", definition(11, established=True))
    return definitions


def custom(observed: Observed, state: str) -> dict[str, Coverage]:
    """The custom types that are in this state now, by plural."""
    latest: dict[str, Coverage] = {}
    for each in observed.all:
        if isinstance(each, Coverage) and each.resource.group == GROUP:
            latest[each.resource.plural] = each
    return {plural: each for plural, each in latest.items() if each.state == state}


async def test_types_without_a_place_are_named_with_what_to_do(
    server: ScriptedServer, connection: Connection
) -> None:
    define(server, ["eels", "dogs", "cats", "bees", "ants"])
    clock = VirtualClock().clock()
    async with watching(connection, clock=clock, places=Places(3, limit=64)) as observed:
        await observed.until(
            lambda seen: len(custom(seen, "watching")) == 2 and len(custom(seen, "gone")) == 3
        )
    assert list(custom(observed, "watching")) == ["ants", "bees"]
    told = custom(observed, "gone")["dogs"].problem
    assert told is not None
    assert told.code == "too-many-types"
    assert "3 types are" in told.message
    assert "may hold 64" in told.cause
    assert "ulimit -n" in told.action


async def test_of_many_types_only_the_first_are_named_and_the_others_counted(
    server: ScriptedServer, connection: Connection
) -> None:
    plurals = [f"kind{number:04}" for number in range(400)]
    define(server, plurals)
    named_most = connection.bounds.named
    async with watching(connection, clock=VirtualClock().clock(), places=Places(5)) as observed:
        await observed.until(lambda seen: any("396 types" in text for text in messages(seen)))
        await observed.until(lambda seen: len(custom(seen, "watching")) == 4)
    left_out = custom(observed, "gone")
    assert list(custom(observed, "watching")) == plurals[:4]
    assert sorted(left_out) == plurals[4 : 4 + named_most]
    assert "ulimit" not in next(iter(left_out.values())).problem.action  # type: ignore[union-attr]
    paths = {each.path for each in server.requests if GROUP in each.path}
    assert len(paths) == 4


def messages(observed: Observed) -> list[str]:
    found = custom(observed, "gone").values()
    return [each.problem.message for each in found if each.problem]


async def test_what_many_definitions_change_is_followed_a_few_times_only(
    server: ScriptedServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []

    def counting(*args: Any) -> set[Resource]:
        rounds.append(args)
        return chosen(*args)

    monkeypatch.setattr(rationing, "chosen", counting)
    define(server, [f"kind{number:04}" for number in range(400)])
    async with watching(connection, clock=VirtualClock().clock(), places=Places(2)) as observed:
        await observed.until(lambda seen: any("399 types" in text for text in messages(seen)))
    assert len(rounds) < 40


async def test_a_place_that_gets_free_is_given_to_the_next(
    server: ScriptedServer, connection: Connection
) -> None:
    definitions = define(server, ["ants", "bees", "cats"])
    definitions.writes(12, "DELETED", definition(12, established=True, plural="ants"))
    time = VirtualClock(eager=60)
    async with watching(connection, clock=time.clock(), places=Places(2)) as observed:
        await observed.until(lambda seen: "bees" in custom(seen, "watching"))
    removed = [each.resource.plural for each in observed.removed]
    assert removed[:2] == ["ants", "bees"]
    assert "watched from now on" in observed.removed[1].reason
    after = observed.all[observed.all.index(observed.removed[1]) + 1 :]
    told = [each for each in after if isinstance(each, Coverage)]
    assert [each for each in told if each.resource.plural == "bees"][-1].state == "watching"


async def test_types_that_come_with_kubernetes_go_first_in_their_order(
    practice: PracticeCluster, practice_connection: Connection
) -> None:
    async with watching(practice_connection, places=Places(6)) as observed:
        await observed.until(lambda seen: any(each.resource == PODS for each in seen.positions))
        await observed.until(lambda seen: len(seen.positions) == 6)
    watched = {each.resource for each in observed.positions}
    assert watched == {versions[0] for versions in WANTED[:6]}
    codes = {each.problem.code for each in observed.coverage(WANTED[6][0]) if each.problem}
    assert codes == {"too-many-types"}


def test_a_type_that_is_watched_keeps_its_place() -> None:
    ants, bees, cats, dogs = types("ants", "bees", "cats", "dogs")
    assert chosen({ants, bees, cats}, {cats}, 2) == {ants, cats}
    assert chosen({bees, dogs}, {cats}, 2) == {bees, dogs}
    assert chosen({ants, bees}, {ants, bees}, 1) == {ants, bees}
    assert chosen({ants}, set(), 0) == set()


def test_those_that_are_named_tell_how_many_are_not() -> None:
    found = named(
        types("cats", "ants", "bees"), 2, lambda each: Problem("code", each.plural, "", "")
    )
    assert [each.message for each in found.values()] == [
        "ants The same is so for 3 types in all; the first 2 are named.",
        "bees The same is so for 3 types in all; the first 2 are named.",
    ]


async def test_definitions_of_names_that_no_api_allows_are_not_asked_for(
    server: ScriptedServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    plurals = ["ants", "a/../secrets", "b?x=1", "c\nd", "e#f"]
    define(server, plurals)
    async with watching(connection, clock=VirtualClock().clock()) as observed:
        await observed.until(lambda seen: "ants" in custom(seen, "watching"))
        await observed.until(lambda _: len(caplog.records) >= 4)
    paths = {each.path for each in server.requests if GROUP in each.path}
    assert paths == {f"/apis/{GROUP}/v1/ants"}
    assert all("\n" not in each.getMessage() for each in caplog.records)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
async def test_a_watch_without_a_file_says_so_and_backs_off(
    server: ScriptedServer,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(hold=True))
    session = connection._session
    get, failures = session._request, [OSError(number, "Too many"), OSError(number, "Too many")]

    async def failing(*args: Any, **named: Any) -> Any:
        if failures:
            raise failures.pop()
        return await get(*args, **named)

    monkeypatch.setattr(session, "_request", failing)
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until_state("watching")
    told = [each for each in observed.coverage() if each.problem]
    assert {each.state for each in told if each.retry_at} == {"backing-off"}
    problems = [each.problem for each in told if each.problem]
    assert {each.code for each in problems} == {"open-files"}
    assert "Too many open files" in problems[0].message
    assert "defect" not in problems[0].cause
    assert len(server.streams(POD_PATH)) <= 1


async def test_a_sink_that_lacks_a_file_is_no_defect_of_the_watch(
    server: ScriptedServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(Observed):
        async def take(self, observation: Any) -> None:
            if not isinstance(observation, Coverage) and len(caplog.records) == 0:
                raise RuntimeError("cannot store") from OSError(errno.EMFILE, "Too many open files")
            await super().take(observation)

    serve_types(server, CRD_PATH)
    clock = VirtualClock(eager=60).clock()
    async with watching(connection, observed=Full(), clock=clock) as observed:
        await observed.until(lambda seen: seen.positions)
    told = [each.problem for each in observed.coverage(CRDS) if each.problem]
    assert "open-files" in [each.code for each in told]
    assert caplog.records[0].exc_info is None

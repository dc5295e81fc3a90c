"""A resource that is read once: all of it or nothing, and no watch after it."""

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.holdings import Holdings
from eventstream.kubeapi.once import get_once, list_once
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change, Observation, Position, Problem
from tests.kubeapi.objects import POD_PATH, PODS, pod
from tests.kubeapi.scripted import ScriptedServer, json_answer, status_answer
from tests.kubeapi.test_pages import EXPIRED, ONE, THREE, TWO, WHOLE


async def read(
    connection: Connection, most: int | None = None
) -> tuple[Problem | None, list[Observation]]:
    seen: list[Observation] = []

    async def sink(observation: Observation) -> None:
        seen.append(observation)

    holdings = Holdings(most)
    return await list_once(connection, Decoder(b"once"), PODS, None, sink, holdings), seen


def told(seen: list[Observation]) -> list[tuple[str, str]]:
    return [(each.type, each.after.metadata.name) for each in seen if isinstance(each, Change)]


async def test_all_pages_are_told_and_that_they_are_all(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, TWO, THREE)
    problem, seen = await read(connection)
    assert problem is None
    assert told(seen) == [("EXISTING", "a"), ("EXISTING", "b"), ("EXISTING", "c")]
    end = seen[-1]
    assert isinstance(end, Position)
    assert (end.listed, end.objects, end.resource_version) == (True, 3, "10")
    assert server.watches(POD_PATH) == []


async def test_a_page_that_expired_has_the_list_read_in_one_piece(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, EXPIRED, WHOLE)
    problem, seen = await read(connection)
    assert problem is None
    assert told(seen) == [("EXISTING", "a"), ("EXISTING", "b")]
    assert "limit" not in server.lists(POD_PATH)[-1].query


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [(403, "Forbidden", "forbidden"), (404, "NotFound", "not-served"), (500, "X", "server-error")],
)
async def test_what_cannot_be_read_is_told_as_a_problem_and_nothing_else(
    status: int, reason: str, code: str, server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, status_answer(status, reason, "no"))
    problem, seen = await read(connection)
    assert problem is not None
    assert problem.code == code
    assert seen == []


async def test_what_does_not_fit_into_memory_is_told(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, TWO, THREE)
    problem, seen = await read(connection, most=2000)
    assert problem is not None
    assert seen == []


async def test_one_object_is_read_and_one_that_is_not_there_is_a_404(
    server: ScriptedServer, connection: Connection
) -> None:
    path = "/api/v1/namespaces/shop/pods"
    server.on(f"{path}/a", json_answer(pod("a", 1)))
    server.on(f"{path}/b", status_answer(404, "NotFound", 'pods "b" not found'))
    server.on(f"{path}/c", status_answer(403, "Forbidden", "no"))
    found = await get_once(connection, Decoder(b"once"), PODS, "shop", "a")
    assert found.metadata.name == "a"
    with pytest.raises(ApiProblem) as missing:
        await get_once(connection, Decoder(b"once"), PODS, "shop", "b")
    assert missing.value.status == 404
    with pytest.raises(ApiProblem) as refused:
        await get_once(connection, Decoder(b"once"), PODS, "shop", "c")
    assert refused.value.status == 403
    assert 'resources: ["pods"]' in refused.value.problem.rule

"""Lists come in pages; only a whole one counts, and a page that fails is asked for again alone.

The cases are those of client-go's pager_test.go and of the reflector's lists.
"""

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, error_line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import Answer, ScriptedServer, json_answer, status_answer, stream

ONE = json_answer(listed(10, pod("a", 1), next_page="two"))
TWO = json_answer(listed(10, pod("b", 2), next_page="three"))
THREE = json_answer(listed(10, pod("c", 3)))
WHOLE = json_answer(listed(20, pod("a", 1), pod("b", 15)))
EXPIRED = status_answer(410, "Expired", "The provided continue parameter is too old")
ALL = [("EXISTING", "a", "1"), ("EXISTING", "b", "2"), ("EXISTING", "c", "3")]
CORRUPT = stream(error_line(500, "StorageReadError", "corrupt object has been deleted"))


def asked(server: ScriptedServer) -> list[tuple[str | None, str | None, str | None]]:
    """Each list as (limit, continue, resourceVersion)."""
    queries = [each.query for each in server.lists(POD_PATH)]
    return [(q.get("limit"), q.get("continue"), q.get("resourceVersion")) for q in queries]


@pytest.mark.parametrize(
    ("pages", "found"),
    [([json_answer(listed(10))], 0), ([THREE], 1), ([TWO, THREE], 2), ([ONE, TWO, THREE], 3)],
    ids=["empty", "one page", "two pages", "three pages"],
)
async def test_a_list_of_any_number_of_pages_is_told_whole(
    server: ScriptedServer, connection: Connection, pages: list[Answer], found: int
) -> None:
    server.on(POD_PATH, *pages)
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == ALL[3 - found :]
    tokens = [("500", token, None) for token in (None, "two", "three")]
    first = len(tokens) - len(pages)
    assert [each[:1] for each in asked(server)] == [each[:1] for each in tokens[first:]]
    (position,) = observed.positions
    assert (position.resource_version, position.objects) == ("10", found)


async def test_pages_are_asked_for_by_the_token_of_the_one_before(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, TWO, THREE)
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.positions)
    assert asked(server) == [("500", None, None), ("500", "two", None), ("500", "three", None)]


@pytest.mark.parametrize(
    "refusal",
    [EXPIRED, status_answer(400, "BadRequest", "invalid continue token: key is not valid")],
    ids=["410", "400"],
)
async def test_a_later_page_that_is_gone_is_answered_by_one_whole_list(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    first = json_answer(listed(10, pod("a", 1), pod("gone", 2), next_page="two"))
    server.on(POD_PATH, first, refusal, WHOLE)
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == [("EXISTING", "a", "1"), ("EXISTING", "b", "15")]
    assert asked(server) == [("500", None, None), ("500", "two", None), (None, None, None)]


async def test_a_whole_list_that_is_gone_too_is_answered_by_the_newest(
    server: ScriptedServer, connection: Connection
) -> None:
    """As TestReflectorFullListIfExpired, and one step further."""
    server.on(POD_PATH, ONE, EXPIRED, EXPIRED, WHOLE)
    server.on_watch(POD_PATH, CORRUPT, stream(hold=True))
    clock = VirtualClock(eager=60).clock()
    async with reflecting(connection, saved=Saved("9", []), clock=clock) as observed:
        await observed.until(lambda seen: seen.positions)
    assert asked(server) == [
        ("500", None, "9"),
        ("500", "two", None),
        (None, None, "9"),
        ("500", None, None),
    ]
    assert [name for _, name, _ in observed.told] == ["a", "b"]


async def test_a_version_that_is_gone_for_lists_is_left_for_the_newest(
    server: ScriptedServer, connection: Connection
) -> None:
    """As TestReflectorExpiredExactResourceVersion: servers without a watch cache say so."""
    server.on(POD_PATH, EXPIRED, WHOLE)
    server.on_watch(POD_PATH, CORRUPT, stream(hold=True))
    clock = VirtualClock(eager=60).clock()
    async with reflecting(connection, saved=Saved("9", []), clock=clock) as observed:
        await observed.until(lambda seen: seen.positions)
    assert asked(server) == [("500", None, "9"), ("500", None, None)]


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_a_page_that_fails_is_asked_for_again_and_those_before_it_are_kept(
    server: ScriptedServer, connection: Connection, code: int
) -> None:
    server.on(POD_PATH, ONE, TWO, status_answer(code, Retry_After="2"), THREE)
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock(eager=60)
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == ALL
    assert [token for _, token, _ in asked(server)] == [None, "two", "three", "three"]
    assert 2 * 1.125 in time.slept  # What was asked for, and half of what is left to chance.


async def test_a_page_that_can_not_be_read_begins_the_list_anew(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, ONE, json_answer({"kind": "Status"}), ONE, TWO, THREE)
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: seen.positions)
    assert observed.told == ALL
    assert [token for _, token, _ in asked(server)] == [None, "two", None, "two", "three"]

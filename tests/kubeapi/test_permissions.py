"""What RBAC forbids is told with the rule that would allow it, and tried again."""

import yaml

from eventstream.kubeapi.connection import Connection
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import ScriptedServer, json_answer, status_answer, stream

REFUSED = status_answer(
    403,
    "Forbidden",
    'pods is forbidden: User "system:serviceaccount:default:viewer" cannot list resource "pods"',
)


async def test_a_forbidden_list_names_the_rule_and_goes_on_once_it_is_granted(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, REFUSED, json_answer(listed(10, pod("a", 5))))
    server.on_watch(POD_PATH, stream(hold=True))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        told = await observed.until_state("forbidden", "forbidden")
        time.advance(60)
        await observed.until_state("watching")
    assert told.problem is not None
    assert "serviceaccount:default:viewer" in told.problem.message
    assert "ClusterRole" in told.problem.action
    assert yaml.safe_load(told.problem.rule) == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    ]
    assert told.retry_at is not None
    assert 30 <= told.retry_at - told.at <= 60
    assert observed.told == [("EXISTING", "a", "5")]


async def test_a_permission_lost_while_watching_resumes_where_it_was(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(
        POD_PATH,
        stream(line("ADDED", pod("a", 11))),
        REFUSED,
        stream(line("ADDED", pod("b", 12)), hold=True),
    )
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until_state("forbidden", "forbidden")
        time.advance(60)
        await observed.until(lambda seen: len(seen.changes) == 2)
    assert [each.version for each in server.watches(POD_PATH)] == [10, 11, 11]
    assert observed.gaps == []


async def test_within_a_namespace_the_rule_is_for_a_role_there(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on("/api/v1/namespaces/shop/pods", REFUSED)
    clock = VirtualClock().clock()
    async with reflecting(connection, namespace="shop", clock=clock) as observed:
        told = await observed.until_state("forbidden", "forbidden")
    assert told.problem is not None
    assert "Role in namespace shop" in told.problem.action


async def test_a_type_that_is_not_served_is_gone_and_no_error(
    server: ScriptedServer, connection: Connection
) -> None:
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        told = await observed.until_state("gone", "not-served")
        server.on(POD_PATH, json_answer(listed(10)))
        server.on_watch(POD_PATH, stream(hold=True))
        time.advance(60)
        await observed.until_state("watching")
    assert told.problem is not None
    assert "404" in told.problem.message


async def test_a_type_that_lists_but_does_not_watch_is_polled_and_not_asked_in_a_loop(
    server: ScriptedServer, connection: Connection
) -> None:
    later = json_answer(listed(20, pod("a", 5), pod("b", 15)))
    server.on(POD_PATH, json_answer(listed(10, pod("a", 5))), later)
    server.on_watch(POD_PATH, status_answer(405, "MethodNotAllowed"))
    time = VirtualClock()
    async with reflecting(connection, clock=time.clock()) as observed:
        told = await observed.until_state("polling", "not-watchable")
        assert (len(server.lists(POD_PATH)), len(server.watches(POD_PATH))) == (1, 1)
        time.advance(60)
        await observed.until(lambda seen: len(seen.changes) == 2)
        await observed.until_state("polling", "not-watchable")
    assert told.objects == 1
    assert told.retry_at is not None
    assert 30 <= told.retry_at - told.at <= 60
    assert observed.told == [("EXISTING", "a", "5"), ("ADDED", "b", "15")]
    assert observed.gaps == []

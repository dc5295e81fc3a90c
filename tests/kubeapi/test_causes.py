"""What fails behind the API server is named, as what to do about it lies there."""

import pytest

from eventstream.kubeapi.clock import Clock
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.exchange import Exchange, LostError
from eventstream.kubeapi.states import Refused
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, PODS, listed
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import (
    Answer,
    ScriptedServer,
    answer,
    json_answer,
    status_answer,
    stream,
)

ROUTES = Resource("route.openshift.io", "v1", "routes", "Route")
AWAY = answer(503, b"service unavailable\n", "text/plain")
UNREACHED = answer(503, b"error trying to reach service: dial tcp: i/o timeout", "text/plain")
UNCONVERTED = status_answer(
    500,
    "InternalError",
    "conversion webhook for stable.example.com/v1beta1, Kind=Website failed: connection refused",
)
GATEWAY = answer(503, b"<html><h1>503 Service Unavailable</h1>", "text/html")


async def told(
    server: ScriptedServer, connection: Connection, of: Resource, said: Answer
) -> Problem:
    server.on(of.path, said)
    exchange = Exchange(connection, Decoder(b"key"), of, None, Clock())
    with pytest.raises(LostError) as raised:
        await exchange.page({})
    outcome = raised.value.outcome
    assert isinstance(outcome, Refused)
    assert outcome.problem.code == "server-error"
    return outcome.problem


@pytest.mark.parametrize("said", [AWAY, UNREACHED])
async def test_a_server_behind_an_apiservice_that_is_away_is_named(
    server: ScriptedServer, connection: Connection, said: Answer
) -> None:
    problem = await told(server, connection, ROUTES, said)
    assert "behind an APIService" in problem.cause
    assert "kubectl describe apiservice v1.route.openshift.io" in problem.action


async def test_no_server_is_looked_for_behind_a_type_of_kubernetes_own(
    server: ScriptedServer, connection: Connection
) -> None:
    problem = await told(server, connection, PODS, AWAY)
    assert "APIService" not in problem.cause + problem.action


async def test_a_webhook_that_can_not_convert_objects_is_named(
    server: ScriptedServer, connection: Connection
) -> None:
    problem = await told(server, connection, ROUTES, UNCONVERTED)
    assert "webhook that converts" in problem.cause
    assert "spec.conversion.webhook" in problem.action


async def test_a_load_balancer_without_a_server_is_told_from_another_web_server(
    server: ScriptedServer, connection: Connection
) -> None:
    problem = await told(server, connection, PODS, GATEWAY)
    assert "load balancer" in problem.message
    assert "restarting" in problem.cause


async def test_why_watches_end_at_once_is_asked_for(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream())
    server.handlers.insert(0, lambda request: UNCONVERTED if request.checks else None)
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        told = await observed.until_state("backing-off", "server-error")
    assert told.problem is not None
    assert "webhook that converts" in told.problem.cause
    assert not observed.gaps

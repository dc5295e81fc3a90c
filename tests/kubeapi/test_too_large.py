"""A version that the server has not reached is told from a proxy's 504, in each form of both."""

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.delivery import Saved
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.objects import POD_PATH, error_line, image, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import (
    Answer,
    ScriptedServer,
    answer,
    json_answer,
    status_answer,
    stream,
)

TIMEOUT = "Timeout: Too large resource version: 11, current: 5"
CAUSE = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
FORMS = [
    status_answer(504, "Timeout", TIMEOUT, details={"causes": [CAUSE], "retryAfterSeconds": 1}),
    status_answer(504, "Timeout", "Timeout: other words", details={"causes": [CAUSE]}),
    status_answer(504, "Timeout", "Timeout", details={"causes": [{"message": CAUSE["message"]}]}),
    status_answer(504, "Timeout", TIMEOUT),
]
AGES = ["1.36", "cause alone", "1.17 to 1.18.5", "before 1.17"]

PROXIES = [
    answer(504, b"<html><h1>504 Gateway Time-out</h1></html>", "text/html"),
    answer(504, b"upstream request timeout", "text/plain"),
    answer(504, b"upstream: the resource version too large to handle", "text/plain"),
    answer(504, b'{"message": "Endpoint request timed out"}'),
    answer(504, b""),
]


@pytest.mark.parametrize("refusal", FORMS, ids=AGES)
async def test_a_watch_beyond_the_newest_version_leads_to_the_newest_list(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on(POD_PATH, json_answer(listed(99, pod("b", 50))))
    server.on_watch(POD_PATH, refusal, stream(hold=True))
    saved = Saved("11", [image("a", 7)], at=500.0)
    async with reflecting(connection, saved=saved, clock=VirtualClock().clock()) as observed:
        await observed.until(lambda seen: seen.positions)
    (gap,) = observed.gaps
    assert (gap.from_version, gap.to_version, gap.since) == ("11", "99", 500.0)
    assert observed.told == [("VANISHED", "a", "7"), ("ADDED", "b", "50")]
    assert "resourceVersion" not in server.lists(POD_PATH)[0].query


@pytest.mark.parametrize("refusal", FORMS, ids=AGES)
async def test_a_list_beyond_the_newest_version_is_asked_for_without_one(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on(POD_PATH, refusal, json_answer(listed(12, pod("a", 12))))
    corrupt = error_line(500, "StorageReadError", "corrupt object has been deleted")
    server.on_watch(POD_PATH, stream(corrupt), stream(hold=True))
    clock = VirtualClock(eager=60).clock()
    async with reflecting(connection, saved=Saved("11", []), clock=clock) as observed:
        await observed.until(lambda seen: seen.positions)
    asked = [each.query.get("resourceVersion") for each in server.lists(POD_PATH)]
    assert asked == ["11", None]
    assert observed.told == [("ADDED", "a", "12")]


@pytest.mark.parametrize("refusal", PROXIES, ids=["HTML", "text", "its words", "JSON", "empty"])
async def test_a_proxys_504_backs_off_and_goes_on_from_the_same_version(
    server: ScriptedServer, connection: Connection, refusal: Answer
) -> None:
    server.on_watch(POD_PATH, refusal, stream(hold=True))
    time = VirtualClock(eager=60)
    saved = Saved("11", [image("a", 7)])
    async with reflecting(connection, saved=saved, clock=time.clock()) as observed:
        await observed.until_state("watching")
    assert [each.version for each in server.watches(POD_PATH)] == [11, 11]
    assert server.lists(POD_PATH) == []
    assert observed.gaps == []
    assert [wait for wait in time.slept if wait < 60] == pytest.approx([0.6])
    codes = {each.problem.code for each in observed.coverage() if each.problem}
    assert codes <= {"server-error", "not-kubernetes"}
    assert len(codes) == 1

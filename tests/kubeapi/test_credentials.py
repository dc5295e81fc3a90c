"""Credentials and certificates change while watches run: no restart, no list, nothing lost.

And each way in which they, or what stands in between, can be wrong is told in its own words on
the coverage of the resource that it concerns.
"""

import base64
import json
from pathlib import Path

import pytest

from eventstream.kubeapi.connection import Connection, connect
from eventstream.kubeapi.delivery import Saved
from tests.kubeapi.certificates import Authority
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.configs import write_kubeconfig
from tests.kubeapi.conftest import VERSION
from tests.kubeapi.objects import POD_PATH, line, listed, pod
from tests.kubeapi.observing import Observed, reflecting
from tests.kubeapi.scripted import (
    Answer,
    Request,
    ScriptedServer,
    answer,
    json_answer,
    status_answer,
    stream,
)

UNAUTHORIZED = status_answer(401, "Unauthorized", "Unauthorized")
EVENTS = {version: line("ADDED", pod(f"p{version}", version)) for version in (11, 12)}


def serve_pods(server: ScriptedServer) -> None:
    """Serve a history of two Pods, the second only to those that ask once more."""
    server.on("/version", json_answer(VERSION))
    server.on(POD_PATH, json_answer(listed(10)))

    def watch(request: Request) -> Answer | None:
        if not request.watches:
            return None
        if request.version == 10:
            return stream(EVENTS[11])
        return stream(*([EVENTS[12]] if request.version == 11 else []), hold=True)

    server.handlers.insert(0, watch)


def only_with(server: ScriptedServer, token: str, after: int = 0) -> None:
    """Refuse every other token, once a watch of version `after` is asked for."""

    def guard(request: Request) -> Answer | None:
        if not request.watches or request.version < after:
            return None
        return None if request.headers.get("authorization") == f"Bearer {token}" else UNAUTHORIZED

    server.handlers.insert(0, guard)


def no_list_and_no_gap(server: ScriptedServer, observed: Observed) -> bool:
    return len(server.lists(POD_PATH)) <= 1 and not observed.gaps


async def test_a_rotated_token_is_read_again_and_the_watch_goes_on(
    server: ScriptedServer, connection: Connection, tmp_path: Path
) -> None:
    serve_pods(server)
    only_with(server, "rotated", after=11)
    write_kubeconfig(tmp_path / "config", server.url, user={"token": "rotated"})
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.changes) == 2)
    assert observed.told == [("ADDED", "p11", "11"), ("ADDED", "p12", "12")]
    assert no_list_and_no_gap(server, observed)
    assert not any(each.problem for each in observed.coverage())


async def test_a_token_that_is_rotated_late_is_waited_for_without_a_list(
    server: ScriptedServer, tmp_path: Path
) -> None:
    serve_pods(server)
    only_with(server, "rotated", after=11)
    config = write_kubeconfig(tmp_path / "config", server.url)
    time = VirtualClock(eager=60)
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    async with reflecting(connection, clock=time.clock()) as observed:
        told = await observed.until_state("backing-off", "unauthorized")
        write_kubeconfig(config, server.url, user={"token": "rotated"})
        await observed.until(lambda seen: len(seen.changes) == 2)
    await connection.close()
    assert told.problem is not None
    assert "sign in again" in told.problem.action
    assert no_list_and_no_gap(server, observed)


async def test_an_exec_plugins_credentials_are_asked_for_again_when_refused(
    server: ScriptedServer, tmp_path: Path
) -> None:
    serve_pods(server)
    (tmp_path / "token").write_text("first")
    plugin = tmp_path / "plugin"
    head = '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":'
    told = head + '{"token":"%s"}}'
    plugin.write_text(f"#!/bin/sh\nprintf '{told}' \"$(cat {tmp_path}/token)\"\n")
    plugin.chmod(0o700)
    exec_user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    config = write_kubeconfig(tmp_path / "config", server.url, user=exec_user)
    connection = await connect(kubeconfig=str(config))
    only_with(server, "second", after=11)
    (tmp_path / "token").write_text("second")
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until(lambda seen: len(seen.changes) == 2)
    await connection.close()
    assert no_list_and_no_gap(server, observed)


async def test_a_replaced_authority_is_picked_up_and_the_watch_goes_on(tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    trusted = tmp_path / "trusted.crt"
    trusted.write_bytes(old.path.read_bytes())
    server = ScriptedServer()
    serve_pods(server)
    await server.start(old.server_context("old-server"))
    config = write_kubeconfig(
        tmp_path / "config", server.url, cluster={"certificate-authority": str(trusted)}
    )
    time = VirtualClock(eager=60)
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    async with reflecting(connection, clock=time.clock()) as observed:
        await observed.until(lambda seen: len(seen.changes) == 2)
        await server.stop()
        await server.start(new.server_context("new-server"), port=server.port)
        await observed.until_state("backing-off", "certificate")
        trusted.write_bytes(new.path.read_bytes())
        await observed.until_state("watching")
    await connection.close()
    await server.stop()
    assert no_list_and_no_gap(server, observed)
    assert server.watches(POD_PATH)[-1].version == 12


def expired_token(expiry: int) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expiry}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


async def test_an_expired_token_is_told_from_a_wrong_one(
    server: ScriptedServer, tmp_path: Path
) -> None:
    serve_pods(server)
    token = expired_token(999_990)
    config = write_kubeconfig(tmp_path / "config", server.url, user={"token": token})
    time = VirtualClock(eager=60)
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    only_with(server, "another")
    saved = Saved("10", [])
    async with reflecting(connection, saved=saved, clock=time.clock()) as observed:
        told = await observed.until_state("backing-off", "unauthorized")
    await connection.close()
    assert told.problem is not None
    assert "expired at 1970-01-12T13:46:30+00:00" in told.problem.message
    assert "exec" in told.problem.action


TABLE = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "rows": []}
PAGE = answer(200, b"<!doctype html><title>Sign in</title>", "text/html; charset=utf-8")
UNMARKED_PAGE = answer(200, b"<html>Sign in</html>")


@pytest.mark.parametrize(
    ("reply", "code", "hint"),
    [
        (PAGE, "not-kubernetes", "HTTPS_PROXY"),
        (UNMARKED_PAGE, "not-kubernetes", "HTTPS_PROXY"),
        (stream(b"<html>Sign in</html>\n"), "not-kubernetes", "HTTPS_PROXY"),
        (stream(line("ADDED", TABLE)), "table", "Accept: application/json"),
        (UNAUTHORIZED, "unauthorized", "sign in again"),
        (status_answer(403, "Forbidden"), "forbidden", "ClusterRole"),
        (status_answer(500, "InternalError", "etcd is gone"), "server-error", "log"),
        (status_answer(429, "TooManyRequests"), "throttled", "later"),
    ],
    ids=["page", "unmarked", "page in a stream", "Table", "401", "403", "500", "429"],
)
async def test_each_wrong_answer_to_a_watch_is_told_in_its_own_words(
    server: ScriptedServer, connection: Connection, reply: Answer, code: str, hint: str
) -> None:
    server.on_watch(POD_PATH, reply)
    time = VirtualClock()
    async with reflecting(connection, saved=Saved("10", []), clock=time.clock()) as observed:
        await observed.until(lambda seen: any(e.problem for e in seen.coverage()))
    problem = next(each.problem for each in observed.coverage() if each.problem)
    assert problem.code == code
    assert hint in problem.action
    assert problem.message
    assert problem.cause


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (PAGE, "not-kubernetes"),
        (UNMARKED_PAGE, "not-kubernetes"),
        (json_answer(TABLE), "table"),
        (json_answer({"kind": "PodList", "metadata": {}, "items": [TABLE]}), "malformed"),
        (json_answer({"hello": "world"}), "malformed"),
        (answer(200, b'{"kind":"PodList","metad'), "malformed"),
    ],
    ids=["page", "unmarked", "Table", "a Table within", "other JSON", "cut"],
)
async def test_what_is_no_list_is_told_in_its_own_words_and_asked_for_again(
    server: ScriptedServer, connection: Connection, reply: Answer, code: str
) -> None:
    server.on(POD_PATH, reply, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(hold=True))
    async with reflecting(connection, clock=VirtualClock(eager=60).clock()) as observed:
        await observed.until_state("watching")
    told = [each.problem.code for each in observed.coverage() if each.state == "backing-off"]  # type: ignore[union-attr]
    assert told == [code]

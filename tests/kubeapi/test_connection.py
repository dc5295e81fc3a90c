"""Each way in which a cluster cannot be reached has its own message, and credentials may change."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from eventstream.kubeapi.connection import Connection, connect
from eventstream.kubeapi.identity import UID_PATH
from eventstream.kubeapi.kubeconfig import KubeConfig
from eventstream.kubeapi.problems import ApiProblem
from tests.kubeapi.certificates import Authority
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.configs import kubeconfig, write_kubeconfig
from tests.kubeapi.conftest import VERSION
from tests.kubeapi.scripted import (
    Answer,
    Request,
    ScriptedServer,
    answer,
    json_answer,
    status_answer,
)

UNAUTHORIZED = status_answer(401, "Unauthorized", "Unauthorized")


async def problem_of(path: Path) -> ApiProblem:
    with pytest.raises(ApiProblem) as raised:
        await connect(kubeconfig=str(path))
    problem = raised.value.problem
    assert problem.message
    assert problem.cause
    assert problem.action
    return raised.value


@asynccontextmanager
async def tls_server(authority: Authority, *, clients: bool = False) -> AsyncIterator[str]:
    server = ScriptedServer()
    server.on("/version", json_answer(VERSION))
    await server.start(authority.server_context(clients=clients))
    yield server.url
    await server.stop()


def accepts(server: ScriptedServer, *tokens: str) -> None:
    """Answer 401 to every request that bears none of these tokens."""

    def guard(request: Request) -> Answer | None:
        bearer = request.headers.get("authorization", "")
        return None if bearer in [f"Bearer {token}" for token in tokens] else UNAUTHORIZED

    server.handlers.insert(0, guard)


async def test_a_connection_says_what_it_is_connected_to(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(
        "/api/v1/namespaces/kube-system",
        json_answer({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}}),
    )
    identity = await connection.identify()
    assert (connection.name, connection.server) == ("test", server.url)
    assert (identity.uid, identity.name) == ("u-1", "test")
    assert (identity.server, identity.version) == (server.url, "v1.36.2")


async def test_where_kube_system_may_not_be_read_the_address_identifies_the_cluster(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on("/api/v1/namespaces/kube-system", status_answer(403, "Forbidden"))
    first, second = await connection.identify(), await connection.identify()
    assert first.uid == second.uid
    assert len(first.uid) == 64


async def test_an_unreachable_server_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        failure = await problem_of(write_kubeconfig(tmp_path / "config", url))
    assert failure.problem.code == "unreachable"
    assert url in failure.problem.message


async def test_a_name_that_does_not_resolve_is_unreachable(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", "http://cluster.invalid:6443")
    assert (await problem_of(config)).problem.code == "unreachable"


async def test_refused_credentials_are_said_to_be(server: ScriptedServer, tmp_path: Path) -> None:
    accepts(server, "another")
    failure = await problem_of(write_kubeconfig(tmp_path / "config", server.url))
    assert failure.problem.code == "unauthorized"


@pytest.mark.parametrize(
    "page",
    [
        answer(200, b"<!doctype html><title>Sign in</title>", "text/html; charset=utf-8"),
        answer(403, b"<html>Blocked by policy</html>", "text/html"),
        answer(404, b"  <html>Not found</html>", "text/plain"),
        answer(302, b"", "text/plain", Location="https://login.example.com/"),
        answer(200, b'{"hello": "world"}'),
    ],
    ids=["sign-in page", "proxy's refusal", "another server", "redirect", "other JSON"],
)
async def test_an_answer_that_is_not_kubernetes_is_said_to_be(
    server: ScriptedServer, tmp_path: Path, page: Answer
) -> None:
    server.on("/version", page)
    failure = await problem_of(write_kubeconfig(tmp_path / "config", server.url))
    assert failure.problem.code == "not-kubernetes"
    assert "proxy" in failure.problem.cause


async def test_a_dead_proxy_is_named(
    server: ScriptedServer, tmp_path: Path, unused_tcp_port: int
) -> None:
    cluster = {"proxy-url": f"http://127.0.0.1:{unused_tcp_port}"}
    config = write_kubeconfig(tmp_path / "config", server.url, cluster=cluster)
    assert (await problem_of(config)).problem.code == "proxy"


async def test_a_proxy_is_used(server: ScriptedServer, tmp_path: Path) -> None:
    """The scripted server plays the proxy: it is asked for the cluster by its full address."""
    config = write_kubeconfig(
        tmp_path / "config", "http://cluster.invalid", cluster={"proxy-url": server.url}
    )
    connection = await connect(kubeconfig=str(config))
    await connection.close()
    assert server.requests[-1].headers["host"] == "cluster.invalid"


async def test_a_certificate_of_another_authority_is_said_to_be_wrong(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    async with tls_server(theirs) as url:
        cluster = {"certificate-authority": str(ours.path)}
        failure = await problem_of(write_kubeconfig(tmp_path / "config", url, cluster=cluster))
    assert failure.problem.code == "certificate"
    assert "verify failed" in failure.problem.message


async def test_tls_to_a_server_without_it_is_a_certificate_problem(
    server: ScriptedServer, tmp_path: Path
) -> None:
    url = server.url.replace("http:", "https:")
    config = write_kubeconfig(tmp_path / "config", url)
    assert (await problem_of(config)).problem.code == "certificate"


async def test_a_client_certificate_is_presented(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.sign("client")
    async with tls_server(authority, clients=True) as url:
        config = write_kubeconfig(
            tmp_path / "config",
            url,
            cluster={"certificate-authority": authority.path.name},
            user={"client-certificate": certificate.name, "client-key": key.name},
        )
        connection = await connect(kubeconfig=str(config))
        await connection.close()


async def test_a_broken_client_certificate_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, _ = authority.sign("client")
    (tmp_path / "broken.key").write_text("no key")
    user = {"client-certificate": str(certificate), "client-key": str(tmp_path / "broken.key")}
    failure = await problem_of(
        write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user=user)
    )
    assert failure.problem.code == "certificate"
    assert "broken.key" in failure.problem.message


async def test_an_authority_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    cluster = {"certificate-authority-data": "%%%"}
    config = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", cluster=cluster)
    assert (await problem_of(config)).problem.code == "certificate"


async def test_a_replaced_authority_is_picked_up_without_a_restart(tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    trusted = tmp_path / "trusted.crt"
    trusted.write_bytes(old.path.read_bytes())
    async with tls_server(old) as url:
        cluster = {"certificate-authority": str(trusted)}
        config = write_kubeconfig(tmp_path / "config", url, cluster=cluster)
        connection = await connect(kubeconfig=str(config))
    async with tls_server(new) as url:
        write_kubeconfig(config, url, cluster=cluster)
        connection.server = url
        trusted.write_bytes(new.path.read_bytes())
        assert await connection.version() == "v1.36.2"
    await connection.close()


async def test_a_token_that_was_replaced_is_read_again_once_it_is_refused(
    server: ScriptedServer, connection: Connection, tmp_path: Path
) -> None:
    accepts(server, "renewed")
    write_kubeconfig(tmp_path / "config", server.url, user={"token": "renewed"})
    assert await connection.version() == "v1.36.2"
    bearers = [each.headers["authorization"] for each in server.requests]
    assert bearers == ["Bearer secret", "Bearer secret", "Bearer renewed"]


async def test_refused_credentials_are_not_read_again_by_every_request(
    server: ScriptedServer, tmp_path: Path
) -> None:
    config = write_kubeconfig(tmp_path / "config", server.url)
    time = VirtualClock()
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    accepts(server)
    del server.requests[:]
    for _ in range(3):
        with pytest.raises(ApiProblem, match="401"):
            await connection.version()
    assert len(server.requests) == 2 + 1 + 1
    time.advance(10)
    with pytest.raises(ApiProblem, match="401"):
        await connection.version()
    assert len(server.requests) == 4 + 2
    await connection.close()


async def test_a_token_file_is_read_again_before_it_is_refused(
    server: ScriptedServer, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    config = write_kubeconfig(tmp_path / "config", server.url, user={"tokenFile": "token"})
    time = VirtualClock()
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    token.write_text("second\n")
    time.advance(61)
    await connection.version()
    await connection.close()
    bearers = [each.headers["authorization"] for each in server.requests]
    assert bearers == ["Bearer first", "Bearer second"]


def has_uid(server: ScriptedServer, uid: str) -> None:
    server.on("/version", json_answer({"gitVersion": "v1.36.2"}))
    server.on(UID_PATH, json_answer({"metadata": {"uid": uid}}))


@pytest.fixture
async def other() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    await scripted.start()
    yield scripted
    await scripted.stop()


async def test_an_address_that_changed_is_followed_to_the_same_cluster(
    server: ScriptedServer, other: ScriptedServer, connection: Connection, tmp_path: Path
) -> None:
    has_uid(server, "one")
    has_uid(other, "one")
    await connection.identify()
    await server.stop()
    with pytest.raises(ApiProblem, match="cannot be reached"):
        await connection.version()
    write_kubeconfig(tmp_path / "config", other.url)
    assert await connection.version() == "v1.36.2"
    assert [each.path for each in other.requests] == [UID_PATH, "/version"]


async def test_another_cluster_at_an_address_that_changed_is_not_taken_for_the_first(
    server: ScriptedServer, other: ScriptedServer, tmp_path: Path
) -> None:
    has_uid(server, "one")
    has_uid(other, "two")
    config = write_kubeconfig(tmp_path / "config", server.url)
    time = VirtualClock()
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    await connection.identify()
    accepts(server, "renewed")
    write_kubeconfig(config, other.url)
    for _ in range(2):
        with pytest.raises(ApiProblem, match="Another cluster") as raised:
            await connection.version()
        assert raised.value.problem.code == "other-cluster"
    assert {each.path for each in other.requests} == {UID_PATH}
    write_kubeconfig(config, server.url, user={"token": "renewed"})
    time.advance(10)
    assert await connection.version() == "v1.36.2"
    await connection.close()


async def test_a_cluster_that_no_longer_tells_its_uid_is_not_taken_for_the_first(
    server: ScriptedServer, other: ScriptedServer, connection: Connection, tmp_path: Path
) -> None:
    has_uid(server, "one")
    await connection.identify()
    await server.stop()
    write_kubeconfig(tmp_path / "config", other.url)
    other.on("/version", json_answer({"gitVersion": "v1.36.2"}))
    other.on(UID_PATH, status_answer(403))
    with pytest.raises(ApiProblem, match="does not tell which cluster it is") as raised:
        await connection.version()
    assert raised.value.problem.code == "other-cluster"
    asked = len(other.requests)
    said = await asyncio.gather(*(connection.version() for _ in range(9)), return_exceptions=True)
    assert {str(each) for each in said} == {str(raised.value)}
    assert len(other.requests) == asked + 1, "who waits for the answer does not ask again"
    has_uid(other, "one")
    assert await connection.version() == "v1.36.2"


async def test_a_kubeconfig_that_could_not_be_used_is_read_again_as_it_stands(
    server: ScriptedServer, tmp_path: Path
) -> None:
    config = write_kubeconfig(tmp_path / "config", server.url)
    source = KubeConfig([config], None)
    assert source.changed()
    await source.load()
    assert not source.changed()
    config.write_text("users: {")
    with pytest.raises(ApiProblem):
        await source.load()
    assert source.changed()


async def test_a_kubeconfig_that_cannot_be_looked_at_is_told_of() -> None:
    with pytest.raises(ApiProblem, match="The kubeconfig cannot be used"):
        await KubeConfig([Path("k" * 300)], None).load()


async def test_another_current_context_does_not_lead_to_another_cluster(
    server: ScriptedServer, other: ScriptedServer, connection: Connection, tmp_path: Path
) -> None:
    content = kubeconfig(server.url, user={"token": "renewed"})
    content["clusters"].append({"name": "other", "cluster": {"server": other.url}})
    content["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "u"}})
    content["current-context"] = "other"
    accepts(server, "renewed")
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    assert await connection.version() == "v1.36.2"
    assert connection.name == "test"
    assert not other.requests

"""Which cluster is watched, with which credentials, and what is said when that cannot be told."""

import json
import os
import stat
from pathlib import Path

import pytest
import yaml
from kubernetes.aio.config import incluster_config

from eventstream.kubeapi.connection import connect
from eventstream.kubeapi.kubeconfig import find
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.observations import Problem
from tests.kubeapi.clocks import VirtualClock
from tests.kubeapi.configs import kubeconfig, write_kubeconfig
from tests.kubeapi.scripted import ScriptedServer


async def problem_of(config: str | None = None, context: str | None = None) -> Problem:
    with pytest.raises(ApiProblem) as raised:
        await find(config, context).load()
    assert raised.value.problem.message in str(raised.value)
    assert raised.value.problem.action in str(raised.value)
    return raised.value.problem


async def bearer(server: ScriptedServer, config: Path) -> str | None:
    """The Authorization header that this kubeconfig makes of it."""
    connection = await connect(kubeconfig=str(config))
    await connection.close()
    return server.requests[-1].headers.get("authorization")


def plugin(folder: Path, answer: object, *, code: int = 0) -> dict[str, object]:
    """A user whose credentials a script beside the kubeconfig gives."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    script = folder / "plugin"
    script.write_text(
        f"#!/bin/sh\ncat <<'END'\n{text}\nEND\necho token expired, sign in >&2\nexit {code}\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": "./plugin", "env": None}}


def credential(**status: str) -> dict[str, object]:
    api_version = "client.authentication.k8s.io/v1"
    return {"apiVersion": api_version, "kind": "ExecCredential", "status": status}


async def test_without_any_cluster_it_says_how_to_get_one() -> None:
    problem = await problem_of()
    assert problem.code == "no-cluster"
    assert "make run" in problem.action


async def test_a_kubeconfig_variable_that_names_nothing_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    problem = await problem_of()
    assert problem.code == "no-cluster"
    assert f"KUBECONFIG names {tmp_path / 'nowhere'}" in problem.message


async def test_a_kubeconfig_that_was_named_and_is_missing_is_named(tmp_path: Path) -> None:
    problem = await problem_of(str(tmp_path / "nowhere"))
    assert problem.code == "kubeconfig"
    assert str(tmp_path / "nowhere") in problem.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("apiVersion: v1\nclusters: [\n  - {", "line 3"),
        ("a: b\n  c: d\n", "line 2"),
        ("just words", "line 1"),
        ("", "line 1"),
        ("clusters: 7\n", "`clusters`"),
        ("contexts: [{context: {}}]\n", "`contexts`"),
        ("a: \x00\n", "config"),
    ],
)
async def test_a_kubeconfig_that_does_not_parse_is_told_by_file_and_line(
    tmp_path: Path, text: str, line: str
) -> None:
    config = tmp_path / "config"
    config.write_text(text)
    problem = await problem_of(str(config))
    assert problem.code == "kubeconfig"
    assert str(config) in problem.message
    assert line in problem.message


async def test_an_unknown_context_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1")
    problem = await problem_of(str(config), "prod")
    assert problem.code == "unknown-context"
    assert "'prod'" in problem.message
    assert "test" in problem.cause


async def test_a_kubeconfig_without_a_current_context_says_so(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1", context="")
    assert "sets no current-context" in (await problem_of(str(config))).message


@pytest.mark.parametrize(
    "parts",
    [
        {"cluster": {"certificate-authority": "missing.crt"}},
        {"user": {"client-certificate": "missing.crt"}},
        {"user": {"tokenFile": "missing"}},
    ],
)
async def test_what_a_kubeconfig_names_and_is_missing_is_told(
    tmp_path: Path, parts: dict[str, dict[str, str]]
) -> None:
    config = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", **parts)
    problem = await problem_of(str(config))
    assert problem.code == "kubeconfig"
    assert str(config) in problem.message


async def test_files_in_kubeconfig_are_merged_and_the_first_context_wins(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(yaml.safe_dump({"current-context": "test", "clusters": None}))
    second.write_text(
        yaml.safe_dump(kubeconfig(server.url) | {"current-context": "elsewhere"}),
    )
    missing = tmp_path / "missing"
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, [missing, first, second])))
    connection = await connect()
    await connection.close()
    assert connection.name == "test"


async def test_a_context_without_a_user_is_used_without_credentials(
    server: ScriptedServer, tmp_path: Path
) -> None:
    content = kubeconfig(server.url)
    del content["users"], content["contexts"][0]["context"]["user"]
    config = tmp_path / "config"
    config.write_text(yaml.safe_dump(content))
    assert await bearer(server, config) is None


async def test_name_and_password_are_sent(server: ScriptedServer, tmp_path: Path) -> None:
    user = {"username": "ann", "password": "pw"}
    config = write_kubeconfig(tmp_path / "config", server.url, user=user)
    assert await bearer(server, config) == "Basic YW5uOnB3"


async def test_an_exec_plugin_beside_the_kubeconfig_gives_the_token(
    server: ScriptedServer, tmp_path: Path
) -> None:
    user = plugin(tmp_path, credential(token="from-plugin"))
    config = write_kubeconfig(tmp_path / "config", server.url, user=user)
    assert await bearer(server, config) == "Bearer from-plugin"


@pytest.mark.parametrize(
    ("expiry", "bearers"),
    [
        ("2100-01-01T00:00:00Z", ["Bearer one", "Bearer one"]),
        ("2001-01-01T00:00:00Z", ["Bearer one", "Bearer two"]),
        ("", ["Bearer one", "Bearer one"]),
    ],
    ids=["holds", "expired", "until refused"],
)
async def test_an_exec_plugin_runs_again_when_its_answer_has_expired(
    server: ScriptedServer, tmp_path: Path, expiry: str, bearers: list[str]
) -> None:
    user = plugin(tmp_path, credential(token="one", expirationTimestamp=expiry))
    config = write_kubeconfig(tmp_path / "config", server.url, user=user)
    time = VirtualClock()
    connection = await connect(kubeconfig=str(config), clock=time.clock())
    plugin(tmp_path, credential(token="two", expirationTimestamp=expiry))
    time.advance(61)
    await connection.version()
    await connection.close()
    assert [each.headers["authorization"] for each in server.requests] == bearers


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("", 1, "token expired, sign in"),
        ("no JSON", 0, "decode"),
        (credential(), 0, "without a token"),
        (credential(clientCertificateData="x"), 0, "without a token"),
        ({"kind": "ExecCredential"}, 0, "missing key"),
    ],
)
async def test_an_exec_plugin_that_fails_is_quoted(
    tmp_path: Path, answer: object, code: int, said: str
) -> None:
    user = plugin(tmp_path, answer, code=code)
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1", user=user)
    problem = await problem_of(str(config))
    assert problem.code == "exec-plugin"
    assert "./plugin" in problem.message
    assert said in problem.message


async def test_an_exec_plugin_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    user = plugin(tmp_path, "")
    user["exec"] = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "no-such-plugin",
        "installHint": "install it with the cluster's own tool",
    }
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1", user=user)
    problem = await problem_of(str(config))
    assert problem.code == "exec-plugin"
    assert problem.action == "install it with the cluster's own tool"


async def test_in_a_pod_its_service_account_is_used_and_its_token_read_again(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, ca = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("pod-token\n")
    ca.write_text("a certificate")
    host, _, port = server.url.removeprefix("http://").partition(":")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(ca))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    source = find(None, None)
    configuration = await source.load()
    assert source.name == "", "a Pod is told no name of its cluster"
    assert configuration.host == f"https://{host}:{port}"
    assert (await configuration.auth_settings())["BearerToken"]["value"] == "bearer pod-token\n"
    ca.unlink()
    assert (await problem_of()).code == "service-account"


async def test_in_a_pod_a_kubeconfig_that_is_named_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("pod-token")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    config = write_kubeconfig(tmp_path / "config", "http://127.0.0.1:1", context="named")
    source = find(str(config), None)
    await source.load()
    assert source.name == "named"

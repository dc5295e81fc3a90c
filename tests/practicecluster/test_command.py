"""The command line as a person meets it: what it says, and how it ends."""

import asyncio
import base64
import json
import signal
import socket
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.practicecluster.tapes import SECOND, content, line

SOON = 120.0
MAPS = "v1/configmaps"
WATCH = "/api/v1/pods?watch=1"


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "practicecluster", *arguments, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def output(process: Process, wanted: str) -> str:
    """Return the next line of standard output that holds `wanted`."""
    assert process.stdout is not None
    async with asyncio.timeout(SOON):
        while line := (await process.stdout.readline()).decode():
            if wanted in line:
                return line
    raise AssertionError(f"it ended without saying {wanted!r}")


async def ended(process: Process) -> tuple[int | None, str]:
    _, errors = await asyncio.wait_for(process.communicate(), SOON)
    return process.returncode, errors.decode()


async def test_it_says_where_it_is_and_what_it_plays(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    arguments = ["--port", "0", "--kubeconfig", str(config), "--tape", "create", "quota"]
    async with started(*arguments, "--speed", "inf", "--pause", "0", "--patience", "0") as process:
        url = (await output(process, "Practice cluster at")).split()[-1]
        assert "53 writes" in await output(process, "Playing create (1 of 2)")
        await output(process, "Playing quota (2 of 2)")
        await output(process, "All tapes are played")
        written = json.loads(config.read_text())
        assert written["clusters"][0]["cluster"]["server"] == url
        assert config.stat().st_mode & 0o077 == 0, "it holds a token"
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"{url}/api/v1/namespaces/shop/pods")
            assert len((await answer.json())["items"]) == 2
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_while_it_plays_and_is_watched(
    number: signal.Signals,
) -> None:
    async with started("--port", "0", "--tape", "create", "--loop", "--pause", "0") as process:
        url = (await output(process, "Practice cluster at")).split()[-1]
        async with aiohttp.ClientSession() as session, session.get(f"{url}{WATCH}"):
            await output(process, "Playing create")
            process.send_signal(number)
            assert await ended(process) == (0, "")


async def test_the_first_tape_waits_for_a_watch() -> None:
    async with started("--port", "0", "--tape", "create", "--pause", "0") as process:
        url = (await output(process, "Practice cluster at")).split()[-1]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await output(process, "Playing")
        async with aiohttp.ClientSession() as session, session.get(f"{url}{WATCH}"):
            await output(process, "Playing create")


async def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with started("--port", port, "--tape", "create") as process:
            status, errors = await ended(process)
    assert status == 2
    assert f"Can't serve on 127.0.0.1:{port}" in errors
    assert "--port" in errors
    assert "Traceback" not in errors


async def test_a_kubeconfig_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "kubeconfig"
    async with started("--port", "0", "--playlist", "none", "--kubeconfig", str(path)) as process:
        status, errors = await ended(process)
    assert status == 2
    assert f"Can't write the kubeconfig {path}" in errors
    assert "Traceback" not in errors


async def test_an_empty_cluster_can_be_served_even_in_a_loop() -> None:
    async with started("--port", "0", "--playlist", "none", "--loop") as process:
        await output(process, "All tapes are played")
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == (0, "")


async def test_a_missing_tape_is_told() -> None:
    async with started("--port", "0", "--tape", "absent") as process:
        status, errors = await ended(process)
    assert status == 2
    assert "no tape 'absent'" in errors
    assert "Traceback" not in errors


async def test_a_bad_line_is_told_and_the_playlist_goes_on(tmp_path: Path) -> None:
    bad = tmp_path / "mine.jsonl"
    good = line(SECOND, MAPS, "ADDED", content("a", 1))
    bad.write_bytes(good + b"\n{broken\n")
    arguments = ["--port", "0", "--pause", "0", "--patience", "0", "--speed", "inf"]
    async with started(*arguments, "--tape", str(bad), "create") as process:
        assert "1 writes" in await output(process, "Playing mine (1 of 2)")
        await output(process, "Playing create (2 of 2)")
        process.send_signal(signal.SIGTERM)
        status, errors = await ended(process)
    assert status == 1
    assert errors.startswith("tape mine, line 2: not JSON")


async def test_a_forbidden_type_is_refused() -> None:
    arguments = ["--port", "0", "--tape", "create", "--forbid", "deployments", "--forbid", "pods"]
    async with started(*arguments) as process:
        url = (await output(process, "Practice cluster at")).split()[-1]
        async with aiohttp.ClientSession() as session:
            paths = ["apis/apps/v1/deployments", "api/v1/pods", "api/v1/nodes"]
            seen = [(await session.get(f"{url}/{path}")).status for path in paths]
    assert seen == [403, 403, 200]


async def test_tls_is_trusted_through_the_kubeconfig_only(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    arguments = ["--port", "0", "--tls", "--kubeconfig", str(config), "--tape", "create"]
    async with started(*arguments) as process:
        url = (await output(process, "Practice cluster at")).split()[-1]
        assert url.startswith("https://")
        ca = json.loads(config.read_text())["clusters"][0]["cluster"]
        pem = base64.b64decode(ca["certificate-authority-data"]).decode()
        trusting = ssl.create_default_context(cadata=pem)
        async with aiohttp.ClientSession() as session:
            assert (await session.get(f"{url}/version", ssl=trusting)).status == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"{url}/version")


@pytest.mark.parametrize("bad", ["--speed=0", "--pause=-1", "--pause=inf", "--playlist=some"])
async def test_arguments_without_sense_are_refused(bad: str) -> None:
    async with started(bad) as process:
        status, errors = await ended(process)
    assert status == 2
    assert "error: argument" in errors

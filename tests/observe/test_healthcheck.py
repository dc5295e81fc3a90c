"""The image's HEALTHCHECK finds out where Baton serves, and tells life from death."""

import sys
from asyncio import create_subprocess_exec, subprocess
from pathlib import Path

import pytest

from eventstream.healthcheck import FILE, failure
from tests.observe.conftest import StartObserve
from tests.observe.running import ROOT


async def check(data: Path) -> tuple[int | None, str]:
    process = await create_subprocess_exec(
        *(sys.executable, "-m", "eventstream.healthcheck"),
        cwd=ROOT,
        env={"BATON_DATA": str(data)},
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
async def test_it_is_alive_while_it_serves_wherever_that_is(
    host: str, observe: StartObserve, kubeconfig: Path, data: Path
) -> None:
    running = await observe(
        *("--kubeconfig", kubeconfig, "--host", host, "--port", "0", "--path-prefix", "/baton"),
        BATON_SIGN_IN="token",
    )
    await running.url()
    assert await check(data) == (0, "alive\n")
    assert (await running.end()).code == 0
    code, said = await check(data)
    assert code == 1
    assert said.startswith("It does not answer: ")


@pytest.mark.parametrize("content", [None, "", "127.0.0.1", "127.0.0.1 http", "\xff 1"])
def test_where_nobody_says_it_is_not_alive(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content, encoding="latin-1")
    assert failure(tmp_path).startswith("It does not answer: ")

"""`make run` as a person has it: both programs up, the page served, and nothing left afterwards."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.programs import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Only for what never comes: a busy machine takes its time."""

Started = tuple[subprocess.Popen[str], str]


@pytest.fixture
def started() -> Iterator[Started]:
    """The running script and the address that it said."""
    command = [sys.executable, "scripts/run_practice.py", "--port", str(free_port())]
    script = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield script, said_address(script)
    finally:
        if script.poll() is None:
            script.terminate()
        script.communicate(timeout=PATIENCE)


def said_address(script: subprocess.Popen[str]) -> str:
    """The address in the line that says where Baton is; fails with all output if none comes."""
    seen = []
    assert script.stdout is not None
    for line in script.stdout:
        seen.append(line)
        if line.startswith("Dashboard: http://"):
            return line.split()[1]
    pytest.fail("make run ended without an address:\n" + "".join(seen))


def children(script: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """The two programs, by the part of the command that tells them apart."""
    names = ("practicecluster", "observe")
    running = psutil.Process(script.pid).children()
    return {name: child for child in running for name in names if name in command(child)}


def command(process: psutil.Process) -> list[str]:
    """What a process was started with; nothing of one that has just ended."""
    with suppress(psutil.NoSuchProcess):  # A zombie is one of these.
        said: list[str] = process.cmdline()
        return said
    return []


def answer(address: str, path: str) -> str:
    with urllib.request.urlopen(address + path, timeout=PATIENCE) as response:
        assert response.status == 200
        text: str = response.read().decode()
        return text


def interrupt(script: subprocess.Popen[str]) -> None:
    script.send_signal(signal.SIGINT)


def terminate(script: subprocess.Popen[str]) -> None:
    script.terminate()


@pytest.mark.parametrize("end", [interrupt, terminate])
def test_it_serves_until_it_is_told_to_end_and_leaves_nothing(
    started: Started, end: Callable[[subprocess.Popen[str]], None]
) -> None:
    script, address = started
    running = children(script)
    assert running.keys() == {"practicecluster", "observe"}
    assert "Baton" in answer(address, "")
    assert answer(address, "healthz")
    scratch = running["observe"].environ()["BATON_DATA"]
    end(script)
    said, _ = script.communicate(timeout=PATIENCE)
    assert script.returncode == 0, said
    assert "killing it" not in said
    assert "Traceback" not in said
    assert not any(child.is_running() for child in running.values())
    assert not Path(scratch).exists()


@pytest.mark.parametrize("name", ["practicecluster", "observe"])
def test_when_one_program_dies_the_other_ends_and_make_run_fails(
    started: Started, name: str
) -> None:
    script, _ = started
    running = children(script)
    running[name].kill()
    said, _ = script.communicate(timeout=PATIENCE)
    assert script.returncode == 1
    assert "ended by itself with status -9" in said
    assert not any(child.is_running() for child in running.values())

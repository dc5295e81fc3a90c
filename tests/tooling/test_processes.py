"""The tests run in several processes: how many, that none takes the other's port, and patience."""

import os
import socket
from pathlib import Path

import pytest

from benchmarks.programs import PORTS, Program, answers, free_port
from tests.conftest import pytest_xdist_auto_num_workers


@pytest.mark.parametrize(("cores", "processes"), [(1, 0), (2, 2), (8, 8)])
def test_each_core_gets_a_process_and_one_core_none_but_pytest_s_own(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert pytest_xdist_auto_num_workers() == processes


def test_a_free_port_is_free_and_another_each_time() -> None:
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == 20
    assert set(ports) <= set(PORTS)
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    with socket.create_server(("127.0.0.1", first)):
        monkeypatch.setattr("benchmarks.programs._turns", iter(range(PORTS.index(first), 99_999)))
        assert free_port() > first


def test_a_server_that_is_too_busy_to_answer_is_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert not answers(f"http://127.0.0.1:{port}", within=0.01)
    assert not answers(f"http://127.0.0.1:{port}")


def test_a_program_that_does_not_come_up_is_not_left_running(tmp_path: Path) -> None:
    def fails() -> bool:
        raise ConnectionError("no answer")

    program = Program(tmp_path / "log", ["-c", "import time; time.sleep(600)"], {})
    with pytest.raises(ConnectionError):
        program.wait_until(fails)
    assert program._process.poll() is not None

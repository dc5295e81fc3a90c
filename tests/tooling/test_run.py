"""`make run` fails before it starts anything when it cannot serve, and leaves nothing behind."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.run_practice import Program, StoppedError, wait_for_cluster, why_not_free

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def test_a_taken_port_ends_make_run_with_what_to_do(taken_port: int) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "run", f"PORT={taken_port}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert f"Cannot serve the dashboard on 127.0.0.1:{taken_port}" in done.stderr
    assert f"make run PORT={taken_port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 8000), ("127.0.0.1", 0), ("127.0.0.1", 65536)]
)
def test_an_address_that_cannot_be_is_refused(host: str, port: int) -> None:
    refusal = why_not_free(host, port)
    assert refusal is not None
    assert f"{host}:{port}" in refusal
    assert "make run PORT=8001" in refusal


def test_a_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert why_not_free("127.0.0.1", port) is None


def test_a_cluster_that_ends_before_it_serves_ends_the_wait(tmp_path: Path) -> None:
    with (
        Program("practice cluster", ["-c", "raise SystemExit(2)"], {}) as cluster,
        pytest.raises(StoppedError, match="The practice cluster ended by itself with status 2"),
    ):
        wait_for_cluster(cluster, tmp_path / "kubeconfig")


def test_a_program_that_ended_is_told_with_its_status() -> None:
    with Program("player", ["-c", "raise SystemExit(3)"], {}) as program:
        program._process.wait()
        with pytest.raises(StoppedError, match="The player ended by itself with status 3"):
            program.check()


def test_a_program_ends_with_its_block() -> None:
    with Program("player", ["-c", "import time; time.sleep(600)"], {}) as program:
        assert program._process.poll() is None
    assert program._process.poll() is not None

"""The port is open before Baton is loaded, so that a probe waits instead of meeting nobody."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventstream import listening
from tests.observe.conftest import StartObserve
from tests.observe.running import ROOT, get, until


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    yield
    while listening._taken:
        listening._taken.popitem()[1].close()


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def waiting(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_a_process_that_another_one_is_in_front_of_takes_no_address() -> None:
    listening.early(["--fronted={}", "--port=0"])
    assert listening._taken == {}


def test_the_address_that_was_taken_early_is_the_one_that_is_served() -> None:
    listening.early(["--kubeconfig", "x", "--host=127.0.0.1", "--port", "0", "--no-messages"])
    (early,) = listening._taken.values()
    with socket.create_connection(early.getsockname()[:2]):
        assert listening.taken("127.0.0.1", 0) is early
        assert listening._taken == {}
    early.close()


def test_one_that_nobody_wants_is_given_back() -> None:
    listening.early(["--port", "0"])
    (early,) = listening._taken.values()
    with listening.taken("::1", 0):
        assert early.fileno() == -1


@pytest.mark.parametrize(
    "arguments",
    [["--port", "http"], ["--port"], ["--port", "70000"], ["--host", "no.invalid"]],
)
def test_what_can_not_be_taken_is_left_to_who_can_say_why(arguments: list[str]) -> None:
    listening.early(arguments)
    assert listening._taken == {}


def test_an_address_of_another_is_left_to_who_can_say_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        listening.early(["--port", str(waiting(other))])
    assert listening._taken == {}


def test_an_option_that_is_cut_short_is_left_to_who_knows_all_options() -> None:
    listening.early(["--port", "0", "--por", "1"])
    assert [*listening._taken] == [("127.0.0.1", 0)]


def test_nothing_is_loaded_before_the_port_is_open() -> None:
    ask = """
import sys
from eventstream import listening
print(sorted({name.partition(".")[0] for name in sys.modules} & {"django", "asyncio", "aiohttp"}))
"""
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"[]\n"


async def test_who_knocks_while_it_is_loaded_is_answered_afterwards(
    observe: StartObserve, kubeconfig: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = waiting(other)
    running = await observe("--kubeconfig", kubeconfig, "--port", str(port))
    await until(lambda: connects(port), "its port is open")
    with socket.create_connection(("127.0.0.1", port)) as knocking:
        knocking.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await get(f"{await running.url()}/healthz"))[0] == 200
        assert knocking.recv(15) == b"HTTP/1.1 200 OK"
    assert (await running.end()).code == 0

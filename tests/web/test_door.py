"""Probes are answered beside the loop; all else reaches it unread, and nothing waits for ever."""

import errno
import socket
import time
from collections.abc import Iterator

import pytest

from eventstream.web import door
from eventstream.web.door import Door, is_probe

PROBE = b"GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8000\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Standing:
    """A door whose turns a test makes by hand, and whose loop takes nothing by itself."""

    def __init__(self) -> None:
        self.stuck = ""
        self.rings = 0
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = listener.getsockname()
        self.door = Door(listener, self.ring, lambda: self.stuck)
        self.door._thread.start = lambda: None  # type: ignore[method-assign]
        self.door._thread.join = lambda timeout=None: None  # type: ignore[method-assign]
        self.door.open()
        self.clients: list[socket.socket] = []

    def ring(self) -> None:
        self.rings += 1

    def connect(self, said: bytes = b"") -> socket.socket:
        client = socket.create_connection(self.address)
        client.sendall(said)
        self.clients.append(client)
        return client

    def ask(self, said: bytes) -> bytes:
        """What the door alone answers to this, read to the end of the connection."""
        client = self.connect(said)
        self.door.turn()
        return b"".join(iter(lambda: client.recv(4096), b""))

    def end(self) -> None:
        for each in self.clients:
            each.close()
        self.door.close()


@pytest.fixture
def standing() -> Iterator[Standing]:
    made = Standing()
    yield made
    made.end()


def test_a_probe_is_answered_without_the_loop(standing: Standing) -> None:
    answer = standing.ask(PROBE)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nalive\n")
    assert standing.rings == 0


def test_a_loop_that_is_stuck_fails_the_probe_and_says_why(standing: Standing) -> None:
    standing.stuck = "The event loop is held for 61 s."
    answer = standing.ask(PROBE)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"The event loop is held for 61 s.\n")


def test_head_is_answered_without_a_body(standing: Standing) -> None:
    assert standing.ask(PROBE.replace(b"GET", b"HEAD")).endswith(b"Connection: close\r\n\r\n")


def test_all_else_reaches_the_loop_as_it_was_sent(standing: Standing) -> None:
    standing.connect(PAGE)
    standing.door.turn()
    assert standing.rings == 1
    taken = standing.door.accepted.popleft()
    assert taken.recv(4096) == PAGE
    taken.close()


@pytest.mark.parametrize(
    "said",
    [
        PAGE,
        PROBE[:-2],
        PROBE + PAGE,
        PROBE.replace(b"GET", b"POST"),
        PROBE.replace(b"/healthz", b"/healthz/"),
        PROBE.replace(b"Host", b"Content-Length: 3\r\nHost"),
        PROBE.replace(b"Host", b"Transfer-Encoding: chunked\r\nHost"),
        PROBE.replace(b"Host", b"Upgrade: websocket\r\nHost"),
        b"",
    ],
)
def test_only_a_whole_probe_and_nothing_else_is_one(said: bytes) -> None:
    assert is_probe(PROBE)
    assert not is_probe(said)


def test_a_silent_connection_goes_to_the_loop_in_the_end(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing.connect()
    standing.door.turn()
    assert standing.rings == 0
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    standing.door.turn()
    assert standing.rings == 1


def test_of_too_many_silent_ones_the_first_goes_to_the_loop(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "WAITING_MOST", 3)
    for _ in range(5):
        standing.connect()
        standing.door.turn()
    assert (standing.rings, len(standing.door._silent)) == (2, 3)


def test_while_the_loop_takes_none_one_more_is_sent_away_and_a_probe_is_not(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "WAITING_MOST", 3)
    for _ in range(3):
        standing.connect(PAGE)
        standing.door.turn()
    assert standing.ask(PAGE).startswith(b"HTTP/1.1 503 ")
    assert standing.ask(PROBE).startswith(b"HTTP/1.1 200 ")
    assert (standing.rings, len(standing.door.accepted)) == (3, 3)


def test_a_client_that_is_gone_is_forgotten(standing: Standing) -> None:
    standing.connect().close()
    standing.door.turn()
    assert standing.door._silent == {}


def test_without_descriptors_it_waits_and_says_so_once(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waited: list[float] = []

    class Full:
        def accept(self) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

    listener = standing.door._listener
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(standing.door, "_listener", Full())
    standing.door._accept()
    standing.door._accept()
    assert waited == [door.PAUSE_SECONDS] * 2
    (record,) = caplog.records
    assert "ulimit -n" in record.getMessage()
    monkeypatch.setattr(standing.door, "_listener", listener)
    assert standing.ask(PROBE).startswith(b"HTTP/1.1 200 ")


def test_an_error_that_nothing_expected_is_told_to_the_loop(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(standing.door, "turn", broken)
    standing.door._run()
    assert (str(standing.door.error), standing.rings) == ("a defect", 1)
    assert "let in any more" in caplog.text

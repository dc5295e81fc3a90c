"""Each connection goes unread to the process of the cluster that it asks for, or hears why not."""

import select
import socket
import time
from collections.abc import Iterator

import pytest

from eventstream import clusters
from eventstream.web import door, sorting
from eventstream.web.sorting import Channels, Handed, SortingDoor

PATIENCE = 30.0
EAST = b"GET /clusters/east/changes?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Front:
    """A door whose turns a test makes by hand, and the other ends of what it hands over by."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = listener.getsockname()
        self.channels = Channels()
        self.door = SortingDoor(self.channels, listener, lambda: None, lambda: "")
        self.door._thread.start = lambda: None  # type: ignore[method-assign]
        self.door._thread.join = lambda timeout=None: None  # type: ignore[method-assign]
        self.door.open()
        self.processes: dict[str, Handed] = {}
        self.ends: list[socket.socket] = []
        for name in ("east", "west"):
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            theirs.setblocking(False)
            self.channels.put(name, ours)
            self.processes[name] = Handed(theirs, lambda: None)
            self.ends += (ours, theirs)

    def connect(self, said: bytes = b"") -> socket.socket:
        client = socket.create_connection(self.address, PATIENCE)
        client.sendall(said)
        self.ends.append(client)
        return client

    def send(self, said: bytes) -> socket.socket:
        """A connection with this, and the door has looked at it."""
        client = self.connect(said)
        self.door.turn()
        return client

    def taken(self, name: str) -> socket.socket:
        """The connection that the process of a cluster takes up."""
        connection, _ = self.processes[name].accept()
        self.ends.append(connection)
        return connection

    def kept(self) -> socket.socket:
        """The connection that the one in front serves itself."""
        connection = self.door.accepted.popleft()
        self.ends.append(connection)
        return connection

    def has_none(self, name: str) -> bool:
        try:
            self.taken(name)
        except BlockingIOError:
            return True
        return False

    def end(self) -> None:
        for each in self.ends:
            each.close()
        self.door.close()


@pytest.fixture
def front() -> Iterator[Front]:
    made = Front()
    yield made
    made.end()


def whole(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_request_goes_whole_to_the_process_of_its_cluster_and_to_no_other(front: Front) -> None:
    client = front.send(EAST)
    taken = front.taken("east")
    assert taken.recv(4096) == EAST
    assert taken.getpeername() == client.getsockname()
    taken.sendall(b"served")
    assert client.recv(4096) == b"served"
    assert front.has_none("west")
    assert front.door._silent == {}


@pytest.mark.parametrize(
    "path",
    [b"/clusters/east", b"/clusters/east/", b"/clusters/east?x", b"/teams/baton/clusters/east/a"],
)
def test_where_a_proxy_takes_nothing_away_the_cluster_is_found_too(
    front: Front, path: bytes
) -> None:
    front.send(b"GET %s HTTP/1.1\r\n\r\n" % path)
    assert not front.has_none("east")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /clusters/north/ HTTP/1.1\r\n\r\n",
        b"GET /clusters/eastern/ HTTP/1.1\r\n\r\n",
        b"GET /a?b=/clusters/east/ HTTP/1.1\r\n\r\n",
        b"GET /clusters/%65ast/ HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02",
        b"\r\n",
    ],
)
def test_what_is_of_no_cluster_is_served_by_the_one_in_front(front: Front, said: bytes) -> None:
    front.send(said)
    assert front.kept().recv(4096) == said
    assert front.has_none("east")
    assert front.has_none("west")


def test_the_first_cluster_of_a_path_counts_and_the_rest_is_for_its_pages() -> None:
    path = b"/clusters/west/objects/clusters/east"
    assert clusters.named_in(path, ["east", "west"]) == "west"
    assert clusters.named_in(b"/clusters/ui/clusters/east/", ["east", "west"]) == "east"


def test_a_first_line_may_come_in_pieces(front: Front) -> None:
    client = front.connect()
    for piece in (EAST[:1], EAST[1:9], EAST[9:20]):
        client.sendall(piece)
        front.door.turn()
        assert front.has_none("east")
    client.sendall(EAST[20:])
    while front.door._silent:
        front.door.turn()
    assert front.taken("east").recv(4096) == EAST


def test_a_first_line_that_does_not_go_on_is_waited_for_so_long_and_no_longer(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = front.send(EAST[:9])
    assert front.door._patience() == sorting.LOOK_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    front.door.turn()
    assert whole(client).startswith(b"HTTP/1.1 408 ")


def test_a_first_line_that_does_not_end_is_refused(front: Front) -> None:
    client = front.send(b"GET /clusters/east/" + b"a" * door.HEAD_BYTES)
    assert whole(client).startswith(b"HTTP/1.1 414 ")
    assert front.has_none("east")


def test_a_connection_without_a_byte_is_closed_in_the_end(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = front.send(b"")
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    front.door.turn()
    assert whole(client) == b""


def test_of_too_many_that_say_nothing_whole_the_first_makes_room(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "WAITING_MOST", 3)
    monkeypatch.setattr(sorting, "WAITING_MOST", 3)
    first = front.send(EAST[:9])
    for _ in range(5):
        front.send(EAST[:9])
    assert len(front.door._silent) == 3
    assert whole(first).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_is_gone_before_its_line_ended_is_forgotten(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = front.send(EAST[:9])
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()  # Reset, where nothing can be answered.
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    front.door.turn()
    assert front.door._silent == {}
    assert front.door._begun == set()


def test_a_process_that_takes_none_is_told_of_and_others_go_on(front: Front) -> None:
    front.channels._open["east"].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    clients = [front.send(EAST)]
    while not select.select(clients[-1:], [], [], 0)[0]:
        clients.append(front.send(EAST))
    assert whole(clients[-1]).startswith(b"HTTP/1.1 503 ")
    assert len(clients) > 2
    front.send(EAST.replace(b"east", b"west"))
    assert not front.has_none("west")


def test_without_its_process_a_cluster_is_for_the_one_in_front(front: Front) -> None:
    front.channels.drop("east")
    front.send(EAST)
    assert front.kept().recv(4096) == EAST


def test_a_probe_is_answered_by_the_door(front: Front) -> None:
    client = front.send(b"GET /healthz HTTP/1.1\r\n\r\n")
    assert whole(client).endswith(b"\r\n\r\nalive\n")


def test_a_process_notices_that_nobody_is_in_front_of_it_any_more() -> None:
    ours, theirs = socket.socketpair()
    gone: list[bool] = []
    handed = Handed(theirs, lambda: gone.append(True))
    ours.close()
    with theirs, pytest.raises(BrokenPipeError):
        handed.accept()
    assert gone == [True]


@pytest.mark.parametrize(
    ("given", "contexts", "found"),
    [
        (["east", "west=prod"], [], [("east", "east"), ("west", "prod")]),
        (["here="], [], [("here", "")]),
        ([], ["arn:aws:eks:eu:1:cluster/Blue", "b"], [("arn-aws-eks-eu-1-cluster-blue", None)]),
    ],
)
def test_clusters_are_called_as_was_said_or_after_their_contexts(
    given: list[str], contexts: list[str], found: list[tuple[str, str | None]]
) -> None:
    for each, (name, context) in zip(clusters.asked(given, contexts), found, strict=False):
        assert each.cluster.name == name
        assert each.context == (contexts[0] if context is None else context)
        assert each.cluster.title == (contexts[0] if context is None else name)


@pytest.mark.parametrize(
    ("given", "contexts", "words"),
    [
        (["East"], [], "small letters"),
        (["a/b"], [], "small letters"),
        ([""], [], "small letters"),
        (["-a"], [], "no dash at either end"),
        (["a" * 41], [], "40 small letters"),
        (["a", "a=b"], [], "two clusters are called a"),
        ([], ["A", "a"], "two clusters are called a"),
        ([], ["::"], "use NAME=CONTEXT"),
        ([f"a{number}" for number in range(33)], [], "32 at most"),
    ],
)
def test_a_name_that_no_address_can_have_is_refused(
    given: list[str], contexts: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        clusters.asked(given, contexts)

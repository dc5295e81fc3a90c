"""A server for all tests of requests, set back for each."""

from collections.abc import Callable, Iterator

import pytest

from eventstream.web.channel import Channel
from tests.web.served import Client, Served

Connect = Callable[[], Client]


@pytest.fixture(scope="session")
def serving() -> Iterator[Served]:
    serving = Served()
    yield serving
    serving.end()


@pytest.fixture
def served(serving: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The server, whose bounds a test may patch in `eventstream.web.channel`."""
    serving.begin()
    monkeypatch.setattr(Channel, "dataReceived", serving.count(Channel.dataReceived))
    return serving


@pytest.fixture
def connect(served: Served) -> Iterator[Connect]:
    made: list[Client] = []

    def one() -> Client:
        made.append(Client(served.port))
        return made[-1]

    yield one
    for client in made:
        client.close()

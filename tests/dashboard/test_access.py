"""Who is answered: probes under any Host, everything else under ours, sockets from our pages."""

import pytest
from channels.testing import HttpCommunicator, WebsocketCommunicator

from dashboard.asgi import application
from dashboard.health import Probes
from tests.dashboard import scenes

OURS = b"localhost:8000"
Headers = list[tuple[bytes, bytes]]


async def get(path: str, host: bytes = OURS, seconds: float = 5) -> tuple[int, str]:
    asked = HttpCommunicator(application, "GET", path, headers=[(b"host", host)])
    answer = await asked.get_response(timeout=seconds)
    await asked.wait(timeout=seconds)
    return answer["status"], answer["body"].decode()


async def socket_opens(headers: Headers) -> bool:
    socket = WebsocketCommunicator(application, "/live", headers=headers)
    opened, _ = await socket.connect()
    if opened:
        await socket.disconnect()
    return bool(opened)


async def test_the_process_is_alive_under_the_address_of_its_pod() -> None:
    assert await get("/healthz", b"10.128.0.17:8000") == (200, "alive\n")


@pytest.mark.django_db(transaction=True)
async def test_it_is_not_ready_before_a_cluster_is_watched_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # How long the first probe of a process waits is tested in test_probes.
    monkeypatch.setattr(Probes, "_patiently", Probes._unready)
    status, body = await get("/readyz", b"10.128.0.17:8000")
    assert status == 503
    assert "No cluster has been watched yet" in body


@pytest.mark.django_db(transaction=True)
async def test_it_is_ready_while_the_observer_is_heard_of() -> None:
    from channels.db import database_sync_to_async

    await database_sync_to_async(scenes.connected)()
    assert await get("/readyz", b"10.128.0.17:8000") == (200, "ready\n")


@pytest.mark.parametrize(
    "path", ["/", "/coverage", "/static/css/base.css", "/healthz/", "/nothing"]
)
@pytest.mark.parametrize("host", [b"evil.example", b"10.128.0.17:8000", b"", b"localhost@evil"])
async def test_a_foreign_host_is_refused_everywhere_else(path: str, host: bytes) -> None:
    status, body = await get(path, host)
    assert status == 400
    assert "BATON_ALLOWED_HOSTS" in body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("host", [b"localhost", b"127.0.0.1:8000", b"[::1]:8000", b"LOCALHOST:1"])
async def test_our_own_hosts_are_answered(host: bytes) -> None:
    status, _ = await get("/", host)
    assert status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (b"localhost:8000", b"http://localhost:8000"),
        (b"LOCALHOST:8000", b"http://localhost:8000"),
        (b"localhost", b"http://localhost"),
        (b"localhost:80", b"http://localhost"),
        (b"[::1]:8000", b"http://[::1]:8000"),
    ],
)
async def test_a_page_of_ours_opens_a_socket(host: bytes, origin: bytes) -> None:
    assert await socket_opens([(b"host", host), (b"origin", origin)])


async def test_a_socket_where_none_is_is_refused() -> None:
    headers = [(b"host", OURS), (b"origin", b"http://localhost:8000")]
    socket = WebsocketCommunicator(application, "/nothing", headers=headers)
    assert await socket.connect() == (False, 4403)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", OURS)],
        [(b"host", OURS), (b"origin", b"http://evil.example")],
        [(b"host", OURS), (b"origin", b"http://localhost:9999")],
        [(b"host", OURS), (b"origin", b"https://localhost:8000")],
        [(b"host", OURS), (b"origin", b"http://localhost")],
        [(b"host", b"localhost:443"), (b"origin", b"https://localhost")],
        [(b"host", OURS), (b"origin", b"http://localhost:8000@evil.example")],
        [(b"host", OURS), (b"origin", b"http://localhost:8000/")],
        [(b"host", OURS), (b"origin", b"null")],
        [(b"host", OURS), (b"origin", b"http://[")],
        [(b"host", b"evil.example"), (b"origin", b"http://evil.example")],
        [(b"origin", b"http://localhost:8000")],
    ],
)
async def test_no_other_page_opens_a_socket(headers: Headers) -> None:
    assert not await socket_opens(headers)

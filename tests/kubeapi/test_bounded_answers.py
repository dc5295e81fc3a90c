"""No answer is read further than its bound, packed or not, whether or not it ever ends."""

import gzip
import tracemalloc
import zlib

import msgspec
import pytest

from eventstream.kubeapi.bodies import BUFFER_BYTES
from eventstream.kubeapi.bounds import MIB
from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.served import discover
from tests.kubeapi.objects import POD_PATH, line, listed, pod
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import Answer, ScriptedServer, answer, json_answer, stream

BOMB = 16 * MIB
FILLER = b"x" * 20_000


def endless(status: int, content: bytes) -> Answer:
    """An answer that is never over; nothing more comes, as if it were sent without hurry."""
    begun = stream(content, hold=True).raw.replace(b"200 OK", b"%d Broken" % status)
    return Answer(begun, hold=True)


def bounded(connection: Connection, **bounds: int) -> None:
    connection.bounds = msgspec.structs.replace(connection.bounds, **bounds)


async def test_a_refusal_is_read_no_further_than_it_is_quoted(
    server: ScriptedServer, connection: Connection
) -> None:
    bounded(connection, error_bytes=1000)
    server.on(POD_PATH, endless(503, b"overloaded " + FILLER))
    with pytest.raises(ApiProblem) as raised:
        await connection.get(POD_PATH)
    assert raised.value.problem.code == "server-error"
    assert "overloaded xxx" in raised.value.problem.message
    assert len(raised.value.problem.message) < 500


async def test_a_version_that_never_ends_is_given_up(
    server: ScriptedServer, connection: Connection
) -> None:
    bounded(connection, answer_bytes=10_000)
    server.on("/version", endless(200, b'{"gitVersion":"' + FILLER))
    with pytest.raises(ApiProblem, match=r"GET /version is too large .* 10,000 bytes") as raised:
        await connection.version()
    assert raised.value.problem.code == "oversized"


async def test_discovery_that_never_ends_is_given_up(
    server: ScriptedServer, connection: Connection
) -> None:
    bounded(connection, discovery_bytes=10_000)
    server.on("/api", endless(200, b'{"kind":"' + FILLER))
    with pytest.raises(ApiProblem, match="GET /api is too large"):
        await discover(connection)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("kind", ["text", "objects", "space"])
async def test_a_packed_bomb_takes_no_memory(
    server: ScriptedServer, connection: Connection, status: int, kind: str
) -> None:
    filler = {
        "text": b'{"a":"' + b"x" * BOMB,
        "space": b" " * BOMB,
        "objects": b"{}," * (BOMB // 3),
    }
    packed = gzip.compress(b'{"items":[' + filler[kind], 1)
    server.on(POD_PATH, answer(status, packed, Content_Encoding="gzip"))
    tracemalloc.start()
    with pytest.raises(ApiProblem) as raised:
        await connection.get(POD_PATH)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raised.value.problem.code == ("oversized" if status == 200 else "server-error")
    assert most < BOMB / 4


async def test_only_gzip_is_asked_for_and_nothing_else_is_unpacked(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, answer(200, zlib.compress(b"{}"), Content_Encoding="deflate"))
    with pytest.raises(ApiProblem, match="encoded as 'deflate', not as asked") as raised:
        await connection.get(POD_PATH)
    assert raised.value.problem.code == "malformed"
    assert server.requests[-1].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("packed", "what"),
    [(b"no gzip", "compressed wrongly"), (gzip.compress(b"x" * 5000)[:-20], "cannot be reached")],
    ids=["not packed at all", "cut off"],  # What is packed holds the time, and names are to agree.
)
async def test_what_is_packed_wrongly_is_a_problem(
    server: ScriptedServer, connection: Connection, packed: bytes, what: str
) -> None:
    server.on(POD_PATH, answer(200, packed, Content_Encoding="gzip"))
    with pytest.raises(ApiProblem, match=what):
        await connection.get(POD_PATH)


async def test_a_packed_list_and_a_packed_watch_are_read(
    server: ScriptedServer, connection: Connection
) -> None:
    """Several packed parts in a row are one body; a proxy may pack what asked not to be."""
    body = json_answer(listed(10, pod("a", 1))).raw.partition(b"\r\n\r\n")[2]
    packed = gzip.compress(body[:20]) + gzip.compress(body[20:])
    server.on(POD_PATH, answer(200, packed, Content_Encoding="gzip"))
    watch = stream(gzip.compress(line("ADDED", pod("b", 11))), hold=True)
    head = b"Content-Encoding: gzip\r\nTransfer-Encoding"
    server.on_watch(POD_PATH, Answer(watch.raw.replace(b"Transfer-Encoding", head), hold=True))
    async with reflecting(connection) as observed:
        await observed.until(lambda seen: len(seen.told) == 2)
    assert observed.told == [("EXISTING", "a", "1"), ("ADDED", "b", "11")]


async def test_no_piece_is_larger_than_a_buffer(
    server: ScriptedServer, connection: Connection
) -> None:
    packed = gzip.compress(b"x" * (8 * BUFFER_BYTES))
    server.on(POD_PATH, answer(200, packed, Content_Encoding="gzip"))
    body = await connection.open_answer(POD_PATH)
    sizes = []
    while piece := await body.piece():
        sizes.append(len(piece))
    body.close()
    assert sum(sizes) == 8 * BUFFER_BYTES
    assert max(sizes) <= BUFFER_BYTES

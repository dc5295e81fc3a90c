"""What a server says can rule neither the log nor a terminal, and gives no credential away."""

import logging

import pytest

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.discovery import read_all
from eventstream.kubeapi.problems import ApiProblem
from eventstream.kubeapi.quoting import LONGEST, quoted
from tests.kubeapi.objects import POD_PATH, error_line, listed
from tests.kubeapi.observing import reflecting
from tests.kubeapi.scripted import ScriptedServer, answer, json_answer, status_answer, stream

FORGED = "no\n2026-11-28 ERROR all is lost\r\x1b[2J\u202egnp"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is: ümlaut, 漢字 “x”", "as it is: ümlaut, 漢字 “x”"),
        ("one\ntwo\r\x00", r"one\ntwo\r\x00"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb\u2028c\x85d", r"a\u202eb\u2028c\x85d"),
        ("half \ud800", r"half \ud800"),
        ("  around\n", "around"),
    ],
)
def test_text_is_one_printable_line(text: str, shown: str) -> None:
    assert quoted(text) == shown


@pytest.mark.parametrize("text", ["x" * 301, "\n." * 300, "\x1b" * 100_000])
def test_text_is_cut_and_says_so(text: str) -> None:
    assert len(quoted(text)) == LONGEST
    assert quoted(text).endswith("…")


def test_a_credential_is_hidden() -> None:
    assert "hunter22" not in quoted("cannot reach https://me:hunter22@proxy:3128/")


async def test_a_refusal_is_told_and_logged_in_lines_of_ours(
    server: ScriptedServer, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("/api", status_answer(500, "Broken\n", FORGED))
    with caplog.at_level(logging.WARNING):
        assert await read_all(connection) is None
    told = caplog.records[-1].getMessage().splitlines()
    assert [line.partition(":")[0] for line in told[1:]] == ["Likely cause", "What to do"]
    assert all(line.isprintable() for line in told)


async def test_what_ends_a_watch_is_told_in_one_line(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on(POD_PATH, json_answer(listed(10)))
    server.on_watch(POD_PATH, stream(error_line(418, "Tea\npot", FORGED)), stream(hold=True))
    async with reflecting(connection) as observed:
        told = await observed.until_state("backing-off", "watch-error")
    assert told.problem is not None
    assert told.problem.message.isprintable()


@pytest.mark.parametrize(
    "headers", [{"Location": "https://a/\x1b[2J"}, {"Content_Type": "text/html\x1b[2J"}]
)
async def test_headers_are_told_in_one_line(
    server: ScriptedServer, connection: Connection, headers: dict[str, str]
) -> None:
    server.on(POD_PATH, answer(302, b"<html>", **headers))
    with pytest.raises(ApiProblem) as raised:
        await connection.get(POD_PATH)
    assert raised.value.problem.message.isprintable()


async def test_neither_version_nor_uid_of_a_cluster_are_taken_as_they_are(
    server: ScriptedServer, connection: Connection
) -> None:
    server.on("/version", json_answer({"gitVersion": "v1\n\x1b[2J" + "9" * 1000}))
    server.on("/api/v1/namespaces/kube-system", json_answer({"metadata": {"uid": "a\n" * 900}}))
    cluster = await connection.identify()
    assert cluster.version.isprintable()
    assert len(cluster.version) <= 60
    assert len(cluster.uid) == 64

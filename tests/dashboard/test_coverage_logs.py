"""Coverage tells how each audit log is followed: on the page, in JSON and pushed."""

import json
import re
import time
from typing import Any

import msgspec
import pytest
from django.test import Client

from dashboard.auditlogs import followed
from dashboard.coverage_feed import CoverageFeed
from eventstream.objects.observations import AuditLog, LogPlace, Problem
from tests.dashboard import scenes

NOW = 1_000_000.0


def store(log: AuditLog) -> int:
    return scenes.store(seen=(log,))


LOG = AuditLog(
    "/var/log/kubernetes/audit/audit.log", "following", NOW, reached=NOW, last_line=NOW - 4,
    records=812,
)  # fmt: skip
GONE = Problem("audit-log-missing", "It is not there.", "No API server here.", "Look elsewhere.")


def changed(**how: Any) -> AuditLog:
    return msgspec.structs.replace(LOG, **how)


@pytest.mark.parametrize(
    ("log", "word", "tone", "behind"),
    [
        (LOG, "following", "good", 0),
        (changed(state="behind", reached=NOW - 70), "behind", "partly", 70),
        (changed(state="behind", reached=0.0), "behind", "partly", 0),
        (changed(corrupt=1), "following in part", "partly", 0),
        (changed(missed=1), "following in part", "partly", 0),
        (changed(state="missing", problem=GONE), "missing", "bad", 0),
        (changed(state="unreadable", problem=GONE, corrupt=3), "unreadable", "bad", 0),
    ],
)
def test_an_audit_log_is_judged_by_how_it_is_followed(
    log: AuditLog, word: str, tone: str, behind: float
) -> None:
    (shown,) = followed([log])
    assert (shown.manner.word, shown.manner.tone, shown.behind) == (word, tone, behind)


@pytest.mark.django_db
def test_page_and_json_tell_how_each_audit_log_is_followed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Audit log" not in client.get("/coverage").content.decode()
    store(changed(corrupt=2, last_corrupt="byte 16022: not an <audit> record",
                  last_corrupt_at=NOW - 60))  # fmt: skip
    store(changed(path="/other<i>.log", state="missing", problem=GONE, missed=1,
                  last_missed="The file is gone.", last_missed_at=NOW - 9))  # fmt: skip
    monkeypatch.setattr(time, "time", lambda: NOW)
    html = client.get("/coverage").content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html[html.index('id="logs"') :]))
    for told in (
        "Audit logs", "following in part", "812 write requests read", "4 s ago",
        "2 lines could not be read and were passed over, the last one 1 min ago",
        "at byte 16022: not an &lt;audit&gt; record", "/other&lt;i&gt;.log", "It is not there.",
        "No API server here.", "Look elsewhere.", "passed over 9 s ago: The file is gone.",
    ):  # fmt: skip
        assert told in text
    told_logs = json.loads(client.get("/coverage.json").content)["audit_logs"]
    assert [each["path"] for each in told_logs] == ["/other<i>.log", LOG.path]
    assert told_logs[1] == {
        "path": LOG.path, "state": "following", "word": "following in part",
        "needs_attention": True, "behind_seconds": 0, "last_line": "1970-01-12T13:46:36.000Z",
        "records": 812, "corrupt": 2, "last_corrupt": "byte 16022: not an <audit> record",
        "last_corrupt_at": "1970-01-12T13:45:40.000Z", "missed": 0, "last_missed": "",
        "last_missed_at": None, "problem": None,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_page_hears_of_an_audit_log_when_what_it_shows_changes() -> None:
    scenes.connected()
    store(LOG)
    feed = CoverageFeed()
    feed.begin(7)
    assert "logs" in {op[0] for op in feed.updates(7, NOW).ops}
    store(changed(at=NOW + 1, reached=NOW + 1, resume=LogPlace(1, 2, "0:", 3)))
    assert feed.updates(8, NOW + 2).ops == ()
    store(changed(state="missing", problem=GONE))
    assert [op[0] for op in feed.updates(8, NOW + 4).ops] == ["logs"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("log", "told"),
    [(LOG, False), (changed(corrupt=1), False), (changed(state="missing", problem=GONE), True)],
)
def test_every_page_says_when_an_audit_log_cannot_be_read(
    log: AuditLog, told: bool, client: Client
) -> None:
    scenes.connected()
    store(log)
    assert ("audit log missing" in client.get("/").content.decode()) is told

"""What a follower hands on, and what it says of a log that is late, away, corrupt or too long."""

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from eventstream.following import Follower, progress
from eventstream.following.logfile import LogFile
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.observations import AuditLog, AuditRecord, LogPlace
from tests.following.logs import Written, request

NOW = 1_800_000_000.0
KEPT = 120.0


class Following:
    """A follower with a clock that a test sets, and all that it told."""

    def __init__(self, path: Path, resume: LogPlace | None = None) -> None:
        self.now = NOW
        self.told: list[AuditRecord | AuditLog] = []
        self.follower = Follower(
            path,
            AuditDecoder(b"tests"),
            self._take,
            kept=KEPT,
            resume=resume,
            clock=lambda: self.now,
        )

    async def to_end(self) -> None:
        while await self.follower.poll():
            pass

    def records(self) -> list[AuditRecord]:
        return [each for each in self.told if isinstance(each, AuditRecord)]

    async def _take(self, told: AuditRecord | AuditLog) -> None:
        self.told.append(told)


Follow = Callable[..., Awaitable[Following]]


@pytest.fixture
def log(tmp_path: Path) -> Written:
    written = Written(tmp_path)
    written.path.touch()
    return written


@pytest.fixture
async def follow(log: Written) -> AsyncIterator[Follow]:
    begun: list[Following] = []

    async def begin(resume: LogPlace | None = None) -> Following:
        begun.append(Following(log.path, resume))
        await begun[-1].to_end()
        return begun[-1]

    yield begin
    for each in begun:
        each.follower._thread.submit(each.follower._file.close)
        each.follower._thread.shutdown()


async def test_write_requests_are_handed_on_at_every_level_and_nothing_else(
    log: Written, follow: Follow
) -> None:
    following = await follow()
    log.append(request(NOW, auditID="metadata", level="Metadata", requestObject=None))
    log.append(request(NOW, auditID="request", level="Request"))
    log.append(request(NOW, auditID="both", responseObject={"spec": {}}))
    for other in (
        {"stage": "RequestReceived"},
        {"stage": "ResponseStarted"},
        {"verb": "watch"},
        {"objectRef": None},
    ):
        log.append(request(NOW, **other))
    await following.to_end()
    assert [record.audit_id for record in following.records()] == ["metadata", "request", "both"]
    report = following.follower.report()
    assert (report.state, report.records, report.corrupt) == ("following", 3, 0)
    assert (report.reached, report.last_line) == (NOW, NOW)


async def test_a_corrupt_line_is_counted_and_logged_with_its_place_and_ends_nothing(
    log: Written, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    following = await follow()
    log.append(b'{"kind": "hunter2\n' + request(NOW) + b"\xff\xfe\n")
    await following.to_end()
    assert len(following.records()) == 1
    report = following.follower.report()
    assert report.corrupt == 2
    assert report.last_corrupt.startswith(f"byte {18 + len(request(NOW))}: not an audit record")
    assert "at byte 0: not an audit record" in caplog.text
    assert "hunter2" not in caplog.text + report.last_corrupt


async def test_thousands_of_corrupt_lines_do_not_fill_the_log(
    log: Written, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    following = await follow()
    log.append(b"no record\n" * 5000)
    await following.to_end()
    assert following.follower.report().corrupt == 5000
    assert len(caplog.records) == 15


async def test_a_line_that_is_too_long_counts_as_corrupt(
    log: Written, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = await follow()
    monkeypatch.setattr(following.follower._lines, "_longest", 2000)
    log.append(request(NOW, annotations={"x": "y" * 3000}) + request(NOW, auditID="next"))
    await following.to_end()
    assert [record.audit_id for record in following.records()] == ["next"]
    report = following.follower.report()
    assert (report.corrupt, report.last_corrupt) == (1, "byte 0: it is longer than any write")


@pytest.mark.parametrize("verb", ["get", "list", "watch"])
async def test_a_long_answer_to_a_read_is_passed_over_as_any_read_is(
    verb: str, log: Written, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = await follow()
    monkeypatch.setattr(following.follower._lines, "_longest", 2000)
    answer = {"items": ["x" * 3000]}
    log.append(request(NOW, verb=verb, responseObject=answer) + request(NOW, auditID="next"))
    await following.to_end()
    assert [record.audit_id for record in following.records()] == ["next"]
    assert following.follower.report().corrupt == 0


async def test_first_reading_passes_over_what_is_too_old_to_be_joined(
    log: Written, follow: Follow
) -> None:
    log.append(request(NOW - KEPT - 1, responseStatus={"code": 403}))
    log.append(request(NOW - KEPT - 1))
    log.append(request(NOW - KEPT + 1, auditID="kept"))
    following = await follow()
    assert [record.audit_id for record in following.records()] == ["kept"]


async def test_after_a_restart_old_refusals_are_told_but_old_writes_passed_over(
    log: Written, follow: Follow
) -> None:
    first = await follow()
    place = first.follower.report().resume
    log.append(request(NOW - 3600, auditID="refused", responseStatus={"code": 403}))
    log.append(request(NOW - 3600))
    following = await follow(place)
    assert [record.audit_id for record in following.records()] == ["refused"]


async def test_a_restart_reads_the_last_seconds_again_and_nothing_before_them(
    log: Written, follow: Follow
) -> None:
    following = await follow()
    for second in range(60):
        following.now = NOW + second
        log.append(request(following.now, auditID=f"at {second}"))
        await following.to_end()
        await following.follower.tell()
    place = following.follower.report().resume
    again = Following(log.path, place)
    again.now = following.now
    await again.to_end()
    seconds = [int(record.audit_id.removeprefix("at ")) for record in again.records()]
    assert seconds == list(range(60 - len(seconds), 60))
    assert progress.AGAIN <= len(seconds) <= progress.AGAIN + 2
    again.follower._thread.shutdown()


async def test_a_restart_that_is_killed_at_once_still_knows_its_place(
    log: Written, follow: Follow
) -> None:
    log.append(request(NOW))
    place = (await follow()).follower.report().resume
    assert place is not None
    log.append(request(NOW))
    assert Following(log.path, place).follower.report().resume == place
    assert (await follow(place)).follower.report().resume == place


async def test_while_it_is_behind_it_says_how_far_it_has_come(
    log: Written, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = await follow()
    log.append(request(NOW - 60) + request(NOW - 59) + b'{"half')
    following.now = NOW + 30
    assert await following.follower.poll()
    report = following.follower.report()
    assert (report.state, report.reached, report.last_line) == ("behind", NOW, NOW - 59)
    assert not await following.follower.poll()
    assert following.follower.report().state == "following"


async def test_a_log_that_goes_and_comes_back_is_said_once_each_time(
    log: Written, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    following = await follow()
    caplog.set_level("INFO")
    log.path.rename(log.path.with_name("elsewhere"))
    for second in range(5):
        following.now = NOW + second
        await following.to_end()
        await following.follower.tell()
    report = following.told[-1]
    assert isinstance(report, AuditLog)
    assert report.problem is not None
    assert (report.state, report.problem.code) == ("missing", "audit-log-missing")
    assert "--audit-log-path" in report.problem.action
    assert report.reached == NOW
    log.append(request(following.now))
    await following.to_end()
    assert following.follower.report().state == "following"
    assert len(following.records()) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_one_that_may_not_be_read_says_who_may_not(
    follow: Follow, log: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        following = await follow()
        await following.follower.tell()
        report = following.told[-1]
        assert isinstance(report, AuditLog)
        assert report.state == "unreadable"
        assert report.problem is not None
        assert f"uid {os.getuid()}" in report.problem.cause
    log.append(request(NOW))
    await following.to_end()
    assert len(following.records()) == 1


async def test_it_is_told_at_once_when_the_state_changes_and_else_once_a_second(
    log: Written, follow: Follow
) -> None:
    following = await follow()
    for tenth in range(21):
        following.now = NOW + tenth / 10
        await following.to_end()
        await following.follower.tell()
    assert len(following.told) == 3
    log.path.unlink()
    await following.to_end()
    await following.follower.tell()
    assert len(following.told) == 3  # It may just be being rotated.
    await following.to_end()
    await following.follower.tell()
    assert len(following.told) == 4


async def test_what_was_missed_is_counted_and_said(log: Written, follow: Follow) -> None:
    log.append(request(NOW))
    file = LogFile(log.path)
    file.read()
    place = file.place
    file.close()
    log.path.unlink()
    log.append(request(NOW, auditID="another"))
    following = await follow(place)
    report = following.follower.report()
    assert (report.missed, len(following.records())) == (1, 1)
    assert report.last_missed.startswith("The file that was read last is gone")

"""A log is read without a line lost or told twice, through whatever happens to its file."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstream.following.logfile import LogFile
from tests.following.logs import Reading, Written


@pytest.fixture
def log(tmp_path: Path) -> Written:
    return Written(tmp_path)


def numbered(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 60)),
        st.tuples(st.just("half"), st.integers(1, 8)),
        st.tuples(st.just("rotate"), st.just(0)),
        st.tuples(st.just("vanish"), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 400)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(doings=DOINGS)
def test_no_line_is_lost_through_any_writing_rotating_and_reading(
    doings: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Written(Path(directory))
        log.path.touch()
        reading, found, written = Reading(LogFile(log.path)), list[bytes](), 0
        reading.to_end()
        away: Path | None = None
        for what, size in doings:
            if away is not None and what in ("write", "half", "rotate"):
                away.rename(log.path)
                away = None
            if what == "write":
                log.append(numbered(written, written + size))
                written += size
            elif what == "half":  # A line that is on the disk in two parts.
                whole = numbered(written, written + 1)
                log.append(whole[:size])
                found += reading.step()[0]
                log.append(whole[size:])
                written += 1
            elif what == "rotate":
                log.rotate()
            elif what == "vanish" and away is None:
                away = log.path.with_name("elsewhere")
                log.path.rename(away)
            elif what == "read" and away is None:
                found += reading.step(limit=size)[0]
            elif what == "restart" and away is None:
                place = reading.file.place
                reading.file.close()
                reading = Reading(LogFile(log.path, place))
        if away is not None:
            away.rename(log.path)
        found += reading.to_end()
        reading.file.close()
        assert found == numbered(0, written).splitlines()
        assert reading.missed == []


def test_what_was_written_just_before_a_rotation_is_read_before_the_new_file(log: Written) -> None:
    log.append(b"one\n")
    reading = Reading(LogFile(log.path))
    assert reading.to_end() == [b"one"]
    log.append(b"two\n")
    log.rotate()
    log.append(b"three\n")
    assert reading.to_end() == [b"two", b"three"]


def test_a_file_that_is_truncated_is_read_from_its_start(log: Written) -> None:
    log.append(numbered(0, 50))
    reading = Reading(LogFile(log.path))
    assert len(reading.to_end()) == 50
    log.truncate()
    log.append(b"short\n")
    assert reading.to_end() == [b"short"]


def test_a_file_that_was_truncated_and_is_longer_again_is_read_from_its_start(log: Written) -> None:
    log.append(numbered(0, 5))
    reading = Reading(LogFile(log.path))
    reading.to_end()
    log.truncate()
    log.append(numbered(100, 200))
    assert reading.to_end() == numbered(100, 200).splitlines()


def test_zeros_of_a_writer_that_kept_its_offset_are_passed_over(log: Written) -> None:
    log.append(numbered(0, 50))
    reading = Reading(LogFile(log.path))
    reading.to_end()
    with log.path.open("r+b") as writer:
        writer.seek(0, os.SEEK_END)
        writer.flush()
        log.truncate()
        writer.write(b"after\n")
    assert reading.to_end() == [b"after"]


def test_a_log_that_vanishes_is_read_on_where_it_went_and_then_anew(log: Written) -> None:
    log.append(b"one\n")
    reading = Reading(LogFile(log.path))
    reading.to_end()
    moved = log.path.with_name("moved")
    log.path.rename(moved)
    assert reading.file.read().gone
    moved.write_bytes(b"one\ntwo\n")
    assert reading.step()[0] == [b"two"]
    log.append(b"three\n")
    assert reading.to_end() == [b"three"]


def test_one_that_is_not_there_yet_is_read_once_it_is(log: Written) -> None:
    file = LogFile(log.path)
    with pytest.raises(FileNotFoundError):
        file.read()
    log.append(b"first\n")
    assert Reading(file).to_end() == [b"first"]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_plain_file_is_refused_and_never_waited_for(log: Written, make: Any) -> None:
    make(log.path)
    with pytest.raises(OSError, match="not a plain file"):
        LogFile(log.path).read()


def test_a_disk_that_fails_for_a_while_costs_no_line(
    log: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(b"one\ntw")
    reading = Reading(LogFile(log.path))
    assert reading.to_end() == [b"one"]

    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", failing)
        for _ in range(3):
            with pytest.raises(OSError, match="Input/output error"):
                reading.file.read()
    log.append(b"o\nthree\n")
    assert reading.to_end() == [b"two", b"three"]


def test_first_reading_begins_a_little_before_the_end_with_a_whole_line(log: Written) -> None:
    log.append(numbered(0, 1000))
    found = Reading(LogFile(log.path, tail=100)).to_end()
    assert found == numbered(1000 - len(found), 1000).splitlines()
    assert 5 < len(found) < 15


def resumed(log: Written, written: bytes) -> LogFile:
    """A file that was read up to here, and then closed."""
    log.append(written)
    file = LogFile(log.path)
    Reading(file).to_end()
    place = file.place
    file.close()
    return LogFile(log.path, place, most=1000)


def test_a_restart_reads_on_where_it_was_whatever_the_file_is_called_now(log: Written) -> None:
    file = resumed(log, numbered(0, 20))
    log.append(b"last of the first\n")
    log.rotate()
    log.append(b"second\n")
    log.rotate()
    log.append(b"third\n")
    reading = Reading(file)
    assert reading.to_end() == [b"last of the first", b"second", b"third"]
    assert reading.missed == []


def test_a_file_that_is_gone_after_a_restart_is_said_to_be_missed(log: Written) -> None:
    file = resumed(log, numbered(0, 20))
    log.rotate().unlink()
    log.append(b"new\n")
    reading = Reading(file)
    assert reading.to_end() == [b"new"]
    assert reading.missed == ["The file that was read last is gone, or begins otherwise now."]


def test_another_file_with_the_same_inode_is_not_taken_for_the_one_before(log: Written) -> None:
    file = resumed(log, numbered(0, 20))
    log.truncate()
    log.append(numbered(500, 600))
    reading = Reading(file)
    assert reading.to_end() == numbered(500, 600).splitlines()
    assert len(reading.missed) == 1


@pytest.mark.parametrize("rotated", [False, True])
def test_too_much_after_a_restart_is_passed_over_and_said(log: Written, rotated: bool) -> None:
    file = resumed(log, numbered(0, 20))
    log.append(numbered(0, 500))
    if rotated:
        log.rotate()
    log.append(numbered(500, 1000))
    reading = Reading(file)
    found = reading.to_end()
    assert found == numbered(1000 - len(found), 1000).splitlines()
    assert 50 < len(found) < 120
    assert len(reading.missed) == 1
    assert "too much to read again" in reading.missed[0]

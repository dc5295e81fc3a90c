"""A line that comes again and again is said once, then counted, at most once a minute."""

import io
import logging
import threading
from collections.abc import Iterator

import pytest

from eventstream.logs import sparing
from eventstream.logs.sparing import ALIKE_MOST, LINES_MOST, PERIOD_SECONDS, Sparing


class Log:
    """A logger with the handler on it, its lines and its clock."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.out = io.StringIO()
        self.handler = Sparing(lambda: self.at)
        self.handler.setStream(self.out)
        self.logger = logging.Logger("test")  # noqa: LOG001 - of its own, known to nobody
        self.logger.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.handler.close()


def test_what_comes_a_thousand_times_is_one_line_and_a_count_a_minute_later(log: Log) -> None:
    for _ in range(1000):
        log.logger.warning("%s is down", "a")
    assert log.lines == ["a is down"]
    log.at += PERIOD_SECONDS
    log.logger.warning("b is down")
    assert log.lines == ["a is down", "a is down (999 more times in the last 60 s)", "b is down"]


def test_what_comes_again_after_a_minute_is_said_again(log: Log) -> None:
    for _ in range(3):
        log.logger.warning("a is down")
        log.at += PERIOD_SECONDS
    assert log.lines == ["a is down"] * 3


def test_one_that_goes_on_is_counted_each_minute_and_not_more_often(log: Log) -> None:
    for _ in range(301):
        log.logger.warning("a is down")
        log.at += 1.0
    counted = "a is down ({} more times in the last 60 s)"
    assert log.lines == ["a is down", counted.format(59), *[counted.format(60)] * 4]


def test_lines_that_differ_in_what_is_filled_in_are_counted_beyond_a_few(log: Log) -> None:
    for number in range(1000):
        log.logger.warning("pod %d is down", number)
    assert log.lines == [f"pod {number} is down" for number in range(ALIKE_MOST)]
    log.at += PERIOD_SECONDS
    log.logger.warning("another matter")
    assert log.lines[ALIKE_MOST:] == [
        f"pod 999 is down ({1000 - ALIKE_MOST} more like it in the last 60 s)",
        "another matter",
    ]


def test_the_same_words_of_another_level_are_another_line(log: Log) -> None:
    log.logger.warning("a is down")
    log.logger.error("a is down")
    assert log.lines == ["a is down"] * 2


def test_what_is_remembered_is_bounded_whatever_comes(log: Log) -> None:
    for number in range(3 * LINES_MOST):
        log.logger.warning(f"made-up text {number}")  # noqa: G004 - each is a kind of its own
    assert len(log.lines) == LINES_MOST
    assert len(log.handler._said) <= LINES_MOST + 1
    log.handler.close()
    assert log.lines[-1].endswith(f"({2 * LINES_MOST} more like it in the last 0 s)")


def test_nothing_of_what_is_counted_is_kept_alive(log: Log) -> None:
    for _ in range(2):
        try:
            raise ValueError("x")
        except ValueError:
            log.logger.exception("%s failed", log)
    (said,) = log.handler._said.values()
    assert said.last is not None
    assert (said.last.args, said.last.exc_info) == ((), None)


def test_the_end_tells_what_is_still_to_be_told(log: Log) -> None:
    log.logger.warning("a is down")
    log.logger.warning("a is down")
    log.at += 2.0
    log.handler.close()
    assert log.lines == ["a is down", "a is down (1 more time in the last 2 s)"]


def test_a_log_that_falls_silent_tells_too(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparing, "PERIOD_SECONDS", 0.01)
    told = threading.Event()
    write = log.out.write

    def noticed(text: str) -> int:
        if "1 more time" in text:
            told.set()
        return write(text)

    monkeypatch.setattr(log.out, "write", noticed)
    log.logger.warning("a is down")
    log.logger.warning("a is down")
    log.at += 60.0
    assert told.wait(60), "by itself, though nothing more was logged"


def test_a_count_whose_stream_was_closed_is_let_go_without_a_word(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.logger.warning("a is down")
    log.logger.warning("a is down")
    log.out.close()
    log.handler.close()
    assert capsys.readouterr().err == ""


def test_a_record_that_cannot_be_filled_in_breaks_nothing(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.logger.warning("%d is down", "a")
    log.logger.warning("b is down")
    assert log.lines == ["b is down"]
    assert "Logging error" in capsys.readouterr().err

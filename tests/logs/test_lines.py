"""What a line of the log says, as text and as JSON, and what it does not."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from eventstream.logs import lines

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzYW0ifQ.c2lnbmF0dXJlLW9mLXNhbQ"
SECRETS = (
    f"GET /: Authorization: Bearer {TOKEN}",
    "the proxy http://robot:Kq7W3vXz9Rt@proxy.example refused",
    "password=Kq7W3vXz9Rt was not taken",
)


@pytest.fixture(autouse=True)
def nameless() -> Iterator[None]:
    yield
    lines.about("")


def record(message: str, *arguments: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("eventstream.x", logging.WARNING, "x.py", 1, message, arguments, None)
    made.created, made.msecs = 1_795_392_709.5, 500.0
    vars(made).update(more)
    return made


def test_a_line_of_json_has_time_level_logger_and_message() -> None:
    assert json.loads(lines.Json().format(record("%s is down", "a"))) == {
        "time": "2026-11-23T00:11:49.500Z",
        "level": "warning",
        "logger": "eventstream.x",
        "message": "a is down",
    }


def test_a_line_of_json_is_one_line_whatever_is_in_it() -> None:
    line = lines.Json().format(record("%s", "a\nb\x1b[2Jc\u2028d"))
    assert line.isprintable()
    assert json.loads(line)["message"] == "a\nb\\u001b[2Jc\\u2028d"


def test_a_traceback_and_a_count_are_fields() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        made = record("failed", exc_info=sys.exc_info(), **{lines.REPEATED: 7})
    told = json.loads(lines.Json().format(made))
    assert told["traceback"].splitlines()[-1] == "ValueError: broken"
    assert told["repeated"] == 7


def test_lines_name_the_cluster_once_it_is_known() -> None:
    lines.about("prod-eu")
    assert json.loads(lines.Json().format(record("x")))["cluster"] == "prod-eu"
    assert lines.Text().format(record("x")).startswith("[prod-eu] ")


@pytest.mark.parametrize("formatter", [lines.Text(), lines.Json()])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_credential_is_in_a_line(formatter: logging.Formatter, secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        made = record("%s", secret, exc_info=sys.exc_info())
    line = formatter.format(made)
    assert "hidden" in line
    for canary in ("Kq7W3vXz9Rt", TOKEN):
        assert canary not in line


def test_a_line_of_text_is_nothing_that_a_terminal_obeys() -> None:
    line = lines.Text().format(record("%s", "a\x1b[2J\u202eb"))
    assert line.endswith("eventstream.x: a\\u001b[2J\\u202eb")

"""An excerpt that somebody made up is taken or passed over, line by line, and breaks no page."""

from pathlib import Path

import msgspec
import pytest
from django.test import Client

from eventstream import excerpts
from eventstream.budget import Budget
from eventstream.excerpts import FORMAT, End, Head, StepLine, TraceLine
from eventstream.models import StepRow, TraceRow
from eventstream.storing import Storing
from eventstream.tapelines import Reading
from tests.dashboard import scenes
from tests.fuzzing import odd, pages

pytestmark = pytest.mark.django_db
STARTED = 1_795_000_000.0


def sound() -> list[bytes]:
    """The lines of a trace that stands still, and of one that is done."""
    made: list[bytes] = []
    for trace, steps in (scenes.stuck(STARTED), scenes.nginx(STARTED, pods=1)):
        lines: list[excerpts.Line] = [TraceLine(trace), *map(StepLine, steps[:4])]
        made += map(excerpts.written, lines)
    return made


def spoiled(line: bytes, number: int, draw: odd.Draw) -> bytes:
    """The line with other ids, and what nobody would expect at a few of its places."""
    read = msgspec.json.decode(line)
    kind = read["line"]
    record = odd.spoiled(draw, read[kind], most=1)
    record["id"] = f"odd-{number}"
    if kind == "step":
        record["trace"] = "bad"
    return odd.written({**read, kind: record}).replace(b"\n", b"") + b"\n"


def test_odd_excerpts_break_no_page(client: Client, tmp_path: Path) -> None:
    path, draw, lines = tmp_path / "odd", odd.seeded(12), sound()
    head = Head(FORMAT, "1", "prod", STARTED, STARTED + 9, STARTED + 9, None, True, False)
    made = [spoiled(lines[n % len(lines)], n, draw) for n in range(90)]
    end = excerpts.written(End(0))
    path.write_bytes(b"".join([excerpts.written(head), *lines, *made, end]))
    storing = Storing("odd", Budget(), Reading())
    storing.read(path, None)
    assert 0 < storing.progress.passed_over < len(made)
    assert TraceRow.objects.count() > 2
    assert StepRow.objects.count() > 10
    addresses = pages.looked_at(client)
    wrong = {
        address: status
        for address, status in addresses.items()
        if status != 200 and not (status == 404 and address.startswith("/objects/"))
    }
    assert wrong == {}

"""Each situation that the game offers, played beside the cluster's own life: Baton says the same.

What is compared is what the page judges answers by: state, holder and diagnosis of what the
situation is said to be about, against what recordings are expected to be told as.
"""

import json
from typing import Any

import pytest

from dashboard.situations.declared import SITUATIONS, space, subject
from dashboard.situations.judging import HOLDERS, NOBODY
from practicecluster.situations.shelf import packed
from scripts.pack_situations import NAMES, RECORDED, lines
from tests.practicecluster.situations.staged import Played, numbered

ONE_OF = {
    22: {"state": ["stalled"]},
    51: {"state": ["complete"]},
}
"""Asked about a Pod in the game, where the recording is judged by its Deployment."""


def _expected(number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{NAMES[number - 1]}.expect.json").read_text())
    return found | ONE_OF.get(number, {})


def _one_of(found: object, allowed: object) -> bool:
    return found in allowed if isinstance(allowed, list) else allowed is None or found == allowed


@pytest.mark.parametrize("number", range(1, len(NAMES) + 1), ids=NAMES)
async def test_baton_says_of_it_what_is_right(number: int) -> None:
    played = Played()
    await played.play(numbered()[number - 1][1], space(number))
    trace = played.folded.of(*subject(number))
    assert trace is not None
    expected, about = _expected(number), SITUATIONS[number - 1]
    for key in ("state", "holder", "diagnosis"):
        assert _one_of(getattr(trace, key), expected[key]), (key, trace.summary)
    assert trace.state in about.states
    assert (trace.holder or NOBODY) in HOLDERS
    assert played.decided(subject(number), about.states) <= about.minutes * 60


def test_what_is_packed_is_what_the_engine_is_tested_with() -> None:
    assert [each.name for each in packed()] == list(NAMES)
    assert [bytes(raw) for each in packed() for raw in each.lines] == [
        line for name in NAMES for line in (RECORDED / f"{name}.jsonl").read_bytes().splitlines()
    ]
    assert len(list(lines())) == len(SITUATIONS)

"""What the page of coverage, its JSON and its feed tell of Baton itself."""

import json
from types import ModuleType

import pytest
from django.test import Client

from dashboard.coverage_feed import CoverageFeed
from eventstream import history, letgo, pulse
from eventstream.history import Extent
from eventstream.letgo import LetGo
from eventstream.pulse import Holds
from tests.dashboard import scenes

NOW = 1_000_000.0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("source", "told", "said", "document"),
    [
        (
            (pulse, "holds"),
            Holds(2, 3.25),
            ("stood still 2 times for over a second", "3.2 s at the longest"),
            {"holds": {"count": 2, "longest_seconds": 3.25}},
        ),
        (
            (letgo, "so_far"),
            LetGo(512, 1, 3),
            (
                "of 512 writes the explanation stands",
                "1 trace ended before its time",
                "3 revisions",
            ),
            {"let_go": {"versions": 512, "traces": 1, "revisions": 3}},
        ),
        (
            (history, "extent"),
            Extent(317 << 20, 512 << 20, 1_000_000.0),
            ("317 MiB of at most 512 MiB", "1970-01-12 13:46:40.000 UTC"),
            {
                "history": {
                    "bytes": 317 << 20,
                    "bytes_most": 512 << 20,
                    "since": "1970-01-12T13:46:40.000Z",
                }
            },
        ),
    ],
)
def test_page_json_and_feed_tell_what_was_too_much_and_what_is_kept(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    source: tuple[ModuleType, str],
    told: Holds | LetGo | Extent,
    said: tuple[str, ...],
    document: dict[str, object],
) -> None:
    scenes.connected()
    feed = CoverageFeed()
    seq = feed.updates(0, NOW).seq
    assert said[0] not in client.get("/coverage").content.decode()
    monkeypatch.setattr(*source, lambda: told)
    page, ops = client.get("/coverage").content.decode(), str(feed.updates(seq, NOW + 2).ops)
    assert all(each in page and each in ops for each in said)
    assert document.items() <= json.loads(client.get("/coverage.json").content).items()

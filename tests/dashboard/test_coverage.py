"""How well each kind is watched: one judgement, on the page, in JSON and pushed."""

import json
import re
import time
from typing import Any

import msgspec
import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.test import Client

from dashboard import coverage, coverage_feed, wording
from dashboard.coverage import overview
from dashboard.coverage_feed import CoverageFeed
from dashboard.kinds import kinds_of, troubles_of
from eventstream import history
from eventstream.notifying import status as notifying
from eventstream.notifying.status import Notifications, TargetStatus
from eventstream.objects.observations import (
    Coverage,
    CoverageState,
    Gap,
    Observation,
    Problem,
    Removed,
)
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.dashboard import scenes
from tests.dashboard.sockets import Page

NOW = 1_000_000.0
DOWN = Problem("unreachable", "The API server does not answer.", "It is down.", "Start it.")
GAP = Gap(scenes.PODS, "5", "90", NOW - 70, NOW - 60, "the server compacted its history")


def covered(plural: str, state: CoverageState = "watching", **more: Any) -> Coverage:
    return Coverage(Resource("", "v1", plural, plural.title()), state, NOW, **more)


def left_out(plural: str, code: str) -> Coverage:
    return covered(plural, "gone", problem=Problem(code, f"{plural}!", "cause", "nothing"))


def refused(plural: str) -> Coverage:
    rule = f'- apiGroups: [""]\n  resources: ["{plural}"]\n  verbs: ["get", "list", "watch"]\n'
    problem = Problem("forbidden", f"No {plural}.", f"No rule for {plural}.", "Add it.", rule)
    return covered(plural, "forbidden", problem=problem)


def test_what_needs_a_person_stands_first_and_what_is_left_out_last() -> None:
    shown = kinds_of([
        left_out("a", "left-out"), covered("b"), covered("c", "polling"), covered("d", "listing"),
        covered("e", "backing-off", problem=DOWN), refused("f"), left_out("g", "not-watchable"),
        covered("h", "gone"), left_out("i", "not-served"), left_out("j", "out-of-scope"),
    ])  # fmt: skip
    assert [
        (kind.coverage.resource.plural, kind.manner.word, kind.manner.tone) for kind in shown
    ] == [
        ("f", "forbidden", "bad"),
        ("e", "backing off", "bad"),
        ("c", "polled", "partly"),
        ("g", "not watchable", "partly"),
        ("b", "watching", "good"),
        ("d", "listing", "good"),
        ("a", "left out", "out"),
        ("h", "gone", "out"),
        ("i", "not served", "out"),
        ("j", "left out", "out"),
    ]


def test_a_failure_that_many_kinds_share_reads_as_one() -> None:
    failing = [covered(f"k{n:02d}", "backing-off", problem=DOWN, retry_at=n) for n in range(7, 60)]
    (trouble,) = troubles_of(kinds_of(failing))
    assert (len(trouble.kinds), trouble.shared, trouble.retry_at, trouble.rules) == (
        53,
        True,
        7,
        "",
    )


def test_the_rules_of_all_that_is_forbidden_can_be_copied_as_one() -> None:
    (trouble,) = troubles_of(kinds_of([refused("pods"), refused("nodes")]))
    assert not trouble.shared
    assert trouble.rules.splitlines()[1::3] == ['  resources: ["nodes"]', '  resources: ["pods"]']


def test_a_report_that_is_only_later_is_no_change() -> None:
    first = covered("pods", objects=4)
    assert kinds_of([first]) == kinds_of([msgspec.structs.replace(first, at=NOW + 5)])


@pytest.mark.parametrize(
    ("seconds", "ago", "until"),
    [(0.5, "just now", "in 1 s"), (2, "2 s ago", "in 2 s"), (59.5, "59 s ago", "in 59.5 s"),
     (125, "2 min 5 s ago", "in 2 min 5 s"), (-3, "just now", "now")],
)  # fmt: skip
def test_clocks_are_calm(seconds: float, ago: str, until: str) -> None:
    assert (wording.ago(seconds), wording.until(seconds)) == (ago, until)


def store(*seen: Observation) -> int:
    return scenes.store(seen=seen)


BUSY = covered(
    "pods", objects=9, relists=2, last_contact=NOW - 4, last_event=NOW - 64, lag=0.012,
    gap_count=1, gaps=(GAP,), errors=3, last_error=DOWN, last_error_at=NOW - 60,
    resource_version="16022", unordered=True,
)  # fmt: skip


@pytest.mark.django_db
def test_a_row_tells_all_that_is_known_of_a_kind(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(BUSY)
    monkeypatch.setattr(time, "time", lambda: NOW)
    html = client.get("/coverage").content.decode()
    row = re.search(r'<tr [^>]*id="kind-v1/pods".*?</tr>', html, re.DOTALL)
    assert row is not None
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row[0]))
    for told in ("watching", "in order of arrival", " 9 ", "1 min 4 s ago", "4 s ago", "12 ms",
                 "16022", "does not answer", "gap of 10.0 s", "5 to 90"):  # fmt: skip
        assert told in text
    for label, number in (("relists", 2), ("gaps", 1), ("errors", 3)):
        assert re.search(rf'data-label="{label}">{number}<', row[0])


@pytest.mark.django_db
def test_it_is_said_where_earlier_gaps_are(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes.connected()
    batch = Batch()
    for number in range(3):
        batch.add(msgspec.structs.replace(GAP, from_version=str(number)), ())
    commit(batch, NOW)

    def shown() -> str:
        return " ".join(client.get("/coverage").content.decode().split())

    assert "Earlier ones are in the" not in shown()
    monkeypatch.setattr(coverage, "GAPS_MOST", 2)
    assert "The latest 2. Earlier ones are in the" in shown()


@pytest.mark.django_db
def test_troubles_and_gaps_show_with_cause_action_rule_and_bounds(client: Client) -> None:
    scenes.connected(refused("secrets"), covered("nodes", "backing-off", problem=DOWN))
    store(GAP)
    html = client.get("/coverage").content.decode()
    troubles = html[html.index('id="troubles"') : html.index('id="kinds-title"')]
    for told in (
        "No rule for secrets.",
        "Add it.",
        "resources: [&quot;secrets&quot;]",
        "Start it.",
    ):
        assert told in troubles
    gaps = html[html.index('id="gaps"') :]
    for told in ("compacted", "10.0 s", ">5<", ">90<", wording.moment(GAP.at)):
        assert told in gaps


@pytest.mark.django_db
def test_before_the_first_contact_the_page_says_so_and_claims_nothing(client: Client) -> None:
    html = client.get("/coverage").content.decode()
    assert "has not reached one" in html
    assert "make run" in html
    assert "nothing was missed" not in html


@pytest.mark.django_db
def test_when_nobody_watches_any_more_the_page_says_as_of_when(client: Client) -> None:
    scenes.connected()
    with pytest.MonkeyPatch.context() as patch:
        later = time.time() + 125
        patch.setattr(time, "time", lambda: later)
        html = client.get("/coverage").content.decode()
    assert "last heard of 2 min" in html
    assert "how it stood then" in html


@pytest.mark.django_db
def test_the_json_holds_what_the_page_shows(client: Client) -> None:
    scenes.connected()
    store(BUSY, refused("secrets"), GAP)
    answer = client.get("/coverage.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.content)
    assert set(told) == {
        "at", "cluster", "holds", "history", "let_go", "live", "counts", "resources", "gaps",
        "audit_logs", "notifications",
    }  # fmt: skip
    assert told["notifications"] is None
    assert told["counts"] == {"forbidden": 1, "watching": 2}
    assert (told["cluster"]["name"], told["live"]["word"]) == ("practice", "Live")
    secrets, _, pods = told["resources"]
    assert (secrets["state"], secrets["needs_attention"]) == ("forbidden", True)
    assert "secrets" in secrets["problem"]["rule"]
    gap = {
        "resource": "v1/pods", "from_version": "5", "to_version": "90",
        "from": "1970-01-12T13:45:30.000Z", "to": "1970-01-12T13:45:40.000Z",
        "reason": "the server compacted its history",
    }  # fmt: skip
    assert told["gaps"] == [gap]
    assert pods == {
        "resource": "v1/pods", "group": "", "version": "v1", "plural": "pods", "kind": "Pods",
        "namespaced": True, "state": "watching", "word": "watching", "needs_attention": False,
        "objects": 9, "relists": 2, "resource_version": "16022",
        "last_event": "1970-01-12T13:45:36.000Z", "last_contact": "1970-01-12T13:46:36.000Z",
        "retry_at": None, "lag_seconds": 0.012, "unordered": True, "gap_count": 1, "gaps": [gap],
        "errors": 3, "last_error": msgspec.structs.asdict(DOWN),
        "last_error_at": "1970-01-12T13:45:40.000Z", "problem": None,
    }  # fmt: skip


@pytest.mark.django_db
def test_the_json_answers_reads_alone_and_its_failures_as_json(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/coverage.json").status_code == 405

    def locked() -> list[Coverage]:
        raise OperationalError("database is locked")

    monkeypatch.setattr(history, "coverage", locked)
    answer = client.get("/coverage.json")
    assert answer.status_code == 503
    assert "database is locked" in json.loads(answer.content)["error"]


@pytest.mark.django_db
def test_hostile_names_and_messages_are_text(client: Client) -> None:
    evil = Resource("<s>", "v1", "<img src=x>\u202e", "Evil")
    problem = Problem("<i>", "<script>1</script>", "<u>", "<i>", "<iframe>")
    store(
        Coverage(evil, "forbidden", NOW, problem=problem),
        Gap(evil, "<i>", "<i>", NOW, NOW, "<svg onload=x>"),
    )
    html = client.get("/coverage").content.decode()
    assert not re.search(r"<(img|script>|iframe|svg onload|s>|u>|i>)", html)
    assert "\u202e" not in html


@pytest.mark.django_db
def test_the_feed_tells_everything_once_and_then_only_what_changed() -> None:
    scenes.connected(refused("secrets"))
    feed = CoverageFeed()
    feed.begin(7)
    first = feed.updates(7, NOW)
    assert first.seq == 8
    assert [op[2] for op in first.ops] == ["keep", "kind", "kind", "kind", *["part"] * 4]
    assert feed.updates(8, NOW + 2).ops == ()
    store(covered("secrets", objects=5))
    store(Removed(scenes.DEPLOYMENTS, NOW, "its type is gone"))
    second = feed.updates(8, NOW + 4)
    assert second.seq == 9
    assert {op[0]: op[2] for op in second.ops} == {
        "apps/v1/deployments": "gone", "v1/secrets": "kind", "totals": "part", "troubles": "part",
    }  # fmt: skip


@pytest.mark.django_db
def test_the_feed_reads_history_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    scenes.connected()
    feed = CoverageFeed()
    seq = feed.updates(0, NOW).seq
    store(covered("nodes"))
    assert feed.updates(seq, NOW + coverage_feed.READ_SECONDS / 2).ops == ()
    assert "v1/nodes" in {op[0] for op in feed.updates(seq, NOW + 1.5).ops}


@pytest.mark.django_db(transaction=True)
async def test_a_page_of_coverage_is_kept_current_by_its_socket(page: Page) -> None:
    await database_sync_to_async(scenes.connected)(refused("secrets"))
    welcome = await page.hello(since=0, view="coverage", epoch="of another time")
    assert not welcome["reset"]
    shown = await page.ops()
    assert "forbidden" in shown["v1/secrets"][3]
    assert "No rule for secrets." in shown["troubles"][3]
    await database_sync_to_async(store)(covered("secrets", objects=5))
    changed = await page.ops()
    assert set(changed) == {"v1/secrets", "totals", "troubles"}
    assert "watching" in changed["v1/secrets"][3]
    assert changed["v1/secrets"][1] > shown["v1/secrets"][1]


NOTICES = Notifications(
    rules=2,
    problem="rules.yaml, line 7: to names nobody",
    targets=(
        TargetStatus("ops", delivered=12),
        TargetStatus("<b>chat", waiting=3, failed=1, error="it answered 404", error_at=100.0),
    ),
)


@pytest.mark.django_db
def test_how_notifying_goes_is_told_to_whoever_may_see_everything(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.connected()
    assert "Notifications" not in client.get("/coverage").content.decode()
    monkeypatch.setattr(notifying, "_noted", [NOTICES])
    html = client.get("/coverage").content.decode()
    for words in ("Notifications", "it answered 404", "to names nobody", "&lt;b&gt;chat"):
        assert words in html
    told = json.loads(client.get("/coverage.json").content)["notifications"]
    assert [each["delivered"] for each in told["targets"]] == [12, 0]
    assert told["targets"][1]["error_at"] == "1970-01-01T00:01:40.000Z"
    with history.seeing(history.Rights(everywhere=frozenset({"Pod"}))):
        assert overview(time.time()).notices is None

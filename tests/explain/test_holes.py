"""Nobody is called silent for a time of which Baton was shown nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.outlook.hearing import (
    CATCHES_UP,
    HOLES,
    TOLD_EVERY,
    WAITED_MOST,
    Hearing,
)
from eventstream.explain.vocabulary.records import Trace, TraceUpsert
from eventstream.objects.observations import Coverage, CoverageState, Gap, Position
from eventstream.objects.resource import Resource
from eventstream.replaying import Moment, replay

PODS = Resource("", "v1", "pods", "Pod")
BEGAN, EVERY = 1_800_000_000.0, 10
Line = dict[str, Any]


def gap(since: float, at: float) -> Gap:
    return Gap(PODS, "1", "", since, at, "away")


def watching(state: CoverageState, at: float) -> Coverage:
    return Coverage(PODS, state, at)


def heard(*told: tuple[CoverageState, float]) -> Hearing:
    """What is known where Pods were watched so, from these times on."""
    hearing = Hearing()
    for state, at in told:
        hearing.watched(watching(state, at))
    return hearing


def test_a_wait_in_which_nothing_was_missed_is_followed_from_its_begin() -> None:
    hearing = heard(("backing-off", 5))
    assert not hearing.is_off("v1/pods", 0, 60, 99)
    assert (hearing.unseen("v1/pods", 0), hearing.followed("v1/pods", 0, 60)) == (0, 0)


def test_while_a_watch_is_broken_off_what_it_would_show_is_unseen() -> None:
    hearing = heard(("watching", 1), ("backing-off", 20), ("listing", 30))
    assert hearing.is_off("", 10, 15, 75)
    assert not hearing.is_off("", 10, 5, 75), "it was overdue before"
    hearing.watched(watching("watching", 70))
    assert not hearing.is_off("", 10, 15, 75)
    assert [hearing.followed("", 10, limit) for limit in (15, 5)] == [70, 10]


def test_a_wait_through_several_holes_is_overdue_by_what_was_seen_between_them() -> None:
    off = ("backing-off", 10), ("watching", 100), ("backing-off", 110), ("watching", 200)
    hearing = heard(("watching", 0), *off)  # type: ignore[arg-type]
    assert [hearing.followed("", 0, limit) for limit in (9, 11, 15)] == [0, 200, 200]
    hearing.watched(watching("backing-off", 212))
    assert [hearing.is_off("", 0, limit, 240) for limit in (9, 11, 15)] == [False, False, True]


def test_of_many_holes_the_oldest_count_as_one() -> None:
    hearing = heard(("watching", 0))
    for number in range(1, 100):
        hearing.watched(watching("backing-off", 10.0 * number))
        hearing.watched(watching("watching", 10.0 * number + 5))
    assert len(hearing._holes["v1/pods"]) == HOLES
    assert hearing.followed("", 0, 11) == 995


def beats(*times: float) -> Hearing:
    """What is known where a line came on the watch of Pods at these times."""
    hearing = Hearing()
    for at in times:
        hearing.watched(Coverage(PODS, "watching", at + 1, last_contact=at))
    return hearing


def test_a_silence_far_longer_than_usual_is_a_connection_that_hangs() -> None:
    hearing = beats(*range(0, 100, 10))
    assert not hearing.is_off("", 85, 15, 90 + 24)
    assert hearing.is_off("", 85, 15, 90 + 26)
    assert not hearing.is_off("", 70, 15, 90 + 26), "it was overdue before"
    assert (hearing.pulse.silence(115), hearing.pulse.silence(116)) == (0, 26)
    hearing.watched(Coverage(PODS, "watching", 151, last_contact=150))
    assert hearing.followed("", 85, 15) == 150
    assert hearing.spans([], 85, 155)


def test_where_a_line_a_minute_is_usual_a_minute_is_no_silence() -> None:
    hearing = beats(*range(0, 600, 60))
    assert not hearing.is_off("", 535, 15, 540 + 70)
    assert hearing.followed("", 535, 15) == 535


def test_before_it_is_known_how_often_lines_come_only_a_long_silence_counts() -> None:
    hearing = beats(0, 1, 2)
    assert (hearing.pulse.silence(150), hearing.pulse.silence(160)) == (0, 158)


def test_that_a_watch_goes_on_is_heard_though_it_brings_no_line() -> None:
    hearing = beats(*range(0, 100, 10))
    hearing.watched(watching("backing-off", 100))
    hearing.watched(watching("watching", 130))
    assert hearing.pulse.silence(150) == 0


def test_nobody_is_overdue_for_a_time_of_which_nothing_was_heard_yet() -> None:
    assert Hearing().pulse.heard(70) == 70, "a recording says nothing of its watches"
    assert beats(*range(0, 60, 10)).pulse.heard(70) == 50 + TOLD_EVERY


def test_a_finished_trace_stays_open_while_more_of_it_may_be_to_come() -> None:
    hearing = heard(("watching", 0))
    assert not hearing.holds("", 5, 40)
    hearing.watched(watching("backing-off", 10))
    assert hearing.holds("", 5, 40)
    assert not hearing.holds("", 5, 10 + WAITED_MOST), "it may never go on"
    hearing.watched(watching("watching", 60))
    assert hearing.holds("", 5, 61)
    assert not hearing.holds("", 60.5, 61), "what came since tells how it stands"
    assert not hearing.holds("", 5, 60 + CATCHES_UP)


def test_a_finished_trace_stays_open_while_the_connection_hangs() -> None:
    hearing = beats(*range(0, 100, 10))
    assert not hearing.holds("", 85, 90 + 25), "it may be rest"
    assert hearing.holds("", 85, 90 + 26)
    assert not hearing.holds("", 85, 90 + WAITED_MOST), "it may never go on"
    hearing.watched(Coverage(PODS, "watching", 151, last_contact=150))
    assert hearing.holds("", 85, 151), "what was done meanwhile arrives only now"
    assert not hearing.holds("", 150.5, 151)
    assert not hearing.holds("", 85, 150 + CATCHES_UP)


def test_a_hole_leaves_open_what_began_before_its_end_until_a_list_shows_it() -> None:
    hearing = Hearing()
    hearing.missed(gap(20, 50))
    assert [hearing.unseen("", since) for since in (10, 30, 50)] == [30, 20, 0]
    assert hearing.spans(["v1/pods"], 10, 60)
    assert not hearing.spans(["v1/pods"], 50, 60)
    hearing.listed(Position(PODS, "9", 60, listed=True))
    assert (hearing.unseen("", 10), hearing.followed("", 10, 15)) == (0, 60)


def line(at: float, resource: str, type_: str, **body: Any) -> Line:
    return {"t": BEGAN + at, "resource": resource, "type": type_, "object": body}


def deployment(version: int, at: float) -> Line:
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {}}
    metadata = {"name": "web", "namespace": "shop", "uid": "web", "resourceVersion": str(version)}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    return line(at, "apps/v1/deployments", "ADDED", **body)


def lease(version: int, at: float) -> Line:
    metadata = {
        "name": "node-1",
        "namespace": "kube-node-lease",
        "uid": "lease",
        "resourceVersion": str(version),
    }
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
    return line(at, "coordination.k8s.io/v1/leases", "MODIFIED", **body)


def lists() -> list[Line]:
    kinds = {"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "Pod": "v1", "Event": "v1"}
    head = {"metadata": {"resourceVersion": "1"}, "items": []}
    return [
        line(0, f"{api}/{kind.lower()}s", "LIST", kind=f"{kind}List", apiVersion=api, **head)
        for kind, api in kinds.items()
    ]


def tape(path: Path, *beats: float) -> Path:
    """A Deployment that nobody answers, among renewals at these seconds."""
    shown = [lease(100 + number, at) for number, at in enumerate(beats)]
    lines = sorted([*lists(), deployment(105, 45), *shown], key=lambda line: line["t"])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def told(path: Path) -> list[Trace]:
    moments = [m for m in replay(Engine("tape"), path, b"tests") if isinstance(m, Moment)]
    upserts = [upsert for moment in moments for upsert in moment.upserts]
    return [u.trace for u in upserts if isinstance(u, TraceUpsert) and u.trace.root.name == "web"]


def test_while_heartbeats_go_on_a_controller_that_does_nothing_is_silent(tmp_path: Path) -> None:
    last = told(tape(tmp_path / "tape.jsonl", *range(0, 300, EVERY)))[-1]
    assert (last.holder, last.diagnosis) == ("deployment-controller", "controller-silent")


def test_what_was_done_in_a_hole_of_a_recording_is_not_known(tmp_path: Path) -> None:
    heard = [*range(0, 50, EVERY), *range(300, 400, EVERY)]
    traces = told(tape(tmp_path / "tape.jsonl", *heard))
    assert {trace.diagnosis for trace in traces} == {None}
    assert traces[-1].summary.endswith("For 255 s Baton was not shown all of that: it may be done.")


@pytest.mark.parametrize("heard", [[0, 30], range(0, 200, 50)])
def test_a_quiet_time_without_what_comes_all_the_time_is_no_hole(
    heard: list[float], tmp_path: Path
) -> None:
    path = tape(tmp_path / "tape.jsonl", *heard, 320)
    assert told(path)[-1].diagnosis == "controller-silent"


def test_a_change_of_what_was_never_shown_tells_that_its_making_was_missed(tmp_path: Path) -> None:
    path = tape(tmp_path / "tape.jsonl", *range(0, 300, EVERY))
    metadata = {"name": "web-1", "namespace": "shop", "uid": "1", "resourceVersion": "120"}
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata}
    with path.open("a") as file:
        file.write(json.dumps(line(301, "apps/v1/replicasets", "MODIFIED", **body)) + "\n")
        file.write(json.dumps(lease(200, 310)) + "\n")
    last = told(path)[-1]
    assert (last.state, last.diagnosis) == ("running", None)


@pytest.mark.parametrize(
    ("waits", "off"),
    [
        ("", True),
        ("apps/v1/replicasets", True),
        ("apps/v1/deployments", False),
        ("v1/nodes", False),
    ],
)
def test_a_watch_counts_for_those_who_make_what_it_shows(waits: str, off: bool) -> None:
    hearing = Hearing()
    hearing.watched(watching("watching", 1))
    hearing.watched(watching("backing-off", 20))
    assert hearing.is_off(waits, 10, 30, 45) is off

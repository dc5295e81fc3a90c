"""Nobody is called silent for a time of which Baton was shown nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.outlook.hearing import Hearing
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


def test_a_wait_in_which_nothing_was_missed_is_heard_from_its_begin() -> None:
    hearing = Hearing()
    hearing.watched(watching("backing-off", 5))
    assert (hearing.unseen("v1/pods", 0, 60), hearing.since("v1/pods", 0)) == (0, 0)


def test_while_a_watch_is_broken_off_what_it_would_show_is_unseen() -> None:
    hearing = Hearing()
    for state, at in (("watching", 1), ("backing-off", 20), ("listing", 30)):
        hearing.watched(watching(state, at))  # type: ignore[arg-type]
    assert hearing.unseen("", 10, 60) == 40
    hearing.watched(watching("watching", 70))
    assert (hearing.unseen("", 10, 80), hearing.since("", 10)) == (0, 70)


def test_a_hole_leaves_open_what_began_before_its_end_until_a_list_shows_it() -> None:
    hearing = Hearing()
    hearing.missed(gap(20, 50))
    assert [hearing.unseen("", since, 90) for since in (10, 30, 50)] == [30, 20, 0]
    assert hearing.spans(["v1/pods"], 10, 60)
    assert not hearing.spans(["v1/pods"], 50, 60)
    hearing.listed(Position(PODS, "9", 60, listed=True))
    assert (hearing.unseen("", 10, 90), hearing.since("", 10)) == (0, 60)


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

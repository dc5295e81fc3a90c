"""Where a Pod's time went: spans from steps, by which clock, what is folded and left out."""

from typing import Any

import pytest

from dashboard import waterfall as module
from dashboard.spans import Span, pod_spans
from dashboard.waterfall import LINES_MOST, slower, ticks, typical, waterfall
from eventstream.explain.vocabulary.records import Evidence, FieldChange, Step
from tests.dashboard import scenes
from tests.dashboard.pods import BORN, Way, pulled, told, usual_way

Seen = list[tuple[str, float | None, str]]


def spans(way: Way, *, ahead: float = 0.0, over: bool = False) -> Seen:
    found = pod_spans(way.steps, ahead=ahead, over=over)
    return [(s.name, None if s.seconds is None else round(s.seconds, 3), s.clocks) for s in found]


def test_a_start_is_cut_where_the_api_shows_a_boundary_and_each_span_names_its_clocks() -> None:
    assert spans(usual_way()) == [
        ("scheduling", 0.01, "arrival"),
        ("volumes and network", 0.49, "arrival to event"),
        ("pull", 2.0, "event"),
        ("start", 0.1, "event"),
        ("ready", 0.05, "event to arrival"),
    ]


def waiting(reason: str | None, before: str | None = None) -> FieldChange:
    path = "status.containerStatuses[c].state.waiting"
    return FieldChange(path, before, reason and f'{{"reason":"{reason}"}}')


def became(state: str, after: str | None) -> FieldChange:
    return FieldChange(f"status.containerStatuses[c].state.{state}", None, after)


IMAGE = 'image "nginx:1"'
CASES: dict[str, tuple[Way, Seen]] = {
    "not bound": (Way().created(0), [("scheduling", None, "arrival")]),
    "bound before it was watched": (
        Way().bound(0).reported(1),
        [("volumes and network", None, "arrival")],
    ),
    "an image that was there": (
        Way().created(0).bound(0.1).running(
            2, told("Pulled", f"Container {IMAGE} already present on machine", 1),
            told("Started", "Started container c", 1.5),
        ),
        [
            ("scheduling", 0.1, "arrival"), ("volumes and network", 0.9, "arrival to event"),
            ("start", 0.5, "event"), ("ready", 0.5, "event to arrival"),
        ],
    ),
    "no Events may be read": (
        Way().created(0).bound(0.1).reported(
            1, changes=(FieldChange(
                "status.conditions[PodReadyToStartContainers].status", '"False"', '"True"'),),
        ).running(3),
        [
            ("scheduling", 0.1, "arrival"), ("volumes and network", 0.9, "arrival"),
            ("start", 2.0, "arrival"), ("ready", 0.0, "arrival"),
        ],
    ),
    "multus and a volume": (
        Way().bound(0).running(
            4, told("SuccessfulAttachVolume", "attached", 1), told("AddedInterface", "eth0", 2),
            told("Pulled", f"Container {IMAGE} already present on machine", 2.5),
            told("Started", "Started container c", 3),
        ),
        [
            ("volumes", 1.0, "arrival to event"), ("network", 1.0, "event"),
            ("start", 0.5, "event"), ("ready", 1.0, "event to arrival"),
        ],
    ),
    "a pull that goes on": (
        Way().bound(0).reported(1, told("Pulling", f"Pulling {IMAGE}", 0.5)),
        [("volumes and network", 0.5, "arrival to event"), ("pull", None, "event to arrival")],
    ),
    "a pull that failed": (
        Way().bound(0).reported(
            2, told("Pulling", f"Pulling {IMAGE}", 0.5),
            told("Failed", f"Failed to pull {IMAGE}: no", 1.5),
        ).reported(2.1, changes=(waiting("ErrImagePull"),))
        .reported(5, changes=(waiting("ImagePullBackOff", "x"),)),
        [
            ("volumes and network", 0.5, "arrival to event"), ("failed pull", 1.0, "event"),
            ("back-off", None, "arrival"),
        ],
    ),
    "a crash": (
        Way().reported(0, changes=(became("terminated", '{"exitCode":1,"reason":"Error"}'),))
        .reported(1, changes=(waiting("CrashLoopBackOff"), became("terminated", None)))
        .reported(10, changes=(waiting(None, "x"), became("running", '{"startedAt":"…"}')))
        .reported(12, changes=(became("terminated", '{"exitCode":1}'),)),
        [("back-off", 10.0, "arrival"), ("back-off", None, "arrival")],
    ),
    "an end": (
        Way().reported(0, changes=(
            became("terminated", '{"exitCode":0}'),
            FieldChange("status.phase", '"Running"', '"Succeeded"'),
        )),
        [],
    ),
    "a Job's Pod": (
        Way().bound(0).running(1).reported(
            9, rule="kubelet-reporting",
            changes=(FieldChange("status.phase", '"Running"', '"Succeeded"'),),
        ),
        [
            ("volumes and network", 1.0, "arrival"), ("start", 0.0, "arrival"),
            ("ready", 0.0, "arrival"), ("run", 8.0, "arrival"),
        ],
    ),
    "deleted with a grace period": (
        Way().add("replicaset-controller", 0, verb="delete")
        .reported(1, rule="kubelet-stopping")
        .add("kubelet", 2, verb="delete", change_type="DELETED"),
        [("stop", 2.0, "arrival")],
    ),
    "deleted at once": (
        Way().add("client", 0, verb="delete", change_type="DELETED"), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_way_of_a_pod(case: str) -> None:
    way, expected = CASES[case]
    assert spans(way) == expected


def test_init_containers_stand_between_the_pull_and_the_start() -> None:
    begun = FieldChange("status.initContainerStatuses[init]", None, "{}")
    done = FieldChange("status.conditions[Initialized].status", '"False"', '"True"')
    stands = FieldChange("status.conditions[PodReadyToStartContainers].status", None, '"True"')
    way = (
        Way().bound(0).reported(1, changes=(begun, stands)).reported(3, changes=(done,)).running(4)
    )
    assert [name for name, _, _ in spans(way)] == [
        "volumes and network", "init containers", "start", "ready",
    ]  # fmt: skip


def test_whole_seconds_are_never_drawn_before_what_they_follow_and_say_how_exact_they_are() -> None:
    way = Way().bound(0.8).running(2.0, told("Pulling", f"Pulling {IMAGE}", 0.0, 1000))
    span = pod_spans(way.steps, ahead=0.0, over=False)[0]
    assert (span.seconds, span.precision_ms, span.mixed) == (0.0, 1000, True)


def test_what_a_list_showed_is_as_old_as_its_conditions_say_or_no_younger() -> None:
    listed = Evidence("observed", "list", "a relist showed MODIFIED Pod web-1-a")
    ready = FieldChange(
        "status.conditions[Ready]",
        None,
        '{"type":"Ready","status":"True","lastTransitionTime":"2023-11-14T22:13:25Z"}',
    )
    runs = FieldChange(
        "status.containerStatuses[c].state.running", None, '{"startedAt":"2023-11-14T22:13:24Z"}'
    )
    report: dict[str, Any] = {"rule": "kubelet-running", "evidence": (listed,)}
    way = Way().created(0).bound(1).reported(60, changes=(runs, ready), **report)
    assert told_by(way) == [
        ("scheduling", 1.0, "arrival", "arrival"),
        ("volumes and network", 3.0, "arrival", "object"),
        ("start", 0.0, "object", "object"),
        ("ready", 1.0, "object", "object"),
    ]
    way = Way().created(0).bound(1).reported(60, changes=(ready,), **report)
    assert told_by(way)[1:] == [
        ("volumes and network", 59.0, "arrival", "list"),
        ("ready", 0.0, "list", "object"),
        ("start", 0.0, "list", "list"),
    ], "nothing says how long before the list the container started"


def told_by(way: Way) -> list[tuple[str, float | None, str, str]]:
    found = pod_spans(way.steps, ahead=0, over=True)
    return [(s.name, s.seconds, s.begin.clock, s.end.clock if s.end else "") for s in found]


def test_once_a_trace_is_over_nothing_is_drawn_as_lasting() -> None:
    assert spans(Way().created(0), over=True) == []


def test_a_pull_says_what_the_kubelet_says_of_it() -> None:
    pull = next(s for s in pod_spans(usual_way().steps, ahead=0, over=False) if s.name == "pull")
    assert pull.detail == "nginx:1, 2s as its kubelet says, 45 MB"
    assert pull.step == "t-004", "the report that came after it"


@pytest.mark.parametrize(
    ("shift", "found"), [(0.0, ()), (0.2, ()), (40.0, (("n1", 39.95),)), (-40.0, (("n1", -39.51),))]
)
def test_a_clock_that_cannot_be_right_is_found_and_said(
    shift: float, found: tuple[tuple[str, float], ...]
) -> None:
    way = usual_way()
    late = tuple(
        told(e.text.split()[1], e.text.partition(": ")[2], (e.at or 0) - BORN + shift)
        for e in way.steps[-1].evidence
    )
    way.steps[-1:] = Way(first=4).running(2.65, *late).steps
    skews = waterfall(way.steps, over=True).skews
    assert tuple((node, round(off, 2)) for node, off in skews) == found


def burst(pods: int, slow: int = 3) -> list[Step]:
    ways = [
        usual_way(f"web-1-{n:03d}", n * 0.01, 9.0 if n == slow else 2.0, 1 + 4 * n)
        for n in range(pods)
    ]
    return sorted((step for way in ways for step in way.steps), key=lambda step: step.at)


def test_a_hundred_and_fifty_pods_alike_are_one_line_that_of_the_slowest() -> None:
    fall = waterfall(burst(150), over=True)
    (line,) = fall.lines
    assert line.object.name == "web-1-003"
    assert len(line.members) == 149
    assert fall.slowest is not None
    assert fall.slowest[1].name == "pull"
    assert len({each.object.uid for each in fall.all_lines()}) == 150


def test_a_pod_that_went_another_way_stands_by_itself() -> None:
    stuck = Way("stuck", first=500).created(1).steps
    fall = waterfall([*burst(10), *stuck], over=False)
    assert [len(line.members) for line in fall.lines] == [9, 0]


def test_above_the_budget_what_lasts_and_what_took_long_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ALIKE_FROM", LINES_MOST * 2)
    stuck = Way("stuck", first=5000).created(1).steps
    fall = waterfall([*burst(LINES_MOST + 5), *stuck], over=False)
    assert (len(fall.lines), fall.left_out) == (LINES_MOST, 6)
    assert {"stuck", "web-1-003"} <= {line.object.name for line in fall.lines}


def test_what_lasts_is_drawn_up_to_when_it_is_known_to_have_lasted() -> None:
    stuck = Way().created(0).steps
    assert waterfall(stuck, over=False, until=BORN + 25).end > BORN + 25
    assert waterfall(usual_way().steps, over=False, until=BORN + 25).end < BORN + 4


def test_other_objects_show_each_write_and_heartbeats_none() -> None:
    owner = scenes.ref("ReplicaSet", "web-1")
    steps = [
        scenes.step("t", n, owner, "replicaset-controller", at=BORN + n, verb=verb)
        for n, verb in enumerate(("create", "report", "renew"))
    ]
    (line,) = waterfall(steps, over=True).lines
    assert line.writes == (BORN, BORN + 1)


def test_the_scale_rests_while_steps_come_and_holds_them_all() -> None:
    ends = [waterfall(usual_way(pull=2.0 + n / 200).steps, over=False).end for n in range(5)]
    assert len(set(ends)) == 1
    fall = waterfall(usual_way().steps, over=False)
    assert all(0 <= fall.share(step.at) <= 100 for step in usual_way().steps)


@pytest.mark.parametrize(
    ("length", "count", "last"),
    [(0.001, 6, 0.001), (0.25, 6, 0.25), (7, 4, 6), (90, 5, 80), (200_000, 5, 172_800)],
)
def test_ticks_are_round_and_few(length: float, count: int, last: float) -> None:
    found = ticks(length)
    assert len(found) <= 8
    assert found[0] == 0
    assert found[-1] <= length
    assert (len(found), found[-1]) == (count, last) or length == 0.001


@pytest.mark.parametrize(
    ("took", "before", "times"),
    [(2.0, 1.0, 2.0), (1.2, 1.0, None), (0.02, 0.001, None), (2.0, None, None)],
    ids=["slow", "a little slower", "too short to matter", "nothing to compare with"],
)
def test_slower_is_said_where_it_matters(
    took: float, before: float | None, times: float | None
) -> None:
    way = Way().created(0).bound(took)
    (span, *_) = pod_spans(way.steps, ahead=0, over=True)
    assert isinstance(span, Span)
    assert slower(span, {} if before is None else {"scheduling": before}) == times


def test_typical_is_the_median_of_all_pods() -> None:
    assert typical(waterfall(burst(9), over=True))["pull"] == pytest.approx(2.0)
    assert pulled("x") != pulled("y")

"""The engine against clusters that know who did what: no wrong writer, in whatever order it hears.

`scripts/simulate.py` does the same for as many seeds as wanted, and tells each one's story.
"""

from functools import cache
from random import Random

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from practicecluster.controllers.actors import condition
from scripts import simulate
from tests.explain.simulation.cluster import (
    Cluster,
    Streams,
    audit,
    merged,
    shuffled,
    streams,
    without,
)
from tests.explain.simulation.judging import total
from tests.explain.simulation.outlooks import misjudged
from tests.explain.simulation.people import deployment, template
from tests.explain.simulation.scenarios import lived
from tests.explain.tapes import Result, fold
from tests.explain.test_interleavings import assert_same

SEEDS = range(16)
HIDDEN: tuple[tuple[str, ...], ...] = (
    ("Event",),
    ("ReplicaSet",),
    ("Deployment",),
    ("Pod",),
    ("Node",),
    ("Namespace",),
    ("Event", "ReplicaSet"),
    ("Event", "Deployment", "ReplicaSet"),
)


@cache
def life(seed: int) -> tuple[Cluster, Streams]:
    """One cluster's history and what a watch of it shows."""
    cluster = lived(seed)
    return cluster, streams(cluster, Random(seed))


def test_each_write_has_one_step_of_its_true_writer_in_one_tree() -> None:
    score = total(map(life, SEEDS))
    assert not score.wrong
    assert score.writes > 2500
    assert score.unknown <= 0.03 * score.writes, score.unknowns


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_called_wrong_is_wrong_and_what_is_plainly_wrong_is_told(seed: int) -> None:
    cluster, shown = life(seed)
    assert list(misjudged(cluster, merged(shown))) == []


def test_an_audit_log_makes_every_writer_known() -> None:
    lives = map(life, SEEDS)
    score = total((cluster, shown | {"audit": audit(cluster)}) for cluster, shown in lives)
    assert not score.wrong
    assert not score.unknown, score.unknowns


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_arrival_and_what_comes_twice_change_nothing(seed: int) -> None:
    _, shown = life(seed)
    assert_same(fold(shuffled(shown, Random(seed))), fold(merged(shown)))


@pytest.mark.parametrize("hidden", HIDDEN, ids="-".join)
def test_what_is_not_shown_makes_no_writer_wrong(hidden: tuple[str, ...]) -> None:
    lives = map(life, SEEDS)
    score = total(((cluster, without(shown, hidden)) for cluster, shown in lives), complete=False)
    assert not score.wrong


def test_events_that_never_came_make_no_writer_wrong() -> None:
    def half(shown: Streams, chance: Random) -> Streams:
        return shown | {"Event": [note for note in shown["Event"] if chance.random() < 0.5]}

    lives = ((*life(seed), Random(seed)) for seed in SEEDS)
    assert not total((cluster, half(shown, chance)) for cluster, shown, chance in lives).wrong


@pytest.mark.parametrize(
    ("seed", "kind"), [(8, "ReplicaSet"), (68, "ReplicaSet"), (36, "Pod"), (59, "Deployment")]
)
def test_in_whatever_order_a_new_list_comes_all_is_the_same(seed: int, kind: str) -> None:
    shown = streams(lived(seed), Random(seed), relist=kind)
    assert_same(fold(shuffled(shown, Random(seed))), fold(merged(shown)))


@pytest.mark.parametrize("kind", ["Pod", "ReplicaSet", "Deployment"])
def test_what_fell_into_a_gap_makes_no_writer_wrong(kind: str) -> None:
    clusters = ((life(seed)[0], Random(seed)) for seed in SEEDS)
    lives = ((cluster, streams(cluster, random, relist=kind)) for cluster, random in clusters)
    assert not total(lives, complete=False).wrong


def judged(cluster: Cluster) -> Result:
    """What the engine says of a cluster's whole history, judged at each step and at its end."""
    engine, told = Engine("cluster"), Result()
    for observation in merged(streams(cluster, Random(0))):
        told.take(engine.apply(observation))
        told.take(engine.tick(observation.at))
    told.take(engine.tick(cluster.clock.now))
    return told


def troubles(cluster: Cluster) -> set[str]:
    """The diagnoses that a cluster's Pods truly call for."""
    images = {"bad": "image-not-found", "crash": "crash-loop"}
    found = set[str]()
    for pod in cluster.server.every("Pod"):
        image = pod["spec"]["containers"][0]["image"].partition("/")[0]
        if pod["status"]["phase"] in ("Succeeded", "Failed"):
            continue
        if not pod["spec"].get("nodeName"):
            found.add("unschedulable")
        elif image in images:
            found.add(images[image])
    return found


def left_by_people(cluster: Cluster) -> set[str]:
    """What may be said of Deployments that somebody paused, and of Jobs that ended badly."""
    paused = any(web["spec"].get("paused") for web in cluster.server.every("Deployment"))
    failed = any(condition(job, "Failed") for job in cluster.server.every("Job"))
    return ({"paused"} if paused else set()) | ({"job-failed"} if failed else set())


def waits_for_one(trace: Trace, stalls: list[Trace]) -> bool:
    """Whether a change waits for what another one of the same object is stuck on, and says so."""
    own = [stall for stall in stalls if stall.root.uid == trace.root.uid]
    told = any(
        stall.summary.partition(" Since then: ")[0] in trace.summary
        and stall.holder == trace.holder
        for stall in own
    )
    return told and trace.diagnosis is None


@pytest.mark.parametrize("seed", SEEDS)
def test_at_quiet_times_all_is_over_or_stalled_for_the_true_reason(seed: int) -> None:
    cluster = lived(seed)
    cluster.wait(120)
    traces = judged(cluster).traces.values()
    assert {t.state for t in traces} <= {"complete", "superseded", "stalled", "running"}
    stalls = [trace for trace in traces if trace.state == "stalled"]
    running = [t for t in traces if t.state == "running" and not waits_for_one(t, stalls)]
    # A Job whose Pods run on is not done, and nothing is wrong with it.
    assert {(trace.root.kind, trace.holder) for trace in running} <= {("Job", "kubelet")}
    said = {trace.diagnosis for trace in traces if trace.state == "stalled"}
    assert said <= troubles(cluster) | left_by_people(cluster)
    assert said or not troubles(cluster)


@pytest.mark.parametrize(
    ("image", "cpu", "diagnosis"),
    [
        ("bad/web:1", "", "image-not-found"),
        ("crash/web:1", "", "crash-loop"),
        ("web:1", "64", "unschedulable"),
    ],
)
def test_what_is_broken_is_stalled_until_it_is_mended(image: str, cpu: str, diagnosis: str) -> None:
    cluster = Cluster(1)
    cluster.people.create(deployment("web", 3, template("web", image, cpu)))
    cluster.wait(40)
    [trace] = judged(cluster).traces.values()
    assert (trace.state, trace.diagnosis) == ("stalled", diagnosis)
    cluster.people.set_image("Deployment", "web", "web:2")
    cluster.people.ask_less("Deployment", "web", "100m")
    cluster.wait(90)
    assert {t.state for t in judged(cluster).traces.values()} <= {"complete", "superseded"}


@pytest.mark.parametrize("arguments", [[], ["--whole"], ["one"], ["--other", "1"], ["1", "2", "3"]])
def test_the_script_says_how_it_is_called(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: scripts/simulate.py [--whole | ")

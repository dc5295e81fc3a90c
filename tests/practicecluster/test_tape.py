"""A tape's lines become writes in the order of etcd, and bad lines are told, not dropped."""

import pytest

from practicecluster.playlist import SHIPPED, find_tape, load_tapes
from practicecluster.tape import TAPES, Tape
from tests.practicecluster.tapes import (
    SECOND,
    content,
    kubernetes_event,
    line,
    listed,
    shipped,
    tape,
)

MAPS = "v1/configmaps"


def order(read: Tape) -> list[tuple[str, int]]:
    return [(write.type, write.revision) for write in read.writes]


def test_writes_are_put_back_into_the_order_of_their_versions() -> None:
    read = tape(
        line(SECOND, MAPS, "LIST", listed("ConfigMapList", 9)),
        line(SECOND + 1.029, MAPS, "ADDED", content("later", 12)),
        line(SECOND + 1.03, MAPS, "ADDED", content("earlier", 11)),
        line(SECOND + 2, MAPS, "DELETED", content("later", 13)),
    )
    assert order(read) == [("ADDED", 11), ("ADDED", 12), ("DELETED", 13)]
    times = [write.at - SECOND for write in read.writes]
    assert times == pytest.approx([1.029, 1.029, 2]), "no write after a later one had arrived"


def test_what_was_listed_at_the_beginning_is_the_initial_state() -> None:
    read = tape(
        line(SECOND, MAPS, "LIST", listed("ConfigMapList", 9, content("old", 3))),
        line(SECOND + 1, MAPS, "MODIFIED", content("old", 10)),
    )
    assert [write.revision for write in read.initial] == [3]
    first = read.initial[0].content
    assert (first["kind"], first["apiVersion"]) == ("ConfigMap", "v1"), "which Lists leave out"
    assert order(read) == [("MODIFIED", 10)]
    assert read.seconds == 1.0


def test_a_later_list_shows_what_the_watch_had_missed() -> None:
    read = tape(
        line(SECOND, MAPS, "LIST", listed("ConfigMapList", 9, content("a", 3), content("b", 4))),
        line(SECOND + 1, MAPS, "ADDED", content("c", 10)),
        line(
            SECOND + 5,
            MAPS,
            "LIST",
            listed("ConfigMapList", 20, content("c", 10), content("a", 15)),
        ),
    )
    assert order(read) == [("ADDED", 10), ("ADDED", 15), ("DELETED", 20)]
    assert read.writes[-1].key == (MAPS, "shop/b")


def test_bookmarks_are_no_writes() -> None:
    bookmark = {"kind": "ConfigMap", "metadata": {"resourceVersion": "99"}}
    assert tape(line(SECOND, MAPS, "BOOKMARK", bookmark)).writes == ()


def test_each_kubernetes_event_is_written_once() -> None:
    core, group = "v1/events", "events.k8s.io/v1/events"
    read = tape(
        line(SECOND, core, "ADDED", kubernetes_event("e", 11, seen=10)),
        line(SECOND, group, "ADDED", kubernetes_event("e", 11, seen=10)),
    )
    assert [write.resource for write in read.writes] == [core]


def test_events_recorded_in_the_newer_version_only_are_converted() -> None:
    recorded = content("e", 11) | {"kind": "Event", "apiVersion": "events.k8s.io/v1", "note": "hi"}
    read = tape(
        line(SECOND, "events.k8s.io/v1/events", "LIST", listed("EventList", 11, recorded)),
        line(SECOND, "events.k8s.io/v1/events", "MODIFIED", recorded | content("e", 12)),
    )
    assert [write.resource for write in (*read.initial, *read.writes)] == ["v1/events"] * 2
    assert read.initial[0].content["message"] == "hi"


def test_events_with_versions_of_their_own_keep_their_place_by_arrival() -> None:
    read = tape(
        line(SECOND, MAPS, "ADDED", content("a", 500)),
        line(SECOND + 1, "v1/events", "ADDED", kubernetes_event("e", 4, seen=500)),
        line(SECOND + 2, MAPS, "ADDED", content("b", 501)),
        line(SECOND + 3, "v1/events", "ADDED", kubernetes_event("f", 5, seen=501)),
    )
    assert read.own_counters == {"events"}
    assert [write.revision for write in read.writes] == [500, 4, 501, 5]


@pytest.mark.parametrize("first", [3, 90_000])
def test_versions_that_fall_over_seconds_prove_a_count_of_their_own(first: int) -> None:
    mute = [kubernetes_event(f"e{number}", first + number, seen=0) for number in range(3)]
    read = tape(
        line(SECOND, MAPS, "LIST", listed("ConfigMapList", 462)),
        line(SECOND + 5, "v1/events", "ADDED", mute[0]),
        line(SECOND + 6, MAPS, "ADDED", content("a", 500)),
        line(SECOND + 10, "v1/events", "ADDED", mute[1]),
        line(SECOND + 15, MAPS, "ADDED", content("b", 501)),
    )
    assert read.own_counters == {"events"}
    assert [write.at - SECOND for write in read.writes] == [5, 6, 10, 15]


def test_a_listed_type_that_nothing_else_brings_is_known_by_its_list() -> None:
    resource = "apps.openshift.io/v1/deploymentconfigs"
    read = tape(line(SECOND, resource, "LIST", listed("DeploymentConfigList", 9)))
    (served,) = read.types
    assert (served.resource, served.kind, served.namespaced) == (resource, "DeploymentConfig", True)


BAD_LINES = {
    "not JSON": b'{"t": 1, "resource"',
    "missing required field `t`": b'{"resource":"v1/pods","type":"ADDED","object":{}}',
    "Invalid enum value 'GONE'": line(SECOND, MAPS, "GONE", content("a", 1)),
    "missing required field `metadata`": line(SECOND, MAPS, "ADDED", {"kind": "ConfigMap"}),
    "missing required field `name`": line(
        SECOND, MAPS, "ADDED", {"metadata": {"resourceVersion": "5"}}
    ),
    "$.metadata.resourceVersion": line(SECOND, MAPS, "ADDED", content("a", 1, resourceVersion="x")),
    "item 2 of the List": line(
        SECOND, MAPS, "LIST", listed("ConfigMapList", 9, content("a", 1), {"data": {}})
    ),
    "$.resource": line(SECOND, "pods", "ADDED", content("a", 1)),
    "it deletes v1/configmaps/shop/a": line(SECOND, MAPS, "DELETED", content("a", 9)),
    "and an earlier line 5": line(SECOND, MAPS, "MODIFIED", content("known", 5)),
    "the CRD can't be read": line(
        SECOND, "apiextensions.k8s.io/v1/customresourcedefinitions", "ADDED", content("a", 9)
    ),
    "not UTF-8": line(SECOND, MAPS, "ADDED", content("a", 9)).replace(b"ConfigMap", b"\xff"),
}


@pytest.mark.parametrize(("why", "bad"), BAD_LINES.items(), ids=BAD_LINES)
def test_a_bad_line_is_told_with_its_number_and_the_rest_goes_on(why: str, bad: bytes) -> None:
    good = line(SECOND, MAPS, "ADDED", content("known", 5))
    last = line(SECOND + 1, MAPS, "MODIFIED", content("known", 50))
    read = tape(good, b"", bad, last)
    assert order(read) == [("ADDED", 5), ("MODIFIED", 50)]
    (problem,) = read.problems
    assert problem.line == 3
    assert why in str(problem)
    assert str(problem).startswith("tape test, line 3: ")


def test_an_empty_tape_is_a_tape() -> None:
    assert (tape().writes, tape().seconds) == ((), 0.0)


def test_all_shipped_tapes_are_whole() -> None:
    complaints: list[str] = []
    tapes = load_tapes(SHIPPED, complaints.append)
    assert complaints == []
    assert {read.name for read in tapes} == {path.stem for path in TAPES.glob("*.jsonl")}
    for read in tapes:
        revisions = [w.revision for w in read.writes if w.resource != "v1/events"]
        assert revisions == sorted(revisions)
        assert [w.at for w in read.writes] == sorted(w.at for w in read.writes)


def test_only_the_tape_made_so_keeps_events_apart() -> None:
    assert {name for name in SHIPPED if shipped(name).own_counters} == {"events_apart"}


def test_a_missing_tape_is_told_with_those_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no tape 'crate'.*create, scale"):
        find_tape("crate")

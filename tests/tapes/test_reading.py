"""A recording reads as the watch that it was; a line that cannot be used is told by its number."""

from pathlib import Path
from typing import Any

import pytest

from eventstream.objects.observations import Change, Gap, Observation, Position
from eventstream.tapelines import BadLine, Reading, TapeError
from eventstream.tapes import TapeReader
from tests.objects.recorded import TAPES, decoder, entries, text, thing


def pod(uid: str, version: str = "1", **fields: Any) -> dict[str, Any]:
    content = thing(**fields)
    content["metadata"] |= {"uid": uid, "name": uid, "resourceVersion": version}
    return content


def line(type_: str, content: Any, resource: str = "v1/pods", t: float = 1.5) -> bytes:
    return text({"t": t, "resource": resource, "type": type_, "object": content})


def listed(*items: Any, version: str = "5", kind: str = "PodList") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"resourceVersion": version}, "items": list(items)}


def read(path: Path, *lines: bytes) -> list[tuple[int, list[Observation] | BadLine]]:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return list(TapeReader(decoder()).read(path))


def told(path: Path, *lines: bytes) -> list[str]:
    """Each observation in a word or two; a bad line by its number."""
    found: list[str] = []
    for _, shown in read(path, *lines):
        for one in [shown] if isinstance(shown, BadLine) else shown:
            match one:
                case Change():
                    found.append(f"{one.type} {one.after.uid}" + " again" * one.relisted)
                case Position():
                    found.append(f"at {one.resource_version}" + f" of {one.objects}" * one.listed)
                case Gap():
                    found.append(f"gap {one.from_version}-{one.to_version}")
                case BadLine():
                    found.append(f"bad {one.number}")
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl"


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)
def test_every_line_of_a_shipped_recording_is_read_once(tape: Path) -> None:
    lines = entries(tape)
    shown = dict(TapeReader(decoder()).read(tape))
    assert list(shown) == list(range(1, len(lines) + 1))
    for number, entry in enumerate(lines, 1):
        observations = shown[number]
        assert not isinstance(observations, BadLine)
        if entry["resource"] == "events.k8s.io/v1/events":
            assert observations == []
        elif entry["type"] == "LIST":
            *changes, position = observations
            assert isinstance(position, Position)
            assert [one.type for one in changes if isinstance(one, Change)] == ["EXISTING"] * len(
                entry["object"]["items"]
            )
            assert (position.listed, position.objects) == (True, len(changes))
        else:
            (one,) = observations
            assert one.at == entry["t"]
            assert isinstance(one, Position if entry["type"] == "BOOKMARK" else Change)


def test_changes_know_what_was_before(path: Path) -> None:
    shown = read(
        path,
        line("LIST", listed(pod("a", "1"))),
        line("MODIFIED", pod("a", "6")),
        line("DELETED", pod("a", "7"), t=9.0),
    )
    _, (_, modified), (_, deleted) = shown
    assert isinstance(modified, list)
    assert isinstance(deleted, list)
    assert isinstance(modified[0], Change)
    assert isinstance(deleted[0], Change)
    assert modified[0].before is not None
    assert modified[0].before.version == "1"
    assert deleted[0].before is modified[0].after
    assert deleted[0].at == 9.0


BAD = [
    (b"not JSON", "not a line of a tape"),
    (b'{"t":1}', "not a line of a tape"),
    (b'{"t":"soon","resource":"v1/pods","type":"ADDED","object":{}}', "not a line of a tape"),
    (b'{"object":' + b"[" * 100_000, "nested too deeply"),
    (line("ADDED", pod("x"), resource="pods"), "not a resource"),
    (line("ADDED", pod("x"), resource="a/b/c/d"), "not a resource"),
    (line("PATCHED", pod("x")), "v1/pods: not a WatchEvent"),
    (line('"', pod("x")), "v1/pods: not a WatchEvent"),
    (line("ERROR", {"code": 410, "message": "too old"}), "v1/pods: ERROR 410 too old"),
    (line("LIST", {"kind": "Table", "metadata": {}}), "v1/pods: a Table, no list"),
    (line("LIST", 5), "v1/pods: not a list"),
    (line("BOOKMARK", {"metadata": {}}), "v1/pods: a bookmark without a resourceVersion"),
]


@pytest.mark.parametrize(("bad", "why"), BAD)
def test_a_bad_line_is_told_and_the_rest_goes_on(path: Path, bad: bytes, why: str) -> None:
    shown = read(path, line("LIST", listed(pod("a"))), bad, line("ADDED", pod("b")))
    assert [number for number, _ in shown] == [1, 2, 3]
    _, wrong = shown[1]
    assert isinstance(wrong, BadLine)
    assert wrong.number == 2
    assert why in wrong.reason
    assert isinstance(shown[2][1], list)


def test_the_half_line_of_a_crash_is_told(path: Path) -> None:
    whole = line("ADDED", pod("b"))
    for length in range(1, len(whole)):
        assert told(path, line("LIST", listed(pod("a"))), whole[:length]) == [
            "EXISTING a",
            "at 5 of 1",
            "bad 2",
        ]


def test_empty_lines_are_passed_over_but_counted(path: Path) -> None:
    assert told(path, b"", line("LIST", listed()), b"  ", b"\r", b"x") == ["at 5 of 0", "bad 5"]


def test_only_a_line_feed_ends_a_line(path: Path) -> None:
    content = pod("a", status={"message": "x\u2028y\u0085z"})
    raw = line("ADDED", content).decode().encode().replace(rb"\u2028", "\u2028".encode())
    assert told(path, raw.replace(rb"\u0085", "\u0085".encode())) == ["ADDED a"]


def test_a_list_in_the_middle_is_a_relist_with_its_gap(path: Path) -> None:
    assert told(
        path,
        line("LIST", listed(pod("gone"), pod("same"), version="5")),
        line("BOOKMARK", {"metadata": {"resourceVersion": "8"}}),
        line("LIST", listed(pod("same"), pod("new", "9"), version="12")),
        line("MODIFIED", pod("new", "14")),
        line("LIST", listed(pod("same"), pod("new", "14"), version="14")),
    ) == [
        "EXISTING gone",
        "EXISTING same",
        "at 5 of 2",
        "at 8",
        "gap 8-12",
        "VANISHED gone again",
        "ADDED new again",
        "at 12 of 2",
        "MODIFIED new",
        "at 14 of 2",
    ]


def test_after_everything_was_deleted_a_list_is_still_a_relist(path: Path) -> None:
    assert told(
        path,
        line("LIST", listed(pod("a"))),
        line("DELETED", pod("a", "6")),
        line("LIST", listed(pod("b", "8"), version="9")),
    )[-3:] == ["gap 6-9", "ADDED b again", "at 9 of 1"]


@pytest.mark.parametrize("first", ["v1/events", "events.k8s.io/v1/events"])
def test_of_events_in_both_forms_the_first_is_used(path: Path, first: str) -> None:
    old = thing("Event", involvedObject={"kind": "Pod", "name": "a"}, message="m")
    new = thing("Event", "events.k8s.io/v1", regarding={"kind": "Pod", "name": "a"}, note="m")
    lines = {"v1/events": old, "events.k8s.io/v1/events": new}
    order = [first, *(name for name in lines if name != first)]
    shown = read(path, *(line("ADDED", lines[name], resource=name) for name in order))
    (_, one), (_, other) = shown
    assert other == []
    assert isinstance(one, list)
    assert isinstance(one[0], Change)
    assert one[0].resource.key == first
    assert one[0].after.spec.message == "m"


def test_a_project_of_openshift_is_the_namespace_that_it_is(path: Path) -> None:
    project, shop = thing("Project", "project.openshift.io/v1"), thing("Namespace")
    lines = {"project.openshift.io/v1/projects": project, "v1/namespaces": shop}
    shown = read(path, *(line("ADDED", each, resource=name) for name, each in lines.items()))
    (_, none), (_, one) = shown
    assert none == []
    assert isinstance(one, list)
    assert isinstance(one[0], Change)
    assert one[0].after.kind == "Namespace"


def test_the_kind_is_learnt_from_a_later_line(path: Path) -> None:
    shown = read(
        path,
        line("BOOKMARK", {"metadata": {"resourceVersion": "3"}}),
        line("ADDED", pod("a", spec={"nodeName": "n"})),
        line("MODIFIED", pod("a", "9")),
    )
    _, last = shown[-1]
    assert isinstance(last, list)
    assert isinstance(last[0], Change)
    assert last[0].resource.kind == "Pod"
    assert last[0].before is not None
    assert last[0].before.spec.node_name == "n"


def test_odd_objects_are_flagged_and_not_passed_over(path: Path) -> None:
    (_, shown), (_, half) = read(
        path,
        line("ADDED", {"kind": "Pod"}),
        line("ADDED", pod("a", status={"message": "MARK"})).replace(b"MARK", rb"\ud800"),
    )
    for observations in (shown, half):
        assert isinstance(observations, list)
        assert isinstance(observations[0], Change)
        assert observations[0].after.flags


TIMES = [
    (1_795_000_000_123.0, "1795000000123, likely in milliseconds"),
    (1.795e15, "likely in microseconds"),
    (1.795e18, "likely in nanoseconds"),
    (1e15, "t is 1e+15"),
    (-1.0, "t is -1"),
    (7_258_118_401.0, "t is 7258118401"),
]


@pytest.mark.parametrize(("t", "told"), TIMES)
def test_a_line_of_no_time_is_told_with_what_is_expected(path: Path, t: float, told: str) -> None:
    ((_, wrong), _) = read(path, line("ADDED", pod("a"), t=t), line("ADDED", pod("b")))
    assert isinstance(wrong, BadLine)
    assert told in wrong.reason
    assert "unix seconds, between 1970 and 2200" in wrong.reason


@pytest.mark.parametrize("t", [b"1e999", b"-1e999", b"NaN", b"Infinity", b"null", b'"1.5"'])
def test_what_is_no_number_is_no_time(path: Path, t: bytes) -> None:
    assert told(path, line("ADDED", pod("a")).replace(b"1.5", t)) == ["bad 1"]


def test_of_a_line_that_is_too_long_no_more_is_held_than_may_be(path: Path) -> None:
    path.write_bytes(b"x" * 5_000_000 + b"\n" + line("ADDED", pod("a")) + b"\n" + b"y" * 2_000)
    reading = Reading(line_bytes=1_000)
    shown = list(TapeReader(decoder(), reading).read(path))
    assert [isinstance(found, BadLine) for _, found in shown] == [True, False, True]
    assert (reading.bytes, reading.lines) == (path.stat().st_size, 3)


def test_past_so_many_kinds_further_ones_are_passed_over_and_counted(path: Path) -> None:
    reading = Reading(kinds=2)
    path.write_bytes(
        b"\n".join(line("ADDED", pod(f"{n}"), f"g{n}.io/v1/things") for n in (1, 2, 3, 1, 4))
    )
    shown = [found for _, found in TapeReader(decoder(), reading).read(path)]
    assert [isinstance(found, BadLine) for found in shown] == [False, False, True, False, True]
    assert reading.other_kinds == 2


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_tape_that_cannot_be_read_at_all_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(TapeError, match="cannot be read"):
        list(TapeReader(decoder()).read(tmp_path / name))

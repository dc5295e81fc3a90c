"""Versions of objects become changes, the same way for a watch, a relist and a recording."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.images import Image, Metadata
from eventstream.objects.inventory import Inventory
from tests.objects.recorded import POD


def pod(uid: str, version: str = "1", **labels: str) -> Image:
    metadata = Metadata(name=uid, uid=uid, resource_version=version, labels=labels or None)
    return Image("v1", "Pod", metadata)


def replaced(
    known: list[Image], listed: list[Image], *, first: bool = False
) -> list[tuple[Any, ...]]:
    changes = Inventory(POD, known).replace(listed, 5.0, first=first)
    assert {change.at for change in changes} <= {5.0}
    return [(change.type, change.after, change.before, change.relisted) for change in changes]


def test_a_watch_gives_before_and_after() -> None:
    inventory = Inventory(POD)
    one, two, gone = pod("a", "1"), pod("a", "2"), pod("a", "3")
    added = inventory.apply("ADDED", one, 1.0)
    assert (added.type, added.before, added.after, added.at) == ("ADDED", None, one, 1.0)
    assert inventory.apply("MODIFIED", two, 2.0).before is one
    assert list(inventory) == [two]
    assert inventory.apply("DELETED", gone, 3.0).before is two
    assert len(inventory) == 0
    assert inventory.apply("DELETED", gone, 4.0).before is None


def test_on_the_first_list_everything_exists_already() -> None:
    assert replaced([], [pod("a"), pod("b")], first=True) == [
        ("EXISTING", pod("a"), None, False),
        ("EXISTING", pod("b"), None, False),
    ]


def test_a_relist_shows_what_came_moved_and_went() -> None:
    known = [pod("same"), pod("moved", "1"), pod("gone")]
    listed = [pod("moved", "4"), pod("same"), pod("new")]
    assert replaced(known, listed) == [
        ("VANISHED", pod("gone"), pod("gone"), True),
        ("MODIFIED", pod("moved", "4"), pod("moved", "1"), True),
        ("ADDED", pod("new"), None, True),
    ]


def test_a_relist_of_nothing_empties_the_inventory() -> None:
    inventory = Inventory(POD, [pod("a")])
    assert [change.type for change in inventory.replace([], 1.0, first=False)] == ["VANISHED"]
    assert list(inventory) == []


def test_a_relist_after_a_restart_compares_with_what_was_saved() -> None:
    assert replaced([pod("a", "1")], [pod("a", "2")], first=True) == [
        ("MODIFIED", pod("a", "2"), pod("a", "1"), True)
    ]


def test_an_object_without_a_version_is_compared_by_content() -> None:
    assert replaced([pod("a", "")], [pod("a", "")]) == []
    assert [change[0] for change in replaced([pod("a", "")], [pod("a", "", x="1")])] == ["MODIFIED"]


def test_versions_that_a_restored_server_gives_out_anew_are_compared_by_content() -> None:
    inventory = Inventory(POD, [pod("same"), pod("other")])
    listed = [pod("same"), pod("other", x="1")]
    changes = inventory.replace(listed, 1.0, first=False, rewound=True)
    assert [(change.type, change.after.uid) for change in changes] == [("MODIFIED", "other")]


def test_one_name_with_two_uids_is_two_objects() -> None:
    new = Image("v1", "Pod", Metadata(name="a", uid="2", resource_version="9"))
    old = Image("v1", "Pod", Metadata(name="a", uid="1", resource_version="3"))
    assert [change[0] for change in replaced([old], [new])] == ["VANISHED", "ADDED"]


STATES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"))


@given(STATES, STATES)
def test_a_relist_tells_exactly_the_difference(known: dict[str, str], now: dict[str, str]) -> None:
    inventory = Inventory(POD, [pod(uid, version) for uid, version in known.items()])
    state = dict(known)
    for change in inventory.replace([pod(*item) for item in now.items()], 1.0, first=False):
        if change.type == "VANISHED":
            del state[change.after.uid]
        else:
            assert state.get(change.after.uid) != change.after.version
            state[change.after.uid] = change.after.version
    assert state == now
    assert {image.uid: image.version for image in inventory} == now

"""Whether an object was there before it is first shown, by what only a later write can bring."""

import pytest

from eventstream.objects.images import FieldsEntry, Image, Metadata
from eventstream.objects.observations import Change, ChangeType
from eventstream.objects.resource import Resource

POD = Resource("", "v1", "pods", "Pod")
MADE, LATER, BEFORE = "2026-11-29T10:00:00Z", "2026-11-29T10:00:02Z", "2026-11-28T10:00:00Z"
PERSON = FieldsEntry("kubectl-create", "Update", time=MADE)
REPORTED = FieldsEntry("kubelet", "Update", "status", MADE)


def change(*entries: FieldsEntry, version: str = "v1", type_: ChangeType = "ADDED") -> Change:
    metadata = Metadata("a", uid="a", creation_timestamp=MADE, managed_fields=entries)
    return Change(POD, type_, Image(version, "Pod", metadata), 1.0)


@pytest.mark.parametrize(
    ("entries", "existed"),
    [
        ((), False),
        ((PERSON,), False),
        ((FieldsEntry("kubectl-create", "Update", time="2026-11-29T10:00:01Z"),), False),
        ((PERSON, FieldsEntry("kubectl-edit", "Update", time=LATER)), True),
        ((PERSON, REPORTED), True),
        ((PERSON, FieldsEntry("kubelet", "Update", "status", BEFORE)), False),
        ((FieldsEntry("odd", "Update", time="2026-99"),), False),
    ],
)
def test_what_a_watch_calls_new_was_there_if_somebody_wrote_it_since(
    entries: tuple[FieldsEntry, ...], existed: bool
) -> None:
    assert change(*entries).existed == existed


def test_a_list_says_by_itself_whether_something_was_there() -> None:
    assert change(PERSON, type_="EXISTING").existed
    assert not change(PERSON, REPORTED, type_="MODIFIED").existed
    found = change(PERSON, REPORTED)
    assert not Change(found.resource, "ADDED", found.after, 1.0, relisted=True).existed


def test_of_types_that_others_serve_it_is_not_known() -> None:
    assert not change(PERSON, REPORTED, version="project.openshift.io/v1").existed

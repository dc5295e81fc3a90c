"""Of one object only so much is kept, what rules need before all else, and the rest is counted."""

from typing import Any

import pytest

from eventstream.objects import bounds
from eventstream.objects.changes import diff
from eventstream.objects.decoding import encode
from eventstream.objects.images import Image
from tests.objects.recorded import POD, WEBSITE, decoder, text, thing

MUCH = "x" * 1000


def image(metadata: Any = None, **parts: Any) -> Image:
    content = thing(**parts)
    content["metadata"] |= metadata or {}
    return decoder().image(POD, text(content))


def many(number: int, value: str = MUCH[:63]) -> dict[str, str]:
    return {f"label-{index}": value for index in range(number)}


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_of_many_labels_the_first_are_kept_and_the_rest_is_counted(part: str) -> None:
    found = image(metadata={part: many(3000)})
    kept = getattr(found.metadata, part)
    assert len(kept) == bounds.TEXTS_KEPT
    assert list(kept)[-1] == "and 2745 more"
    assert kept["and 2745 more"].startswith("hidden:")
    assert found.flags == (f"metadata.{part}: 2745 more, not kept",)


def test_a_change_of_what_is_not_kept_shows_as_one() -> None:
    one = image(metadata={"labels": many(3000)})
    other = image(metadata={"labels": many(3000) | {"label-2999": "other"}})
    (change,) = diff(one, other)
    assert change.path.startswith("metadata.labels")
    assert change.path.endswith("and 2745 more")
    assert change.hidden


def test_what_rules_read_is_kept_whatever_comes_before() -> None:
    labels = many(3000) | {"pod-template-hash": "abc", "controller-revision-hash": "d"}
    kept = image(metadata={"labels": labels}).metadata.labels
    assert kept is not None
    assert kept["pod-template-hash"] == "abc"
    assert kept["controller-revision-hash"] == "d"


def test_labels_without_end_take_no_room_of_others() -> None:
    labels = {"a": MUCH * 1000, "b": "kept"}
    kept = image(metadata={"labels": labels}).metadata.labels
    assert kept is not None
    assert list(kept) == ["b", "and 1 more"]


def test_of_many_managers_the_newest_are_kept() -> None:
    entries = [
        {"manager": f"m{index}", "operation": "Apply", "time": f"2027-01-{index % 27 + 1:02}"}
        for index in range(3000)
    ]
    found = image(metadata={"managedFields": entries})
    kept = found.metadata.managed_fields
    assert len(kept) == bounds.NAMES_KEPT
    assert {entry.time for entry in kept} == {"2027-01-27"}
    assert found.flags == ("metadata.managedFields: 2936 more, not kept",)


def test_the_controller_is_kept_of_many_owners() -> None:
    owners = [{"kind": "A", "name": f"a{index}", "uid": str(index)} for index in range(2000)]
    owners[1999]["controller"] = True  # type: ignore[assignment]
    found = image(metadata={"ownerReferences": owners})
    assert len(found.metadata.owner_references) == bounds.NAMES_KEPT
    assert found.metadata.controller is not None
    assert found.metadata.controller.uid == "1999"
    assert found.flags == ("metadata.ownerReferences: 1936 more, not kept",)


def test_of_many_finalizers_the_rest_is_counted() -> None:
    found = image(metadata={"finalizers": [f"example.com/{index:030}" for index in range(2000)]})
    assert len(found.metadata.finalizers) == bounds.NAMES_KEPT
    assert found.metadata.finalizers[-1].startswith("and 1937 more (hidden:")


def test_a_spec_and_a_status_are_bounded_with_conditions_kept() -> None:
    containers = [{"name": f"c{index}", "image": MUCH} for index in range(3000)]
    statuses = [
        {"name": f"c{index}", "state": {"waiting": {"reason": MUCH}}} for index in range(3000)
    ]
    status = {"containerStatuses": statuses, "conditions": [{"type": "Ready", "status": "True"}]}
    found = image(spec={"containers": containers}, status=status)
    assert len(encode(found)) < 3 * bounds.TEXT_KEPT
    assert found.status.conditions[0].type == "Ready"
    assert [flag.partition(":")[0] for flag in found.flags] == ["spec", "status"]


def test_a_custom_resource_is_bounded_with_its_phase_kept() -> None:
    content = {f"field-{index}": MUCH for index in range(5000)} | {"phase": "Ready"}
    found = decoder().image(WEBSITE, text(thing("Website", spec=content, status=content) | content))
    assert len(encode(found)) < 4 * bounds.TEXT_KEPT
    assert found.status["phase"] == "Ready"


@pytest.mark.parametrize("size", [10, 3000])
def test_what_was_cut_comes_out_of_a_recording_as_it_is(size: int) -> None:
    metadata = {
        "labels": many(size),
        "annotations": many(size),
        "finalizers": [f"example.com/{index:030}" for index in range(size)],
        "managedFields": [{"manager": f"m{index}"} for index in range(size)],
    }
    containers = [{"name": f"c{index}", "image": MUCH} for index in range(size)]
    found = image(metadata=metadata, spec={"containers": containers})
    assert decoder().image(POD, encode(found)) == found
    assert bool(found.flags) == (size > bounds.TEXTS_KEPT)


def test_a_sound_object_is_kept_whole_up_to_the_bound() -> None:
    metadata = {"labels": many(200), "finalizers": [f"example.com/{i}" for i in range(20)]}
    containers = [{"name": f"c{index}", "image": "nginx"} for index in range(300)]
    found = image(metadata=metadata, spec={"containers": containers})
    assert found.flags == ()
    assert len(found.spec.containers) == 300

"""Rows are named by their type, those of an older Baton too, and go by it."""

from pathlib import Path

import pytest

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, StepUpsert, TraceUpsert
from eventstream.history import EVERYTHING, NOTHING, Rights
from eventstream.models import GapRow, ImageRow, StepRow, TraceRow
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change, Coverage, Gap
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.store import samples
from tests.store.conftest import both

POD = ObjectRef("v1", "Pod", "shop", "web-1", "uid-pod")
OTHER = ObjectRef("example.com/v1", "Pod", "shop", "boat", "uid-boat")
BOATS = Resource("example.com", "v1", "pods", "Pod")
NAMED = {"Deployment.apps", "Pod", "Pod.example.com"}


def fill() -> None:
    """A trace with steps to three types, a live object, a gap, and what is watched."""
    batch = Batch()
    refused = samples.step("s4", version="", object=POD, change_type="REFUSED", sources=("*@",))
    steps = [
        samples.step("s1", version="10"),
        samples.step("s2", version="11", object=POD),
        samples.step("s3", version="12", object=OTHER),
        refused,
    ]
    batch.add(None, [*(StepUpsert(each) for each in steps), TraceUpsert(samples.trace())])
    metadata = Metadata(name="boat", namespace="shop", uid="uid-boat", resource_version="12")
    image = Image("example.com/v1", "Pod", metadata)
    batch.add(Change(BOATS, "ADDED", image, 100.0), ())
    batch.add(Gap(BOATS, "1", "2", 90.0, 100.0, "expired"), ())
    for resource in (samples.PODS, samples.DEPLOYMENTS, BOATS):
        batch.add(Coverage(resource, "watching", 100.0), ())
    commit(batch, 100.0)


def types() -> dict[str, list[str]]:
    return {
        "StepRow": sorted(StepRow.objects.values_list("place__type", flat=True)),
        "TraceRow": sorted(TraceRow.objects.values_list("type", flat=True)),
        "ImageRow": sorted(ImageRow.objects.values_list("place__type", flat=True)),
        "GapRow": sorted(GapRow.objects.values_list("type", flat=True)),
    }


EXPECTED = {
    "StepRow": ["*", "Deployment.apps", "Pod", "Pod.example.com"],
    "TraceRow": ["Deployment.apps"],
    "ImageRow": ["Pod.example.com"],
    "GapRow": ["Pod.example.com"],
}


def test_each_row_is_named_by_its_type() -> None:
    fill()
    assert types() == EXPECTED


@both
def test_a_kind_of_another_group_is_another_type() -> None:
    fill()
    with history.seeing(Rights(everywhere=frozenset({"Pod"}))):
        assert [each.id for each in history.steps("t1")] == ["s2"]
        assert history.kept("uid-boat") is None
    with history.seeing(Rights(within={"shop": frozenset({"Pod.example.com"})})):
        assert [each.id for each in history.steps("t1")] == ["s3"]
        assert history.kept("uid-boat") is not None
        assert [gap.record.resource for gap in history.gaps()] == [BOATS]
        assert history.trace("t1") is None


@both
def test_nobody_but_who_may_see_everything_is_told_of_refused_requests() -> None:
    fill()
    all_types = Rights(everywhere=frozenset(NAMED))
    with history.seeing(all_types):
        assert [each.id for each in history.steps("t1")] == ["s1", "s2", "s3"]
        trace = history.trace("t1")
        assert trace is not None
        assert trace.record.steps == 3
    with history.seeing(EVERYTHING):
        assert len(history.steps("t1")) == 4


@both
def test_whoever_nothing_is_said_of_sees_nothing_once_people_sign_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill()
    assert history.counts().steps == 4
    monkeypatch.setattr("eventstream.history.rights._Unsaid.rights", NOTHING)
    assert history.counts() == history.Counts(0, 0, 0)
    assert history.coverage() == []
    assert len(history.watching()) == 3, "to judge the watching as such"
    with history.seeing(EVERYTHING):
        assert history.counts().steps == 4
    assert history.counts().steps == 0


def test_only_one_module_of_history_asks_the_tables_for_what_is_seen() -> None:
    room = Path(history.__file__).parent
    asking = {
        file.name
        for file in room.glob("*.py")
        for row in ("StepRow", "TraceRow", "ImageRow", "GapRow")
        if f"{row}.objects" in file.read_text(encoding="utf-8")
    }
    # Beside it: whether there is any step at all, and which namespaces there are to ask about.
    assert asking == {"permitted.py", "digest_key.py", "types.py"}

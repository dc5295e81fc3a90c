"""Last writers: the entries of managedFields of what exists, filtered, in order, by pages."""

import time
from typing import Any

import pytest

from eventstream import history
from eventstream.history import writers
from eventstream.history.writers import LastWriter, WritersFilter
from eventstream.objects.observations import Change
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from tests.explain.stories import Json, Story
from tests.explain.things import deployment, pod, thing, website
from tests.store.conftest import both

pytestmark = both

DAY = 86_400.0
NOW = 1_800_000_000.0


def entry(
    manager: str, at: float | None, fields: Json, sub: str = "", operation: str = "Update"
) -> Json:
    told: Json = {
        "manager": manager,
        "operation": operation,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "subresource": sub,
    }
    if at is not None:
        told["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return told


SPEC: Json = {"f:spec": {"f:replicas": {}}}
STATUS: Json = {"f:status": {"f:phase": {}}}


def managed(object_: Json, *entries: Json) -> Json:
    object_["metadata"]["managedFields"] = list(entries)
    return object_


def keep(*objects: Json) -> None:
    """Have history hold these objects."""
    story, batch = Story(), Batch()
    for each in objects:
        story.exists(each)
    for observation in story.shown:
        if isinstance(observation, Change):
            batch.add(observation, ())
    commit(batch, NOW)


def filled() -> None:
    web = deployment("web")
    keep(
        managed(
            web,
            entry("kubectl-edit", NOW - 3 * DAY, SPEC),
            entry("argo", NOW - 20 * DAY, {"f:metadata": {"f:labels": {"f:app": {}}}}, "", "Apply"),
            entry("kube-controller-manager", NOW - 60, STATUS, "status"),
        ),
        managed(pod(web, "web-a"), entry("kubelet", NOW - 30, STATUS, "status")),
        managed(
            website("shop"),
            entry("website-operator", NOW - 10, {"f:status": {"f:phase": {}}}, "status"),
            entry("website-operator", NOW - DAY, {"f:metadata": {"f:finalizers": {}}}),
            entry("helm", None, {"f:spec": {"f:host": {}}}),
        ),
        managed(thing("Lease", "node-1", "coordination.k8s.io/v1"), entry("kubelet", NOW, SPEC)),
    )


def found(**asked: Any) -> list[tuple[str, str]]:
    """(object, manager) of each entry that is found."""
    page = history.last_writers(WritersFilter(**asked))
    return [(each.object.name, each.manager) for each in page.rows]


def one(manager: str) -> LastWriter:
    return history.last_writers(WritersFilter(manager=manager)).rows[0]


def test_the_newest_stand_first_and_what_has_no_time_last() -> None:
    filled()
    assert found() == [
        ("shop", "website-operator"),
        ("web-a", "kubelet"),
        ("web", "kube-controller-manager"),
        ("shop", "website-operator"),
        ("web", "kubectl-edit"),
        ("web", "argo"),
        ("shop", "helm"),
    ]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"people": True}, ["kubectl-edit", "argo", "helm"]),
        ({"people": True, "since": NOW - 7 * DAY}, ["kubectl-edit"]),
        ({"manager": "argo"}, ["argo"]),
        ({"kind": "Pod"}, ["kubelet"]),
        ({"kind": "Website", "people": True}, ["helm"]),
        ({"namespace": "elsewhere"}, []),
        ({"text": "web-a sho"}, ["kubelet"]),
        ({"since": NOW - 45}, ["website-operator", "kubelet"]),
    ],
)
def test_filters_leave_what_was_asked_for(asked: dict[str, Any], names: list[str]) -> None:
    filled()
    assert [manager for _, manager in found(**asked)] == names


def test_an_entry_says_what_how_and_how_we_know() -> None:
    filled()
    edit, argo, operator = one("kubectl-edit"), one("argo"), one("website-operator")
    assert (edit.operation, edit.subresource, edit.grade) == ("Update", "", "reported")
    assert edit.fields == ("spec.replicas",)
    assert edit.at == NOW - 3 * DAY
    assert argo.operation == "Apply"
    assert (operator.sort, operator.subresource) == ("controller", "status")
    assert {one("kubelet").sort, one("kube-controller-manager").sort} == {"component"}
    assert one("helm").at is None
    assert history.managers() == (
        "argo", "helm", "kube-controller-manager", "kubectl-edit", "kubelet", "website-operator",
    )  # fmt: skip


def test_only_so_many_fields_are_named_and_the_rest_counted() -> None:
    fields: Json = {"f:data": {f"f:key-{number:03d}": {} for number in range(150)}}
    keep(managed(deployment(), entry("kubectl", NOW, fields)))
    [row] = history.last_writers().rows
    assert (len(row.fields), row.more) == (writers.FIELDS_MOST, 150 - writers.FIELDS_MOST)


def test_every_entry_is_met_once_while_paging() -> None:
    filled()
    whole = history.last_writers().rows
    met: list[LastWriter] = []
    before: str | None = None
    while True:
        page = history.last_writers(limit=2, before=before)
        met.extend(page.rows)
        before = page.next
        if before is None:
            break
    assert tuple(met) == whole
    assert len(whole) == 7


@pytest.mark.parametrize("cursor", ["", "1.0", "now/1/uid", "1.0/one/uid"])
def test_a_place_that_was_never_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(history.BadCursorError, match="no place in the list of last writers"):
        history.last_writers(before=cursor)


def test_more_objects_than_are_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    filled()
    assert not history.last_writers().cut
    monkeypatch.setattr(writers, "OBJECTS_MOST", 2)
    page = history.last_writers()
    assert page.cut
    assert len({row.object.uid for row in page.rows}) == 2
    assert not history.last_writers(WritersFilter(kind="Pod")).cut


def test_a_viewer_sees_the_entries_of_what_they_may_see() -> None:
    filled()
    with history.seeing(history.Rights(within={"shop": frozenset({"Pod"})})):
        assert found() == [("web-a", "kubelet")]
        assert history.managers() == ("kubelet",)
    with history.seeing(history.NOTHING):
        assert found() == []


def test_a_newer_image_takes_the_place_of_the_old_entries() -> None:
    filled()
    keep(managed(deployment("web"), entry("kubectl-scale", NOW, SPEC, "scale")))
    assert [manager for name, manager in found() if name == "web"] == ["kubectl-scale"]

"""What pages read: filters, order, paging, choices and counts."""

import pytest

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.history import BadCursorError, Filter
from eventstream.objects.observations import Coverage, Problem
from tests.store.conftest import both
from tests.store.samples import DEPLOYMENTS, PODS, gap, put_step, put_trace, store

pytestmark = both


def shown(filter_: Filter | None = None) -> list[str]:
    return [row.id for row in history.traces(filter_).rows]


def in_namespace(namespace: str, kind: str = "Deployment", name: str = "nginx") -> ObjectRef:
    return ObjectRef("apps/v1", kind, namespace, name, "uid")


def test_stalled_traces_come_first_then_running_then_the_latest() -> None:
    store(
        put_trace("old", state="complete", updated=1.0),
        put_trace("new", state="superseded", updated=9.0),
        put_trace("running", state="running", updated=5.0),
        put_trace("stalled", state="stalled", updated=2.0),
    )
    assert shown() == ["stalled", "running", "new", "old"]


def test_filters_narrow_the_feed() -> None:
    store(
        put_trace("web", root=in_namespace("web"), title="deployment/nginx", holder=None),
        put_trace("db", root=in_namespace("db", "StatefulSet", "pg"), title="statefulset/pg"),
        put_trace("node", background=True, state="complete"),
        put_step("s1", "web", actor="kubelet"),
    )
    assert shown(Filter(namespace="web")) == ["web"]
    assert shown(Filter(kind="StatefulSet")) == ["db"]
    assert shown(Filter(actor="kubelet")) == ["web"]
    assert shown(Filter(actor="scheduler")) == ["db"]
    assert shown(Filter(state="stalled")) == []
    assert shown(Filter(text="NGIN web")) == ["web"]
    assert shown(Filter(text="100%_")) == []
    assert shown(Filter(namespace="", text="")) == ["db", "web"]
    assert shown(Filter(background=True)) == ["db", "web", "node"]


def test_paging_meets_each_unchanged_trace_once_while_rows_arrive() -> None:
    store(*(put_trace(f"t{at:02d}", updated=1.0 + at // 2) for at in range(10)))
    page = history.traces(limit=4)
    met = [row.id for row in page.rows]
    while page.next is not None:
        store(put_trace(f"new{len(met)}", updated=50.0), put_trace("t09", updated=60.0))
        page = history.traces(limit=4, before=page.next)
        met += [row.id for row in page.rows]
    assert met == ["t08", "t09", "t06", "t07", "t04", "t05", "t02", "t03", "t00", "t01"]


def test_the_last_page_names_no_next_one() -> None:
    store(put_trace("a"), put_trace("b"))
    assert history.traces(limit=2).next is None
    assert history.traces(limit=1).next is not None


@pytest.mark.parametrize("cursor", ["", "1", "x/1.0/t1", "1/x/t1"])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        history.traces(before=cursor)
    with pytest.raises(BadCursorError):
        history.steps("t1", after="nodash")


def test_steps_come_in_the_order_of_resource_versions() -> None:
    versions = [10, 9, 2**64 + 1, 99, 100, 2**64 - 1]
    store(*(put_step(f"v{version}", version=str(version)) for version in versions))
    assert [row.record.resource_version for row in history.steps("t1")] == [
        str(version) for version in sorted(versions)
    ]


def test_a_step_without_a_version_stands_behind_what_was_written_before_its_time() -> None:
    store(
        put_step("gone", version="", at=15.0),
        put_step("first", version="9", at=10.0),
        put_step("last", version="11", at=20.0),
    )
    store(put_step("gone-too", version="", at=16.0), put_step("begin", version="", at=1.0))
    order = ["begin", "first", "gone", "gone-too", "last"]
    assert [row.id for row in history.steps("t1")] == order
    assert sorted(row.cursor for row in history.steps("t1")) == [
        row.cursor for row in history.steps("t1")
    ]


def test_steps_are_paged_by_cursor() -> None:
    store(*(put_step(f"s{at}", version=str(at)) for at in range(8, 13)))
    first = history.steps("t1", limit=3)
    rest = history.steps("t1", after=first[-1].cursor, limit=3)
    assert [row.id for row in [*first, *rest]] == ["s8", "s9", "s10", "s11", "s12"]


def test_what_is_not_there_is_none() -> None:
    assert history.trace("no") is None
    assert history.step("no") is None
    assert history.steps("no") == []
    assert history.cluster() is None


def test_choices_are_what_occurs() -> None:
    store(
        put_trace("a", root=in_namespace("web"), holder="scheduler"),
        put_trace("b", root=in_namespace("", "Node", "node-1"), holder=None),
        put_step("s1", actor="kubelet"),
        put_step("s2", actor="client"),
        put_step("s3", actor="kubelet"),
    )
    choices = history.choices()
    assert choices.namespaces == ("web",)
    assert choices.kinds == ("Deployment", "Node")
    assert choices.actors == ("client", "kubelet", "scheduler")


def test_counts_tell_an_empty_history_from_a_quiet_one() -> None:
    assert history.counts() == history.Counts(0, 0, 0)
    store(put_trace("a"), put_trace("b", background=True), put_step())
    assert history.counts() == history.Counts(1, 1, 1)


def test_coverage_and_gaps_are_told_whole() -> None:
    refused = Problem(
        "forbidden", "Pods may not be listed.", "RBAC", "Apply the rule.", "rules: []"
    )
    watched = Coverage(DEPLOYMENTS, "watching", 100.0, objects=3, last_contact=99.0)
    forbidden = Coverage(PODS, "forbidden", 100.0, problem=refused)
    store(seen=forbidden)
    store(seen=watched)
    store(seen=gap(1.0))
    store(seen=gap(2.0))
    assert history.coverage() == [watched, forbidden]
    assert [row.record for row in history.gaps(limit=1)] == [gap(2.0)]


def test_epoch_and_key_are_made_once_for_a_database() -> None:
    assert history.epoch() == ""
    assert len(history.installation_key()) == 32
    assert history.epoch() == history.epoch() != ""
    assert history.installation_key() == history.installation_key()
    assert (history.head(), history.floor()) == (0, 0)


def test_what_began_last_comes_first_of_one_kind_or_of_custom_resources() -> None:
    site = ObjectRef("stable.example.com/v1", "Website", "web", "shop", "uid")
    store(
        put_trace("early", root=in_namespace("web"), started=1.0, updated=99.0),
        put_trace("late", root=in_namespace("web"), started=2.0, updated=3.0),
        put_trace("site", root=site, started=1.5),
        put_trace("unseen", root=in_namespace("web"), started=5.0, existing=True),
        put_trace("quiet", root=in_namespace("web"), started=6.0, background=True),
    )
    assert [row.id for row in history.begun("Deployment")] == ["late", "early"]
    assert [row.id for row in history.begun("Deployment", limit=1)] == ["late"]
    assert [row.id for row in history.begun()] == ["site"]
    later = (put_trace(f"t{n}", root=in_namespace("web"), started=10.0 + n) for n in range(501))
    store(*later)
    assert [row.id for row in history.begun()] == ["site"]

"""What a first contact tells of the revisions that a workload had before, and how it dates them."""

from typing import Any

import pytest

from eventstream.explain.engine import earlier, traces
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import EarlierRevision, Trace, TraceUpsert
from tests.explain.first_contact import contact, listed_at
from tests.explain.stories import Json, Story
from tests.explain.tapes import Result
from tests.explain.things import daemonset, deployment, revision, statefulset, thing

UNKNOWN_ASKER = "; who asked for it was not seen"
NOT_KEPT = "something that is not kept changed, such as env or a command"


def clock(minute: int) -> str:
    return f"2027-01-15T07:{minute:02d}:00Z"


def at(minute: int) -> float:
    return 1_800_000_000.0 - 3600 + minute * 60


def told(result: Result) -> dict[int, Trace]:
    """The revisions that are told, by number."""
    return {each.revision.number: each for each in result.traces.values() if each.revision}


def past(trace: Trace) -> EarlierRevision:
    assert trace.revision is not None
    return trace.revision


def entry(path: dict[str, Any], minute: int, manager: str = "kube-controller-manager") -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "time": clock(minute),
        "fieldsType": "FieldsV1",
        "fieldsV1": path,
    }


def replicaset(owner: Json, number: int, minute: int, image: str, **more: Any) -> Json:
    """A ReplicaSet that keeps a revision; `more` may have `history`, `written` and annotations."""
    annotations = {"deployment.kubernetes.io/revision": str(number)} | more.get("annotations", {})
    if "history" in more:
        annotations["deployment.kubernetes.io/revision-history"] = more["history"]
    metadata: Json = {"creationTimestamp": clock(minute), "annotations": annotations}
    if "written" in more:
        fields: Json = {"f:metadata": {"f:annotations": {f"f:{next(iter(annotations))}": {}}}}
        metadata["managedFields"] = [entry(fields, more["written"])]
    container = {"name": "c", "image": image} | more.get("container", {})
    containers = [container, *more.get("containers", [])]
    template = {
        "metadata": more.get("template", {}),
        "spec": {"containers": containers} | more.get("pod", {}),
    }
    spec = {"replicas": 0, "template": template}
    name = f"{owner['metadata']['name']}-{image.rpartition(':')[2]}-{minute}"
    return thing("ReplicaSet", name, "apps/v1", owner, metadata=metadata, spec=spec)


def controller_revision(
    owner: Json, number: int, minute: int, image: str, written: int | None = None
) -> Json:
    """A ControllerRevision as the StatefulSet controller stores one."""
    kept = revision(owner, f"{owner['metadata']['name']}-{image.rpartition(':')[2]}", number)
    kept["metadata"]["creationTimestamp"] = clock(minute)
    if written is not None:
        kept["metadata"]["managedFields"] = [entry({"f:data": {}, "f:revision": {}}, written)]
    container = {"name": "c", "image": image, "env": [{"name": "A", "value": "hunter2hunter2"}]}
    kept["data"] = {
        "spec": {"template": {"$patch": "replace", "spec": {"containers": [container]}}}
    }
    return kept


def found(owner: Json, *kept: Json) -> Result:
    """What is told where these were there when watching began."""
    story = Story()
    story.exists(owner)
    for each in kept:
        story.exists(each)
    return story.told()


def test_a_recorded_rollout_and_its_undo_are_told_with_their_times() -> None:
    known = told(contact("rolling_update", 20.0))
    assert sorted(known) == [1, 2]
    first, second = known[1], known[2]
    assert first.title == "deployment/web revision 1"
    assert first.cause == f"revision 1: the first one, with bitnami/nginx:latest{UNKNOWN_ASKER}"
    assert second.cause == f"revision 2: image of c bitnami/nginx latest → 1.27{UNKNOWN_ASKER}"
    assert past(first).exact
    assert past(second).exact
    assert first.ended == second.started == first.started + 4
    assert first.summary.startswith(
        "Read from ReplicaSet web-5874fb5fbd, and not watched: in effect"
    )
    assert "replaced by revision 3 at a time between 2026-11-23T00:08:32Z and" in second.summary
    assert second.ended is None
    assert [piece.text for piece in past(second).evidence] == [
        "ReplicaSet web-54b47689c5 keeps the Pod template of revision 2",
        "ReplicaSet web-54b47689c5 was made at 2026-11-23T00:08:32Z",
    ]


def test_what_a_workload_is_at_now_is_told_by_its_own_trace() -> None:
    [now] = [t for t in contact("rolling_update", 20.0).traces.values() if not t.revision]
    assert now.cause == (
        "existing since 2026-11-23T00:08:28Z, at revision 3 (back to the Pod template of revision "
        "1: image of c bitnami/nginx 1.27 → latest) since a time between 2026-11-23T00:08:32Z and "
        "2026-11-23T00:08:40Z; its cause was not seen"
    )
    [mended] = [t for t in contact("bad_image", 26.0).traces.values() if not t.revision]
    assert mended.cause == (
        "existing since 2026-11-23T00:09:41Z, at revision 2 (image of does-not-exist "
        "bitnami/does-not-exist:9 → bitnami/nginx:1.27) since 2026-11-23T00:10:06Z; its cause was "
        "not seen, but kubectl-set (a name the client chose) wrote to it then"
    )


def test_of_a_restart_who_has_its_annotation_is_named_though_another_wrote_then_too() -> None:
    web = deployment()
    annotated: Json = {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}
    restarted: Json = {"f:spec": {"f:template": {"f:metadata": annotated}}}
    web["metadata"]["managedFields"] = [
        entry({"f:spec": {"f:template": {"f:spec": {}}}}, 5, "kubectl-client-side-apply"),
        entry(restarted, 5, "kubectl-rollout"),
    ]
    asked = {"annotations": {"kubectl.kubernetes.io/restartedAt": clock(5)}}
    kept = replicaset(web, 1, 1, "nginx:1"), replicaset(web, 2, 5, "nginx:1", template=asked)
    [now] = [each for each in found(web, *kept).traces.values() if not each.revision]
    assert "at revision 2 (restarted)" in now.cause
    assert now.cause.endswith("but kubectl-rollout (a name the client chose) wrote to it then")


def test_they_are_no_rollouts() -> None:
    result = contact("rolling_update", 20.0)
    for trace in told(result).values():
        assert (trace.state, trace.holder, trace.stages, trace.steps) == ("superseded", None, (), 0)
        assert trace.background
        assert trace.existing
        assert trace.settled
        assert trace.sources == ("ReplicaSet.apps@shop",)
    assert result.steps == {}
    assert result.waits == {}


def test_what_was_read_is_a_source_also_where_nothing_could_be_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(traces, "assess", fail)
    [now] = [t for t in contact("rolling_update", 20.0).traces.values() if not t.revision]
    assert now.state == "unknown"
    assert "at revision 3" in now.cause
    assert now.sources is not None
    assert "ReplicaSet.apps@shop" in now.sources


CHANGED: list[tuple[Json, Json, str]] = [
    ({"image": "nginx:1"}, {"image": "nginx:2"}, "image of c nginx 1 → 2"),
    ({"image": "nginx:1"}, {"image": "other:1"}, "image of c nginx:1 → other:1"),
    (
        {"template": {}},
        {"template": {"annotations": {"kubectl.kubernetes.io/restartedAt": clock(3)}}},
        "restarted",
    ),
    (
        {"container": {"resources": {"limits": {"memory": "64Mi"}}}},
        {"container": {"resources": {"limits": {"memory": "128Mi"}}}},
        "memory limit of c 64Mi → 128Mi",
    ),
    (
        {"container": {"readinessProbe": {"periodSeconds": 5}}},
        {"container": {"readinessProbe": {"periodSeconds": 9}}},
        "readinessProbe of c changed",
    ),
    ({"template": {}}, {"template": {"labels": {"a": "b"}}}, "labels of its Pods changed"),
    (
        {"template": {"annotations": {"checksum/config": "one"}}},
        {"template": {"annotations": {"checksum/config": "two"}}},
        "annotation checksum/config of its Pods changed (value hidden)",
    ),
    ({}, {"containers": [{"name": "d", "image": "d:1"}]}, "container d added (d:1)"),
    ({"containers": [{"name": "d", "image": "d:1"}]}, {}, "container d removed"),
    ({}, {"pod": {"serviceAccountName": "robot"}}, "serviceAccountName changed"),
    (
        {},
        {"pod": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}},
        "claims among its volumes changed",
    ),
    ({"container": {"env": []}}, {"container": {"env": [{"name": "A", "value": "b"}]}}, NOT_KEPT),
]


@pytest.mark.parametrize(("before", "after", "said"), CHANGED, ids=[each[2] for each in CHANGED])
def test_what_changed_is_what_differs_between_the_templates(
    before: Json, after: Json, said: str
) -> None:
    web = deployment()
    ones = [
        replicaset(web, number, number, **({"image": "nginx:1"} | parts))
        for number, parts in ((1, before), (2, after), (3, {"image": "last:9"}))
    ]
    assert past(told(found(web, *ones))[2]).what == said


def test_a_revision_before_which_one_is_gone_says_from_which_on() -> None:
    web = deployment()
    kept = [replicaset(web, number, number, f"nginx:{number}") for number in (4, 7, 8)]
    known = told(found(web, *kept))
    assert past(known[4]).what == "the earliest that is kept, with nginx:4"
    assert past(known[7]).what == "image of c nginx 4 → 7 since revision 4"


DATED: list[tuple[Json, bool, int | None, int | None]] = [
    ({}, True, 4, 4),
    ({"history": "1", "written": 6}, False, 4, 6),
    ({"history": "1"}, False, 4, 8),
    ({"history": "1", "written": 9}, False, 4, 8),
    ({"history": "of no numbers", "written": 6}, False, 4, 6),
]


@pytest.mark.parametrize(("how", "exact", "since", "until"), DATED)
def test_a_number_that_moved_is_dated_between_what_is_known(
    how: Json, exact: bool, since: int, until: int
) -> None:
    """Revision 3 is in an object of minute 2, made before revision 2, or of minute 4."""
    web = deployment()
    third = replicaset(web, 3, 4 if not how else 2, "nginx:3", **how)
    kept = [replicaset(web, 2, 4 if how else 3, "nginx:2"), replicaset(web, 5, 8, "nginx:5")]
    revision_ = past(told(found(web, third, *kept))[3])
    assert revision_.exact is exact
    assert (revision_.since, revision_.until) == (at(since), at(until))


@pytest.mark.parametrize(
    "owner", [statefulset("db"), daemonset("db")], ids=lambda o: str(o["kind"])
)
def test_controller_revisions_tell_their_templates_and_when_they_got_their_number(
    owner: Json,
) -> None:
    kept = (
        controller_revision(owner, 2, 2, "pg:2", written=2),
        controller_revision(owner, 3, 1, "pg:1", written=5),
        controller_revision(owner, 4, 7, "pg:3", written=7),
        controller_revision(owner, 5, 8, "pg:4", written=8),
    )
    known = told(found(owner, *kept))
    assert sorted(known) == [2, 3, 4]
    assert past(known[2]).exact
    assert (past(known[3]).since, past(known[3]).until) == (at(2), at(5))
    assert past(known[3]).what == "image of c pg 2 → 1"
    assert past(known[4]).what == "image of c pg 1 → 3"
    assert "nothing says whether it had this number then" in past(known[3]).evidence[1].text


def test_what_nothing_dates_is_said_to_be_not_known() -> None:
    db = statefulset("db")
    kept = [revision(db, f"db-{number}", number) for number in (1, 2)]
    trace = told(found(db, *kept))[1]
    assert (past(trace).since, past(trace).until) == (None, None)
    assert "in effect since a time that is not known, replaced by revision 2 at" in trace.summary


def test_nothing_secret_comes_with_a_template_or_an_annotation() -> None:
    db, web = statefulset("db"), deployment()
    cause = {"kubernetes.io/change-cause": "kubectl set env deploy/web P=hunter2hunter2"}
    kept = [
        controller_revision(db, 1, 1, "pg:1", written=1),
        controller_revision(db, 2, 2, "pg:2", written=2),
        replicaset(web, 1, 1, "nginx:1", annotations=cause, history="hunter2hunter2"),
        replicaset(
            web, 2, 2, "nginx:2", container={"env": [{"name": "A", "value": "hunter2hunter2"}]}
        ),
    ]
    story = Story()
    for each in (db, web, *kept):
        story.exists(each)
    assert len(told(story.told())) == 1  # Both have a revision 1.
    assert "hunter2" not in repr(story.shown)
    assert "hunter2" not in repr(story.told().traces)
    said = [p.text for t in story.told().traces.values() if t.revision for p in t.revision.evidence]
    assert any(text.endswith("kubernetes.io/change-cause, whose value is hidden") for text in said)


def test_one_that_was_created_while_watching_is_no_earlier_one() -> None:
    web = deployment()
    story = Story()
    story.exists(web)
    story.exists(replicaset(web, 1, 1, "nginx:1"))
    story.create(replicaset(web, 2, 2, "nginx:2"), "kube-controller-manager")
    assert told(story.told()) == {}


def test_of_one_workload_and_in_all_only_so_many_are_told_and_the_rest_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(earlier, "IN_ALL", 15)
    engine, result = Engine("cluster"), Result()
    story = Story()
    for name in ("a", "b"):
        owner = deployment(name)
        story.exists(owner)
        for number in range(1, 15):
            story.exists(replicaset(owner, number, number, f"nginx:{number}"))
    for observation in story.shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(story.at, whole=True))
    numbers: dict[str, list[int]] = {}
    for trace in result.traces.values():
        if trace.revision:
            numbers.setdefault(trace.root.name, []).append(trace.revision.number)
    assert numbers == {"a": list(range(4, 14)), "b": list(range(4, 9))}
    assert engine.left_out["revisions"] == 3 + 3 + 5


def test_a_restart_tells_none_of_them_again_and_keeps_what_was_said() -> None:
    existing, _ = listed_at("rolling_update", 8.0)
    first, before = Engine("cluster"), Result()
    for observation in existing:
        before.take(first.apply(observation))
    now = existing[0].at + 5.0
    before.take(first.tick(now))
    open_ = [trace for trace in before.traces.values() if not trace.settled]
    assert [trace.title for trace in open_] == ["deployment/web"]
    assert ", at revision 3 (back to the Pod template of revision 1: image of c " in open_[0].cause

    second, after = Engine("cluster"), Result()
    images = [(change.resource, change.after) for change in existing if hasattr(change, "after")]
    second.restore(images, (), open_, now)
    for each in (0.5, 5.0, 60.0):
        after.take(second.tick(now + each))
    assert told(after) == {}
    assert all(trace.cause == open_[0].cause for trace in after.traces.values())
    assert after.traces


def test_they_are_told_once_all_are_there_and_at_no_cost_after() -> None:
    existing, following = listed_at("rolling_update", 20.0)
    engine = Engine("cluster")
    for observation in existing:
        engine.apply(observation)
    at_once = engine.tick(existing[0].at + 0.2)
    later = engine.tick(existing[0].at + 3.2)
    never = engine.tick(existing[0].at + 9.2)
    assert [count(upserts) for upserts in (at_once, later, never)] == [0, 2, 0]
    assert following is not None


def count(upserts: list[Any]) -> int:
    return sum(
        isinstance(each, TraceUpsert) and each.trace.revision is not None for each in upserts
    )

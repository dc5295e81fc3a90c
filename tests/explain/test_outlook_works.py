"""How long a controller may be at work of which it says so; and where none is at work at all."""

import pytest

from eventstream.kinds import taught
from tests.explain.stories import Json, Story, stamp
from tests.explain.things import condition, definition, deployment, pod, thing, website

_NOT = ("Ready", "False")
_KAFKA = "kafka.strimzi.io/v1"
_PAUSE = {"metadata": {"annotations": {"strimzi.io/pause-reconciliation": "true"}}}


def _told(story: Story, what: Json) -> tuple[str, str | None]:
    story.exists(thing("Namespace", f"at-{story.at:.0f}"))
    trace = story.trace(what)
    return trace.state, trace.diagnosis


def _judged(status: Json, seconds: float, *warnings: str) -> tuple[str, str | None]:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.wait(1)
    story.change(site, {"status": status}, "site-operator", sub="status")
    for warning in warnings:
        story.wait(1)
        story.tell(site, "Failed", warning, "site-operator", type="Warning")
    story.wait(seconds)
    return _told(story, site)


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Provisioning"},
        {"syncStatus": "InProgress"},
        {"phase": "Creating", "message": "this takes up to 15 minutes"},
        {"conditions": [condition(*_NOT, "Creating")]},
        {"phase": "Preparing", "conditions": [condition("Available", "False", "Unavailable")]},
        {"conditions": [condition("Available", "False", "WaitingForConfig"),
                        condition("Progressing", "True", "WaitingForAvailable")]},
    ],
)  # fmt: skip
def test_work_that_a_controller_names_is_given_time_and_not_for_ever(status: Json) -> None:
    assert _judged(status, 1100) == ("running", None)
    assert _judged(status, 1300) == ("stalled", "not-ready")


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Pending"},
        {"phase": "Queued", "message": "two are before it"},
        {"phase": "WaitingForSecret"},
        {"conditions": [condition(*_NOT, "NotReady")]},
        {"phase": "Creating", "message": "cannot reach the cloud"},
        {"conditions": [condition("Reconciling", "True", "ProgressingWithRetry")]},
    ],
)
def test_what_waits_or_tries_again_is_given_no_such_time(status: Json) -> None:
    assert _judged(status, 100) == ("stalled", "not-ready")


def test_work_of_which_its_controller_warns_is_given_no_such_time() -> None:
    assert _judged({"phase": "Creating"}, 100, "quota of the cloud is used up")[0] == "stalled"


def test_work_that_gets_on_goes_on() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    for done in (10, 20, 30):
        status = {"conditions": [condition(*_NOT, "Restoring", f"{done} of 40 tables")]}
        story.change(site, {"status": status}, "site-operator", sub="status")
        story.wait(1000)
    assert _told(story, site) == ("running", None)


def test_what_was_there_says_how_it_stands_since_its_status_was_written() -> None:
    story = Story()
    story.exists(definition())
    site = website(status={"phase": "Pending"})
    site["metadata"]["creationTimestamp"] = "2027-01-14T08:00:00Z"
    fields: Json = {"f:status": {"f:phase": {}}}
    site["metadata"]["managedFields"] = [
        {"manager": "site-operator", "operation": "Update", "subresource": "status",
         "apiVersion": "stable.example.com/v1", "time": stamp(story.at), "fieldsV1": fields},
    ]  # fmt: skip
    story.exists(site)
    story.wait(30)
    assert _told(story, site) == ("running", None)
    story.wait(60)
    assert _told(story, site) == ("stalled", "not-ready")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"phase": "Terminating"}, ("running", None)),
        ({"conditions": [condition(*_NOT, "Deleting")]}, ("running", None)),
        ({"phase": "Running"}, ("stalled", "finalizer-stuck")),
        ({"phase": "Creating"}, ("stalled", "finalizer-stuck")),
    ],
)
def test_who_says_that_it_takes_something_away_is_given_time_for_that(
    status: Json, says: tuple[str, str | None]
) -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(metadata={"finalizers": ["example.com/f"]}), "kubectl-create")
    story.change(site, {"status": {"phase": "Running"}}, "site-operator", sub="status")
    story.wait(60)
    story.change(site, {"metadata": {"deletionTimestamp": "2027-01-15T08:01:00Z"}})
    story.change(site, {"status": {"phase": None} | status}, "site-operator", sub="status")
    story.wait(600)
    assert _told(story, site) == says


@pytest.mark.parametrize("kind", ["Kafka", "KafkaTopic"])
@pytest.mark.parametrize("watched", [True, False])
def test_of_a_known_kind_that_nobody_reports_on_no_controller_may_be_running(
    kind: str, watched: bool
) -> None:
    story = Story(judge=taught.judge())
    made = thing(kind, "a", _KAFKA, spec={"partitions": 3})
    made["metadata"]["creationTimestamp"] = "2027-01-15T08:00:00Z"
    story.wait(0 if watched else 300)
    made = story.create(made, "kubectl-create") if watched else story.exists(made)
    story.wait(100)
    assert _told(story, made) == ("stalled", "no-controller")


@pytest.mark.parametrize("beside", [True, False])
def test_who_acts_on_others_of_the_kind_is_running(beside: bool) -> None:
    story = Story(judge=taught.judge())
    first, second = (thing("Backup", name, "velero.io/v1", spec={}) for name in ("a", "b"))
    story.create(first, "velero")
    story.create(second, "velero")
    story.wait(50)
    if beside:
        story.change(first, {"status": {"phase": "InProgress"}}, "velero-server")
    story.wait(50)
    assert _told(story, second) == ("stalled", "not-ready" if beside else "no-controller")


@pytest.mark.parametrize("acts", [True, False])
def test_who_acts_on_what_no_reference_ties_to_it_is_running(acts: bool) -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    web = deployment("shopfront")
    story.change(site, {"status": {"phase": "Ready"}}, "site-operator", sub="status")
    story.create(web, "site-operator")
    story.wait(60)
    story.change(site, {"spec": {"replicas": 3}}, "kubectl-patch")
    if acts:
        story.change(web, {"spec": {"replicas": 3}}, "site-operator")
    story.wait(100)
    assert _told(story, site) == ("stalled", "not-ready" if acts else "no-controller")


def test_what_was_changed_since_anybody_reported_on_it_was_not_acted_on() -> None:
    story = Story()
    story.exists(definition())
    site = website(status={"phase": "Ready"})
    entries = [("kubectl-edit", "", 0, "f:spec"), ("site-operator", "status", -60, "f:status")]
    site["metadata"]["managedFields"] = [
        {"manager": by, "operation": "Update", "subresource": part, "time": stamp(story.at + ago),
         "apiVersion": "stable.example.com/v1", "fieldsV1": {place: {"f:x": {}}}}
        for by, part, ago, place in entries
    ]  # fmt: skip
    story.exists(site)
    assert (
        story.trace(site).summary
        == "Website shopfront stands as it did. Its status.phase is Ready."
    )


@pytest.mark.parametrize(
    ("reports", "again", "stands"),
    [(False, 1, ("complete", None)), (True, 1, ("unknown", None)), (False, 3, ("unknown", None))],
    ids=["unseen", "seen in between", "something else"],
)  # fmt: skip
def test_who_had_reported_on_what_is_asked_again_has_nothing_to_do(
    reports: bool, again: int, stands: tuple[str, str | None]
) -> None:
    """A status of which no generation is a part stays as it is, and is not written.

    So it does where something else is asked, and nothing has to be made for that.
    """
    story = Story()
    site = story.create(website(spec={"replicas": 1}), "kubectl-create")
    story.change(site, {"status": {"phase": "Ready"}}, "site-operator", sub="status")
    story.wait(60)
    story.change(site, {"spec": {"replicas": 2}}, "kubectl-edit")
    if reports:
        story.change(site, {"status": {"sites": 2}}, "site-operator", sub="status")
    story.wait(2)
    story.change(site, {"spec": {"replicas": again}}, "flux")
    story.wait(100)
    assert _told(story, site) == stands


def test_what_nobody_acted_on_is_not_reported_on_by_that_its_trace_is_over() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(spec={"replicas": 1}), "kubectl-create")
    story.change(site, {"status": {"phase": "Ready"}}, "site-operator", sub="status")
    story.wait(60)
    story.change(site, {"spec": {"replicas": 2}}, "kubectl-edit")
    story.wait(400)
    assert _told(story, site) == ("unknown", None)
    for replicas in (3, 2):
        story.change(site, {"spec": {"replicas": replicas}}, "kubectl-edit")
        story.wait(2)
    assert _told(story, site) == ("running", None)


@pytest.mark.parametrize(
    ("kind", "api", "status", "well"),
    [
        ("Website", "stable.example.com/v1", {"phase": "Ready"}, "Its status.phase is Ready"),
        ("HumioParser", "core.humio.com/v1alpha1", {"state": "Exists"},
         "By the rule for its kind it is well"),
    ],
)  # fmt: skip
def test_a_change_that_need_not_show_may_have_been_taken_up(
    kind: str, api: str, status: Json, well: str
) -> None:
    story = Story(judge=taught.judge())
    site = story.exists(thing(kind, "a", api, spec={"size": 1}, status=status))
    story.wait(60)
    story.change(site, {"spec": {"size": 2}}, "kubectl-edit")
    story.wait(3600)
    assert _told(story, site) == ("unknown", None)
    assert story.trace(site).summary == (
        f"Nobody was seen to act on {kind} a. {well}, and its status names no generation: whether "
        "that holds for what is asked now cannot be told."
    )


@pytest.mark.parametrize("known", [True, False])
def test_what_is_paused_by_an_annotation_is_not_seen_and_that_is_no_wonder(known: bool) -> None:
    story = Story(judge=taught.judge())
    made = thing("Kafka", "a", _KAFKA if known else "example.com/v1", spec={"kafka": {}})
    made = story.create(made, "kubectl-create")
    ready = {"observedGeneration": 1, "conditions": [condition("Ready", "True")]}
    story.change(made, {"status": ready}, "strimzi", sub="status")
    story.wait(60)
    story.change(made, _PAUSE, "kubectl-annotate")
    story.wait(60)
    story.change(made, {"spec": {"kafka": {"replicas": 5}}}, "kubectl-edit")
    story.wait(600)
    assert _told(story, made) == ("stalled", "paused")


def test_what_rested_is_waited_for_since_it_rests_no_more() -> None:
    story = Story()
    story.exists(definition())
    mark = {"example.com/paused": "true"}
    site = story.create(website(metadata={"annotations": mark}), "kubectl-create")
    story.wait(600)
    story.change(site, {"metadata": {"annotations": None}}, "kubectl-annotate")
    story.wait(30)
    assert _told(story, site) == ("running", None)
    story.wait(60)
    assert _told(story, site) == ("stalled", "no-controller")


@pytest.mark.parametrize(
    ("reason", "says"),
    [("PDUnhealthy", ("running", None)), ("InvalidSpec", ("stalled", "not-ready"))],
)
def test_parts_that_are_not_healthy_are_no_failure_while_they_start(
    reason: str, says: tuple[str, str | None]
) -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.create(pod(site, "web-0", ""), "site-operator")
    failed = condition("Ready", "False", reason, "its members are not as they should be")
    story.change(site, {"status": {"conditions": [failed]}}, "site-operator", sub="status")
    assert _told(story, site) == says


def test_a_word_that_nobody_knows_is_not_that_all_is_well() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.create(thing("ConfigMap", "a", "v1", site), "site-operator")
    story.change(site, {"status": {"state": "Sharded"}}, "site-operator", sub="status")
    story.wait(100)
    assert _told(story, site) == ("unknown", None)
    assert "a word that nobody taught Baton" in story.trace(site).summary


def test_the_status_that_a_tool_wrote_is_no_report_on_another() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.wait(1)
    story.change(site, {"status": {"state": "odd"}}, "ansible-playbook", sub="status")
    story.wait(200)
    story.exists(thing("Namespace", "other"))
    summaries = [trace.summary for trace in story.told().traces.values()]
    assert len(summaries) == 2
    assert not any("as it did on another" in summary for summary in summaries)


def test_what_was_warned_of_is_told_where_nobody_knows_how_it_stands() -> None:
    story = Story()
    story.exists(definition())
    site = story.create(website(), "kubectl-create")
    story.wait(1)
    story.change(site, {"status": {"seen": True}}, "site-operator", sub="status")
    story.tell(site, "Failed", "no such table", "site-operator", type="Warning")
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    assert story.trace(site).state == "unknown"
    assert story.trace(site).summary.endswith("site-operator says: no such table.")

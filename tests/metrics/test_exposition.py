"""What is given out: each metric as the catalogue has it, true to the process, and no more names
than whoever asks may be told.
"""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from django.db import DatabaseError
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from dashboard.liveness import BEHIND_SECONDS
from dashboard.metrics import gathering, named
from dashboard.metrics.catalogue import IN_FRONT, METRICS
from dashboard.metrics.exposition import Sample, text
from eventstream import history, pulse
from eventstream.history import EVERYTHING, NOTHING, Rights
from eventstream.metrics import Counting, Exported, exporting
from eventstream.notifying import status as notifying
from eventstream.notifying.status import Notifications, TargetStatus
from eventstream.objects.observations import Coverage
from eventstream.objects.resource import Resource
from eventstream.pulse import Pulse
from tests.dashboard import scenes
from tests.metrics.conftest import answered, busy, of, series, stood

DEPLOYMENTS = Rights(everywhere=frozenset({"Deployment.apps"}))
PROMTOOL = shutil.which("promtool")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """A loop whose pulse is known."""
    made = Pulse(lambda: "")
    made.beat()
    monkeypatch.setattr(pulse, "_watched", [made])
    return made


@pytest.mark.django_db(transaction=True)
def test_all_that_the_catalogue_has_is_given_out_and_nothing_else(
    counting: Counting, watched: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = TargetStatus("ops", 2, 5, 1), TargetStatus("chat", error="it answered 404")
    monkeypatch.setattr(notifying, "_noted", [Notifications(3, "", targets)])
    monkeypatch.setattr(
        exporting, "_noted", [Exported(1, 7, 2, 3, "the collector did not take it")]
    )
    scenes.connected(Coverage(scenes.SECRETIVE, "watching", time.time(), lag=0.5))
    scenes.store(scenes.nginx(100.0))
    from eventstream.retention import _note

    _note(time.time(), 0.0)
    busy(counting)
    families = list(text_string_to_metric_families(answered(EVERYTHING).decode()))
    given = {f"{each.name}_total" if each.type == "counter" else each.name for each in families}
    assert given == set(METRICS) - IN_FRONT
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        metric = METRICS[name]
        assert family.documentation == metric.meaning
        assert family.type == ("gauge" if metric.type == "info" else metric.type)
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels == set(metric.labels), name
    body = answered(EVERYTHING)
    assert of("baton_notification_targets_failing", body) == {(): 1.0}
    assert of("baton_notifications_total", body)[("delivered",)] == 5
    assert of("baton_otlp_traces_total", body) == {("sent",): 7, ("failed",): 2, ("dropped",): 3}


@pytest.mark.django_db(transaction=True)
def test_numbers_are_those_of_the_process(counting: Counting, watched: Pulse) -> None:
    scenes.connected(scenes.forbidden(), lag=1.5)
    busy(counting)
    body = answered(EVERYTHING)
    assert of("baton_live", body) == {(): 1.0}
    assert of("baton_watches", body)[("watching",)] == 2
    assert of("baton_watches", body)[("forbidden",)] == 1
    assert of("baton_objects", body) == {(): 13.0}
    assert of("baton_lag_seconds", body) == {(): 0.25}
    assert of("baton_queue_rows", body) == {(): 3.0}
    assert of("baton_queue_limit_rows", body) == {(): 10.0}
    assert of("baton_storing", body) == {(): 1.0}
    assert of("baton_commit_failures_total", body) == {(): 1.0}
    assert of("baton_store_bytes", body)[()] > 0
    assert of("baton_store_limit_bytes", body) == {(): 512 * 2**20}
    assert of("baton_loop_delay_seconds_count", body) == {(): 1.0}
    assert of("baton_cluster_info", body) == {("practice", "v1.36.2"): 1.0}
    assert of("process_resident_memory_bytes", body)[()] > 2**20


@pytest.mark.django_db(transaction=True)
def test_live_is_what_every_page_says(counting: Counting) -> None:
    assert of("baton_live", answered(NOTHING)) == {(): 0.0}
    scenes.connected()
    for lag, live in ((0.2, 1.0), (BEHIND_SECONDS + 1, 0.0)):
        scenes.connected(lag=lag)
        assert of("baton_live", answered(NOTHING)) == {(): live}


@pytest.mark.django_db(transaction=True)
def test_traces_are_told_by_kind_namespace_and_state(counting: Counting) -> None:
    busy(counting)
    body = answered(EVERYTHING)
    assert of("baton_traces", body) == {
        ("apps", "Deployment", "web", "running"): 1.0,
        ("apps", "Deployment", "web", "stalled"): 1.0,
        ("", "Node", "", "unknown"): 1.0,
    }
    assert of("baton_stalled_traces", body) == {("image-not-found", "apps", "Deployment", "web"): 1}
    assert of("baton_traces_settled_total", body) == {("apps", "Deployment", "shop", "complete"): 1}
    assert of("baton_trace_duration_seconds_sum", body) == {("apps", "Deployment", "shop"): 40.0}
    buckets = of("baton_trace_duration_seconds_bucket", body)
    assert buckets[("apps", "Deployment", "60.0", "shop")] == 1
    assert buckets[("apps", "Deployment", "30.0", "shop")] == 0
    assert buckets[("apps", "Deployment", "+Inf", "shop")] == 1


@pytest.mark.django_db(transaction=True)
def test_no_name_is_told_of_a_kind_that_is_not_listed_in_the_whole_cluster(
    counting: Counting,
) -> None:
    scenes.connected(scenes.forbidden())
    busy(counting)
    within = Rights(within={"web": frozenset({"Deployment.apps", "Pod"})})
    for rights in (NOTHING, within):
        named_ = [name for name, _ in series(answered(rights)) if METRICS.get(name, None)]
        assert not any(METRICS[name].names for name in named_)
        assert b"web" not in answered(rights)
        assert b"deployments" not in answered(rights)
    body = answered(DEPLOYMENTS)
    assert set(of("baton_traces", body)) == {
        ("apps", "Deployment", "web", "running"),
        ("apps", "Deployment", "web", "stalled"),
    }
    assert set(of("baton_resource_watched", body)) == {("apps", "deployments")}


@pytest.mark.django_db(transaction=True)
def test_a_diagnosis_is_told_to_who_may_see_what_it_draws_on(counting: Counting) -> None:
    busy(counting)
    withheld = answered(DEPLOYMENTS)
    assert of("baton_stalled_traces", withheld) == {("withheld", "apps", "Deployment", "web"): 1.0}
    both = Rights(everywhere=frozenset({"Deployment.apps", "Pod"}))
    assert ("image-not-found", "apps", "Deployment", "web") in of(
        "baton_stalled_traces", answered(both)
    )


@pytest.mark.django_db(transaction=True)
def test_so_many_resources_have_series_of_their_own(counting: Counting) -> None:
    kinds = [
        Coverage(Resource("example.org", "v1", f"things{n:04d}", f"Thing{n:04d}"), "watching", 1.0)
        for n in range(named.RESOURCES_MOST + 20)
    ]
    scenes.connected(*kinds)
    body = answered(EVERYTHING)
    assert len(of("baton_resource_watched", body)) == named.RESOURCES_MOST
    assert of("baton_watches", body)[("watching",)] == len(kinds) + 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_as_long_whatever_the_cluster_has(counting: Counting) -> None:
    from eventstream.explain.vocabulary.records import TraceUpsert

    def grown(since: int, until: int) -> int:
        for number in range(since, until):
            at = f"ns-{number}"
            for each in (
                stood(f"r{number}", "running", at),
                stood(f"s{number}", "stalled", at, diagnosis=f"code-{number % 50}", sources=()),
                stood(f"c{number}", "complete", at, ended=101.0),
                stood(f"c{number}", "complete", at, ended=101.0, settled=True),
            ):
                counting.take(None, [TraceUpsert(each)])
        return len(series(answered(EVERYTHING)))

    grown(0, 1100)
    assert grown(1100, 1200) == grown(1200, 2500)


@pytest.mark.django_db(transaction=True)
def test_a_history_that_cannot_be_read_takes_only_its_own_numbers_away(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise DatabaseError("disk I/O error")

    busy(counting)
    monkeypatch.setattr(history, "cluster", broken)
    body = answered(EVERYTHING)
    assert of("baton_history_readable", body) == {(): 0.0}
    assert of("baton_live", body) == {(): 0.0}
    assert of("baton_store_bytes", body) == {}
    assert of("baton_queue_rows", body) == {(): 3.0}
    assert len(of("baton_traces", body)) == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_given_out_keeps_the_rules_of_prometheus(
    counting: Counting, watched: Pulse, tmp_path: Path
) -> None:
    scenes.connected(lag=0.3)
    busy(counting)
    file = tmp_path / "metrics"
    file.write_bytes(answered(EVERYTHING))
    assert PROMTOOL, "Debian's package prometheus is not installed; make install brings it"
    with file.open() as given:
        checked = subprocess.run(
            [PROMTOOL, "check", "metrics"], stdin=given, capture_output=True, text=True, check=False
        )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.django_db(transaction=True)
def test_who_accepts_openmetrics_is_given_that(counting: Counting, watched: Pulse) -> None:
    busy(counting)
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    body = answered(EVERYTHING, accept)
    names = {family.name for family in open_metrics(body.decode())}  # type: ignore[no-untyped-call]
    assert {"baton_traces", "baton_gaps", "baton_loop_delay_seconds"} <= names


def test_what_no_catalogue_has_is_an_error() -> None:
    with pytest.raises(KeyError, match="baton_made_up"):
        text([Sample("baton_made_up", 1)], "")
    with pytest.raises(ValueError, match=r"baton_watches has the labels \('state',\)"):
        text([Sample("baton_watches", 1)], "")
    with pytest.raises(TypeError, match="baton_loop_delay_seconds is no int"):
        text([Sample("baton_loop_delay_seconds", 1)], "")


def test_gathering_asks_the_system_for_the_process() -> None:
    names = {sample.name for sample in gathering.of_process(None)}
    assert {name for name in METRICS if name.startswith("process_")} <= names

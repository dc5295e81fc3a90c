"""Settled traces go to the collector that the environment names, once, and hold up nothing."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import pytest
from channels.db import database_sync_to_async
from django.core.management import CommandError, call_command
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from eventstream import metrics
from eventstream.explain.vocabulary.records import TraceUpsert
from eventstream.metrics import Exported, exporting
from eventstream.otlp import exporter
from eventstream.otlp.exporter import Exporter, is_asked_for
from tests.dashboard import scenes
from tests.otlp.collector import Collector, collecting, spans_of
from tests.sending import running, until

STARTED = 1_795_000_000.0


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    for name, quick in (("STORED_SECONDS", 0.0), ("PAUSE_SECONDS", 0.01)):
        monkeypatch.setattr(exporter, name, quick)
    with collecting() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-scope=baton")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        yield made
    exporting.note(None)


@asynccontextmanager
async def exports() -> AsyncIterator[Exporter]:
    made = Exporter("prod-eu")
    async with running(made.run()):
        yield made


def so_far() -> Exported:
    noted = metrics.exported()
    assert noted is not None
    return noted


@pytest.mark.django_db(transaction=True)
async def test_a_settled_trace_is_sent_with_its_stored_steps(collector: Collector) -> None:
    trace, steps = scenes.nginx(STARTED)
    await database_sync_to_async(lambda: scenes.store((trace, steps)))()
    async with exports() as made:
        made.take([TraceUpsert(trace)])
        await until(lambda: so_far().sent == 1)
    ((path, headers, _),) = collector.requests
    assert path == "/v1/traces"
    assert headers["x-scope"] == "baton"
    assert len(collector.spans()) == 1 + len(steps)
    assert {service for service, _ in collector.spans()} == {
        *("kubernetes", "client", "deployment-controller", "replicaset-controller"),
        *("scheduler", "kubelet"),
    }


@pytest.mark.django_db(transaction=True)
async def test_what_is_not_settled_or_not_in_history_is_not_sent(collector: Collector) -> None:
    trace, steps = scenes.nginx(STARTED)
    stalled, _ = scenes.stuck(STARTED)
    background = scenes.trace("b", scenes.ref("Pod", "b"), 1.0, background=True, settled=True)
    await database_sync_to_async(lambda: scenes.store((trace, steps)))()
    async with exports() as made:
        gone = scenes.trace("gone", scenes.ref("Pod", "a"), STARTED, settled=True)
        made.take([TraceUpsert(each) for each in (stalled, background, gone, trace)])
        await until(lambda: so_far().sent == 1)
    assert (so_far().dropped, so_far().waiting) == (1, 0)
    assert len(collector.requests) == 1


@pytest.mark.django_db(transaction=True)
async def test_a_collector_that_refuses_is_tried_again_then_given_up(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    again, more = scenes.nginx(STARTED, "again", pods=1)
    await database_sync_to_async(lambda: scenes.store((trace, steps), (again, more)))()
    async with exports() as made:
        collector.answers = [400, 400]
        made.take([TraceUpsert(trace)])
        await until(lambda: so_far().sent == 1)
        assert so_far().error == ""
        collector.answers = [400] * exporter.TRIES
        made.take([TraceUpsert(trace), TraceUpsert(again)])
        await until(lambda: so_far().failed == 1)
    assert len(collector.requests) == 1
    assert "Traces are not exported: the collector did not take it." in caplog.text


async def test_no_more_wait_than_may_and_that_is_counted(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "WAITING_MOST", 2)
    made = Exporter("prod-eu")
    traces = [scenes.nginx(STARTED, f"t{number}", pods=0)[0] for number in range(5)]
    made.take([TraceUpsert(each) for each in (*traces, traces[0])])
    assert (so_far().waiting, so_far().dropped) == (2, 3)


async def test_each_waits_until_it_is_stored_and_not_for_those_before_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "STORED_SECONDS", 0.3)
    sent: list[float] = []

    async def send(_: Exporter, trace_id: str) -> None:
        sent.append(time.monotonic())

    monkeypatch.setattr(Exporter, "_send", send)
    began = time.monotonic()
    async with exports() as made:
        traces = [scenes.nginx(STARTED, f"t{number}", pods=0)[0] for number in range(30)]
        made.take([TraceUpsert(each) for each in traces])
        await until(lambda: len(sent) == 30)
    assert sent[0] - began >= 0.3
    assert sent[-1] - sent[0] < 0.3 * 29


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_environment_says_whether_anything_is_sent(
    environment: dict[str, str], asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_asked_for() is asked


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("otlp", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_writes_and_sends_a_trace(
    collector: Collector, any_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.connected(name="prod-eu")
    scenes.store(scenes.nginx(STARTED, pods=1))
    document = json.loads(printed("nginx"))
    assert len(document["resourceSpans"]) == 6
    made = tmp_path / "trace.otlp"
    printed("nginx", "--format", "protobuf", "--output", str(made))
    whole = ExportTraceServiceRequest.FromString(made.read_bytes())
    assert len(list(spans_of(whole))) == 9
    assert printed("nginx", "--send") == "The collector took 9 spans.\n"
    assert len(collector.spans()) == 9
    with pytest.raises(CommandError, match="holds no trace none"):
        printed("none")
    with pytest.raises(CommandError, match="name a file by --output"):
        printed("nginx", "--format", "protobuf")
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    with pytest.raises(CommandError, match="set OTEL_EXPORTER_OTLP_ENDPOINT"):
        printed("nginx", "--send")

"""A trace is a trace, a step a span of its actor; what it rests on is told with it, bounded."""

from typing import Any

from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from eventstream.explain.vocabulary.records import Evidence, Step, Trace
from eventstream.otlp import spans as made
from eventstream.otlp.sending import as_json, as_protobuf
from eventstream.otlp.spans import spans
from tests.dashboard import scenes
from tests.otlp.collector import attributes, spans_of

STARTED = 1_795_000_000.0


def told(trace: Trace, steps: list[Step]) -> dict[str, tuple[str, Any]]:
    """Each span by its name, read back from the protobuf, with its service."""
    sent = as_protobuf(list(spans(trace, steps, "prod-eu")))
    return {span.name: (service, span) for service, span in spans_of(_read(sent))}


def _read(sent: bytes) -> Any:
    return ExportTraceServiceRequest.FromString(sent)


def test_a_trace_is_a_trace_and_each_step_a_span_of_its_actor() -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    found = told(trace, steps)
    service, root = found["deployment/nginx"]
    assert (service, root.parent_span_id) == ("kubernetes", b"")
    assert root.start_time_unix_nano == 1_795_000_000_000_000_000
    assert root.end_time_unix_nano == 1_795_000_000_812_000_000
    assert attributes(root)["baton.state"] == "complete"
    assert {span.trace_id for _, span in found.values()} == {root.trace_id}
    service, client = found["create deployment/nginx"]
    assert (service, client.parent_span_id) == ("client", root.span_id)
    assert client.start_time_unix_nano == client.end_time_unix_nano
    service, created = found["create replicaset/nginx-754449dc84"]
    assert (service, created.parent_span_id) == ("deployment-controller", client.span_id)
    assert created.start_time_unix_nano == 1_795_000_000_000_000_000
    assert created.end_time_unix_nano == 1_795_000_000_007_000_000


def test_evidence_is_attributes_and_causes_are_links() -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    first, second, third = steps[:3]
    third = replace(third, causes=(second.id, first.id, "elsewhere"))
    _, span = told(trace, [first, second, third])[f"create pod/{third.object.name}"]
    of = attributes(span)
    assert of["baton.evidence"] == [
        f"what observed by watch: Pod {third.object.name} was ADDED",
        "who reported by managedFields: manager kube-controller-manager",
        "why inferred by sequence: the documented sequence has this step here",
    ]
    assert of["baton.grade.who"] == "reported"
    assert of["baton.causes"] == [second.id, first.id, "elsewhere"]
    named = {span.span_id for _, span in told(trace, [first, second]).values()}
    assert len(span.links) == 2
    assert {link.span_id for link in span.links} < named


def test_no_value_of_a_field_is_told() -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    _, span = told(trace, steps)["create deployment/nginx"]
    assert attributes(span)["baton.fields"] == [
        "spec.replicas",
        "spec.template.spec.containers[nginx].env",
    ]


def test_a_stalled_trace_is_an_error_that_says_why() -> None:
    trace, steps = scenes.stuck(STARTED)
    _, root = told(trace, steps)["deployment/bad"]
    assert (root.status.code, root.status.message) == (2, "0 of 3 Pods run.")
    assert attributes(root)["baton.diagnosis"] == "image-not-found"
    assert "Event Failed from kubelet: not found" in attributes(root)["baton.evidence"][0]


def test_ids_are_the_same_in_every_run_and_no_two_alike() -> None:
    trace, steps = scenes.nginx(STARTED)
    once, again = (as_protobuf(list(spans(trace, steps, ""))) for _ in range(2))
    assert once == again
    ids = [span.span_id for _, span in spans_of(_read(once))]
    assert len(set(ids)) == len(ids) == 21
    assert all(len(id_) == 8 for id_ in ids)


def test_what_has_no_end_is_cut_and_counted() -> None:
    trace, (step,) = scenes.stuck(STARTED)
    many = tuple(Evidence("observed", "watch", f"{n}" + "x" * 9000) for n in range(100))
    _, span = told(trace, [replace(step, evidence=many)])["create deployment/bad"]
    pieces = attributes(span)["baton.evidence"]
    assert len(pieces) == made.LISTED_MOST + 1
    assert pieces[-1] == "and 36 more"
    assert max(map(len, pieces)) == made.TEXT_MOST


def test_hostile_names_are_text_without_control_characters() -> None:
    trace, steps = scenes.hostile(STARTED)
    steps = [replace(steps[0], what="a\x1b[2Jb")]
    (_, span) = list(told(trace, steps).values())[1]
    assert "\x1b" not in attributes(span)["baton.what"]


def test_a_cause_that_is_later_by_its_clock_makes_no_span_that_ends_before_it_begins() -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    steps = [replace(steps[0], at=STARTED + 60), *steps[1:]]
    assert all(
        span.start_time_unix_nano <= span.end_time_unix_nano
        for _, span in told(trace, steps).values()
    )


def test_json_has_ids_in_hexadecimal_as_otlp_asks() -> None:
    trace, steps = scenes.nginx(STARTED, pods=1)
    document = as_json(list(spans(trace, steps, "")))
    found = [
        span
        for resource in document["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    expected = {span.span_id.hex() for _, span in told(trace, steps).values()}
    assert expected <= {span["spanId"] for span in found}
    assert all(len(bytes.fromhex(span["traceId"])) == 16 for span in found)
    assert all(len(bytes.fromhex(span.get("parentSpanId", "00" * 8))) == 8 for span in found)

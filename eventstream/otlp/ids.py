"""The ids of traces and spans: the same for the same write in every run, as Baton's own are."""

from hashlib import blake2b

TRACE_BYTES, SPAN_BYTES = 16, 8


def trace_number(trace_id: str) -> int:
    """The id of a trace in OpenTelemetry, never 0."""
    return _number(trace_id, TRACE_BYTES)


def span_number(step_id: str) -> int:
    """The id of a step's span, or of a trace's own by the trace's id; never 0."""
    return _number(step_id, SPAN_BYTES)


def _number(text: str, size: int) -> int:
    made = blake2b(text.encode("utf-8", "replace"), digest_size=size, person=b"baton-otlp")
    return int.from_bytes(made.digest(), "big") or 1

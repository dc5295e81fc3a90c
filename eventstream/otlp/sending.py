"""Sends spans to the collector that OpenTelemetry's variables name, and makes files of them."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

AT_ONCE = 512
"""So many spans go in one request."""

_IDS = ("traceId", "spanId", "parentSpanId")


class Sender:
    """Sends from whichever thread calls; OTEL_EXPORTER_OTLP_* say where to, and how."""

    def __init__(self) -> None:
        self._exporter = OTLPSpanExporter()

    def send(self, spans: Sequence[ReadableSpan]) -> bool:
        """Send all, a part at a time; returns whether the collector took them."""
        return all(
            self._exporter.export(spans[start : start + AT_ONCE]) is SpanExportResult.SUCCESS
            for start in range(0, len(spans), AT_ONCE)
        )


def as_protobuf(spans: Sequence[ReadableSpan]) -> bytes:
    """The spans as a TracesData message of OTLP."""
    return bytes(encode_spans(spans).SerializeToString())


def as_json(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """The same as OTLP's JSON, in which ids are hexadecimal."""
    told: dict[str, Any] = MessageToDict(encode_spans(spans))
    for span in _told(told):
        for holder in (span, *span.get("links", ())):
            for name in _IDS:
                if name in holder:
                    holder[name] = b64decode(holder[name]).hex()
    return told


def _told(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in document.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            yield from scope.get("spans", ())

"""A collector on loopback that reads what it is sent as OTLP's own protobuf."""

from collections.abc import Iterator
from contextlib import contextmanager
from gzip import decompress
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.sending import Answer, serving


class Collector:
    """What came: requests with their paths and headers; `answers` go first, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[int] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            if headers.get("Content-Encoding") == "gzip":
                body = decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            self.requests.append((path, headers, request))
        return status, {}

    def spans(self) -> list[tuple[str, Any]]:
        """Each span that was taken, with its service."""
        return [each for _, _, request in self.requests for each in spans_of(request)]


def spans_of(request: Any) -> Iterator[tuple[str, Any]]:
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield attributes(resource.resource)["service.name"], span


def attributes(of: Any) -> dict[str, Any]:
    """The attributes of a span or resource as Python has them."""
    return {each.key: _value(each.value) for each in of.attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector as long as the block lasts."""
    collector = Collector()
    with serving(collector.take) as url:
        collector.url = url
        yield collector

"""A collector on loopback that reads what it is sent as OTLP's own protobuf."""

from collections.abc import Iterator
from contextlib import contextmanager
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What came: requests with their paths and headers; `answers` go first, then 200."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.answers: list[int] = []

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = decompress(body)
            status = collector.answers.pop(0) if collector.answers else 200
            if status == 200:
                request = ExportTraceServiceRequest.FromString(body)
                collector.requests.append((self.path, dict(self.headers), request))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()

"""A vendor's intake on loopback: takes what is posted, keeps it with path and headers, and answers as it is told."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.artefacts.collector_driver import LOOPBACK

Answer = tuple[int, dict[str, str]]
TAKEN: Answer = (200, {})


@dataclass(frozen=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    """As it came."""
    at: float
    """When, by a monotonic clock."""
    answer: int

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body


@dataclass
class Vendor:
    """Use as a context manager. `answers` gives what each request, by its number, is answered."""

    answers: Callable[[int], Answer] = lambda _: TAKEN
    posted: list[Posted] = field(default_factory=list[Posted])

    def __enter__(self) -> Vendor:
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def taken(self, signal: str) -> Iterator[Posted]:
        """What was posted for a signal and taken."""
        return (one for one in list(self.posted) if one.path.endswith(f"/v1/{signal}") and one.answer == 200)

    def lines(self) -> list[LogRecord]:
        """Log records that were taken."""
        requests = (ExportLogsServiceRequest.FromString(one.content) for one in self.taken("logs"))
        return [
            record
            for request in requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def spans(self) -> list[Span]:
        """Spans that were taken."""
        requests = (ExportTraceServiceRequest.FromString(one.content) for one in self.taken("traces"))
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status, headers = vendor.answers(len(vendor.posted))
                vendor.posted.append(Posted(self.path, dict(self.headers.items()), body, time.monotonic(), status))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler

"""Back ends for tests: OTLP servers on loopback that keep what they get, and can go away and come back."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.artefacts.collector_driver import LOOPBACK

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
TRACES_OPTIONS = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
PATHS = {
    "/otlp/v1/logs": (ExportLogsServiceRequest, ExportLogsServiceResponse),
    "/otlp/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}


class Sink(TraceServiceServicer):
    """Tempo's, Loki's and Mimir's OTLP side. Use as a context manager.

    With a folder of tls.crt, tls.key and ca.crt it serves over TLS; with `asks_clients`, traces only to clients of that
    CA, whose certificates it keeps.
    """

    def __init__(self, certificates: Path | None = None, *, asks_clients: bool = False) -> None:
        self.certificates = certificates
        self.clients: list[bytes] = []
        self._asks_clients = asks_clients
        self.traces: list[ExportTraceServiceRequest] = []
        self.logs: list[ExportLogsServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.ports: dict[str, int] = {"traces": 0, "http": 0}
        self._grpc: grpc.Server | None = None
        self._http: ThreadingHTTPServer | None = None

    def __enter__(self) -> Sink:
        self.come()
        return self

    def __exit__(self, *error: object) -> None:
        self.go()

    def come(self) -> None:
        """Listen, on the same ports as before."""
        self._grpc = grpc.server(futures.ThreadPoolExecutor(4), options=TRACES_OPTIONS)
        add_TraceServiceServicer_to_server(self, self._grpc)
        address = f"{LOOPBACK}:{self.ports['traces']}"
        self._http = ThreadingHTTPServer((LOOPBACK, self.ports["http"]), _handler(self))
        if self.certificates is None:
            self.ports["traces"] = self._grpc.add_insecure_port(address)
        else:
            self.ports["traces"] = self._grpc.add_secure_port(address, self._credentials(self.certificates))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificates / "tls.crt", self.certificates / "tls.key")
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._grpc.start()
        self.ports["http"] = self._http.server_port
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def go(self) -> None:
        """Stop listening; connections break."""
        if self._grpc is not None:
            self._grpc.stop(0).wait()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()

    def _credentials(self, certificates: Path) -> grpc.ServerCredentials:
        pair = [((certificates / "tls.key").read_bytes(), (certificates / "tls.crt").read_bytes())]
        return grpc.ssl_server_credentials(pair, (certificates / "ca.crt").read_bytes(), self._asks_clients)

    @property
    def back_ends(self) -> dict[str, str]:
        """Endpoints by the gateway's exporter names."""
        scheme = "http" if self.certificates is None else "https"
        http = f"{scheme}://{LOOPBACK}:{self.ports['http']}/otlp"
        tempo = f"{LOOPBACK}:{self.ports['traces']}"
        return {"otlp_grpc/tempo": tempo, "otlp_http/loki": http, "otlp_http/mimir": http}

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: N802
        self.traces.append(request)
        self.clients += context.auth_context().get("x509_pem_cert", [])
        return ExportTraceServiceResponse()

    def spans(self) -> Iterator[tuple[Resource, Span]]:
        for request in list(self.traces):
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        yield resource.resource, span

    def records(self) -> Iterator[tuple[Resource, LogRecord]]:
        for request in list(self.logs):
            for resource in request.resource_logs:
                for scope in resource.scope_logs:
                    for record in scope.log_records:
                        yield resource.resource, record

    def measured(self, name: str) -> Iterator[tuple[Resource, Metric]]:
        for request in list(self.metrics):
            for resource in request.resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        if metric.name == name:
                            yield resource.resource, metric

    def everything(self) -> bytes:
        """All that was received, as bytes to search in."""
        return b"\n".join(one.SerializeToString() for kept in (self.traces, self.logs, self.metrics) for one in kept)


def text(value: AnyValue) -> str:
    """A value as people read it."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case None:
            return ""
        case kind:
            return str(getattr(value, kind))


def attributes(holder: Any) -> dict[str, str]:
    """The attributes of anything that has some."""
    return {one.key: text(one.value) for one in holder.attributes}


def _handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request, response = PATHS[self.path]
            (sink.logs if request is ExportLogsServiceRequest else sink.metrics).append(request.FromString(body))
            answer = response().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler

"""Collectors with certificates, and who talks to them over TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics

from telemetry.collector.agent import agent_config
from telemetry.collector.gateway import gateway_config
from telemetry.kubernetes.endpoints import Endpoints
from tests.artefacts.certificate_folders import CertificateFolders
from tests.artefacts.collector_driver import LOOPBACK, Collector, Document, Ports, on_loopback, running
from tests.artefacts.collector_traffic import KINDS, make_traces, requests
from tests.artefacts.otlp_sink import Sink
from tests.artefacts.otlp_source import value
from tests.stacks import stack_settings

SETTINGS = stack_settings("prod")
HOST = Endpoints.of(SETTINGS).collector_gateway_otlp_grpc.rpartition(":")[0]
ERROR = KINDS[0]
NODE_PARTS = {"receivers": ("otlp",), "processors": ("memory_limiter", "batch")}


@contextmanager
def gateway(folders: CertificateFolders, directory: Path, sink: Sink) -> Iterator[Collector]:
    (directory / "state").mkdir(parents=True)
    ports = Ports.free()
    document = on_loopback(
        gateway_config(SETTINGS).document(),
        ports,
        directory / "state",
        sink.back_ends,
        folders.folder("collector-gateway"),
    )
    with running(document, ports, directory) as collector:
        yield collector


@contextmanager
def agent(
    folders: CertificateFolders,
    directory: Path,
    gateway_port: int,
    compression: str = "zstd",
    rendered: Document | None = None,
) -> Iterator[Collector]:
    """prod's agent without what looks at its node and cluster; Python's gRPC doesn't know its compression."""
    (directory / "state").mkdir(parents=True)
    ports = Ports.free()
    back_ends = {"otlp_grpc": f"{LOOPBACK}:{gateway_port}"}
    rendered = rendered or without_a_node(agent_config(SETTINGS).document())
    document = on_loopback(rendered, ports, directory / "state", back_ends, folders.folder("collector-agent"))
    for exporter in document["exporters"].values():
        exporter["compression"] = compression
    with running(document, ports, directory) as collector:
        yield collector


def without_a_node(document: Document) -> Document:
    pipelines: Document = {}
    for name, pipeline in document["service"]["pipelines"].items():
        kept = {kind: [one for one in pipeline[kind] if one in NODE_PARTS[kind]] for kind in NODE_PARTS}
        if kept["receivers"]:
            pipelines[name] = {**pipeline, **kept}
    extensions = {name: document["extensions"][name] for name in ("health_check", "file_storage")}
    reduced = {kind: {name: document[kind][name] for name in kept} for kind, kept in NODE_PARTS.items()}
    service = {**document["service"], "extensions": list(extensions), "pipelines": pipelines}
    return {**document, **reduced, "extensions": extensions, "service": service}


def errors(seed: int) -> Iterator[ExportTraceServiceRequest]:
    """Requests of one trace that sampling keeps."""
    return requests(seed, make_traces(seed, 1, [ERROR]))


def a_log_line() -> ExportLogsServiceRequest:
    scope = ScopeLogs(log_records=[LogRecord(time_unix_nano=time.time_ns(), body=value("over TLS"))])
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(scope_logs=[scope])])


def a_gauge() -> ExportMetricsServiceRequest:
    point = NumberDataPoint(time_unix_nano=time.time_ns(), as_int=7)
    scope = ScopeMetrics(metrics=[Metric(name="over_tls", gauge=Gauge(data_points=[point]))])
    return ExportMetricsServiceRequest(resource_metrics=[ResourceMetrics(scope_metrics=[scope])])


def credentials(root: bytes, folder: Path | None) -> grpc.ChannelCredentials:
    if folder is None:
        return grpc.ssl_channel_credentials(root)
    return grpc.ssl_channel_credentials(root, (folder / "tls.key").read_bytes(), (folder / "tls.crt").read_bytes())


def export(channel: grpc.Channel) -> grpc.StatusCode:
    """What became of a trace that was sent."""
    try:
        for request in errors(1):
            TraceServiceStub(channel).Export(request, timeout=10)
    except grpc.RpcError as error:
        code: Any = error
        return code.code()
    return grpc.StatusCode.OK


def secure_channel(collector: Collector, given: grpc.ChannelCredentials) -> grpc.Channel:
    options = [("grpc.ssl_target_name_override", HOST), ("grpc.enable_retries", 0)]
    return grpc.secure_channel(f"{LOOPBACK}:{collector.ports.grpc}", given, options=options)


def serial_shown(collector: Collector, folders: CertificateFolders) -> int:
    """The serial number of the certificate that the gateway shows to a new connection."""
    folder = folders.folder("collector-agent")
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with (
        socket.create_connection((LOOPBACK, collector.ports.grpc), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as encrypted,
    ):
        certificate = encrypted.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).serial_number


@contextmanager
def https_server(certificate: Path, key: Path, page: bytes) -> Iterator[int]:
    """One page under every path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()

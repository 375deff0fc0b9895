"""Spans and log lines as six ordinary services send them, serialised once and sent many times under new trace ids.

About 15 attributes a span by the semantic conventions of HTTP, database, messaging and Generative AI clients, eight on
each resource; log lines of 250 bytes in the mean, a third each as JSON, as logfmt and as plain text. One trace in a
hundred and one line in twenty holds something to mask.
"""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

SEED = 20261125
TRACES_A_REQUEST = 100
SPANS_A_TRACE = 8
LINES_A_REQUEST = 1000
MILLISECOND = 1_000_000
TRACES_FOR_A_SECRET, LINES_FOR_A_SECRET = 100, 20
ERRORS_PERCENT = SLOW_PERCENT = 1
SERVICES = {
    "api-gateway": "go",
    "inventory-service": "go",
    "order-processing": "python",
    "payments-gateway": "python",
    "web-search": "python",
    "notification-worker": "python",
}

Plain = str | int | float | bool


def trace_requests(traces: int) -> Iterator[bytes]:
    """Requests of 100 traces with 8 spans each, no two traces with one id."""
    chance = random.Random(SEED)  # noqa: S311 (load, not a secret)
    ids = [chance.randbytes(16) for _ in range(TRACES_A_REQUEST)]
    template = bytearray(_traces(chance, ids).SerializeToString())
    places = [list(_places(template, one)) for one in ids]
    for _ in range(traces // TRACES_A_REQUEST):
        for trace in places:
            fresh = chance.randbytes(16)
            for place in trace:
                template[place : place + 16] = fresh
        yield bytes(template)


def log_requests(lines: int) -> Iterator[bytes]:
    """Requests of 1000 lines of a few pods each."""
    chance = random.Random(SEED)  # noqa: S311
    requests = [_logs(chance).SerializeToString() for _ in range(4)]
    for number in range(lines // LINES_A_REQUEST):
        yield requests[number % len(requests)]


def _places(text: bytearray, part: bytes) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _traces(chance: random.Random, ids: list[bytes]) -> ExportTraceServiceRequest:
    spans: dict[str, list[Span]] = {name: [] for name in SERVICES}
    for number, trace_id in enumerate(ids):
        for service, span in _trace(chance, trace_id, number):
            spans[service].append(span)
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(resource=_resource(name), scope_spans=[ScopeSpans(spans=own)])
            for name, own in spans.items()
            if own
        ]
    )


def _trace(chance: random.Random, trace_id: bytes, number: int) -> Iterator[tuple[str, Span]]:
    start, parent = time.time_ns(), b""
    slow, failed = number < SLOW_PERCENT, number >= TRACES_A_REQUEST - ERRORS_PERCENT
    services = chance.sample(list(SERVICES), 3)
    for index in range(SPANS_A_TRACE):
        make = (_http_server, _http_client, _database, _model)[index % 4]
        name, kind, about = make(chance)
        if number % TRACES_FOR_A_SECRET == 1 and index == 0:
            about["note"] = "asked by jane.doe@example.com"
        code = Status.STATUS_CODE_ERROR if failed and index == 0 else Status.STATUS_CODE_UNSET
        span = Span(
            trace_id=trace_id,
            span_id=chance.randbytes(8),
            parent_span_id=parent,
            name=name,
            kind=kind,
            start_time_unix_nano=start,
            end_time_unix_nano=start + (1500 if slow else chance.randint(3, 300)) * MILLISECOND,
            attributes=_pairs(about),
            status=Status(code=code, message="upstream timed out" if failed else ""),
        )
        parent = parent or span.span_id
        yield services[index % len(services)], span


def _http_server(chance: random.Random) -> tuple[str, Span.SpanKind.ValueType, dict[str, Plain]]:
    path = f"/v1/orders/app{chance.randrange(10**6):06d}/lines"
    about: dict[str, Plain] = {
        "http.request.method": "POST",
        "http.route": "/v1/orders/{order}/lines",
        "http.response.status_code": 200,
        "http.request.body.size": chance.randint(100, 9000),
        "url.path": path,
        "url.scheme": "https",
        "url.query": f"page={chance.randrange(50)}&view=grid",
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
        "client.address": f"10.0.{chance.randrange(256)}.{chance.randrange(256)}",
        "network.protocol.version": "1.1",
        "server.address": "api-gateway.shop.svc",
        "server.port": 8000,
        "tenant.id": f"tenant-{chance.randrange(200)}",
        "user.id": f"user-{chance.randrange(5000)}",
        "thread.name": "worker-3",
    }
    return "POST /v1/orders/{order}/lines", Span.SPAN_KIND_SERVER, about


def _http_client(chance: random.Random) -> tuple[str, Span.SpanKind.ValueType, dict[str, Plain]]:
    base = f"app{chance.randrange(10**6):06d}"
    about: dict[str, Plain] = {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.request.resend_count": 0,
        "url.full": f"https://api.payments.example/v0/{base}/Contacts?pageSize=100&offset=itr{chance.randrange(10**6)}",
        "url.scheme": "https",
        "server.address": "api.payments.example",
        "server.port": 443,
        "network.peer.address": f"18.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}",
        "network.peer.port": 443,
        "network.protocol.version": "1.1",
        "peer.service": "payments",
        "tenant.id": f"tenant-{chance.randrange(200)}",
        "code.function.name": "payments.client.list_records",
        "code.file.path": "/app/payments/client.py",
        "code.line.number": 214,
    }
    return "GET", Span.SPAN_KIND_CLIENT, about


def _database(chance: random.Random) -> tuple[str, Span.SpanKind.ValueType, dict[str, Plain]]:
    about: dict[str, Plain] = {
        "db.system.name": "postgresql",
        "db.namespace": "acme",
        "db.operation.name": "SELECT",
        "db.collection.name": "records",
        "db.query.summary": "SELECT records",
        "db.query.text": "SELECT id, name, fields, updated_at FROM records WHERE base_id = $1 AND id > $2 LIMIT 100",
        "db.response.returned_rows": chance.randrange(101),
        "db.client.connection.pool.name": "main",
        "server.address": "postgres.shop.svc",
        "server.port": 5432,
        "network.peer.address": "10.0.12.7",
        "network.peer.port": 5432,
        "tenant.id": f"tenant-{chance.randrange(200)}",
        "thread.id": chance.randrange(10**5),
        "thread.name": "asyncio_0",
    }
    return "SELECT records", Span.SPAN_KIND_CLIENT, about


def _model(chance: random.Random) -> tuple[str, Span.SpanKind.ValueType, dict[str, Plain]]:
    about: dict[str, Plain] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "gemini-2.5-flash",
        "gen_ai.response.model": "gemini-2.5-flash",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 2048,
        "gen_ai.usage.input_tokens": chance.randint(100, 4000),
        "gen_ai.usage.output_tokens": chance.randint(10, 900),
        "gen_ai.response.finish_reasons": "stop",
        "server.address": "generativelanguage.googleapis.com",
        "server.port": 443,
        "session.id": f"session-{chance.randrange(10**6)}",
        "tenant.id": f"tenant-{chance.randrange(200)}",
        "retry.count": 0,
        "cache.hit": chance.random() < 0.3,
    }
    return "chat gemini-2.5-flash", Span.SPAN_KIND_CLIENT, about


def _logs(chance: random.Random) -> ExportLogsServiceRequest:
    each = LINES_A_REQUEST // len(SERVICES)
    counts = [each] * (len(SERVICES) - 1) + [LINES_A_REQUEST - each * (len(SERVICES) - 1)]
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=_resource(name),
                scope_logs=[ScopeLogs(log_records=[_record(chance, name, number) for number in range(count)])],
            )
            for name, count in zip(SERVICES, counts, strict=True)
        ]
    )


def _record(chance: random.Random, service: str, number: int) -> LogRecord:
    trace_id, span_id = chance.randbytes(16), chance.randbytes(8)
    line = (_json_line, _logfmt_line, _plain_line)[number % 3](chance, trace_id.hex(), span_id.hex())
    if number % LINES_FOR_A_SECRET == 1:
        line += " asked by jane.doe@example.com"
    about: dict[str, Plain] = {
        "log.iostream": "stdout",
        "log.file.path": f"/var/log/pods/shop_{service}-7c9d8f6b5-x2k4q_0a1b2c3d-4e5f-6789/{service}/0.log",
        "logtag": "F",
    }
    return LogRecord(
        time_unix_nano=time.time_ns(),
        severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
        severity_text="info",
        body=AnyValue(string_value=line),
        attributes=_pairs(about),
        trace_id=trace_id,
        span_id=span_id,
    )


def _json_line(chance: random.Random, trace_id: str, span_id: str) -> str:
    parts: dict[str, Any] = {
        "timestamp": f"2026-11-25T09:{chance.randrange(60):02d}:17.{chance.randrange(1000):03d}Z",
        "level": "info",
        "logger": "payments.client",
        "message": f"listed {chance.randrange(101)} records of table Contacts",
        "trace_id": trace_id,
        "span_id": span_id,
        "duration_ms": chance.randrange(900),
        "status": 200,
        "path": f"/v0/app{chance.randrange(10**6)}/Contacts",
    }
    return json.dumps(parts)


def _logfmt_line(chance: random.Random, trace_id: str, span_id: str) -> str:
    return (
        f"ts=2026-11-25T09:{chance.randrange(60):02d}:17.000Z level=info caller=proxy.go:{chance.randrange(400)} "
        f'msg="request served" method=GET path=/v1/orders/app{chance.randrange(10**6)}/lines status=200 '
        f"bytes={chance.randrange(9000)} duration={chance.randrange(900)}ms remote=10.0.{chance.randrange(256)}.17 "
        f"trace_id={trace_id} span_id={span_id}"
    )


def _plain_line(chance: random.Random, trace_id: str, span_id: str) -> str:
    return (
        f"2026-11-25 09:{chance.randrange(60):02d}:17,412 INFO [automation.runner] [runner.py:{chance.randrange(400)}] "
        f"[trace_id={trace_id} span_id={span_id}] - workflow step {chance.randrange(40)} of run "
        f"{chance.randrange(10**6)} finished, next one starts in {chance.randrange(60)} seconds on queue default"
    )


def _resource(service: str) -> Resource:
    return Resource(
        attributes=_pairs(
            {
                "service.name": service,
                "service.namespace": "shop",
                "service.version": "1.14.2",
                "telemetry.sdk.language": SERVICES[service],
                "k8s.namespace.name": "shop",
                "k8s.pod.name": f"{service}-7c9d8f6b5-x2k4q",
                "k8s.node.name": "ip-10-0-12-7.us-west-2.compute.internal",
                "k8s.cluster.name": "acme-monitoring-prod-cluster",
            }
        )
    )


def _pairs(about: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(plain)) for key, plain in about.items()]


def _value(plain: Plain) -> AnyValue:
    if isinstance(plain, bool):
        return AnyValue(bool_value=plain)
    if isinstance(plain, int):
        return AnyValue(int_value=plain)
    if isinstance(plain, float):
        return AnyValue(double_value=plain)
    return AnyValue(string_value=plain)

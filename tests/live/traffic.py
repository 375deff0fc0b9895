"""What six services say: traces, and log lines that carry their ids, users and severities."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from tests.artefacts.collector_traffic import KINDS, SERVICES, Trace, make_traces
from tests.artefacts.otlp_source import pairs, resource_spans, traces, value

NAMESPACE = {
    "k8s.namespace.name": "shop",
    "service.namespace": "shop",
    "deployment.environment.name": "prod",
    "k8s.container.name": "app",
}
# Of a hundred lines; the second is the severity number of OTLP's log data model.
LINES = (
    (70, "INFO", 9, "order {n} stored in {ms} ms"),
    (12, "INFO", 9, "GET /orders/{n} 200 {ms} ms"),
    (6, "WARN", 13, "retry {n} of payment, {ms} ms so far"),
    (5, "ERROR", 17, "order {n} failed after {ms} ms: upstream closed the connection"),
    (4, "WARN", 13, "login failed for user {n}: invalid password"),
    (3, "WARN", 13, "request {n} with Authorization: Bearer abcdefghij{n}klmnop refused: invalid token"),
)


def log_request(seed: int, count: int, seconds_back: float = 0.0, marker: str = "") -> ExportLogsServiceRequest:
    """`count` lines of all services, spread over the last seconds; each holds the marker."""
    chance = random.Random(seed)  # noqa: S311 (traffic, not a secret)
    now = time.time_ns()
    kinds = chance.choices(LINES, [weight for weight, *_ in LINES], k=count)
    lines: dict[str, list[LogRecord]] = {service: [] for service in SERVICES}
    for number, (_, severity, level, text) in enumerate(kinds):
        body = text.format(n=seed * 1_000_000 + number, ms=chance.randint(1, 900))
        record = LogRecord(
            time_unix_nano=now - int(seconds_back * 1e9 * (count - number) / count),
            severity_text=severity,
            severity_number=level,  # pyright: ignore[reportArgumentType] - protobuf's enumeration is a number
            body=value(f"{body} {marker}".strip()),
            trace_id=chance.randbytes(16),
            span_id=chance.randbytes(8),
            attributes=pairs({"user.id": f"user-{chance.randint(1, 40)}"}),
        )
        lines[chance.choice(list(lines))].append(record)
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=resource_spans({"service.name": name, **SERVICES[name], **NAMESPACE}, []).resource,
                scope_logs=[ScopeLogs(log_records=records)],
            )
            for name, records in lines.items()
        ]
    )


def kept_traces(seed: int, count: int) -> list[Trace]:
    """Traces that sampling always keeps: failed ones."""
    return make_traces(seed, count, [KINDS[0]])


def slow_traces(seed: int, count: int) -> list[Trace]:
    """Traces that sampling always keeps: slow ones."""
    return make_traces(seed, count, [KINDS[3]])


def trace_requests(sent: list[Trace]) -> Iterator[ExportTraceServiceRequest]:
    """One request a trace, so that each is acknowledged by itself."""
    for trace in sent:
        yield traces(
            resource_spans({"service.name": name, **SERVICES[name], **NAMESPACE}, [span]) for name, span in trace.spans
        )

"""Metrics that instrumented Go and Python services send, as OpenTelemetry's semantic conventions name them.

Sources: OpenTelemetry semantic conventions: HTTP metrics, database client metrics, generative AI client metrics, Go
runtime metrics, CPython runtime metrics, process metrics (release 1.37).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tests.artefacts.otlp_source import Plain, pairs

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE


class Sent(NamedTuple):
    """One metric."""

    name: str
    unit: str
    kind: str
    attributes: Mapping[str, Plain]


_HTTP: dict[str, Plain] = {"http.request.method": "GET", "http.response.status_code": 200}
_ROUTE: dict[str, Plain] = {**_HTTP, "http.route": "/orders/{id}", "url.scheme": "https"}
_PEER: dict[str, Plain] = {**_HTTP, "server.address": "db.example", "server.port": 443}
_MODEL: dict[str, Plain] = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4",
}  # fmt: skip

SENT = (
    Sent("http.server.request.duration", "s", "histogram", {**_ROUTE, "error.type": "500"}),
    Sent("http.server.active_requests", "{request}", "up_down", {"http.request.method": "GET", "url.scheme": "https"}),
    Sent("http.server.request.body.size", "By", "histogram", _ROUTE),
    Sent("http.server.response.body.size", "By", "histogram", _ROUTE),
    Sent("http.client.request.duration", "s", "histogram", {**_PEER, "error.type": "timeout"}),
    Sent(
        "db.client.operation.duration", "s", "histogram", {"db.system.name": "postgresql", "db.operation.name": "GET"}
    ),
    Sent("gen_ai.client.token.usage", "{token}", "histogram", {**_MODEL, "gen_ai.token.type": "input"}),
    Sent("gen_ai.client.operation.duration", "s", "histogram", _MODEL),
    Sent("go.memory.used", "By", "up_down", {"go.memory.type": "stack"}),
    Sent("go.memory.limit", "By", "up_down", {}),
    Sent("go.memory.allocated", "By", "counter", {}),
    Sent("go.memory.allocations", "{allocation}", "counter", {}),
    Sent("go.memory.gc.goal", "By", "up_down", {}),
    Sent("go.goroutine.count", "{goroutine}", "up_down", {}),
    Sent("go.processor.limit", "{thread}", "up_down", {}),
    Sent("go.schedule.duration", "s", "histogram", {}),
    Sent("cpython.gc.collections", "{collection}", "counter", {"cpython.gc.generation": 0}),
    Sent("cpython.gc.collected_objects", "{object}", "counter", {"cpython.gc.generation": 0}),
    Sent("cpython.gc.uncollectable_objects", "{object}", "counter", {"cpython.gc.generation": 0}),
    Sent("process.cpu.time", "s", "counter", {"cpu.mode": "user"}),
    Sent("process.cpu.utilization", "1", "gauge", {"cpu.mode": "user"}),
    Sent("process.memory.usage", "By", "up_down", {}),
    Sent("process.memory.virtual", "By", "up_down", {}),
    Sent("process.thread.count", "{thread}", "up_down", {}),
    Sent("process.unix.file_descriptor.count", "{file_descriptor}", "up_down", {}),
    Sent("process.context_switches", "{context_switch}", "counter", {"process.context_switch.type": "voluntary"}),
)


def application_metrics(service: Mapping[str, Plain]) -> list[ResourceMetrics]:
    """One point of each, of one instance of a service."""
    resource = Resource(attributes=pairs({**service, "service.instance.id": "api-gateway-0"}))
    return [ResourceMetrics(resource=resource, scope_metrics=[ScopeMetrics(metrics=[_metric(one) for one in SENT])])]


def _metric(sent: Sent) -> Metric:
    now = time.time_ns()
    named = Metric(name=sent.name, unit=sent.unit)
    about = pairs(sent.attributes)
    if sent.kind == "histogram":
        point = HistogramDataPoint(
            time_unix_nano=now, attributes=about, count=1, sum=0.2, explicit_bounds=[0.1, 1.0], bucket_counts=[0, 1, 0]
        )
        named.histogram.CopyFrom(Histogram(data_points=[point], aggregation_temporality=CUMULATIVE))
        return named
    number = NumberDataPoint(time_unix_nano=now, attributes=about, as_double=1.0)
    if sent.kind == "gauge":
        named.gauge.CopyFrom(Gauge(data_points=[number]))
        return named
    monotonic = sent.kind == "counter"
    named.sum.CopyFrom(Sum(data_points=[number], aggregation_temporality=CUMULATIVE, is_monotonic=monotonic))
    return named

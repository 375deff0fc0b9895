"""Traces of the six services, made from a seed: their kinds are known, their spans come in pieces and out of order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from tests.artefacts.otlp_source import Plain, pairs, resource_spans, traces

MILLISECOND = 1_000_000
REQUEST_TRACES = 200
# Planted in every place of some spans, to be looked for in all that leaves.
SECRETS = ("planted@example.com", "Bearer plantedplantedplanted01", "4111111111111111")

GO = {"telemetry.sdk.language": "go"}
PYTHON = {"telemetry.sdk.language": "python"}
SERVICES: dict[str, dict[str, str]] = {
    "api-gateway": GO,
    "inventory-service": GO,
    "order-processing": PYTHON,
    "payments-gateway": PYTHON,
    "web-search": PYTHON,
    "notification-worker": PYTHON,
    "unlisted-cron": GO,
}


@dataclass(frozen=True)
class Kind:
    """A kind of trace."""

    name: str
    services: tuple[str, ...]
    weight: int
    error: bool = False
    duration_ms: int = 120
    health: str | None = None


CRITICAL = ("api-gateway", "inventory-service")
KINDS = (
    Kind("error", CRITICAL, 2, error=True),
    Kind("error in the background", ("unlisted-cron",), 1, error=True),
    Kind("slow", ("notification-worker", "web-search"), 2, duration_ms=1000),
    Kind("very slow", ("unlisted-cron",), 1, duration_ms=20_000),
    Kind("almost slow", ("unlisted-cron",), 2, duration_ms=999),
    Kind("health check", ("api-gateway",), 4, health="url.path"),
    Kind("old health check", ("web-search",), 2, health="http.target"),
    Kind("failed health check", ("api-gateway",), 1, error=True, health="url.path"),
    Kind("critical", CRITICAL, 25),
    Kind("critical and Python", ("api-gateway", "order-processing", "payments-gateway"), 20),
    Kind("Python", ("notification-worker", "web-search"), 15),
    Kind("everything else", ("unlisted-cron",), 25),
)


@dataclass
class Trace:
    """A trace and what it is."""

    kind: Kind
    trace_id: bytes
    spans: list[tuple[str, Span]] = field(default_factory=list)


def make_traces(seed: int, count: int, kinds: Sequence[Kind] = KINDS) -> list[Trace]:
    """Traces of random kinds."""
    chance = random.Random(seed)  # noqa: S311 (traffic, not a secret)
    chosen = chance.choices(kinds, [kind.weight for kind in kinds], k=count)
    return [make_trace(chance, kind) for kind in chosen]


def make_trace(chance: random.Random, kind: Kind) -> Trace:
    trace = Trace(kind, chance.randbytes(16))
    start = time.time_ns()
    number = len(kind.services) + chance.randint(0, 3)
    failing = chance.randrange(number) if kind.error else -1
    parent = b""
    for index in range(number):
        # The root lasts for as long as the trace.
        duration = kind.duration_ms * MILLISECOND if index == 0 else 5 * MILLISECOND
        attributes: dict[str, Plain] = {"index": index}
        if kind.health and index == 0:
            attributes[kind.health] = "/healthz"
        if index == 0 and chance.random() < 0.1:
            attributes |= {"note": SECRETS[0], "header": SECRETS[1], "paid": f"with {SECRETS[2]}"}
        status = Status(code=Status.STATUS_CODE_ERROR if index == failing else Status.STATUS_CODE_UNSET)
        span = Span(
            trace_id=trace.trace_id,
            span_id=chance.randbytes(8),
            parent_span_id=parent,
            name=f"operation {index}",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=start,
            end_time_unix_nano=start + duration,
            attributes=pairs(attributes),
            status=status,
        )
        parent = parent or span.span_id
        trace.spans.append((kind.services[index % len(kind.services)], span))
    return trace


def requests(seed: int, sent: Sequence[Trace]) -> Iterator[ExportTraceServiceRequest]:
    """Each trace's spans spread over two requests, shuffled among its neighbours'."""
    chance = random.Random(seed)  # noqa: S311
    for first in range(0, len(sent), REQUEST_TRACES):
        spans = [one for trace in sent[first : first + REQUEST_TRACES] for one in trace.spans]
        chance.shuffle(spans)
        half = len(spans) // 2
        for part in (spans[:half], spans[half:]):
            yield traces(_by_service(part))


def _by_service(spans: Sequence[tuple[str, Span]]) -> Iterator[ResourceSpans]:
    for service in sorted({name for name, _ in spans}):
        own = [span for name, span in spans if name == service]
        yield resource_spans({"service.name": service, **SERVICES[service]}, own)

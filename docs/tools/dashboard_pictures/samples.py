"""Deterministic sample data: series by the labels of a legend, of a size that suits the unit and the thresholds."""

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from telemetry.grafana.dashboards.model import Panel, Query, Unit
from telemetry.grafana.dashboards.panels import ANY_IS_BAD, ANY_RATE_IS_BAD

POINTS = 60
# Columns, series and panels that a size by unit would make absurd.
_BY_LEGEND: dict[str, Sequence[float]] = {
    "Objective": (0.999, 0.995),
    "Last hour": (0.9994, 0.9982),
    "Budget left": (0.64, 0.81),
    "Budget": (214, 98, 75, 387),
    "Planned": (203, 44, 70, 317),
    "In use": (0.95, 0.45, 0.93, 0.82),
    "Failed": (0.004, 0.002, 0.0),
    "Refused/s": (0.08, 0.05, 0.02),
    "Of its requests": (0.012, 0.009, 0.004),
    "Answer": (3, 2, 1),
    "Requests against before": (0.98, 1.02, 1.31, 0.97, 1.0),
    "Duration against before": (1.24, 1.01, 2.1, 0.99, 1.0),
    "Log bytes against before": (3.1, 1.4, 1.1, 1.0, 0.9),
    "More failed": (0.004, 0.0, 0.021, 0.0, 0.0),
    "Pods": (3, 2, 1),
    "median": (0.12,),
    "95th": (0.41,),
    "99th": (0.78,),
    "judged": (310,),
    "kept": (46,),
    "available": (3,),
    "wanted": (3,),
    "all": (5.4e9,),
    "today": (44,),
    "yesterday": (40,),
}
_BY_TITLE = {
    "Budget a month": 387.0,
    "Budget in use": 0.82,
    "Budget in use over time": 0.82,
    "Month's budget in use": 0.82,
    "Cost a day": 10.4,
    "Telemetry a day": 10.4,
    "Duration, median": 0.12,
    "Duration, 95th percentile": 0.41,
    "Duration, 99th percentile": 0.78,
    "Bad events, last hour": 0.004,
    "Error budget left": 0.82,
    "Most errors by operation": 0.2,
    "Planned a month": 317.0,
    "Active series": 41_800.0,
    "Log streams": 52.0,
    "Requests in the window": 3_120_000.0,
    "Against a day earlier": 1.04,
    "Requests against before": 0.98,
    "More failed requests": 0.004,
    "Duration against before": 1.24,
    "Log bytes against before": 1.6,
    "Answered without error": 0.9962,
    "Active tenants": 21.0,
    "Tenants that met errors": 2.0,
    "Largest tenant's share": 0.31,
    "Nodes that report": 4.0,
    "Not authenticated": 0.21,
    "Not allowed": 0.09,
    "Answers to the caller's mistakes": 0.3,
    "Refused today and yesterday": 0.98,
    "Traces kept": 0.15,
    "Spans dropped by sampling": 0.85,
}
_LABEL = re.compile(r"\{\{(\w+)\}\}")
_SIZES = {
    Unit.REQUESTS_PER_SECOND: 40.0,
    Unit.PER_SECOND: 300.0,
    Unit.RATIO: 0.45,
    Unit.SECONDS: 0.3,
    Unit.AGE: 90.0,
    Unit.BYTES: 3e9,
    Unit.MEMORY: 3e8,
    Unit.BYTES_PER_SECOND: 4e5,
    Unit.USD: 2.4,
    Unit.COUNT: 24.0,
    Unit.CORES: 0.25,
    Unit.SCORE: 1.1,
}
_PODS = ("api-gateway-7d9f-x2k", "order-processing-5c-9qz", "web-search-6b8-hh4", "payments-gateway-4f-7aa")
_VALUES: dict[str, Sequence[str]] = {
    "service_name": ("api-gateway", "order-processing", "inventory-service", "payments-gateway", "web-search"),
    "span_name": (
        "POST /v1/orders",
        "PUT /v1/orders/{id}",
        "GET /v1/stock/{id}",
        "POST /v1/payments",
        "GET /v1/search",
    ),
    "http_route": ("/v1/orders", "/v1/orders/{id}", "/v1/stock/{id}", "/v1/search"),
    "http_response_status_code": ("200", "404", "401", "429", "500"),
    "k8s_node_name": ("ip-10-0-1-17", "ip-10-0-2-41", "ip-10-0-3-8"),
    "k8s_pod_name": _PODS,
    "k8s_namespace_name": ("shop", "monitoring", "kube-system"),
    "namespace": ("shop", "monitoring", "kube-system"),
    "k8s_deployment_name": ("api-gateway", "web-search", "grafana"),
    "k8s_volume_name": ("data",),
    "tenant_id": ("acme", "globex", "initech", "umbrella", "hooli"),
    "signal": ("logs", "traces", "metrics"),
    "line": ("compute", "storage", "operations", "total"),
    "slo": ("availability", "latency"),
    "client": ("api-gateway", "api-gateway", "order-processing"),
    "server": ("inventory-service", "order-processing", "web-search"),
    "job": ("collector-agent", "collector-gateway", "loki", "tempo", "mimir", "grafana"),
    "instance": ("pod-0", "pod-1", "pod-2"),
    "direction": ("receive", "transmit"),
    "detected_level": ("info", "warn", "error"),
    "policy": ("ordinary", "errors", "slow"),
    "exporter": ("otlp_grpc/tempo", "otlp_http/loki", "otlp_http/mimir"),
    "route": ("push", "query_range", "labels", "ready"),
    "reason": ("rate_limited", "line_too_long"),
    "operation": ("get", "upload", "iter"),
    "le": ("5 ms", "25 ms", "100 ms", "250 ms", "500 ms", "1 s", "2 s", "5 s"),
    "user_id": ("9f2c…", "41ab…", "c07d…", "e8e8…"),
    "name": ("loki-tls", "tempo-tls", "collector-tls"),
    "datasource": ("Mimir", "Loki", "Tempo"),
    "integration": ("slack", "pagerduty"),
    "rule_group": ("slo-events", "cost"),
    "condition": ("MemoryPressure", "DiskPressure"),
    "status_code": ("401", "403"),
}


class Sample(NamedTuple):
    """One series."""

    name: str
    values: tuple[float, ...]
    """`POINTS` of them, to the present."""

    @property
    def last(self) -> float:
        """The newest."""
        return self.values[-1]


def samples(panel: Panel) -> list[Sample]:
    """All series of a panel."""
    return [sample for query in panel.queries for sample in _of_query(panel, query)]


def examples(label: str) -> Sequence[str]:
    """Values of a label."""
    return _VALUES.get(label, (label.replace("_", "-"),))


def number(panel: Panel, query: Query, place: int) -> float:
    """A table's value in a column and line."""
    if query.legend in _BY_LEGEND:
        values = _BY_LEGEND[query.legend]
        return values[place % len(values)]
    return _curve(panel, f"{query.legend}{query.text}", place, query.unit or panel.unit).last


def _of_query(panel: Panel, query: Query) -> Iterator[Sample]:
    values = {label: _selected(query.text, label) for label in _LABEL.findall(query.legend)}
    lines = max(map(len, values.values()), default=1)
    for place in range(lines):

        def valued(found: re.Match[str], place: int = place) -> str:
            choices = values[found.group(1)]
            return choices[place % len(choices)]

        name = _LABEL.sub(valued, query.legend)
        curve = _curve(panel, f"{panel.title}{query.text}", place, panel.unit, _BY_LEGEND.get(query.legend, ())[:1])
        yield curve._replace(name=name or panel.title)


def _selected(query: str, label: str) -> Sequence[str]:
    """Examples that the query's own matchers let through."""
    matchers = re.findall(rf'\b{label}=~?"([^"$]+)"', query)
    kept = [value for value in examples(label) if all(re.fullmatch(one, value) for one in matchers)]
    return kept or examples(label)


def _curve(panel: Panel, seed: str, place: int, unit: Unit, size_of_legend: Sequence[float] = ()) -> Sample:
    chance = zlib.crc32(f"{seed}{place}".encode())
    phase, wobble = chance % 628 / 100, 0.5 + chance // 628 % 100 / 100
    sized = _BY_TITLE.get(panel.title) or next(iter(size_of_legend), None)
    if sized is not None:
        size = sized / (1 + 0.3 * place)
        return Sample("", tuple(size * (0.9 + 0.1 * _wave(point, phase, wobble)) for point in range(POINTS)))
    size = _size(panel, unit)
    if panel.good_above:
        # All is well, which has an upper end.
        return Sample("", tuple(min(size, size * (0.9 + 0.12 * _wave(p, phase, wobble))) for p in range(POINTS)))
    return Sample("", tuple(max(0.0, size / (1 + 0.6 * place) * _wave(p, phase, wobble)) for p in range(POINTS)))


def _size(panel: Panel, unit: Unit) -> float:
    size = _SIZES[unit]
    if unit is not panel.unit or not panel.thresholds:
        return size
    limits = [threshold.value for threshold in panel.thresholds]
    if panel.good_above:
        return 1.0 if unit is Unit.RATIO else 2 * max(limits)
    if limits[0] in (ANY_IS_BAD[0].value, ANY_RATE_IS_BAD[0].value) and len(limits) == 1:
        return 0.0
    # A healthy day, with something to see.
    return min(size, 0.55 * limits[0]) if limits[0] > 0 else size


def _wave(point: int, phase: float, wobble: float) -> float:
    return 1 + 0.18 * math.sin(point / 9 * wobble + phase) + 0.08 * math.sin(point / 2.2 + phase)

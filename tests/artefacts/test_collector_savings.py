"""`metrics.drop`, `metrics.aggregate` and `logs.thin` on the real collector: what they name and nothing else.

Metrics are named as Mimir names them, whatever the collector calls them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
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

from settings.models.logs import LogSettings, ThinnedLines
from settings.models.metrics import Aggregation, Merge, MetricsSettings
from telemetry.collector.agent import agent_config
from telemetry.collector.config import BATCH, MEMORY_LIMITER
from telemetry.collector.gateway import gateway_config
from telemetry.collector.metric_savings import dropping, merging
from tests.artefacts.application_metrics import CUMULATIVE
from tests.artefacts.collector_driver import Ports, on_loopback, running
from tests.artefacts.kubernetes_driver import eventually
from tests.artefacts.otlp_sink import Sink, attributes
from tests.artefacts.otlp_source import Plain, pairs, post, value
from tests.artefacts.prometheus_names import metric_name
from tests.stacks import stack_settings

GAUGE, COUNTER, UP_DOWN, HISTOGRAM = "gauge", "counter", "up_down", "histogram"
Named = tuple[str, str, str]
# Name, unit and type: as services send it, as it is scraped, and near misses that must stay.
GONE: tuple[Named, ...] = (
    ("http.server.request.duration", "s", HISTOGRAM),
    ("http_server_request_duration_seconds", "", HISTOGRAM),
    ("orders.placed", "{order}", COUNTER),
    ("orders_placed_total", "", COUNTER),
    ("cache.hit", "1", GAUGE),
    ("disk.io", "By", COUNTER),
    ("disk_io_bytes_total", "", COUNTER),
    ("net.io", "By/s", GAUGE),
    ("node_netstat_Tcp_InSegs", "", GAUGE),
    ("node.netstat.udp", "By", COUNTER),
    ("process.open_fds", "", UP_DOWN),
)
STAYS: tuple[Named, ...] = (
    ("http.server.request.duration", "ms", HISTOGRAM),
    ("http.server.request.duration.seconds", "By", GAUGE),
    ("http.server.request", "s", HISTOGRAM),
    ("orders.placed", "{order}", UP_DOWN),
    ("cache.hit", "", GAUGE),
    ("disk.io", "By", UP_DOWN),
    ("node.network.up", "", GAUGE),
    ("process.open_fds", "", COUNTER),
    ("process.open_fds.limit", "", UP_DOWN),
)
DROPPED = MetricsSettings(
    drop=(
        "http_server_request_duration_seconds",
        "orders_placed_total",
        "cache_hit_ratio",
        "disk_io_bytes_total",
        "net_io_bytes_per_second",
        "node_netstat_*",
        "process_open_fds",
    ),
    aggregate=(
        Aggregation(name="queries_total", without=("http_route", "pod_uid")),
        Aggregation(name="work_seconds", without=("http_route",)),
        Aggregation(name="lag", without=("shard",), merge=Merge.MAX),
    ),
)
ROUTES = ("/a", "/b", "/c")


def mimir_name(name: str, unit: str, kind: str) -> str:
    """What Mimir calls it: written a second time, from the specification."""
    return metric_name(name, unit, counter=kind == COUNTER, gauge=kind == GAUGE)


@pytest.mark.parametrize("named", [*GONE, *STAYS], ids=lambda one: " ".join(one))
def test_the_cases_are_named_as_mimir_names_them(named: Named) -> None:
    assert DROPPED.drops(mimir_name(*named)) == (named in GONE)


class Arrived(NamedTuple):
    metrics: list[tuple[Resource, Metric]]
    lines: list[tuple[Resource, LogRecord]]


THINNED = LogSettings(
    thin=(
        ThinnedLines(service="shop", template="served <*> items to <*>"),
        ThinnedLines(service="shop", template="tick <*> of the clock", keep_percent=10),
    )
)
# Text and severity number: 9 is info, 13 a warning.
LEFT_OUT = (
    ("served 3 items to 10.0.0.1", 0),
    ("served 4 items to nobody at all", 9),
    ('{"level":"info","msg":"served 5 items to you"}', 0),
    ('level=info msg="served 6 items to you" took=3ms', 0),
)
LEFT_IN = (
    ("served 7 items to you, 1 failed", 0),
    ("served 8 items to you", 13),
    ("ERROR served 9 items to you", 0),
    ("we served 10 items to you", 0),
    ("a line of another form", 9),
)


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arrived]:
    """Everything that came out, sent once."""
    directory = tmp_path_factory.mktemp("savings")
    (directory / "state").mkdir()
    settings = stack_settings("prod").model_copy(update={"metrics": DROPPED, "logs": THINNED})
    with Sink() as sink:
        ports = Ports.free()
        document = on_loopback(gateway_config(settings).document(), ports, directory / "state", sink.back_ends)
        # The agent's part as well, in the order in which metrics pass both.
        parts = *merging(DROPPED), *dropping(DROPPED)
        document["service"]["pipelines"]["metrics"]["processors"] = [MEMORY_LIMITER, *parts, BATCH]
        with running(document, ports, directory):
            post(ports, "logs", _logs())
            post(ports, "metrics", _request())
            eventually(lambda: any(sink.measured("last")) and any(sink.records()))
            metrics = [
                (resource.resource, metric)
                for request in sink.metrics
                for resource in request.resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
            ]
            yield Arrived(metrics, list(sink.records()))


def _request() -> ExportMetricsServiceRequest:
    metrics = [_metric(*named, {"a": "b"}) for named in (*GONE, *STAYS)]
    metrics += [
        _merged("queries", "", COUNTER),
        _merged("work", "s", HISTOGRAM),
        _sharded(),
        _metric("last", "", GAUGE, {}),
    ]
    one = ResourceMetrics(
        resource=Resource(attributes=pairs({"service.name": "shop"})), scope_metrics=[ScopeMetrics(metrics=metrics)]
    )
    return ExportMetricsServiceRequest(resource_metrics=[one])


def _metric(name: str, unit: str, kind: str, *points: Mapping[str, Plain]) -> Metric:
    metric, now = Metric(name=name, unit=unit), time.time_ns()
    if kind == HISTOGRAM:
        counted = [
            HistogramDataPoint(
                time_unix_nano=now,
                attributes=pairs(one),
                count=3,
                sum=1.5,
                explicit_bounds=[0.1, 1],
                bucket_counts=[1, 1, 1],
            )
            for one in points
        ]
        metric.histogram.CopyFrom(Histogram(data_points=counted, aggregation_temporality=CUMULATIVE))
        return metric
    numbers = [
        NumberDataPoint(time_unix_nano=now, attributes=pairs(one), as_double=float(place + 1))
        for place, one in enumerate(points)
    ]
    if kind == GAUGE:
        metric.gauge.CopyFrom(Gauge(data_points=numbers))
    else:
        metric.sum.CopyFrom(Sum(data_points=numbers, aggregation_temporality=CUMULATIVE, is_monotonic=kind == COUNTER))
    return metric


def _merged(name: str, unit: str, kind: str) -> Metric:
    points: list[Mapping[str, Plain]] = [
        {"http.route": route, "pod.uid": f"{route}{pool}", "pool": pool} for route in ROUTES for pool in ("x", "y")
    ]
    metric = _metric(name, unit, kind, *points)
    if kind == COUNTER:
        # A series that has ended: its last word has no value.
        ended = metric.sum.data_points.add(time_unix_nano=time.time_ns(), flags=1)
        ended.attributes.extend(pairs({"http.route": "/gone", "pod.uid": "gone", "pool": "x"}))
    return metric


def _sharded() -> Metric:
    return _metric("lag", "", GAUGE, *({"shard": str(shard)} for shard in range(4)))


def test_what_is_named_is_dropped_and_nothing_else(arrived: Arrived) -> None:
    left = {(metric.name, metric.unit, _kind(metric)) for _, metric in arrived.metrics}
    assert left & set(GONE) == set()
    assert set(STAYS) - left == set()


def _kind(metric: Metric) -> str:
    kind = metric.WhichOneof("data")
    return {True: COUNTER, False: UP_DOWN}[metric.sum.is_monotonic] if kind == "sum" else str(kind)


def _points(arrived: Arrived, name: str) -> list[Any]:
    (metric,) = (metric for _, metric in arrived.metrics if metric.name == name)
    return list(getattr(metric, str(metric.WhichOneof("data"))).data_points)


def test_counters_are_summed_up_without_the_labels(arrived: Arrived) -> None:
    sums = {attributes(point)["pool"]: point.as_double for point in _points(arrived, "queries")}
    assert sums == {"x": 1 + 3 + 5, "y": 2 + 4 + 6}
    assert all(set(attributes(point)) == {"pool"} for point in _points(arrived, "queries"))


def test_histograms_and_the_largest_of_gauges_are_merged(arrived: Arrived) -> None:
    by_pod = _points(arrived, "work")
    assert sorted(list(point.bucket_counts) for point in by_pod) == [[1, 1, 1]] * 6, "uid tells them apart"
    (largest,) = _points(arrived, "lag")
    assert (largest.as_double, len(largest.attributes)) == (4.0, 0)


def test_agents_merge_before_a_batch_cuts_metrics_in_two() -> None:
    config = agent_config(stack_settings("prod").model_copy(update={"metrics": DROPPED}))
    for name in ("metrics", "metrics/node", "metrics/cluster"):
        assert config.pipelines[name].processors[-3:] == (*merging(DROPPED), BATCH)


def _logs() -> ExportLogsServiceRequest:
    def resource(service: str, records: list[LogRecord]) -> ResourceLogs:
        about = Resource(attributes=pairs({"service.name": service}))
        return ResourceLogs(resource=about, scope_logs=[ScopeLogs(log_records=records)])

    def line(text: str, severity: int = 0, at: int = 0) -> LogRecord:
        return LogRecord(time_unix_nano=at or time.time_ns(), body=value(text), severity_number=severity)

    start = time.time_ns() // 10**9 * 10**9
    shares = [line(f"tick {number} of the clock", 9, start + number * 10**7 + 1) for number in range(100)]
    whole = [line(f"tick {number} of the clock", 9, start + number * 10**9) for number in range(5)]
    shop = [line(text, severity) for text, severity in (*LEFT_OUT, *LEFT_IN)]
    return ExportLogsServiceRequest(
        resource_logs=[resource("shop", [*shop, *shares, *whole]), resource("other", [line(LEFT_OUT[0][0])])]
    )


def test_lines_of_a_form_are_left_out_but_for_failures(arrived: Arrived) -> None:
    texts = Counter(
        (attributes(resource)["service.name"], record.body.string_value) for resource, record in arrived.lines
    )
    left_out = {("shop", text) for text, _ in LEFT_OUT}
    assert left_out & set(texts) == set()
    assert {("shop", text) for text, _ in LEFT_IN} - set(texts) == set()
    assert ("other", LEFT_OUT[0][0]) in texts, "another service's"


def test_a_share_of_lines_is_kept(arrived: Arrived) -> None:
    ticks = [record.body.string_value for _, record in arrived.lines if "of the clock" in record.body.string_value]
    # Ten of a hundred, one each hundredth of a second, and all five whose time has whole seconds only.
    assert len(ticks) == 10 + 5

"""Series that stand for what one machine can't run: back ends, Kubernetes, services. Made from the inventory.

Each metric gets every combination of a few values for each of its labels, and values of a plausible size. Time is one
hour up to now, and a short while a day earlier for comparisons with yesterday.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from telemetry.alerting.rules.inventory import Metric, inventory_files
from telemetry.grafana.datasources import SPAN_CALLS
from tests.query_inventory import RESOURCE_LABELS

# The shortest window that dashboards ask for, four minutes, holds two samples at least.
STEP_SECONDS = 90
TODAY_SECONDS = 3600 + 300
YESTERDAY_SECONDS = 900
DAY_SECONDS = 86_400
# Prometheus finds a series this long after its last sample.
LOOKBACK_SECONDS = 300 + STEP_SECONDS
SERVICES = ("api-gateway", "order-processing", "inventory-service")
PLATFORM = "monitoring"

# A file's metrics come from these jobs.
_JOBS = {
    "loki": ("loki",),
    "tempo": ("tempo",),
    "mimir": ("mimir",),
    "grafana": ("grafana",),
    "kube_state_metrics": ("kube-state-metrics",),
    "node_exporter": ("node-exporter",),
    "cert_manager": ("cert-manager",),
    "scrape": ("loki", "tempo", "mimir", "grafana", "collector-agent", "collector-gateway"),
}
_COLLECTORS = ("collector-agent", "collector-gateway")
# Values by label; of others, one: the label's name.
_VALUES: Mapping[str, Sequence[str]] = {
    "deployment_environment_name": ("prod",),
    "k8s_cluster_name": ("reference",),
    "k8s_node_name": ("node-1", "node-2"),
    "namespace": ("shop", PLATFORM),
    "span_kind": ("SPAN_KIND_SERVER", "SPAN_KIND_CLIENT"),
    "span_name": ("GET /orders", "POST /orders"),
    "status_code": ("200", "500"),
    "http_response_status_code": ("200", "401", "403", "404", "500"),
    "http_route": ("/orders", "/orders/{id}"),
    "tenant_id": ("acme", "globex", "initech"),
    "client": ("api-gateway", "order-processing"),
    "server": ("inventory-service", "order-processing"),
    "state": ("used", "free", "idle", "wait", "user"),
    "direction": ("receive", "transmit"),
    "phase": ("Running", "Pending"),
    "condition": ("Ready", "MemoryPressure"),
    "status": ("true", "false"),
    "resource": ("cpu", "memory"),
    "reason": ("rate_limited", "CrashLoopBackOff"),
    "decision": ("sampled", "not_sampled"),
    "sampled": ("true",),
    "policy": ("errors", "slow"),
    "exporter": ("otlp_grpc/tempo", "otlp_http/loki"),
    "operation": ("get", "upload"),
    "component": ("ingester",),
    "exported_component": ("ingester",),
    "route": ("push", "query"),
    "alertstate": ("firing",),
    "severity": ("critical",),
    "deployment": SERVICES,
    "line": ("total",),
}
_BY_METRIC: Mapping[str, Mapping[str, Sequence[str]]] = {
    "traces_span_metrics_calls_total": {"status_code": ("STATUS_CODE_UNSET", "STATUS_CODE_ERROR")},
    "traces_span_metrics_duration_seconds": {"status_code": ("STATUS_CODE_UNSET", "STATUS_CODE_ERROR")},
    "traces_tenants_calls_total": {"status_code": ("STATUS_CODE_UNSET", "STATUS_CODE_ERROR")},
    "grafana_http_request_duration_seconds": {"status_code": ("200", "401", "500")},
    "system_disk_io_bytes_total": {"direction": ("read", "write")},
    "certmanager_certificate_ready_status": {"condition": ("True", "False")},
}
# Labels that would only multiply series.
_LEFT_OUT = frozenset({"uid", "image", "image_id", "container_id", "collector_instance_id", "service_version"})
# Labels that follow from whose metric it is.
_OF_A_JOB = frozenset({"job", "instance", "service_name", "k8s_pod_name", "k8s_deployment_name", "k8s_namespace_name"})
_RECORDED_VALUES: Mapping[str, Sequence[str]] = {
    "service_name": SERVICES,
    "slo": ("availability", "latency"),
    "signal": ("logs", "traces", "metrics"),
    "line": ("total",),
    "measure": ("requests", "errors", "latency", "log bytes", "bytes"),
    "band": ("two weeks", "same hours"),
    "side": ("high", "low"),
    "team": ("platform-team",),
    "horizon": ("month's end", "three months"),
    "edge": ("low", "expected", "high"),
}
# The inventory of what rules make, here and in Loki.
RECORDED = "recorded"
# Counters with labels appear with their first event.
_BORN_BY_FAILURE = (
    "discarded",
    "failures_total",
    "failed_total",
    "send_failed",
    "errors_total",
    "waiting_reason",
    "ALERTS",
)
_FAILED = frozenset({"401", "403", "404", "500", "STATUS_CODE_ERROR"})
_COMPARED_WITH_YESTERDAY = {SPAN_CALLS}
# A trend is drawn from a week on, and a band around what the last two days have seen at full hours.
_COMPARED_WITH_LAST_WEEK = {"lgtm:cost_usd_per_month"}
_COMPARED_BY_THE_HOUR = {"lgtm:anomaly_learnt:avg10m", "lgtm:anomaly_value:avg1h"}
_HOURS = 60
# Bucket boundaries with the share of events at or below them.
_BUCKETS = {"0.005": 0.05, "0.05": 0.3, "0.25": 0.7, "1.0": 0.9, "2.0": 0.97, "5.0": 0.99, "+Inf": 1.0}
# A gauge's size, or a counter's increase a second, by the first part of a name that is found.
_SCALES = (
    ("k8s_volume_capacity", 1e10),
    ("k8s_volume_available", 4e9),
    ("queue_capacity", 1000),
    ("queue_size", 150),
    ("memory_series", 4e4),
    ("k8s_pod_cpu_usage", 0.2),
    ("cpu_time", 0.5),
    ("pressure", 0.05),
    ("allocatable", 4),
    ("resource_requests", 1),
    ("k8s_pod_phase", 2),
    ("oom", 0.001),
    ("samples", 2000),
    ("filesystem", 2e10),
    ("memory", 4e8),
    ("bytes", 2e6),
    ("spans", 300),
)
# Exactly this, or so many seconds before or after the moment.
_CONSTANT = {"up": 1.0, "ALERTS": 1.0}
_AGO = {"_timestamp_seconds": -600.0, "certmanager_certificate_expiration_timestamp_seconds": 40.0 * DAY_SECONDS}


class Series(NamedTuple):
    """One series and how it moves."""

    name: str
    labels: Mapping[str, str]
    counter: bool
    share: float = 1.0
    """Of a histogram's events."""
    of: str = ""
    """Histograms: the base name, by which all its series move alike."""
    ends_early: bool = False
    """Stops so long before the moment that no instant query finds it."""

    def value(self, time: float) -> float:
        """Its value at a time; no two series move alike."""
        if self.name in _CONSTANT:
            return _CONSTANT[self.name]
        ago = next((shift for end, shift in reversed(_AGO.items()) if self.name.endswith(end)), None)
        if ago is not None:
            return time + ago
        scale = next((size for part, size in _SCALES if part in self.name), 1.0) * self.share
        own = {key: value for key, value in self.labels.items() if key != "le"}
        phase = zlib.crc32(repr((self.of or self.name, sorted(own.items()))).encode()) % 1000 / 1000
        if self.counter:
            return scale * (1 + phase) * (time % (10 * DAY_SECONDS) + 40 * math.sin(time / 400))
        return scale * (1 + 0.2 * phase + 0.1 * math.sin(time / 300 + 6 * phase))

    def selector(self) -> str:
        """Name and labels as the text format has them."""
        labels = ",".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()))
        return f"{self.name}{{{labels}}}"


def reference_series() -> list[Series]:
    """Every series of the inventory, once."""
    found = {series.selector(): series for series in _all()}
    return sorted(found.values(), key=lambda series: (series.name, series.selector()))


def _all() -> Iterator[Series]:
    for stem, file in inventory_files().items():
        if stem == RECORDED:
            continue
        common = set(file.labels) | (set(RESOURCE_LABELS) if file.scraped or file.resource else set())
        for name, metric in file.metrics.items():
            for labels in _label_sets(stem, name, sorted(common | set(metric.labels))):
                yield from _series(name, metric, labels)


def _series(name: str, metric: Metric, labels: Mapping[str, str]) -> Iterator[Series]:
    match metric.type:
        case "histogram":
            for boundary, share in _BUCKETS.items():
                yield Series(f"{name}_bucket", {**labels, "le": boundary}, counter=True, share=share, of=name)
            for part in ("_count", "_sum"):
                yield Series(f"{name}{part}", labels, counter=True, of=name)
        case kind:
            yield Series(name, labels, counter=kind in ("counter", "untyped"))


def _label_sets(stem: str, name: str, labels: Sequence[str]) -> Iterator[Mapping[str, str]]:
    jobs = _jobs(stem, name)
    own = [label for label in labels if label not in _LEFT_OUT and label not in _OF_A_JOB]
    by_metric = _BY_METRIC.get(name, {})
    values = [by_metric.get(label) or _VALUES.get(label) or (label,) for label in own]
    with_job = [label for label in labels if label in _OF_A_JOB]
    for job in jobs if with_job else ("",):
        for combination in product(*values):
            chosen = dict(zip(own, combination, strict=True))
            yield chosen | {label: _of_job(label, job) for label in with_job}


def _jobs(stem: str, name: str) -> Sequence[str]:
    if name.startswith(("otelcol_", "promhttp_")):
        return _COLLECTORS
    if name.startswith(("k8s_pod_", "k8s_volume_", "container_")):
        return (*SERVICES, "loki")
    return _JOBS.get(stem, SERVICES)


def _of_job(label: str, job: str) -> str:
    pod = f"{job}-0"
    return {
        "k8s_pod_name": pod,
        "instance": pod,
        "k8s_deployment_name": job,
        "k8s_namespace_name": "shop" if job in SERVICES else PLATFORM,
    }.get(label, job)


def open_metrics(series: Sequence[Series], now: float) -> Iterator[str]:
    """The text that `promtool tsdb create-blocks-from openmetrics` reads, of today. What is older goes before, as a
    text of its own: see `long_ago`."""
    times = list(_steps(now - TODAY_SECONDS, now))
    for one in series:
        selector = one.selector()
        last = now - LOOKBACK_SECONDS if one.ends_early else now
        for time in (time for time in times if time <= last):
            yield f"{selector} {one.value(time):.12g} {time:.0f}\n"
    yield "# EOF\n"


def long_ago(series: Collection[Series], now: float) -> Iterator[str]:
    """Short whiles of earlier days. Promtool reads a text once for every two hours in it: in one text with today's
    many series, today would be minutes old before a server had it."""
    week, hour = now - 7 * DAY_SECONDS, now // 3600 * 3600
    for one in series:
        times: list[float] = []
        if one.name in _COMPARED_WITH_YESTERDAY:
            times = list(_steps(now - DAY_SECONDS - YESTERDAY_SECONDS, now - DAY_SECONDS))
        if one.name in _COMPARED_WITH_LAST_WEEK:
            times = list(_steps(week - YESTERDAY_SECONDS, week + YESTERDAY_SECONDS))
        if one.name in _COMPARED_BY_THE_HOUR:
            times = [hour - 3600 * back for back in range(_HOURS, 1, -1)]
        for time in times:
            yield f"{one.selector()} {one.value(time):.6g} {time:.0f}\n"
    yield "# EOF\n"


def _steps(start: float, end: float) -> Iterator[float]:
    # To the very end: the shortest window would hold one sample only once a slow machine has taken half a minute.
    return (start + step * STEP_SECONDS for step in range(int((end - start) // STEP_SECONDS) + 1))


def healthy(series: Collection[Series]) -> list[Series]:
    """Without what only exists once something has failed: error answers, and counters that start with their first."""
    return [one for one in series if not _tells_of_failure(one)]


def _tells_of_failure(series: Series) -> bool:
    values = series.labels.values()
    return (
        any(part in series.name for part in _BORN_BY_FAILURE)
        or not _FAILED.isdisjoint(values)
        or series.labels.get("policy") == "errors"
    )


def history(names: Collection[str], made: Collection[str]) -> list[Series]:
    """Earlier values of recorded series. Those that the server's own rules make end before it starts."""
    recorded = inventory_files()[RECORDED].metrics
    found: list[Series] = []
    for name in sorted(set(names) & set(recorded)):
        labels = sorted(recorded[name].labels)
        for combination in product(*(_RECORDED_VALUES[label] for label in labels)):
            own = dict(zip(labels, combination, strict=True))
            found.append(Series(name, own, counter=False, ends_early=name in made))
    return found

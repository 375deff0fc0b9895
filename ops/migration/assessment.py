"""What an existing Prometheus and Elasticsearch carry, read through their APIs.

Read-only. Sources: Prometheus documentation, "HTTP API" (3.x); Elasticsearch documentation, "cat indices" (8.x).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from ops.backends.errors import LiveError, Problem
from ops.backends.http import HttpService
from ops.backends.untyped import rows, table
from planning.base import Frozen
from planning.capacity.ingest import SECONDS_PER_DAY

SHOWN_NAMES = 5
# Names that instrumentation gives to a count of served requests: OpenTelemetry's semantic conventions first, then what
# Prometheus client libraries and nginx, Envoy and Istio exporters call theirs.
REQUEST_COUNTS = (
    "http_server_request_duration_seconds_count",
    "http_server_duration_milliseconds_count",
    "http_requests_total",
    "http_request_duration_seconds_count",
    "istio_requests_total",
)
# Daily or rolled-over indices of one stream: logs-2026.11.25, logs-000042, .ds-logs-2026.11.25-000042.
_INDEX_SUFFIX = re.compile(r"([-.]\d{4}[.-]\d{2}[.-]\d{2})?([-.]\d{6})?$")


class LargestName(Frozen):
    """A metric or index pattern that weighs much."""

    name: str
    """Name."""
    amount: float
    """Series of a metric; bytes a day of an index pattern."""


class PrometheusAssessment(Frozen):
    """What a Prometheus carries."""

    active_series: int
    """Series in its head."""
    samples_per_second: float
    """Appended, mean of the last hour; 0 for a Prometheus that doesn't scrape itself."""
    requests_per_second: float | None
    """Served by everything it scrapes, mean of the last hour, where a metric of a known name counts them."""
    targets: int
    """Active targets."""
    jobs: tuple[str, ...]
    """Their jobs."""
    alerting_rules: int
    """Rules to take over or to replace."""
    recording_rules: int
    """Rules to take over."""
    retention: str
    """storage.tsdb.retention.time, or where it isn't given, its default."""
    largest: tuple[LargestName, ...]
    """Metrics with most series: candidates to drop before they are paid for."""

    @property
    def scrape_interval_seconds(self) -> int | None:
        """Mean interval between two samples of a series; None for a Prometheus that doesn't scrape itself."""
        return max(1, round(self.active_series / self.samples_per_second)) if self.samples_per_second else None


class ElasticsearchAssessment(Frozen):
    """What an Elasticsearch keeps of logs."""

    lines_per_second: float
    """Documents a second, over the age of each index pattern."""
    bytes_per_line: int
    """Primary store bytes of one document; a compressed index is about as large as the text in it."""
    stored_gb: float
    """With replicas, in GB of 10^9 bytes."""
    oldest_days: float
    """Age of the oldest index."""
    largest: tuple[LargestName, ...]
    """Index patterns that grow most, in bytes a day."""


def assess_prometheus(service: HttpService) -> PrometheusAssessment:
    """Asks a Prometheus. Raises `LiveError`, also for an answer that isn't a Prometheus's."""
    head = _data(service, "/api/v1/status/tsdb")
    statistics = table(head.get("headStats"))
    targets = rows(_data(service, "/api/v1/targets", {"state": "active"}).get("activeTargets"))
    jobs = {str(table(table(target).get("labels")).get("job", "")) for target in targets}
    rules = [
        table(rule)
        for group in rows(_data(service, "/api/v1/rules").get("groups"))
        for rule in rows(table(group).get("rules"))
    ]
    flags = _data(service, "/api/v1/status/flags")
    return PrometheusAssessment(
        active_series=int(_number(service, "/api/v1/status/tsdb", statistics.get("numSeries"))),
        samples_per_second=_value(service, _hourly_mean("prometheus_tsdb_head_samples_appended_total")) or 0.0,
        requests_per_second=_requests(service),
        targets=len(targets),
        jobs=tuple(sorted(job for job in jobs if job)),
        alerting_rules=sum(rule.get("type") == "alerting" for rule in rules),
        recording_rules=sum(rule.get("type") == "recording" for rule in rules),
        retention=_retention(flags),
        largest=tuple(
            LargestName(
                name=str(table(one).get("name", "")),
                amount=_number(service, "/api/v1/status/tsdb", table(one).get("value")),
            )
            for one in rows(head.get("seriesCountByMetricName"))[:SHOWN_NAMES]
        ),
    )


def assess_elasticsearch(service: HttpService, now: datetime | None = None) -> ElasticsearchAssessment:
    """Asks an Elasticsearch or OpenSearch. Raises `LiveError`, also for an answer that is no list of indices."""
    columns = "index,docs.count,store.size,pri.store.size,creation.date"
    answer = service.json("/_cat/indices", {"format": "json", "bytes": "b", "h": columns})
    if not isinstance(answer, list):
        raise LiveError(service.name, Problem.GARBAGE, "/_cat/indices is no list of indices")
    # Indices whose names begin with a dot are the server's own, except the backing indices of data streams; an index
    # without a date of creation has no age, and so no rate.
    indices = [index for index in map(table, rows(answer)) if _named(index) and _count(index, "creation.date")]
    today = (now or datetime.now(UTC)).timestamp()
    patterns = [_Pattern.of(name, of, today) for name, of in _by_pattern(indices).items()]
    documents = sum(pattern.documents for pattern in patterns)
    primary = sum(pattern.primary_bytes for pattern in patterns)
    largest = sorted(patterns, key=lambda pattern: pattern.bytes_per_day, reverse=True)[:SHOWN_NAMES]
    return ElasticsearchAssessment(
        lines_per_second=sum(pattern.documents / pattern.age_seconds for pattern in patterns),
        bytes_per_line=max(1, round(primary / documents)) if documents else 1,
        stored_gb=sum(_count(index, "store.size") for index in indices) / 1e9,
        oldest_days=max((pattern.age_seconds for pattern in patterns), default=0.0) / SECONDS_PER_DAY,
        largest=tuple(LargestName(name=pattern.name, amount=pattern.bytes_per_day) for pattern in largest),
    )


class _Pattern(Frozen):
    """The indices of one stream."""

    name: str
    documents: int
    primary_bytes: int
    age_seconds: float

    @property
    def bytes_per_day(self) -> float:
        return self.primary_bytes / self.age_seconds * SECONDS_PER_DAY

    @classmethod
    def of(cls, name: str, indices: list[dict[str, Any]], today: float) -> "_Pattern":
        """An index made today would show a rate of nearly nothing or of everything: an hour at least."""
        oldest = min(_count(index, "creation.date") for index in indices) / 1000
        return cls(
            name=name,
            documents=sum(_count(index, "docs.count") for index in indices),
            primary_bytes=sum(_count(index, "pri.store.size") for index in indices),
            age_seconds=max(today - oldest, 3600.0),
        )


def _by_pattern(indices: Iterable[dict[str, Any]]) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for index in indices:
        found[_INDEX_SUFFIX.sub("", str(index["index"]))].append(index)
    return found


def _named(index: dict[str, Any]) -> bool:
    name = str(index.get("index", "."))
    return not name.startswith(".") or (name.startswith(".ds-") and not name.startswith(".ds-."))


def _count(index: dict[str, Any], column: str) -> int:
    text = str(index.get(column) or "0")
    return int(text) if text.isdecimal() else 0


def _data(service: HttpService, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a Prometheus answers under `data`; something else that speaks JSON has no such table."""
    data = table(service.json(path, query)).get("data")
    if not isinstance(data, dict):
        raise LiveError(service.name, Problem.GARBAGE, f"{path} is no answer of a Prometheus: it has no table `data`")
    return table(cast(object, data))


def _value(service: HttpService, query: str) -> float | None:
    """The first series' value; None for no series, and for NaN or infinity, which say nothing either."""
    result = rows(_data(service, "/api/v1/query", {"query": query}).get("result"))
    if not result:
        return None
    pair = rows(table(result[0]).get("value"))
    found = _number(service, "/api/v1/query", pair[1] if len(pair) == 2 else None)
    return found if math.isfinite(found) else None


def _number(service: HttpService, path: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise LiveError(service.name, Problem.GARBAGE, f"{path} has {value!r} where a number belongs") from None


def _hourly_mean(counter: str) -> str:
    """A rate over the hour itself would divide by the whole hour also where a Prometheus started minutes ago."""
    return f"avg_over_time(sum(rate({counter}[5m]))[1h:1m])"


def _requests(service: HttpService) -> float | None:
    for name in REQUEST_COUNTS:
        found = _value(service, _hourly_mean(name))
        if found:
            return found
    return None


def _retention(flags: Mapping[str, Any]) -> str:
    given = str(flags.get("storage.tsdb.retention.time", "0s"))
    return "15d" if given in ("0s", "") else given

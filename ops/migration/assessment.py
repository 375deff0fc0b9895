"""What an existing Prometheus and Elasticsearch carry, read through their APIs.

Read-only. Sources: Prometheus documentation, "HTTP API" (3.x); Elasticsearch documentation, "cat indices" (8.x).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import Field, OnErrorOmit

from ops.backends.foreign import CamelCase, Foreign
from ops.backends.http import HttpService
from ops.backends.prometheus import Answered, Vector
from planning.base import Frozen
from planning.capacity.ingest import SECONDS_PER_DAY

T = TypeVar("T")
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


class _HeadStats(CamelCase):
    num_series: int


class _NamedCount(Foreign):
    name: str
    value: float


class _Head(CamelCase):
    head_stats: _HeadStats
    series_count_by_metric_name: tuple[_NamedCount, ...] = ()


class _Target(Foreign):
    labels: Mapping[str, str] = {}


class _Targets(CamelCase):
    active_targets: tuple[_Target, ...] = ()


class _Rule(Foreign):
    type: str = ""


class _Group(Foreign):
    rules: tuple[_Rule, ...] = ()


class _Rules(Foreign):
    groups: tuple[OnErrorOmit[_Group], ...] = ()


class _Flags(Foreign):
    retention: str = Field(default="", alias="storage.tsdb.retention.time")


class _Index(Foreign):
    """A row of `_cat/indices`, which has numbers as text, and nothing for an index that is closed."""

    name: str = Field(default="", alias="index")
    documents: int = Field(default=0, alias="docs.count")
    stored_bytes: int = Field(default=0, alias="store.size")
    primary_bytes: int = Field(default=0, alias="pri.store.size")
    created_ms: int = Field(default=0, alias="creation.date")

    @property
    def counts(self) -> bool:
        """Names that begin with a dot are the server's own, except backing indices of data streams; without a date of
        creation an index has no age, and so no rate."""
        own = self.name.startswith(".") and (not self.name.startswith(".ds-") or self.name.startswith(".ds-."))
        return bool(self.name) and not own and self.created_ms > 0


def assess_prometheus(service: HttpService) -> PrometheusAssessment:
    """Asks a Prometheus. Raises `LiveError`, also for an answer that isn't a Prometheus's."""
    head = _data(service, _Head, "/api/v1/status/tsdb")
    targets = _data(service, _Targets, "/api/v1/targets", {"state": "active"}).active_targets
    kinds = Counter(rule.type for group in _data(service, _Rules, "/api/v1/rules").groups for rule in group.rules)
    retention = _data(service, _Flags, "/api/v1/status/flags").retention
    return PrometheusAssessment(
        active_series=head.head_stats.num_series,
        samples_per_second=_value(service, _hourly_mean("prometheus_tsdb_head_samples_appended_total")) or 0.0,
        requests_per_second=_requests(service),
        targets=len(targets),
        jobs=tuple(sorted({job for target in targets if (job := target.labels.get("job"))})),
        alerting_rules=kinds["alerting"],
        recording_rules=kinds["recording"],
        retention="15d" if retention in ("0s", "") else retention,
        largest=tuple(
            LargestName(name=one.name, amount=one.value) for one in head.series_count_by_metric_name[:SHOWN_NAMES]
        ),
    )


def assess_elasticsearch(service: HttpService, now: datetime | None = None) -> ElasticsearchAssessment:
    """Asks an Elasticsearch or OpenSearch. Raises `LiveError`, also for an answer that is no list of indices."""
    columns = "index,docs.count,store.size,pri.store.size,creation.date"
    asked = {"format": "json", "bytes": "b", "h": columns}
    answer = service.read(tuple[_Index, ...], "/_cat/indices", asked, wrong="is no list of indices")
    indices = [index for index in answer if index.counts]
    today = (now or datetime.now(UTC)).timestamp()
    patterns = [_Pattern.of(name, of, today) for name, of in _by_pattern(indices).items()]
    documents = sum(pattern.documents for pattern in patterns)
    primary = sum(pattern.primary_bytes for pattern in patterns)
    largest = sorted(patterns, key=lambda pattern: pattern.bytes_per_day, reverse=True)[:SHOWN_NAMES]
    return ElasticsearchAssessment(
        lines_per_second=sum(pattern.documents / pattern.age_seconds for pattern in patterns),
        bytes_per_line=max(1, round(primary / documents)) if documents else 1,
        stored_gb=sum(index.stored_bytes for index in indices) / 1e9,
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
    def of(cls, name: str, indices: list[_Index], today: float) -> "_Pattern":
        """An index made today would show a rate of nearly nothing or of everything: an hour at least."""
        oldest = min(index.created_ms for index in indices) / 1000
        return cls(
            name=name,
            documents=sum(index.documents for index in indices),
            primary_bytes=sum(index.primary_bytes for index in indices),
            age_seconds=max(today - oldest, 3600.0),
        )


def _by_pattern(indices: Iterable[_Index]) -> Mapping[str, list[_Index]]:
    found: dict[str, list[_Index]] = defaultdict(list)
    for index in indices:
        found[_INDEX_SUFFIX.sub("", index.name)].append(index)
    return found


def _data(service: HttpService, kind: type[T], path: str, query: Mapping[str, str] | None = None) -> T:
    """What a Prometheus answers under `data`; something else that speaks JSON has no such table."""
    answered: type[Answered[T]] = Answered[kind]
    wrong = "is no answer of a Prometheus, or has something else where a number belongs"
    return service.read(answered, path, query, wrong).data


def _value(service: HttpService, query: str) -> float | None:
    """The first series' value; None for no series, and for NaN or infinity, which say nothing either."""
    found = _data(service, Vector, "/api/v1/query", {"query": query}).result
    return found[0].value if found and math.isfinite(found[0].value) else None


def _hourly_mean(counter: str) -> str:
    """A rate over the hour itself would divide by the whole hour also where a Prometheus started minutes ago."""
    return f"avg_over_time(sum(rate({counter}[5m]))[1h:1m])"


def _requests(service: HttpService) -> float | None:
    for name in REQUEST_COUNTS:
        found = _value(service, _hourly_mean(name))
        if found:
            return found
    return None

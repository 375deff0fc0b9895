"""What commands ask Mimir, Loki, Tempo, Grafana and Alertmanager; answers of another shape are `LiveError`s.

Sources: the HTTP API pages of Prometheus, Grafana Mimir, Loki, Tempo and Grafana, and of Alertmanager (2026-08).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from ops.backends.errors import LiveError, Problem
from ops.backends.http import Answer, HttpService
from ops.backends.untyped import rows

T = TypeVar("T")
# A line of the Prometheus text format.
_SERIES = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\d[\d.e+]*)(?: \d+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SHAPE_ERRORS = (KeyError, IndexError, TypeError, ValueError, AttributeError)


class Sample(NamedTuple):
    """One series of an instant query."""

    labels: Mapping[str, str]
    value: float


class LogLine(NamedTuple):
    """One line of Loki."""

    labels: Mapping[str, str]
    time_ns: int
    text: str


def _shaped(service: HttpService, path: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except _SHAPE_ERRORS:
        raise LiveError(service.name, Problem.GARBAGE, f"{path} is JSON of another shape") from None


class Mimir:
    """Prometheus' query API below /prometheus."""

    PREFIX = "/prometheus/api/v1"

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def query(self, promql: str, at: datetime | None = None) -> list[Sample]:
        """An instant query."""
        path = f"{self.PREFIX}/query"
        parameters = {"query": promql} | ({"time": f"{at.timestamp():.3f}"} if at else {})
        document = self.service.json(path, parameters)

        def read() -> list[Sample]:
            data = document["data"]
            if data["resultType"] == "scalar":
                return [Sample({}, float(data["result"][1]))]
            return [Sample(dict(one["metric"]), float(one["value"][1])) for one in data["result"]]

        return _shaped(self.service, path, read)

    def number(self, promql: str) -> float | None:
        """The only value of a query; None when there is none, or none that is a number."""
        found = [sample.value for sample in self.query(promql)]
        return found[0] if found and math.isfinite(found[0]) else None

    def by(self, label: str, promql: str) -> dict[str, float]:
        """Finite values by one label."""
        return {
            sample.labels.get(label, ""): sample.value for sample in self.query(promql) if math.isfinite(sample.value)
        }

    def answer(self, promql: str) -> Answer:
        """The raw answer, for its time."""
        return self.service.get(f"{self.PREFIX}/query?{urlencode({'query': promql})}")


class Loki:
    """Loki's query API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def ready(self) -> Answer:
        """Raises `LiveError` unless Loki says that it is ready."""
        return ready(self.service)

    def ring(self) -> dict[str, str]:
        """State of each member of the ingesters' ring, such as ACTIVE, by its name."""
        document = self.service.json("/ring")
        return _shaped(self.service, "/ring", lambda: {str(one["id"]): str(one["state"]) for one in document["shards"]})

    def counters(self, name: str, label: str) -> dict[str, float]:
        """One of Loki's own counters by a label, since the process that answers was started."""
        text = self.service.get("/metrics").body.decode("utf-8", "replace")
        found: dict[str, float] = {}
        for line in text.splitlines():
            if (series := _SERIES.fullmatch(line)) and series["name"] == name:
                key = dict(_LABEL.findall(series["labels"] or "")).get(label, "")
                found[key] = found.get(key, 0.0) + float(series["value"])
        return found

    def lines(self, logql: str, start: datetime, end: datetime, limit: int) -> list[LogLine]:
        """Log lines, newest first."""
        path = "/loki/api/v1/query_range"
        window = {"start": str(_nanoseconds(start)), "end": str(_nanoseconds(end))}
        document = self.service.json(path, {"query": logql, "limit": str(limit), "direction": "backward", **window})

        def read() -> list[LogLine]:
            return [
                LogLine(dict(stream["stream"]), int(value[0]), str(value[1]))
                for stream in document["data"]["result"]
                for value in stream["values"]
            ]

        return _shaped(self.service, path, read)

    def by(self, label: str, logql: str) -> dict[str, float]:
        """Values of an instant metric query by one label."""
        path = "/loki/api/v1/query"
        document = self.service.json(path, {"query": logql})
        return _shaped(
            self.service,
            path,
            lambda: {one["metric"].get(label, ""): float(one["value"][1]) for one in document["data"]["result"]},
        )


class Tempo:
    """Tempo's query API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def search(self, traceql: str, limit: int = 20) -> list[str]:
        """Ids of traces."""
        path = "/api/search"
        document: Any = self.service.json(path, {"q": traceql, "limit": str(limit)})
        return _shaped(self.service, path, lambda: [str(one["traceID"]) for one in rows(document.get("traces"))])

    def has_trace(self, trace_id: str) -> bool:
        """Whether a trace can be found by its id."""
        try:
            self.service.get(f"/api/traces/{quote(trace_id)}")
        except LiveError as error:
            if error.status == 404:
                return False
            raise
        return True


class Grafana:
    """Grafana's HTTP API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def health(self) -> Mapping[str, Any]:
        """Version and state of its database; needs no login."""
        document = self.service.json("/api/health")
        return _shaped(self.service, "/api/health", lambda: {"version": document["version"], **document})

    def dashboards(self) -> Iterator[Any]:
        """Every dashboard's model."""
        path = "/api/search?type=dash-db&limit=5000"
        found = self.service.json(path)
        uids = _shaped(self.service, path, lambda: [str(one["uid"]) for one in found])
        for uid in uids:
            document = self.service.json(f"/api/dashboards/uid/{quote(uid)}")
            yield _shaped(self.service, f"/api/dashboards/uid/{uid}", lambda document=document: document["dashboard"])

    def datasource_health(self, uid: str) -> str:
        """What Grafana says after it asked a data source. Raises `LiveError` when that failed."""
        path = f"/api/datasources/uid/{quote(uid)}/health"
        document = self.service.json(path)
        return _shaped(self.service, path, lambda: str(document.get("message") or document["status"]))


class Alertmanager:
    """Mimir's Alertmanager."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def firing(self) -> list[Mapping[str, str]]:
        """Labels of active alerts that aren't silenced or inhibited."""
        path = "/alertmanager/api/v2/alerts"
        document = self.service.json(path, {"active": "true", "silenced": "false", "inhibited": "false"})
        return _shaped(self.service, path, lambda: [dict(one["labels"]) for one in document])


def ready(service: HttpService) -> Answer:
    """Asks a back end of Grafana's family. Raises `LiveError` unless it says that it is ready."""
    answer = service.get("/ready", attempts=1)
    if b"ready" not in answer.body[:100].lower():
        raise LiveError(service.name, Problem.GARBAGE, f"/ready says {answer.body[:60].decode('utf-8', 'replace')!r}")
    return answer


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) * 1_000_000

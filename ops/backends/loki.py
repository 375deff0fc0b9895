"""What commands ask Loki. Source: Grafana Loki, "Loki HTTP API" (2026-08)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from ops.backends.foreign import Foreign
from ops.backends.http import HttpService
from ops.backends.prometheus import Answered, QueryResponse

# A line of the Prometheus text format.
_SERIES = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\d[\d.e+]*)(?: \d+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Member(Foreign):
    """One member of the ingesters' ring."""

    id: str
    state: str


class Ring(Foreign):
    """The page of the ring."""

    shards: tuple[Member, ...]


class Stream(Foreign):
    """Lines with the same labels."""

    labels: Mapping[str, str] = Field(alias="stream")
    values: tuple[tuple[int, str], ...]
    """Unix time in nanoseconds, and the line."""


class Streams(Foreign):
    """The result of a query for lines."""

    result: tuple[Stream, ...]


class LinesResponse(Answered[Streams]):
    """Answer to a query for lines."""


class OwnSeries(NamedTuple):
    """One series that Loki says of itself."""

    name: str
    labels: Mapping[str, str]
    value: float


class LogLine(NamedTuple):
    """One line of Loki."""

    labels: Mapping[str, str]
    time_ns: int
    text: str


MOST_VOLUMES = 1000


class Loki:
    """Loki's query API."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def ring(self) -> dict[str, str]:
        """State of each member of the ingesters' ring, such as ACTIVE, by its name."""
        return {one.id: one.state for one in self.service.read(Ring, "/ring").shards}

    def own_series(self) -> list[OwnSeries]:
        """Loki's own metrics, counted since the process that answers was started."""
        text = self.service.get("/metrics").body.decode("utf-8", "replace")
        return [
            OwnSeries(series["name"], dict(_LABEL.findall(series["labels"] or "")), float(series["value"]))
            for line in text.splitlines()
            if (series := _SERIES.fullmatch(line))
        ]

    def lines(self, logql: str, start: datetime, end: datetime, limit: int) -> list[LogLine]:
        """Log lines, newest first."""
        window = {"start": str(_nanoseconds(start)), "end": str(_nanoseconds(end))}
        asked = {"query": logql, "limit": str(limit), "direction": "backward", **window}
        found = self.service.read(LinesResponse, "/loki/api/v1/query_range", asked)
        return [LogLine(stream.labels, *value) for stream in found.data.result for value in stream.values]

    def volumes(self, label: str, start: datetime, end: datetime) -> dict[str, float]:
        """Bytes that arrived by one label, from the index alone: Loki's HTTP API, "Query log volume"."""
        window = {"start": str(_nanoseconds(start)), "end": str(_nanoseconds(end))}
        asked = {"query": f'{{{label}=~".+"}}', "targetLabels": label, "limit": str(MOST_VOLUMES), **window}
        return self.service.read(QueryResponse, "/loki/api/v1/index/volume", asked).data.by(label)

    def by(self, label: str, logql: str, at: datetime | None = None) -> dict[str, float]:
        """Finite values of an instant metric query by one label, of now or of a moment."""
        moment = {} if at is None else {"time": str(_nanoseconds(at))}
        return self.service.read(QueryResponse, "/loki/api/v1/query", {"query": logql, **moment}).data.by(label)

    def count(self, logql: str, start: datetime, end: datetime) -> int:
        """How many lines a query for lines has between two moments."""
        whole = f"sum(count_over_time({logql} [{(end - start).total_seconds():.0f}s]))"
        asked = {"query": whole, "time": str(_nanoseconds(end))}
        return sum(int(one.value) for one in self.service.read(QueryResponse, "/loki/api/v1/query", asked).data.result)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) * 1_000_000

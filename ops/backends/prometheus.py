"""What commands ask Mimir, as Prometheus' query API.

Sources: Prometheus documentation, "HTTP API"; Grafana Mimir, "HTTP API" (2026-08).
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import Field

from ops.backends.foreign import Foreign
from ops.backends.http import Answer, HttpService

T = TypeVar("T")


class Answered(Foreign, Generic[T]):
    """What every answer of Prometheus' API is wrapped in; so is Loki's."""

    data: T


class Sample(Foreign):
    """One series of an instant query."""

    labels: Mapping[str, str] = Field(alias="metric")
    """Its labels."""
    pair: tuple[float, float] = Field(alias="value")
    """Unix time in seconds, and the value, which JSON carries as text so that it may be NaN."""

    @property
    def value(self) -> float:
        """The value."""
        return self.pair[1]


class Vector(Foreign):
    """The result of an instant query."""

    result: tuple[Sample, ...]

    def by(self, label: str) -> dict[str, float]:
        """Finite values by one label."""
        return {one.labels.get(label, ""): one.value for one in self.result if math.isfinite(one.value)}


class QueryResponse(Answered[Vector]):
    """Answer to an instant query."""


class Names(Answered[tuple[str, ...]]):
    """Answer with names of labels or their values."""


class Rule(Foreign):
    """A rule that the ruler evaluates."""

    name: str
    """Of the alert, or of the series that it records."""
    query: str
    """PromQL."""
    type: str
    """alerting or recording."""


class RuleGroup(Foreign):
    """Rules that are evaluated together."""

    rules: tuple[Rule, ...] = ()


class RuleGroups(Foreign):
    """All of them."""

    groups: tuple[RuleGroup, ...] = ()


class RulesResponse(Answered[RuleGroups]):
    """Answer to the question for rules."""


class Mimir:
    """Prometheus' query API below /prometheus."""

    QUERY = "/prometheus/api/v1/query"

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def query(self, promql: str, at: datetime | None = None) -> tuple[Sample, ...]:
        """An instant query, of now or of a moment."""
        return self._vector(promql, at).result

    def number(self, promql: str) -> float | None:
        """The only value of a query; None when there is none, or none that is a number."""
        found = self.query(promql)
        return found[0].value if found and math.isfinite(found[0].value) else None

    def by(self, label: str, promql: str, at: datetime | None = None) -> dict[str, float]:
        """Finite values by one label, of now or of a moment."""
        return self._vector(promql, at).by(label)

    def answer(self, promql: str) -> Answer:
        """The raw answer, for its time."""
        return self.service.get(self.QUERY, {"query": promql})

    def metric_names(self) -> tuple[str, ...]:
        """Every metric that has series."""
        return self.service.read(Names, "/prometheus/api/v1/label/__name__/values").data

    def labels(self, selector: str) -> tuple[str, ...]:
        """Labels of the series that a selector chooses."""
        return self.service.read(Names, "/prometheus/api/v1/labels", {"match[]": selector}).data

    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the ruler, whoever wrote it."""
        found = self.service.read(RulesResponse, "/prometheus/api/v1/rules").data
        return tuple(rule for group in found.groups for rule in group.rules)

    def _vector(self, promql: str, at: datetime | None = None) -> Vector:
        moment = {} if at is None else {"time": f"{at.timestamp():.3f}"}
        return self.service.read(QueryResponse, self.QUERY, {"query": promql, **moment}).data

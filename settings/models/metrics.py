"""Metrics that the collectors leave out or merge before they are stored: what `lgtm metrics unused --apply` writes."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from settings.models.fields import matching

MetricName = Annotated[
    str, matching(r"^[a-zA-Z_:][a-zA-Z0-9_:]{0,254}$", "a metric's name as queries have it: letters, digits, _ and :")
]
MetricNameOrStart = Annotated[
    str,
    matching(
        r"^[a-zA-Z_:][a-zA-Z0-9_:]{0,253}(_\*|[a-zA-Z0-9_:])?$",
        "a metric's name as queries have it, or its beginning up to a _ and a *, such as node_netstat_*",
    ),
]
LabelName = Annotated[
    str, matching(r"^[a-zA-Z_][a-zA-Z0-9_]{0,254}$", "a label's name as queries have it: letters, digits and _")
]


class Merge(StrEnum):
    """How values of series that become one are merged."""

    SUM = "sum"
    """Counters, histograms, and gauges that are summed up."""
    MAX = "max"
    """Gauges of which the largest counts."""
    MIN = "min"
    """Gauges of which the smallest counts."""


class Aggregation(Frozen):
    """A metric stored without some of its labels."""

    name: MetricName
    """The metric; a histogram's without _bucket, _sum and _count."""
    without: Annotated[tuple[LabelName, ...], Field(min_length=1)]
    """Labels that are taken away; labels of the resource, such as service_name, can't be."""
    merge: Merge = Merge.SUM
    """How the values of series that become one are merged."""


class MetricsSettings(Frozen):
    """What of the metrics that arrive isn't stored as it is."""

    drop: tuple[MetricNameOrStart, ...]
    """Metrics that are not stored, by name (a histogram's without _bucket) or by beginning: node_netstat_*."""
    aggregate: tuple[Aggregation, ...]
    """Metrics that are stored without some of their labels."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [one.name for one in self.aggregate]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise broken_rule(f"{twice} is there twice; join its labels in one entry", "aggregate")
        if both := next((name for name in names if self.drops(name)), None):
            raise broken_rule(
                f"{both} is dropped, so there is nothing to merge; take it out of one", "drop", "aggregate"
            )
        return self

    def drops(self, name: str) -> bool:
        """Whether a metric isn't stored."""
        return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in self.drop)

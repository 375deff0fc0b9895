"""The metrics that the platform really has, with their labels: what rules and dashboards may name.

Each file under inventory/ holds one source. `scraped: true` adds the labels of every scrape, `resource: true` those of
promoted OpenTelemetry resource attributes; `labels` are common to the file.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from planning.base import Frozen
from planning.shipped_yaml import read_shipped
from telemetry.charts.mimir_config import PROMOTED_ATTRIBUTES

DIRECTORY = Path(__file__).with_suffix("")
RESOURCE_LABELS = (*(name.replace(".", "_") for name in PROMOTED_ATTRIBUTES), "job", "instance")
# How a histogram's and a summary's series are called beside the base name.
SERIES_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}

MetricType = Literal["counter", "gauge", "histogram", "summary", "untyped", "info"]


class Metric(Frozen):
    """One metric."""

    type: MetricType
    """Kind."""
    labels: tuple[str, ...] = ()
    """Its own labels, beside the common ones of its source."""
    source: str = ""
    """Where it is documented, if not where its file says."""


class InventoryFile(Frozen):
    """One source of metrics."""

    source: str = ""
    """Document with title and date."""
    scraped: bool = False
    """Comes by a scrape."""
    resource: bool = False
    """Comes by OTLP with resource attributes."""
    labels: tuple[str, ...] = ()
    """Labels of every metric."""
    metrics: Mapping[str, Metric]
    """By name; histograms by base name."""

    def series(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Every series name with its labels."""
        common = {*self.labels, *(RESOURCE_LABELS if self.scraped or self.resource else ())}
        for name, metric in self.metrics.items():
            labels = common | set(metric.labels)
            for suffix in SERIES_SUFFIXES.get(metric.type, ("",)):
                yield f"{name}{suffix}", frozenset(labels | ({"le"} if suffix == "_bucket" else set()))


@cache
def inventory_files() -> Mapping[str, InventoryFile]:
    """Every file by its name without ending. Raises `pydantic.ValidationError` for a file of another shape."""
    return {
        path.stem: InventoryFile.model_validate(read_shipped(path.read_text(encoding="utf-8")))
        for path in sorted(DIRECTORY.glob("*.yaml"))
    }


@cache
def known_series() -> Mapping[str, frozenset[str]]:
    """Labels by series name, over all files; a name in two files has the labels of both."""
    found: dict[str, frozenset[str]] = {}
    for file in inventory_files().values():
        for name, labels in file.series():
            found[name] = found.get(name, frozenset()) | labels
    return found

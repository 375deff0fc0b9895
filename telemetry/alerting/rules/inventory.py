"""The metrics that the platform really has, with their labels: what rules and dashboards may name.

Each file under inventory/ holds one source. `scraped: true` adds the labels of every scrape, `resource: true` those of
promoted OpenTelemetry resource attributes; `labels` are common to the file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from planning.base import Frozen
from planning.shipped_yaml import read_shipped

DIRECTORY = Path(__file__).with_suffix("")

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


@cache
def inventory_files() -> Mapping[str, InventoryFile]:
    """Every file by its name without ending. Raises `pydantic.ValidationError` for a file of another shape."""
    return {
        path.stem: InventoryFile.model_validate(read_shipped(path.read_text(encoding="utf-8")))
        for path in sorted(DIRECTORY.glob("*.yaml"))
    }

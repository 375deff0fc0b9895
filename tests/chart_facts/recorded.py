"""The recorded facts, as the tests read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from telemetry.charts.lock import CHARTS, ChartName

FOLDER = Path(__file__).parents[1] / "data" / "charts"
_HEADER = (
    "# What the real chart makes of our values. Written by `make chart-facts`, not by hand: it judges the stand-in.\n"
)


class Rendering(BaseModel):
    """One release of a chart: the values that it got, and what it made of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str
    """Name of the Helm release."""
    stack: str
    """Stack whose values they are."""
    values: dict[str, Any]
    """What was set."""
    objects: dict[str, dict[str, Any]]
    """Facts by `Kind/name`, as `tests.chart_facts.objects` reads them."""


class ChartFacts(BaseModel):
    """A chart's recorded facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chart: str
    """Name."""
    version: str
    """Version."""
    source: str
    """Where the chart came from."""
    keys: dict[str, str]
    """Type of the default by dotted path of values.yaml; an `object` is open: any key may stand below it."""
    renderings: tuple[Rendering, ...]
    """What it makes of our values."""

    def rendering(self, release: str, stack: str) -> Rendering:
        """One of them. Raises `StopIteration` when it wasn't recorded."""
        return next(one for one in self.renderings if (one.release, one.stack) == (release, stack))


def path_of(name: ChartName) -> Path:
    """The file of a locked chart."""
    return FOLDER / f"{name}-{CHARTS[name].version}.facts.yaml"


@cache
def chart_facts(name: ChartName) -> ChartFacts:
    """A locked chart's facts. Raises `FileNotFoundError` when nobody recorded this version."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return ChartFacts.model_validate(yaml.load(path_of(name).read_text(encoding="utf-8"), Loader=loader))  # noqa: S506


def text_of(facts: ChartFacts) -> str:
    """The file's text."""
    document = facts.model_dump(mode="json")
    return _HEADER + yaml.safe_dump(document, sort_keys=False, width=160, default_flow_style=None, allow_unicode=True)

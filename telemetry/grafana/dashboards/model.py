"""Dashboards as values: what is shown, not yet how Grafana writes it down. `build` turns them into Grafana's JSON."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

GRID_COLUMNS = 24
# Read on a laptop (1366 pixels): a fifth panel in a line would be narrower than its own legend.
PANELS_IN_A_LINE = 4
# Characters of a title that fit into the narrowest panel of a line, by the number of panels in it.
TITLE_CHARACTERS = {1: 90, 2: 60, 3: 42, 4: 32}

# The folder of what is about the whole platform.
PLATFORM_FOLDER = "Platform"


class Uid(StrEnum):
    """The dashboards; alerts and links name them by the value."""

    OVERVIEW = "lgtm-overview"
    SERVICE = "lgtm-service"
    MOVED = "lgtm-moved"
    BUSINESS = "lgtm-business"
    COST = "lgtm-cost"
    INFRASTRUCTURE = "lgtm-infrastructure"
    SECURITY = "lgtm-security"
    PLATFORM_HEALTH = "lgtm-platform-health"


class Source(StrEnum):
    """Which data source answers; the value is its uid."""

    MIMIR = "mimir"
    LOKI = "loki"
    TEMPO = "tempo"


class Kind(StrEnum):
    """How a panel draws; the value is Grafana's panel type."""

    TIMESERIES = "timeseries"
    STAT = "stat"
    BARS = "bargauge"
    TABLE = "table"
    HEATMAP = "heatmap"
    LOGS = "logs"
    NODE_GRAPH = "nodeGraph"


class Unit(StrEnum):
    """Grafana's names of units."""

    REQUESTS_PER_SECOND = "reqps"
    PER_SECOND = "cps"
    RATIO = "percentunit"
    SECONDS = "s"
    AGE = "dtdurations"
    BYTES = "decbytes"
    MEMORY = "bytes"
    BYTES_PER_SECOND = "Bps"
    USD = "currencyUSD"
    COUNT = "short"
    CORES = "suffix: cores"
    SCORE = "none"


@dataclass(frozen=True)
class Threshold:
    """From this value on, the panel takes this colour."""

    value: float
    """In the panel's unit."""
    colour: str
    """One of Grafana's named colours."""


@dataclass(frozen=True)
class Query:
    """One query of a panel."""

    text: str
    """PromQL, LogQL or TraceQL, with Grafana's variables."""
    legend: str = ""
    """Name of the series, with labels in double braces; in tables the title of the value's column."""
    source: Source = Source.MIMIR
    """Who answers."""
    instant: bool = False
    """One value for each series, at the end of the window."""
    exemplars: bool = False
    """Also example traces."""
    unit: Unit | None = None
    """Of this column of a table, where it is not the panel's."""


@dataclass(frozen=True)
class Panel:
    """One picture with its question."""

    kind: Kind
    """How it draws."""
    title: str
    """What is measured."""
    description: str
    """What it means and when to act; shown when the pointer rests on the panel's corner."""
    queries: tuple[Query, ...]
    """What it shows."""
    unit: Unit = Unit.COUNT
    """Of its values."""
    thresholds: tuple[Threshold, ...] = ()
    """Rising."""
    good_above: bool = False
    """Thresholds turn from bad to good: the colour below the first is red."""
    stacked: bool = False
    """Series add up to a whole."""
    maximum: float | None = None
    """End of the axis, where the unit has one."""
    signed: bool = False
    """Whether values below zero mean something; else the axis begins at zero."""
    decimals: int | None = None
    """Digits after the point; None lets Grafana choose."""
    when_empty: str | None = None
    """What to say in place of "No data" where no series means that nothing of the kind happened."""
    weight: int = 1
    """Its share of the line's width."""
    columns: tuple[tuple[str, str], ...] = ()
    """Tables: label and title of each column before the values."""

    def __post_init__(self) -> None:
        if self.kind is Kind.TABLE and not self.columns:
            raise ValueError(f"table {self.title!r} has no columns")
        if not self.queries:
            raise ValueError(f"panel {self.title!r} has no query")
        values = [threshold.value for threshold in self.thresholds]
        if values != sorted(set(values)):
            raise ValueError(f"panel {self.title!r}: thresholds {values} don't rise")


@dataclass(frozen=True)
class Line:
    """Panels side by side over the whole width."""

    panels: tuple[Panel, ...]
    """Left to right, at most `PANELS_IN_A_LINE`."""
    height: int = 8
    """In grid units of 30 pixels and 8 between."""

    def __post_init__(self) -> None:
        if not 0 < len(self.panels) <= PANELS_IN_A_LINE:
            raise ValueError(f"a line has 1 to {PANELS_IN_A_LINE} panels, not {len(self.panels)}")
        for panel in self.panels:
            if len(panel.title) > TITLE_CHARACTERS[len(self.panels)]:
                raise ValueError(f"title {panel.title!r} doesn't fit beside {len(self.panels) - 1} panels")

    def widths(self) -> tuple[int, ...]:
        """Widths that fill the grid, in proportion to the panels' weights."""
        whole = sum(panel.weight for panel in self.panels)
        ends = [GRID_COLUMNS * end // whole for end in accumulate(panel.weight for panel in self.panels)]
        return tuple(end - start for start, end in zip([0, *ends], ends, strict=False))


@dataclass(frozen=True)
class Row:
    """Lines under one heading."""

    title: str
    """Heading."""
    lines: tuple[Line, ...]
    """Top to bottom."""
    collapsed: bool = False
    """Closed until someone opens it, and then only are its queries run."""


@dataclass(frozen=True)
class Variable:
    """A choice at the top of the dashboard: several values or all."""

    name: str
    """How queries call it."""
    label: str
    """Its title."""
    values: str
    """`label_values(metric, label)`."""
    all_values: str
    """What stands in queries when all are chosen."""


@dataclass(frozen=True)
class Dashboard:
    """One page."""

    uid: str
    """Stable: one of `Uid`, or a team's."""
    title: str
    """Name in the list."""
    description: str
    """Whose question it answers."""
    rows: tuple[Row, ...]
    """Top to bottom."""
    variables: tuple[Variable, ...]
    """Choices."""
    window: str = "now-3h"
    """First window shown."""
    folder: str = PLATFORM_FOLDER
    """Where Grafana lists it."""

    def panels(self) -> tuple[Panel, ...]:
        """All panels in reading order."""
        return tuple(panel for row in self.rows for line in row.lines for panel in line.panels)


@dataclass(frozen=True)
class Place:
    """A rectangle of the grid."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class PlacedRow:
    """A row with the places of its heading and panels."""

    row: Row
    heading: Place
    panels: tuple[tuple[Panel, Place], ...]


def placed(dashboard: Dashboard) -> tuple[PlacedRow, ...]:
    """Every row and panel on the grid. A collapsed row takes up its heading only; opened, it pushes down the rest."""
    rows: list[PlacedRow] = []
    top = 0
    for row in dashboard.rows:
        heading = Place(0, top, GRID_COLUMNS, 1)
        panels, bottom = _placed_lines(row, top + 1)
        rows.append(PlacedRow(row, heading, panels))
        top = top + 1 if row.collapsed else bottom
    return tuple(rows)


def _placed_lines(row: Row, top: int) -> tuple[tuple[tuple[Panel, Place], ...], int]:
    panels: list[tuple[Panel, Place]] = []
    for line in row.lines:
        left = 0
        for panel, width in zip(line.panels, line.widths(), strict=True):
            panels.append((panel, Place(left, top, width, line.height)))
            left += width
        top += line.height
    return tuple(panels), top

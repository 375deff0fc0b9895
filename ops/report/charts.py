"""What charts show, as data; `ops.report.html` draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class LegendEntry(NamedTuple):
    """A mark and what it means."""

    label: str
    colour: str
    """CSS class of the colour."""
    shape: str = "square"
    """square, line, dot, ring, diamond, cross or triangle."""


class Part(NamedTuple):
    """A stretch of a bar, or a limit across it."""

    name: str
    value: float
    colour: str
    """CSS class."""


class Bar(NamedTuple):
    """One row."""

    label: str
    parts: tuple[Part, ...]
    limits: tuple[Part, ...] = ()
    """Drawn as lines across the row."""

    @property
    def total(self) -> float:
        """The bar's length."""
        return sum(part.value for part in self.parts)


@dataclass(frozen=True)
class BarChart:
    """Everything of one chart of bars."""

    name: str
    """Unique in the page."""
    title: str
    description: str
    unit: str
    bars: Sequence[Bar]
    legend: Sequence[LegendEntry]


class Area(NamedTuple):
    """One layer."""

    name: str
    colour: str
    """CSS class."""
    values: Sequence[float]
    """One for each x."""


@dataclass(frozen=True)
class AreaChart:
    """Everything of one chart of layers."""

    name: str
    """Unique in the page."""
    title: str
    description: str
    x_unit: str
    y_unit: str
    x: Sequence[float]
    areas: Sequence[Area]
    """Lowest first."""


class Point(NamedTuple):
    """One point; those with a label are drawn larger and named."""

    x: float
    y: float
    colour: str
    shape: str
    told: str
    """Shown when pointed at."""
    label: str = ""


@dataclass(frozen=True)
class PointChart:
    """Everything of one chart of points."""

    name: str
    """Unique in the page."""
    title: str
    description: str
    x_unit: str
    y_unit: str
    points: Sequence[Point]
    legend: Sequence[LegendEntry]

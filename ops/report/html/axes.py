"""What every chart shares: its frame, scales with round ticks, axes with units, legends. Lengths are SVG user units."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from ops.report.charts import LegendEntry
from ops.report.html.svg import element, join

WIDTH = 800.0
NARROW = 372.0
"""Of a chart on a telephone: its words are as large there as on a desk."""
CHARACTER = 6.7
"""Width of a character at the charts' font size, somewhat more than the mean."""
BOLD_CHARACTER = 7.7
"""The same for values and names, which are bold."""
LINE = 18.0
ABOUT_TICKS = 6


class Scale(NamedTuple):
    """Values from 0 to `top` along a stretch of the chart."""

    top: float
    start: float
    """Position of 0."""
    end: float
    """Position of `top`."""

    def at(self, value: float) -> float:
        """The position of a value."""
        return self.start + (self.end - self.start) * value / self.top

    @property
    def ticks(self) -> list[float]:
        """Round values from 0 to the top."""
        step = round_step(self.top)
        return [index * step for index in range(int(self.top / step + 1e-9) + 1)]


def round_step(top: float) -> float:
    """The distance of ticks: 1, 2, 2.5 or 5 times a power of ten, for some six of them up to `top`."""
    rough = top / ABOUT_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))


def scale(values: Sequence[float], start: float, end: float) -> Scale:
    """A scale that holds all values and ends at a tick."""
    largest = max([*values, 0.0]) or 1.0
    step = round_step(largest)
    return Scale(math.ceil(largest / step - 1e-9) * step, start, end)


def frame(name: str, title: str, description: str, height: float, *parts: Markup, width: float = WIDTH) -> Markup:
    """The drawing, with title and description for those who don't see it; one of each width may be in a page."""
    name = name if width == WIDTH else f"{name}-narrow"
    names = f"{name}-title {name}-text"
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-text"),
        *parts,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        class_="desk" if width == WIDTH else "telephone",
        aria_labelledby=names,
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", class_: str = "label") -> Markup:
    """Words at a place."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def x_axis(along: Scale, top: float, bottom: float, unit: str) -> Markup:
    """Ticks with grid lines, and the unit below."""
    marks = [
        join(line(x, top, x, bottom, "grid"), text(x, bottom + 16, number(tick), anchor="middle", class_="tick"))
        for tick in along.ticks
        for x in (along.at(tick),)
    ]
    middle = (along.start + along.end) / 2
    return join(*marks, text(middle, bottom + 34, unit, anchor="middle", class_="unit"))


def y_axis(along: Scale, left: float, right: float, unit: str, unit_y: float) -> Markup:
    """Ticks with grid lines, and the unit at a height above."""
    marks = [
        join(line(left, y, right, y, "grid"), text(left - 7, y + 4, number(tick), anchor="end", class_="tick"))
        for tick in along.ticks
        for y in (along.at(tick),)
    ]
    return join(*marks, text(4, unit_y, unit, class_="unit"))


def legend(entries: Sequence[LegendEntry], x: float, y: float, page_width: float = WIDTH) -> tuple[Markup, float]:
    """The legend from a place on, and the height that it takes."""
    parts: list[Markup] = []
    left, row = x, y
    for entry in entries:
        width = 26 + len(entry.label) * CHARACTER + 12
        if left > x and left + width > page_width:
            left, row = x, row + LINE
        parts.append(_symbol(entry, left + 8, row - 4))
        parts.append(text(left + 20, row, entry.label))
        left += width
    return join(*parts), row - y + LINE


def mark(shape: str, x: float, y: float, colour: str, size: float = 5.0, told: str = "") -> Markup:
    """A point: dot, ring, diamond, cross or triangle, so that colour is never the only difference."""
    words = (element("title", told),) if told else ()
    if shape in ("dot", "ring"):
        return element("circle", *words, cx=x, cy=y, r=size, class_=f"{shape} {colour}")
    if shape == "cross":
        side = f"{2 * size:.1f}"
        path = f"M{x - size:.1f},{y - size:.1f}l{side},{side}m0,-{side}l-{side},{side}"
        return element("path", *words, d=path, class_=f"stroke {colour}")
    corners = {
        "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        "triangle": ((0, -1.2), (1.2, 1), (-1.2, 1)),
    }[shape]
    points = " ".join(f"{x + dx * size:.1f},{y + dy * size:.1f}" for dx, dy in corners)
    return element("polygon", *words, points=points, class_=f"dot {colour}")


def number(value: float) -> str:
    """A tick's number."""
    return f"{value:,.6g}" if value < 10 else f"{value:,.10g}"


def _symbol(entry: LegendEntry, x: float, y: float) -> Markup:
    if entry.shape == "square":
        return element("rect", x=x - 6, y=y - 6, width=12, height=12, class_=f"dot {entry.colour}")
    if entry.shape == "line":
        return line(x, y - 8, x, y + 8, f"limit {entry.colour}")
    return mark(entry.shape, x, y, entry.colour)

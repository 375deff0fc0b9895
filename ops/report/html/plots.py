"""Areas stacked over time, and points with a few of them named."""

from markupsafe import Markup

from ops.report.charts import AreaChart, LegendEntry, Point, PointChart
from ops.report.html.axes import (
    BOLD_CHARACTER,
    LINE,
    WIDTH,
    Scale,
    frame,
    legend,
    line,
    mark,
    scale,
    text,
    x_axis,
    y_axis,
)
from ops.report.html.svg import element, join

LEFT, MARGIN, TOP, PLOT, BELOW = 62.0, 24.0, 22.0, 250.0, 44.0
RIGHT = WIDTH - MARGIN
# Height of the vertical axis's unit.
UNIT = 20.0


def area_chart(chart: AreaChart, width: float = WIDTH) -> Markup:
    """The drawing of stacked layers."""
    right = width - MARGIN
    entries, taken = legend([LegendEntry(area.name, area.colour) for area in chart.areas], LEFT, TOP - 4, width)
    top = TOP + taken + UNIT
    bottom = top + PLOT
    across = Scale(max(chart.x), LEFT, right)
    totals = [sum(values) for values in zip(*(area.values for area in chart.areas), strict=True)]
    up = scale(totals, bottom, top)
    layers: list[Markup] = []
    floor = [0.0] * len(chart.x)
    for area in chart.areas:
        roof = [low + value for low, value in zip(floor, area.values, strict=True)]
        outline = [*zip(chart.x, roof, strict=True), *reversed([*zip(chart.x, floor, strict=True)])]
        points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in outline)
        layers.append(element("polygon", element("title", area.name), points=points, class_=f"dot {area.colour}"))
        floor = roof
    axes = (x_axis(across, top, bottom, chart.x_unit), y_axis(up, LEFT, right, chart.y_unit, TOP + taken + UNIT / 2))
    return frame(chart.name, chart.title, chart.description, bottom + BELOW, entries, *axes, *layers, width=width)


def point_chart(chart: PointChart) -> Markup:
    """The drawing of points; names stand above the plot, where no point can be."""
    entries, taken = legend(chart.legend, LEFT, TOP - 4)
    named = sorted((point for point in chart.points if point.label), key=lambda point: point.x)
    names_top = TOP + taken + UNIT
    top = names_top + LINE * len(named)
    bottom = top + PLOT
    across = Scale(max(point.x for point in chart.points) + 1, LEFT, RIGHT)
    up = scale([point.y for point in chart.points], bottom, top)
    drawn = [_plain(point, across, up) for point in chart.points if not point.label]
    # The leftmost name stands highest: a name runs to the right, so no line of another crosses it.
    drawn += [_named(point, across, up, names_top + LINE * (place + 0.6)) for place, point in enumerate(named)]
    axes = (
        x_axis(across, top, bottom, chart.x_unit),
        y_axis(up, LEFT, RIGHT, chart.y_unit, TOP + taken + UNIT / 2),
    )
    return frame(chart.name, chart.title, chart.description, bottom + BELOW, entries, *axes, *drawn)


def _plain(point: Point, across: Scale, up: Scale) -> Markup:
    return mark(point.shape, across.at(point.x), up.at(point.y), point.colour, 3.5, point.told)


def _named(point: Point, across: Scale, up: Scale, height: float) -> Markup:
    x, y = across.at(point.x), up.at(point.y)
    at = min(x + 5, RIGHT - len(point.label) * BOLD_CHARACTER)
    return join(
        line(x, height - 8 if at > x else height + 4, x, y - 6, "leader"),
        mark(point.shape, x, y, point.colour, 6.5, point.told),
        text(at, height, point.label, class_="value"),
    )

"""Horizontal bars, in parts and with marks for limits."""

from markupsafe import Markup

from ops.report.charts import Bar, BarChart
from ops.report.html.axes import CHARACTER, LINE, WIDTH, Scale, frame, legend, line, scale, text, x_axis
from ops.report.html.svg import element, join

ROW, BAR, TOP, BELOW = 30.0, 18.0, 22.0, 44.0
LONGEST_LABEL = 34
VALUE_SPACE = 80.0


def bar_chart(chart: BarChart, width: float = WIDTH) -> Markup:
    """The drawing: a row for each bar, its total written at the right; where it is narrow, names stand above bars."""
    above = LINE if width < WIDTH else 0.0
    left = 6.0
    if not above:
        left = min(LONGEST_LABEL, max((len(bar.label) for bar in chart.bars), default=0)) * CHARACTER + 14
    entries, taken = legend(chart.legend, left, TOP - 4, width)
    top, row = TOP + taken, ROW + above
    bottom = top + row * len(chart.bars)
    reach = [bar.total for bar in chart.bars] + [limit.value for bar in chart.bars for limit in bar.limits]
    along = scale(reach, left, width - VALUE_SPACE)
    rows = [_row(bar, along, left, top + row * place, above, width) for place, bar in enumerate(chart.bars)]
    return frame(
        chart.name,
        chart.title,
        chart.description,
        bottom + BELOW,
        entries,
        x_axis(along, top, bottom, chart.unit),
        *rows,
        width=width,
    )


def _row(bar: Bar, along: Scale, left: float, y: float, above: float, width: float) -> Markup:
    parts: list[Markup] = []
    name_y, y = (y + 16, y + above) if above else (y + 19, y)
    from_value = 0.0
    for part in bar.parts:
        start, end = along.at(from_value), along.at(from_value + part.value)
        told = element("title", f"{bar.label}, {part.name}: {part.value:,.2f}")
        parts.append(
            element(
                "rect", told, x=start, y=y + 6, width=max(end - start, 0.0), height=BAR, class_=f"dot {part.colour}"
            )
        )
        from_value += part.value
    for limit in bar.limits:
        parts.append(line(along.at(limit.value), y + 1, along.at(limit.value), y + ROW - 1, f"limit {limit.colour}"))
    short = bar.label if len(bar.label) <= LONGEST_LABEL else bar.label[: LONGEST_LABEL - 1] + "…"
    name_x, anchor = (left, "start") if above else (left - 8, "end")
    label = element("text", element("title", bar.label), short, x=name_x, y=name_y, text_anchor=anchor, class_="label")
    return join(label, *parts, text(width - 8, y + 19, f"{bar.total:,.2f}", anchor="end", class_="value"))

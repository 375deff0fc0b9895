"""Panels as SVG and HTML."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from docs.tools.dashboard_pictures.samples import POINTS, Sample, examples, number, samples
from docs.tools.dashboard_pictures.units import formatted
from telemetry.grafana.dashboards.model import Kind, Panel, Source, Threshold

COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#b877d9", "#8ab8ff", "#fa6400", "#37872d")
NAMED = {"green": "#73bf69", "yellow": "#f2cc0c", "red": "#f2495c"}
_LEFT, _BOTTOM, _LEGEND, _TOP = 58, 16, 18, 8
_LINE_PIXELS = 22
_CHARACTER_PIXELS = 6.2
_TICKS = 3
_LOG_LINES = (
    'level=error service={service} msg="upstream timed out" trace_id=5b8efff798038103d269b633813fc60c',
    'level=warn  service={service} msg="retrying" attempt=2 user_id=9f2c41ab',
    'level=error service={service} msg="login failed: invalid token ****" trace_id=0af7651916cd43dd8448eb211c80319c',
    'level=info  service={service} msg="request served" status=200 duration=182ms',
)


def picture(panel: Panel, width: int, height: int) -> str:
    """A panel's inside, for so many pixels."""
    return _KINDS[panel.kind](panel, width, height)


def _timeseries(panel: Panel, width: int, height: int) -> str:
    drawn = samples(panel)
    curves = _stacked(drawn) if panel.stacked else [sample.values for sample in drawn]
    end = _end_of_axis(panel, max(max(curve) for curve in curves))
    ticks = [end * tick / _TICKS for tick in range(_TICKS + 1)]
    left = 12 + _CHARACTER_PIXELS * max(len(formatted(value, panel.unit)) for value in ticks)
    right, bottom = width - 8, height - _BOTTOM - _LEGEND

    def x(point: int) -> float:
        return left + (right - left) * point / (POINTS - 1)

    def y(value: float) -> float:
        return bottom - (bottom - _TOP) * min(value, end) / end

    parts = [*_axes(panel, ticks, (left, right, bottom), y), *_threshold_lines(panel.thresholds, end, (left, right), y)]
    order = list(enumerate(curves))
    for place, curve in reversed(order) if panel.stacked else order:
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{x(point):.0f},{y(value):.1f}" for point, value in enumerate(curve))
        if panel.stacked:
            parts.append(
                f'<polygon points="{left:.0f},{bottom} {points} {right},{bottom}" fill="{colour}" fill-opacity=".35"/>'
            )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
    if any(query.exemplars for query in panel.queries):
        parts += _exemplars(x, y, end)
    parts.append(_legend([sample.name for sample in drawn], width, height))
    return _svg(width, height, parts)


def _stacked(drawn: Sequence[Sample]) -> list[tuple[float, ...]]:
    sums = [0.0] * POINTS
    curves: list[tuple[float, ...]] = []
    for sample in drawn:
        sums = [below + value for below, value in zip(sums, sample.values, strict=True)]
        curves.append(tuple(sums))
    return curves


def _end_of_axis(panel: Panel, highest: float) -> float:
    """A threshold that is near is shown; one far above would flatten the lines."""
    near = [one.value for one in panel.thresholds if highest < one.value < 4 * highest]
    return max(panel.maximum or 0, 1.1 * max([highest, *near])) or 1.0


def _axes(
    panel: Panel, ticks: Sequence[float], sides: tuple[float, int, int], y: Callable[[float], float]
) -> Iterator[str]:
    left, right, bottom = sides
    for value in ticks:
        level = y(value)
        yield f'<line x1="{left:.0f}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}" stroke="#2c3235"/>'
        label = escape(formatted(value, panel.unit))
        yield f'<text x="{left - 6:.0f}" y="{level + 4:.1f}" class="axis" text-anchor="end">{label}</text>'
    for place, time in enumerate(("09:00", "10:00", "11:00")):
        middle = left + (right - left) * (place + 0.5) / 3
        yield f'<text x="{middle:.0f}" y="{bottom + 13}" class="axis" text-anchor="middle">{time}</text>'


def _threshold_lines(
    thresholds: Sequence[Threshold], end: float, sides: tuple[float, int], y: Callable[[float], float]
) -> Iterator[str]:
    left, right = sides
    for threshold in thresholds:
        if 0 < threshold.value <= end:
            place = f'x1="{left:.0f}" x2="{right}" y1="{y(threshold.value):.1f}" y2="{y(threshold.value):.1f}"'
            yield f'<line {place} stroke="{NAMED[threshold.colour]}" stroke-dasharray="6 5"/>'


def _exemplars(x: Callable[[int], float], y: Callable[[float], float], end: float) -> Iterator[str]:
    for place in range(9, POINTS, 17):
        left, top = x(place), y(end * (0.3 + place % 7 / 12))
        turned = f'transform="rotate(45 {left:.0f} {top:.0f})"'
        yield f'<rect x="{left:.0f}" y="{top:.0f}" width="6" height="6" fill="#5794f2" {turned}/>'


def _legend(names: Sequence[str], width: int, height: int) -> str:
    """As many names as fit in one line; Grafana lets the rest be scrolled to."""
    parts: list[str] = []
    left = 8.0
    for place, name in enumerate(names):
        length = 22 + len(name) * _CHARACTER_PIXELS
        if left + length > width - 12:
            parts.append(f'<text x="{left:.0f}" y="{height - 5}" class="legend">…</text>')
            break
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<rect x="{left:.0f}" y="{height - 11}" width="12" height="3" fill="{colour}"/>')
        parts.append(f'<text x="{left + 16:.0f}" y="{height - 5}" class="legend">{escape(name)}</text>')
        left += length
    return "".join(parts)


def _stat(panel: Panel, width: int, height: int) -> str:
    sample = samples(panel)[0]
    colour = _colour(panel, sample.last)
    text = formatted(sample.last, panel.unit, panel.decimals)
    highest = max(sample.values) or 1
    points = " ".join(
        f"{width * point / (POINTS - 1):.0f},{height - height * 0.28 * value / highest:.1f}"
        for point, value in enumerate(sample.values)
    )
    return _svg(
        width,
        height,
        [
            f'<polygon points="0,{height} {points} {width},{height}" fill="{colour}" fill-opacity=".18"/>',
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-opacity=".7"/>',
            f'<text x="{width / 2}" y="{height / 2 + 4}" class="stat" text-anchor="middle" '
            f'fill="{colour}">{escape(text)}</text>',
        ],
    )


def _bars(panel: Panel, width: int, height: int) -> str:
    drawn = sorted(samples(panel), key=lambda sample: -sample.last)[: max(1, height // _LINE_PIXELS)]
    highest = panel.maximum or max(sample.last for sample in drawn) or 1
    names = min(0.45 * width, max(len(sample.name) for sample in drawn) * _CHARACTER_PIXELS + 16)
    whole = width - names - 90
    parts: list[str] = []
    for place, sample in enumerate(drawn):
        top = place * _LINE_PIXELS + 4
        colour = _colour(panel, sample.last)
        length = whole * min(1, sample.last / highest)
        value = escape(formatted(sample.last, panel.unit, panel.decimals))
        parts += [
            f'<text x="{names - 6:.0f}" y="{top + 12}" class="legend" text-anchor="end">{escape(sample.name)}</text>',
            f'<rect x="{names:.0f}" y="{top}" width="{whole:.0f}" height="15" fill="#22252b"/>',
            f'<rect x="{names:.0f}" y="{top}" width="{length:.0f}" height="15" fill="{colour}" fill-opacity=".75"/>',
            f'<text x="{width - 6}" y="{top + 12}" class="legend" text-anchor="end" fill="{colour}">{value}</text>',
        ]
    return _svg(width, height, parts)


def _table(panel: Panel, width: int, height: int) -> str:
    del width
    if panel.queries[0].source is Source.TEMPO:
        return _traces(height)
    lines = min(max(len(examples(label)) for label, _ in panel.columns), height // _LINE_PIXELS - 1)
    heads = [title for _, title in panel.columns] + [query.legend for query in panel.queries]
    body = ""
    for line in range(lines):
        cells = [escape(examples(label)[line % len(examples(label))]) for label, _ in panel.columns]
        values = [
            escape(formatted(number(panel, query, line), query.unit or panel.unit, panel.decimals))
            for query in panel.queries
        ]
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in [*cells, *values]) + "</tr>"
    head = "".join(f"<th>{escape(title)}</th>" for title in heads)
    return f"<table><tr>{head}</tr>{body}</table>"


def _traces(height: int) -> str:
    heads = "".join(f"<th>{title}</th>" for title in ("Trace", "Start", "Service", "Name", "Duration"))
    rows = ""
    for place in range(height // _LINE_PIXELS - 1):
        service = examples("service_name")[place % 5]
        name = escape(examples("span_name")[place % 5])
        start, took = f"11:{41 - 3 * place:02d}:0{place}", f"{1.2 + 0.37 * place:.2f} s"
        cells = "".join(f"<td>{cell}</td>" for cell in (start, service, name, took))
        rows += f'<tr><td class="link">5b8eff{place}7…</td>{cells}</tr>'
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _heatmap(_: Panel, width: int, height: int) -> str:
    rows, columns = examples("le"), 40
    cell_width, cell_height = (width - _LEFT - 8) / columns, (height - _BOTTOM - 6) / len(rows)
    parts: list[str] = []
    for row, name in enumerate(reversed(rows)):
        top = 4 + row * cell_height
        parts.append(f'<text x="{_LEFT - 6}" y="{top + 12:.0f}" class="axis" text-anchor="end">{name}</text>')
        for column in range(columns):
            near = max(0.0, 1 - abs(row - 4 - (column % 9 == 4)) / 3) * (0.6 + (column * 7 + row * 3) % 10 / 25)
            left = _LEFT + column * cell_width
            parts.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{cell_width - 1:.1f}" height="{cell_height - 1:.1f}" '
                f'fill="#5794f2" fill-opacity="{near:.2f}"/>'
            )
    return _svg(width, height, parts)


def _logs(_: Panel, width: int, height: int) -> str:
    del width
    lines = ""
    for place in range(height // 20):
        text = _LOG_LINES[place % len(_LOG_LINES)].format(service=examples("service_name")[place % 5])
        level = "error" if "level=error" in text else "warn" if "level=warn" in text else "info"
        lines += f'<div class="log {level}">11:{42 - place:02d}:07 {escape(text)}</div>'
    return lines


def _node_graph(_: Panel, width: int, height: int) -> str:
    places = ((0.12, 0.5, "api-gateway"), (0.45, 0.25, "inventory-service"), (0.45, 0.72, "order-processing"),
              (0.8, 0.5, "web-search"), (0.8, 0.86, "payments-gateway"))  # fmt: skip
    edges = ((0, 1), (0, 2), (2, 3), (2, 4))
    points = [(left * width, 20 + top * (height - 60), name) for left, top, name in places]
    parts = [
        f'<line x1="{points[a][0]:.0f}" y1="{points[a][1]:.0f}" x2="{points[b][0]:.0f}" y2="{points[b][1]:.0f}" '
        'stroke="#6e7580"/>'
        for a, b in edges
    ]
    for left, top, name in points:
        parts.append(
            f'<circle cx="{left:.0f}" cy="{top:.0f}" r="17" fill="#181b1f" stroke="#73bf69" stroke-width="4"/>'
        )
        parts.append(f'<text x="{left:.0f}" y="{top + 33:.0f}" class="legend" text-anchor="middle">{name}</text>')
    return _svg(width, height, parts)


_KINDS: dict[Kind, Callable[[Panel, int, int], str]] = {
    Kind.TIMESERIES: _timeseries,
    Kind.STAT: _stat,
    Kind.BARS: _bars,
    Kind.TABLE: _table,
    Kind.HEATMAP: _heatmap,
    Kind.LOGS: _logs,
    Kind.NODE_GRAPH: _node_graph,
}


def _colour(panel: Panel, value: float) -> str:
    passed = [threshold.colour for threshold in panel.thresholds if value >= threshold.value]
    return NAMED[passed[-1] if passed else "red" if panel.good_above else "green"]


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return f'<svg width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'

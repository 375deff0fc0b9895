"""One dashboard as a page, on Grafana's grid at a laptop's width."""

from html import escape
from pathlib import Path

from docs.tools.dashboard_pictures.plots import picture
from telemetry.grafana.dashboards.model import GRID_COLUMNS, Dashboard, Panel, Place, placed

WIDTH = 1366
_MARGIN, _GAP = 16, 8
# Grafana's grid: a unit is 30 pixels high, with 8 between.
_UNIT = 38
_HEADER = 96
_TITLE = 28
_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def page(dashboard: Dashboard, *, opened: bool) -> tuple[str, int]:
    """The page and its height in pixels; `opened` draws what is in closed rows too."""
    body: list[str] = []
    shift = 0
    bottom = 0
    for row in placed(dashboard):
        body.append(_heading(row.row.title, row.heading, shift, closed=row.row.collapsed))
        if row.row.collapsed and not opened:
            bottom = _top(row.heading.y + 1, shift)
            continue
        body += [_panel(panel, place, shift) for panel, place in row.panels]
        end = max(place.y + place.height for _, place in row.panels)
        bottom = _top(end, shift)
        # The layout gives a closed row its heading only.
        shift += end - row.heading.y - 1 if row.row.collapsed else 0
    choices = "".join(f"<span>{escape(one.label)}</span><b>All</b>" for one in dashboard.variables)
    head = (
        f"<h1>{escape(dashboard.title)}</h1><p>{escape(dashboard.description)}</p>"
        f'<div class="choices">{choices}<i>layout with sample data</i></div>'
    )
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{head}{"".join(body)}', bottom + _MARGIN


def _heading(title: str, place: Place, shift: int, *, closed: bool) -> str:
    note = " <em>closed at first</em>" if closed else ""
    return f'<h2 style="top:{_top(place.y, shift)}px">{escape(title)}{note}</h2>'


def _panel(panel: Panel, place: Place, shift: int) -> str:
    column = (WIDTH - 2 * _MARGIN + _GAP) / GRID_COLUMNS
    left, width = _MARGIN + place.x * column, place.width * column - _GAP
    height = place.height * _UNIT - _GAP
    inside = picture(panel, round(width) - 18, height - _TITLE - 10)
    box = f"left:{left:.0f}px;top:{_top(place.y, shift)}px;width:{width:.0f}px;height:{height}px"
    title = f'<h3>{escape(panel.title)}<span title="{escape(panel.description)}">i</span></h3>'
    return f'<section style="{box}">{title}<div class="inside">{inside}</div></section>'


def _top(y: int, shift: int) -> int:
    return _HEADER + (y + shift) * _UNIT

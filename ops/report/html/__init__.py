"""Reports as one HTML file each, by Jinja2: light and dark, with charts, and nothing is loaded from anywhere."""

from importlib.resources import files

from ops.report.charts import AreaChart, BarChart, PointChart
from ops.report.html.axes import NARROW
from ops.report.html.bars import bar_chart
from ops.report.html.plots import area_chart, point_chart
from ops.report.model import Document, Drawable, Span, Words, drawable

__all__ = ["render"]


def render(document: Document) -> str:
    """The whole page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("ops.report", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup(files("ops.report.html").joinpath("page.css").read_text(encoding="utf-8"))  # noqa: S704 (our own)
    page = environment.get_template("page.html.j2")
    return (
        page.render(document=document, style=style, drawable=drawable, kind_of=_kind_of, spans=_spans, drawn=_drawn)
        + "\n"
    )


def _kind_of(block: Drawable) -> str:
    return type(block).__name__


def _spans(words: Words) -> tuple[Span, ...]:
    parts = words if isinstance(words, tuple) else (words,)
    return tuple(part if isinstance(part, Span) else Span(text=part) for part in parts)


def _drawn(drawing: BarChart | AreaChart | PointChart) -> str:
    """The drawing for a desk and paper, and one for a telephone; where names of points need the width, none."""
    match drawing:
        case BarChart():
            return bar_chart(drawing) + bar_chart(drawing, NARROW)
        case AreaChart():
            return area_chart(drawing) + area_chart(drawing, NARROW)
        case PointChart():
            return point_chart(drawing)

"""Small helpers that make panels: one for each kind of picture."""

from typing import TypedDict, Unpack

from telemetry.grafana.dashboards.model import Kind, Line, Panel, Query, Row, Threshold, Unit

GREEN, YELLOW, RED = "green", "yellow", "red"
# The published alerts' limits (`high_error_rate`, `high_response_time`, `cost_control`), and half of each as warning.
ERROR_SHARE = (Threshold(0.01, YELLOW), Threshold(0.05, RED))
DURATION = (Threshold(1, YELLOW), Threshold(2, RED))
INGESTION = (Threshold(10e6, YELLOW), Threshold(20e6, RED))
STORAGE_GROWTH = (Threshold(5e9, YELLOW), Threshold(10e9, RED))
# Of a capacity: four fifths leave time to act, nine tenths do not.
FULL = (Threshold(0.8, YELLOW), Threshold(0.9, RED))
# Of a budget.
SPENT = (Threshold(0.9, YELLOW), Threshold(1.0, RED))
ANY_IS_BAD = (Threshold(1, RED),)
ANY_RATE_IS_BAD = (Threshold(0.001, RED),)

# What failure counters show before their first failure.
NOTHING = "none in this window"

STAT_HEIGHT = 3
CHART_HEIGHT = 8
TALL = 10


class Options(TypedDict, total=False):
    """What a panel may have beside its question: see `Panel`."""

    unit: Unit
    thresholds: tuple[Threshold, ...]
    good_above: bool
    stacked: bool
    maximum: float
    signed: bool
    decimals: int
    when_empty: str
    weight: int


def timeseries(title: str, description: str, *queries: Query, **options: Unpack[Options]) -> Panel:
    """Lines over time."""
    return Panel(Kind.TIMESERIES, title, description, queries, **options)


def failures(title: str, description: str, *queries: Query) -> Panel:
    """Rates over time that should be zero, and say so while they are."""
    return timeseries(
        title, description, *queries, when_empty=NOTHING, unit=Unit.PER_SECOND, thresholds=ANY_RATE_IS_BAD
    )


def stat(title: str, description: str, *queries: Query, **options: Unpack[Options]) -> Panel:
    """One large number with its course behind it."""
    return Panel(Kind.STAT, title, description, queries, **options)


def bars(title: str, description: str, *queries: Query, **options: Unpack[Options]) -> Panel:
    """One bar a series, at the end of the window."""
    return Panel(Kind.BARS, title, description, queries, **options)


def table(
    title: str,
    description: str,
    *queries: Query,
    columns: tuple[tuple[str, str], ...],
    **options: Unpack[Options],
) -> Panel:
    """One line a series and one column a query."""
    return Panel(Kind.TABLE, title, description, queries, columns=columns, **options)


def heatmap(title: str, description: str, *queries: Query, **options: Unpack[Options]) -> Panel:
    """How values spread over a histogram's buckets."""
    return Panel(Kind.HEATMAP, title, description, queries, **options)


def log_lines(title: str, description: str, *queries: Query) -> Panel:
    """Log lines, newest first."""
    return Panel(Kind.LOGS, title, description, queries, when_empty=NOTHING)


def trace_list(title: str, description: str, *queries: Query) -> Panel:
    """Traces, newest first, each a link to its spans."""
    columns = (("traceID", "Trace"), ("startTime", "Start"), ("traceService", "Service"), ("traceName", "Name"))
    return Panel(Kind.TABLE, title, description, queries, columns=columns, when_empty=NOTHING)


def node_graph(title: str, description: str, *queries: Query) -> Panel:
    """Who calls whom."""
    return Panel(Kind.NODE_GRAPH, title, description, queries)


def stats(*panels: Panel) -> Line:
    """Large numbers side by side."""
    return Line(panels, STAT_HEIGHT)


def charts(*panels: Panel, height: int = CHART_HEIGHT) -> Line:
    """Pictures side by side."""
    return Line(panels, height)


def row(title: str, *lines: Line, collapsed: bool = False) -> Row:
    """Lines under a heading."""
    return Row(title, lines, collapsed)

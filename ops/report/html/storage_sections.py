"""The sections on stored data: how buckets fill, and what every way to keep their objects would cost."""

from collections.abc import Collection, Sequence

from ops.report.html.axes import LegendEntry
from ops.report.html.cost_sections import section, usd
from ops.report.html.figures import Figures
from ops.report.html.growth import TIERS
from ops.report.html.markup import Markup, element, join, table
from ops.report.html.plots import Area, AreaChart, Point, PointChart, area_chart, point_chart
from planning.buckets import BucketPurpose
from planning.tiers.ranking import Role, TierRow

TIER_COLOURS = {"hot": "red", "warm": "orange", "cold": "blue"}
TABLE_DAYS = (0, 1, 3, 7, 14, 30, 60, 90)
MARKS = {
    Role.CHOSEN: ("blue", "diamond"),
    Role.LITERAL: ("red", "cross"),
    Role.STANDARD: ("green", "triangle"),
}
READABLE, UNREADABLE = ("grey", "dot"), ("grey", "ring")


def stored(figures: Figures) -> Markup:
    """GiB by tier since the first day."""
    days = figures.days
    chart = area_chart(
        AreaChart(
            name="chart-stored",
            title="Stored data by tier over time",
            description="Hot, warm and cold data of logs, traces and metrics, stacked, from the first day on.",
            x_unit="days since the first object was written",
            y_unit="GiB",
            x=[day.day for day in days],
            areas=[Area(tier, TIER_COLOURS[tier], [day.gib[tier] for day in days]) for tier in reversed(TIERS)],
        )
    )
    last = days[-1].day
    shown = [day for day in days if day.day in TABLE_DAYS or day.day == last]
    rows = [[str(day.day), *(f"{day.gib[tier]:.2f}" for tier in TIERS), f"{day.total_gib:.2f}"] for day in shown]
    explanation = (
        "GiB of logs, traces and metrics after sampling and compression, under the expected traffic. Every signal "
        "grows until retention deletes as much as is written. Rules and the audit archive are not among them."
    )
    header = ["day", *(f"{tier} GiB" for tier in TIERS), "all GiB"]
    numbers = table(header, rows, range(5), [len(rows) - 1])
    return section("stored", "Stored data by tier over time", explanation, chart, numbers)


def plans(figures: Figures) -> Markup:
    """The price of every candidate, one chart for each bucket."""
    explanation = (
        "Every chain of storage classes that S3 accepts, each at its cheapest days, priced over the objects' whole "
        "life: storage with minimum durations, uploads, moves, monitoring and reads. A plan is chosen when it is the "
        "cheapest of those that queriers can read at once and that nothing else speaks against."
    )
    parts = [part for one in figures.plans for part in _bucket(one.purpose, one.rows)]
    return section("plans", "Price of every storage plan", explanation, *parts)


def _bucket(purpose: BucketPurpose, rows: Sequence[TierRow]) -> tuple[Markup, ...]:
    chart = point_chart(
        PointChart(
            name=f"chart-plans-{purpose.value}",
            title=f"Storage plans of {purpose.value}",
            description="One point for each plan, cheapest first; the chosen plan and the literal table are named.",
            x_unit="rank by price, cheapest first",
            y_unit="US dollars a month",
            points=[_point(place, row) for place, row in enumerate(rows, 1)],
            legend=_legend({row.role for row in rows}),
        )
    )
    telling = [(place, row) for place, row in enumerate(rows, 1) if row.role is not Role.OTHER or place == 1]
    return (
        element("h3", purpose.value),
        chart,
        _table(telling),
        element("details", element("summary", f"All {len(rows)} plans"), _table([*enumerate(rows, 1)])),
    )


def _legend(roles: Collection[Role]) -> list[LegendEntry]:
    """A plan in two roles has the first: only marks that are drawn are explained."""
    return [
        *(LegendEntry(role.value, *marks) for role, marks in MARKS.items() if role in roles),
        LegendEntry("another plan", *READABLE),
        LegendEntry("another, unreadable", *UNREADABLE),
    ]


def _point(place: int, row: TierRow) -> Point:
    colour, shape = MARKS.get(row.role, READABLE if row.readable else UNREADABLE)
    told = f"{row.candidate.text}: {usd(row.usd_per_month)} USD a month; {row.verdict}"
    label = f"{row.role.value}: {row.candidate.text}, {usd(row.usd_per_month)}" if row.role is not Role.OTHER else ""
    return Point(place, row.usd_per_month, colour, shape, told, label)


def _table(rows: Sequence[tuple[int, TierRow]]) -> Markup:
    cells = [
        [str(place), row.role.value, row.candidate.text, usd(row.usd_per_month), "yes" if row.readable else "NO",
         row.verdict]
        for place, row in rows
    ]  # fmt: skip
    marked = [place for place, (_, row) in enumerate(rows) if row.role is Role.CHOSEN]
    return join(table(["rank", "", "plan", "USD a month", "readable", "verdict"], cells, (0, 3), marked))

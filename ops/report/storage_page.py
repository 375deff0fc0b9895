"""Stored data with charts: how buckets fill, and what every way to keep their objects would cost."""

from collections.abc import Collection, Iterator, Sequence

from ops.cost.growth import TIERS, Day
from ops.report.charts import Area, AreaChart, LegendEntry, Point, PointChart
from ops.report.model import Block, Chart, Fold, Row, RowStyle, Section, Table, Text, strong, table
from ops.report.tiers import plan_cells
from ops.report.words import usd
from planning.tiers.ranking import BucketPlans, Role, TierRow

TIER_COLOURS = {"hot": "red", "warm": "orange", "cold": "blue"}
TABLE_DAYS = (0, 1, 3, 7, 14, 30, 60, 90)
MARKS = {
    Role.CHOSEN: ("blue", "diamond"),
    Role.BY_NAME: ("red", "cross"),
    Role.STANDARD: ("green", "triangle"),
}
READABLE, UNREADABLE = ("grey", "dot"), ("grey", "ring")


def stored(days: Sequence[Day]) -> Section:
    """GiB by tier since the first day."""
    chart = AreaChart(
        name="chart-stored",
        title="Stored data by tier over time",
        description="Hot, warm and cold data of logs, traces and metrics, stacked, from the first day on.",
        x_unit="days since the first object was written",
        y_unit="GiB",
        x=[day.day for day in days],
        areas=[Area(tier, TIER_COLOURS[tier], [day.gib[tier] for day in days]) for tier in reversed(TIERS)],
    )
    shown = [day for day in days[:-1] if day.day in TABLE_DAYS]
    rows = [Row(cells=_day(day)) for day in shown] + [Row(cells=_day(days[-1]), style=RowStyle.MARKED)]
    explanation = (
        "GiB of logs, traces and metrics after sampling and compression, under the expected traffic. Every signal "
        "grows until retention deletes as much as is written. Rules and the audit archive are not among them."
    )
    header = ["day", *(f"{tier} GiB" for tier in TIERS), "all GiB"]
    return Section(
        anchor="stored",
        heading="Stored data by tier over time",
        blocks=(Text(words=explanation), Chart(drawing=chart), table(header, rows, numbers=range(5))),
    )


def plans(every: Sequence[BucketPlans]) -> Section:
    """The price of every plan, one chart for each bucket."""
    explanation = (
        "Every chain of storage classes that S3 accepts, each at its cheapest days, priced over the objects' whole "
        "life: storage with minimum durations, uploads, moves, monitoring and reads. A plan is chosen when it is the "
        "cheapest of those that queriers can read at once and that nothing else speaks against. Tiers by name: warm "
        "data in STANDARD_IA and cold data in GLACIER, on the days that retention says; STANDARD alone: objects stay "
        "as they were written."
    )
    blocks = [block for one in every for block in _bucket(one)]
    return Section(anchor="plans", heading="Price of every storage plan", blocks=(Text(words=explanation), *blocks))


def _day(day: Day) -> tuple[str, ...]:
    return (str(day.day), *(f"{day.gib[tier]:.2f}" for tier in TIERS), f"{day.total_gib:.2f}")


def _bucket(plans: BucketPlans) -> Iterator[Block]:
    ranked = [*enumerate(plans.rows, 1)]
    yield Text(words=strong(plans.purpose.value))
    yield Chart(
        drawing=PointChart(
            name=f"chart-plans-{plans.purpose.value}",
            title=f"Storage plans of {plans.purpose.value}",
            description="One point for each plan, cheapest first; the chosen plan and tiers by name are named.",
            x_unit="rank by price, cheapest first",
            y_unit="US dollars a month",
            points=[_point(place, row) for place, row in ranked],
            legend=_legend({row.role for row in plans.rows}),
        )
    )
    yield _table([(place, row) for place, row in ranked if row.role is not Role.OTHER or place == 1])
    yield Fold(title=f"All {len(ranked)} plans", blocks=(_table(ranked),))


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


def _table(ranked: Sequence[tuple[int, TierRow]]) -> Table:
    rows = [
        Row(
            cells=(str(place), *plan_cells(row)),
            style=RowStyle.MARKED if row.role is Role.CHOSEN else RowStyle.PLAIN,
        )
        for place, row in ranked
    ]
    return table(("rank", "", "plan", "USD a month", "readable", "verdict"), rows, numbers=(0, 3))

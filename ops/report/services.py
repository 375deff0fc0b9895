"""Who pays, as a report: the bill by service and by team."""

from ops.report.charts import Bar, BarChart, LegendEntry, Part
from ops.report.model import Block, Chart, Document, Row, RowStyle, Section, Table, Text, document, table
from ops.report.words import usd
from planning.cost.attribution import SharedBill
from planning.retention import Signal

COLOURS = {Signal.LOGS: "green", Signal.TRACES: "blue", Signal.METRICS: "orange", Signal.PROFILES: "purple"}
RULE = (
    "Each signal costs its bucket and, of what is paid whatever arrives, the share of memory that its back end asks "
    "for. A service bears what it sends of a signal: traces by the bytes that sampling keeps, logs by bytes, metrics "
    "by series. It is a mean: one more service costs less (cost add-service)."
)


def services_document(bill: SharedBill, title: str, basis: str, *, by_team: bool) -> Document:
    """The bill, and the rule by which it was shared out."""
    return document(
        f"{title}: {usd(bill.usd_per_month)} USD a month",
        team_table(bill) if by_team else service_table(bill),
        Text(words=fixed_words(bill)),
        Text(words=f"{RULE} {basis}"),
    )


def service_table(bill: SharedBill) -> Table:
    """One row a service."""
    rows = [
        Row(
            cells=(
                one.service,
                one.team,
                *(usd(one.by_signal.get(signal, 0.0)) for signal in bill.signals),
                usd(one.usd_per_month),
                share(one.usd_per_month, bill.usd_per_month),
            )
        )
        for one in bill.services
    ]
    sums = (usd(sum(one.by_signal.get(signal, 0.0) for one in bill.services)) for signal in bill.signals)
    rows.append(Row(cells=("all", "", *sums, usd(bill.usd_per_month), "100 %"), style=RowStyle.TOTAL))
    header = ("service", "team", *bill.signals, "USD a month", "share")
    return table(header, rows, numbers=range(2, len(header)))


def team_table(bill: SharedBill) -> Table:
    """One row a team."""
    rows = [
        Row(
            cells=(
                team,
                str(sum(one.team == team for one in bill.services)),
                usd(amount),
                share(amount, bill.usd_per_month),
            )
        )
        for team, amount in bill.by_team.items()
    ]
    total = ("all", str(len(bill.services)), usd(bill.usd_per_month), "100 %")
    rows.append(Row(cells=total, style=RowStyle.TOTAL))
    return table(("team", "services", "USD a month", "share"), rows, numbers=(1, 2, 3))


def services_section(bill: SharedBill) -> Section:
    """For the HTML report: a bar a service, and the numbers."""
    chart = BarChart(
        name="chart-services",
        title="Cost by service",
        description="One bar for each service, dearest first, in parts by signal.",
        unit="US dollars a month",
        bars=[
            Bar(one.service, tuple(Part(signal.value, usd_, COLOURS[signal]) for signal, usd_ in one.by_signal.items()))
            for one in bill.services
        ],
        legend=[LegendEntry(signal.value, COLOURS[signal]) for signal in bill.signals],
    )
    teams: tuple[Block, ...] = (team_table(bill),) if len(bill.by_team) > 1 else ()
    blocks = (
        Text(words=RULE),
        Chart(drawing=chart),
        service_table(bill),
        *teams,
        Text(words=fixed_words(bill)),
    )
    return Section(anchor="services", heading="Cost by service", blocks=blocks)


def fixed_words(bill: SharedBill) -> str:
    """How much of it doesn't follow what is sent."""
    return (
        f"{usd(bill.fixed_usd_per_month)} USD of it are paid whatever arrives: nodes, volumes, network, control plane."
    )


def share(part: float, whole: float) -> str:
    """In percent."""
    return f"{part / whole:.1%}".replace("%", " %") if whole else "–"

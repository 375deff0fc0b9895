"""The head of the HTML report, for whoever pays: what, when, whose, how sure, and plan against what AWS charged."""

from collections.abc import Iterator

from ops.cost.charges import Charges
from ops.cost.figures import Figures
from ops.report.charts import Bar, BarChart, LegendEntry, Part
from ops.report.cost import counted, hours, quantities, steady, unsure, within_budget
from ops.report.model import Block, Bullets, Chart, Row, RowStyle, Section, Span, Text, Tone, strong, table, toned
from ops.report.words import usd
from planning.budget import Category
from planning.cost.model import CostReport

MONTHS = 12
# List prices and the days of a month leave room; beyond it somebody should ask why.
TOLERANCE = 0.1


def head(figures: Figures) -> Iterator[Block]:
    """The verdict, whose money it is, and what the number rests on."""
    report, verdict, whose = figures.report, figures.verdict, figures.whose
    word = within_budget(within=verdict.within)
    yield Text(
        words=f"{report.today:%d %B %Y} · {whose.project} · owner: {whose.owner} · cost centre: {whose.cost_centre}"
    )
    yield Text(
        words=(
            strong(f"{usd(report.usd_per_month)} USD a month"),
            " · ",
            strong(f"{usd(report.usd_per_month * MONTHS)} USD a year"),
            f" in {report.region}, list prices without tax ",
            strong(word.text, word.tone),
        )
    )
    yield Text(words=verdict.message)
    if figures.charges:
        yield _charged_in_short(figures.charges, report)
    yield Bullets(title="What this rests on:", items=tuple(_rests_on(figures)))
    yield Text(words=f"At the largest size of every node group: {usd(report.usd_at_most_nodes)} USD a month.")
    yield from hours(report)
    yield from steady(report)
    for warning in report.warnings:
        yield Text(words=f"warning: {warning}", tone=Tone.WARNING)


def _rests_on(figures: Figures) -> Iterator[str]:
    report = figures.report
    yield quantities(report)
    yield f"Load: {report.load}."
    if figures.assumed:
        yield f"Of the load, {', '.join(figures.assumed)} are this project's defaults, not your numbers."
    if model := unsure(report):
        yield f"{model[0].upper()}{model[1:]}."
    yield f"Nodes: {counted(report)}."
    yield "Currency: US dollars. An invoice in another currency is converted at AWS's rate of its day."


def _charged_in_short(charges: Charges, report: CostReport) -> Text:
    difference = charges.usd_per_month - report.usd_per_month
    side = "more" if difference >= 0 else "less"
    words = f"AWS charged {usd(charges.usd_per_month)} USD a month: {usd(abs(difference))} {side} than planned" + (
        f" ({abs(difference) / report.usd_per_month:.0%})" if report.usd_per_month else ""
    )
    return Text(words=words, tone=Tone.WARNING if difference > report.usd_per_month * TOLERANCE else Tone.PLAIN)


def plan_against_actual(charges: Charges, report: CostReport) -> Section:
    """Planned and charged, by category where the file tells usage types apart."""
    planned = {**{category.value: usd_ for category, usd_ in report.by_category.items()}}
    by_category = charges.by_category
    charged = {one.value: by_category.get(one, 0.0) for one in Category} if by_category is not None else {}
    planned["total"], charged["total"] = report.usd_per_month, charges.usd_per_month
    names = [name for name in planned if name in charged]
    chart = BarChart(
        name="chart-actual",
        title="Plan against actual",
        description="Bars are what AWS charged, lines across them the plan.",
        unit="US dollars a month",
        bars=[
            Bar(name, (Part("charged", charged[name], "purple"),), (Part("planned", planned[name], "blue"),))
            for name in names
        ],
        legend=[LegendEntry("charged", "purple"), LegendEntry("planned", "blue", "line")],
    )
    rows = [
        Row(
            cells=(
                name,
                usd(planned[name]),
                usd(charged[name]),
                _difference(charged[name], planned[name]),
            ),
            style=RowStyle.TOTAL if name == "total" else RowStyle.PLAIN,
        )
        for name in names
    ]
    until = f", up to {charges.until}" if charges.until else ""
    basis = (
        f"What AWS charged in {charges.days} days{until}, as a month, beside this plan. The file says nothing of which "
        "resources it is about: filter it by the tags project and stack."
    )
    ungrouped = (
        ()
        if by_category is not None
        else (Text(words="The file isn't grouped by usage type, so charges can't be told apart by category."),)
    )
    largest = table(("what costs most", "USD a month"), [(name, usd(amount)) for name, amount in charges.largest],
                    numbers=(1,))  # fmt: skip
    return Section(
        anchor="actual",
        heading="Plan against actual",
        blocks=(
            Text(words=basis),
            Chart(drawing=chart),
            table(("category", "planned", "charged", "difference"), rows, numbers=(1, 2, 3)),
            *ungrouped,
            *((largest,) if charges.largest else ()),
        ),
    )


def _difference(charged: float, planned: float) -> Span:
    beyond = charged > planned * (1 + TOLERANCE)
    return toned(f"{charged - planned:+,.2f}", Tone.WARNING if beyond else Tone.PLAIN)

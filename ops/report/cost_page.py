"""The cost of a stack with charts: what is paid now, under other traffic, and for data as buckets fill."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ops.cost.figures import Figures
from ops.cost.sensitivity import Traffic
from ops.report.charts import Bar, BarChart, LegendEntry, Part
from ops.report.cost import (
    all_assumptions,
    categories,
    counted,
    free,
    over_parts,
    saved,
    unpriced,
)
from ops.report.finance import head, plan_against_actual
from ops.report.model import (
    Block,
    Bullets,
    Chart,
    Document,
    Fold,
    Row,
    RowStyle,
    Section,
    Text,
    table,
)
from ops.report.services import services_section
from ops.report.storage_page import plans, stored
from ops.report.topology import curve_section
from ops.report.words import usd
from planning.budget import Category
from planning.cost.model import CostLine, CostReport

USD_A_MONTH = "US dollars a month"
COLOURS = {Category.COMPUTE: "blue", Category.STORAGE: "green", Category.OPERATIONS: "orange"}
CATEGORY_LEGEND = tuple(LegendEntry(category.value, colour) for category, colour in COLOURS.items())
BUDGET_ENTRY = LegendEntry("budget", "red", "line")
BEFORE_ENTRY = LegendEntry("before the platform", "grey", "line")


def cost_page(figures: Figures) -> Document:
    """The whole report."""
    report = figures.report
    return Document(
        title=f"Cost of {figures.stack}",
        lead=(*head(figures),),
        sections=(
            *([plan_against_actual(figures.charges, report)] if figures.charges else []),
            _by_category(figures),
            services_section(figures.services),
            _by_component(figures),
            _by_traffic(figures),
            *([curve_section(figures.curve)] if figures.curve else []),
            stored(figures.days),
            plans(figures.plans),
            *unpriced(report),
            Section(anchor="lines", heading="Every line", blocks=(_lines(report),)),
        ),
        footer=(*_basis(report),),
    )


def _basis(report: CostReport) -> Iterator[Block]:
    counting = counted(report)
    yield Text(words=f"Made on {report.today} for {report.load}. {counting[0].upper()}{counting[1:]}. {free(report)}")
    yield Bullets(
        title="Sources of prices (source: read in a price list; model: no source confirmed it):",
        items=tuple(f"{one.as_of}, {one.confidence}: {one.text}" for one in _sources_of(report)),
        numbered=True,
    )
    yield Text(words=all_assumptions())


def _section(anchor: str, heading: str, explanation: str, *blocks: Block) -> Section:
    return Section(anchor=anchor, heading=heading, blocks=(Text(words=explanation), *blocks))


def _by_component(figures: Figures) -> Section:
    """Cost by component, its categories as parts of the bar."""
    report = figures.report
    split = {
        component: _split([line for line in report.lines if line.component == component])
        for component in report.by_component
    }
    chart = BarChart(
        name="chart-components",
        title="Cost by component",
        description="One bar for each component, dearest first, in parts by category.",
        unit=USD_A_MONTH,
        bars=[Bar(component, _parts(parts)) for component, parts in split.items()],
        legend=CATEGORY_LEGEND,
    )
    rows = [
        Row(cells=(name, *(usd(parts[one]) for one in Category), usd(sum(parts.values()))))
        for name, parts in split.items()
    ]
    sums = (*(usd(report.by_category[one]) for one in Category), usd(report.usd_per_month))
    rows.append(Row(cells=("total", *sums), style=RowStyle.TOTAL))
    return _section(
        "components",
        "Cost by component",
        "The component that registered the resource pays for it: nodes are not shared out among workloads.",
        Chart(drawing=chart),
        table(["component", *Category, "USD a month"], rows, numbers=range(1, 5)),
    )


def _by_category(figures: Figures) -> Section:
    """Cost by category against the budget, and against what was paid before where that is given."""
    report, budget, baseline = figures.report, figures.budget, figures.baseline
    costs = [*report.by_category.items(), ("total", report.usd_per_month)]
    limits = [*(budget.parts.get(category) for category in Category), budget.usd_per_month]
    befores = [*map(baseline.parts.get, Category), baseline.total] if baseline else [None] * 4
    bars = [
        Bar(name, (Part("cost", cost, colour),), (*_limit("budget", limit, "red"), *_limit("before", before, "grey")))
        for (name, cost), limit, before, colour in zip(
            costs, limits, befores, [*COLOURS.values(), "purple"], strict=True
        )
    ]
    chart = BarChart(
        name="chart-categories",
        title="Cost by category against the budget",
        description="Bars are the cost, lines across them the budget"
        + (" and the cost before the platform." if baseline else "."),
        unit=USD_A_MONTH,
        bars=bars,
        legend=[BUDGET_ENTRY, *([BEFORE_ENTRY] if baseline else [])],
    )
    return _section(
        "categories",
        "Cost by category against the budget",
        "Only the total decides; a category beyond its part of the budget is named below the table.",
        Chart(drawing=chart),
        categories(report, budget, baseline),
        *saved(report, baseline),
        *over_parts(figures.verdict),
    )


def _by_traffic(figures: Figures) -> Section:
    """The same resources under other traffic."""
    limit = figures.budget.usd_per_month
    chart = BarChart(
        name="chart-traffic",
        title="Cost under other traffic",
        description="One bar for each multiple of the expected requests, in parts by category, with the budget.",
        unit=USD_A_MONTH,
        bars=[
            Bar(_traffic_label(one), _parts(one.report.by_category), _limit("budget", limit, "red"))
            for one in figures.traffic
        ],
        legend=[*CATEGORY_LEGEND, BUDGET_ENTRY],
    )
    rows = [
        Row(
            cells=(
                f"x {one.factor:g}",
                f"{one.requests_per_second:,.6g}",
                *(usd(value) for value in one.report.by_category.values()),
                usd(one.report.usd_per_month),
                f"{limit - one.report.usd_per_month:+,.2f}",
                "yes" if not one.shortfalls else "no: " + ", ".join(one.shortfalls),
            ),
            style=RowStyle.MARKED if one.factor == 1 else RowStyle.PLAIN,
        )
        for one in figures.traffic
    ]
    header = ["traffic", "requests/s", *Category, "USD a month", "budget left", "the sizes carry it"]
    return _section(
        "traffic",
        "Cost under other traffic",
        "The same resources, with bytes, requests and transfer of a multiple of the expected traffic. Nodes and "
        "volumes stay as they are: where the last column says no, the stack needs larger sizes first, and costs more "
        "than shown. Streams and series follow the number of services, not their traffic.",
        Chart(drawing=chart),
        table(header, rows, numbers=range(1, 7)),
    )


def _traffic_label(one: Traffic) -> str:
    return f"x {one.factor:g}: {one.requests_per_second:,.6g}/s" + (" (needs more)" if one.shortfalls else "")


def _split(lines: Sequence[CostLine]) -> dict[Category, float]:
    return {category: sum(line.usd_per_month for line in lines if line.category is category) for category in Category}


def _parts(split: Mapping[Category, float]) -> tuple[Part, ...]:
    return tuple(Part(category.value, split[category], COLOURS[category]) for category in Category)


def _limit(name: str, value: float | None, colour: str) -> tuple[Part, ...]:
    return () if value is None else (Part(name, value, colour),)


class _Source(NamedTuple):
    """Where prices were read; the footer lists them by number."""

    as_of: date
    confidence: str
    text: str


def _sources_of(report: CostReport) -> list[_Source]:
    """Each source once, youngest first."""
    found = {_source(line) for line in report.lines}
    return sorted(found, key=lambda source: (-source.as_of.toordinal(), source.confidence, source.text))


def _lines(report: CostReport) -> Fold:
    """Every priced line, folded."""
    numbers = {source: place for place, source in enumerate(_sources_of(report), 1)}
    rows = [
        (line.component, line.resource, line.item, f"{line.quantity:,.1f}", line.unit, f"{line.unit_usd:.5g}",
         usd(line.usd_per_month), str(line.as_of), line.confidence.value, str(numbers[_source(line)]))
        for line in report.lines
    ]  # fmt: skip
    header = ("component", "resource", "what", "quantity", "unit", "USD a unit", "USD a month", "price of",
              "known by", "source")  # fmt: skip
    title = f"All {len(rows)} lines with unit price and date; the sources' numbers are those of the list at the end"
    return Fold(title=title, unfolded=True, printed=True, blocks=(table(header, rows, numbers=(3, 5, 6, 7, 9)),))


def _source(line: CostLine) -> _Source:
    return _Source(line.as_of, line.confidence.value, line.source)

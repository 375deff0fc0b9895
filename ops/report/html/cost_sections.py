"""The sections on what is paid now: components, categories against the budget, and other traffic."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ops.report.html.axes import LegendEntry
from ops.report.html.bars import Bar, BarChart, Part, bar_chart
from ops.report.html.figures import Figures
from ops.report.html.markup import Markup, element, join, table
from ops.report.html.sensitivity import Traffic
from planning.cost.model import Category, CostLine, CostReport

USD_A_MONTH = "US dollars a month"
COLOURS = {Category.COMPUTE: "blue", Category.STORAGE: "green", Category.OPERATIONS: "orange"}
CATEGORY_LEGEND = tuple(LegendEntry(category.value, colour) for category, colour in COLOURS.items())
BUDGET_ENTRY = LegendEntry("budget", "red", "line")
BEFORE_ENTRY = LegendEntry("before the platform", "grey", "line")


def section(name: str, title: str, explanation: str, *content: Markup) -> Markup:
    """One chapter of the page."""
    return element("section", element("h2", title), element("p", explanation), *content, id=name)


def usd(value: float) -> str:
    """Dollars and cents."""
    return f"{value:,.2f}"


def by_component(figures: Figures) -> Markup:
    """Cost by component, its categories as parts of the bar."""
    report = figures.report
    split = {
        component: _split([line for line in report.lines if line.component == component])
        for component in report.by_component
    }
    chart = bar_chart(
        BarChart(
            name="chart-components",
            title="Cost by component",
            description="One bar for each component, dearest first, in parts by category.",
            unit=USD_A_MONTH,
            bars=[Bar(component, _parts(parts)) for component, parts in split.items()],
            legend=CATEGORY_LEGEND,
        )
    )
    rows = [[name, *(usd(parts[c]) for c in Category), usd(sum(parts.values()))] for name, parts in split.items()]
    rows.append(["total", *(usd(report.by_category[c]) for c in Category), usd(report.usd_per_month)])
    numbers = table(["component", *Category, "USD a month"], rows, range(1, 5), [len(rows) - 1])
    explanation = "The component that registered the resource pays for it: nodes are not shared out among workloads."
    return section("components", "Cost by component", explanation, chart, numbers)


def by_category(figures: Figures) -> Markup:
    """Cost by category against the budget, and against what was paid before where that is given."""
    report, budget, baseline = figures.report, figures.budget, figures.baseline
    names = [*Category, "total"]
    costs = [*report.by_category.values(), report.usd_per_month]
    limits = [*(budget.of(category) for category in Category), budget.usd_per_month]
    befores = [*map(baseline.of, Category), baseline.total] if baseline else [None] * 4
    bars = [
        Bar(
            name,
            (Part("cost", cost, colour),),
            (*_limit("budget", limit, "red"), *_limit("before", before, "grey")),
        )
        for name, cost, limit, before, colour in zip(
            names, costs, limits, befores, [*COLOURS.values(), "purple"], strict=True
        )
    ]
    chart = bar_chart(
        BarChart(
            name="chart-categories",
            title="Cost by category against the budget",
            description="Bars are the cost, lines across them the budget"
            + (" and the cost before the platform." if baseline else "."),
            unit=USD_A_MONTH,
            bars=bars,
            legend=[BUDGET_ENTRY, *([BEFORE_ENTRY] if baseline else [])],
        )
    )
    rows = [
        [name, usd(cost), usd(limit) if limit else "-", f"{limit - cost:+,.2f}" if limit else "-"]
        + ([usd(before) if before else "-"] if baseline else [])
        for name, cost, limit, before in zip(names, costs, limits, befores, strict=True)
    ]
    header = ["category", "USD a month", "budget", "left", *(["before"] if baseline else [])]
    explanation = "Only the total decides; a category beyond its part of the budget is named below the table."
    return section(
        "categories",
        "Cost by category against the budget",
        explanation,
        chart,
        table(header, rows, range(1, 5), [3]),
        _over(figures),
    )


def by_traffic(figures: Figures) -> Markup:
    """The same resources under other traffic."""
    limit = figures.budget.usd_per_month
    bars = [
        Bar(_traffic_label(one), _parts(one.report.by_category), _limit("budget", limit, "red"))
        for one in figures.traffic
    ]
    chart = bar_chart(
        BarChart(
            name="chart-traffic",
            title="Cost under other traffic",
            description="One bar for each multiple of the expected requests, in parts by category, with the budget.",
            unit=USD_A_MONTH,
            bars=bars,
            legend=[*CATEGORY_LEGEND, BUDGET_ENTRY],
        )
    )
    rows = [
        [
            f"x {one.factor:g}",
            f"{one.requests_per_second:,.6g}",
            *(usd(value) for value in one.report.by_category.values()),
            usd(one.report.usd_per_month),
            f"{limit - one.report.usd_per_month:+,.2f}",
            "yes" if not one.shortfalls else "no: " + ", ".join(one.shortfalls),
        ]
        for one in figures.traffic
    ]
    header = ["traffic", "requests/s", *Category, "USD a month", "budget left", "the sizes carry it"]
    explanation = (
        "The same resources, with bytes, requests and transfer of a multiple of the expected traffic. Nodes and "
        "volumes stay as they are: where the last column says no, the stack needs larger sizes first, and costs more "
        "than shown. Streams and series follow the number of services, not their traffic."
    )
    marked = [place for place, one in enumerate(figures.traffic) if one.factor == 1]
    return section("traffic", "Cost under other traffic", explanation, chart, table(header, rows, range(1, 7), marked))


def _traffic_label(one: Traffic) -> str:
    return f"x {one.factor:g}: {one.requests_per_second:,.6g}/s" + (" (needs more)" if one.shortfalls else "")


def _over(figures: Figures) -> Markup:
    verdict = figures.verdict
    told = [
        element(
            "li", f"{part.category} is {part.usd_per_month - part.budget:,.2f} USD over its part of {part.budget:,.2f}"
        )
        for part in verdict.over_parts
    ]
    helps = [element("li", words) for words in verdict.helps[:3]]
    parts = [element("ul", *told)] if told else []
    if helps:
        parts += [element("p", "What would lower it:"), element("ul", *helps)]
    return join(*parts)


def _split(lines: Sequence[CostLine]) -> dict[Category, float]:
    return {category: sum(line.usd_per_month for line in lines if line.category is category) for category in Category}


def _parts(split: Mapping[Category, float]) -> tuple[Part, ...]:
    return tuple(Part(category.value, split[category], COLOURS[category]) for category in Category)


def _limit(name: str, value: float | None, colour: str) -> tuple[Part, ...]:
    return () if value is None else (Part(name, value, colour),)


class Source(NamedTuple):
    """Where prices were read; the footer lists them by number."""

    as_of: date
    confidence: str
    text: str


def sources_of(report: CostReport) -> list[Source]:
    """Each source once, youngest first."""
    found = {_source(line) for line in report.lines}
    return sorted(found, key=lambda source: (-source.as_of.toordinal(), source.confidence, source.text))


def lines(report: CostReport) -> Markup:
    """Every priced line, folded."""
    numbers = {source: place for place, source in enumerate(sources_of(report), 1)}
    rows = [
        [line.component, line.resource, line.item, f"{line.quantity:,.1f}", line.unit, f"{line.unit_usd:.5g}",
         usd(line.usd_per_month), str(line.as_of), line.confidence.value, str(numbers[_source(line)])]
        for line in report.lines
    ]  # fmt: skip
    header = ["component", "resource", "what", "quantity", "unit", "USD a unit", "USD a month", "price of",
              "known by", "source"]  # fmt: skip
    summary = f"All {len(rows)} lines with unit price and date; the sources' numbers are those of the list at the end"
    return element("details", element("summary", summary), table(header, rows, (3, 5, 6, 7, 9)))


def _source(line: CostLine) -> Source:
    return Source(line.as_of, line.confidence.value, line.source)

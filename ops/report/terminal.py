"""A cost report on a terminal: the plain report's words around coloured tables."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from planning.cost import Baseline, BudgetLimits, Category, CostReport, budget_verdict, render_report
from planning.cost.render import SMALL_USD

# Sections of the plain report that tables stand for: its lines and its categories.
LINES, CATEGORIES = 1, 2


def print_report(
    report: CostReport,
    stack: str,
    budget: BudgetLimits,
    baseline: Baseline | None = None,
    *,
    every_line: bool = False,
    console: Console | None = None,
) -> None:
    """The same report as `render_report`, as tables for people."""
    console = console or Console(highlight=False)
    sections = render_report(report, stack, budget, baseline, every_line=every_line).split("\n\n")
    within = budget_verdict(report, budget).within
    for place, section in enumerate(sections):
        if place == LINES:
            console.print(_lines(report, every_line=every_line))
        elif place == CATEGORIES:
            console.print(_categories(report, budget, baseline))
        elif section.startswith(("within budget", "OVER BUDGET")):
            console.print(Text(section, style="green" if within else "bold red"))
        elif section.startswith("warning:"):
            console.print(Text(section, style="yellow"))
        else:
            console.print(Text(section, style="bold" if place == 0 else ""))
        console.print()


def _lines(report: CostReport, *, every_line: bool) -> Table:
    table = Table(title="What is paid for")
    table.add_column("resource", overflow="fold")
    table.add_column("what", overflow="fold")
    table.add_column("quantity", justify="right")
    table.add_column("unit")
    table.add_column("USD a unit", justify="right")
    table.add_column("USD a month", justify="right")
    for category in Category:
        of = [line for line in report.lines if line.category is category]
        table.add_section()
        table.add_row(Text(category.value, style="bold"), "", "", "", "", f"{sum(x.usd_per_month for x in of):,.2f}")
        shown = [line for line in of if every_line or line.usd_per_month >= SMALL_USD]
        for line in shown:
            table.add_row(
                escape(line.resource), escape(line.item), f"{line.quantity:,.1f}", escape(line.unit),
                f"{line.unit_usd:.5g}", f"{line.usd_per_month:,.2f}",
            )  # fmt: skip
        if rest := [line for line in of if line not in shown]:
            table.add_row("", f"{len(rest)} smaller amounts", "", "", "", f"{sum(x.usd_per_month for x in rest):,.2f}")
    return table


def _categories(report: CostReport, budget: BudgetLimits, baseline: Baseline | None) -> Table:
    table = Table(title="Against the budget")
    table.add_column("category")
    for title in ("USD a month", "budget", *(("before",) if baseline else ())):
        table.add_column(title, justify="right")
    for category, usd in report.by_category.items():
        part = budget.of(category)
        over = part is not None and round(usd, 2) > part
        table.add_row(
            category.value, Text(f"{usd:,.2f}", style="yellow" if over else ""), f"{part:,.2f}" if part else "-",
            *((f"{paid:,.2f}" if (paid := baseline.of(category)) else "-",) if baseline else ()),
        )  # fmt: skip
    table.add_section()
    table.add_row(
        "total", f"{report.usd_per_month:,.2f}", f"{budget.usd_per_month:,.2f}",
        *((f"{baseline.total:,.2f}",) if baseline else ()), style="bold",
    )  # fmt: skip
    return table

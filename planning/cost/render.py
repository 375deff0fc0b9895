"""A cost report as plain text; JSON comes from the models themselves."""

from collections.abc import Iterable, Sequence

from planning.cost.assumptions import Assumptions
from planning.cost.baseline import Baseline
from planning.cost.budget import BudgetLimits, BudgetVerdict, budget_verdict
from planning.cost.comparison import CostComparison
from planning.cost.model import Category, CostLine, CostReport
from planning.text_table import text_table

# Lines below this are added up in one.
SMALL_USD = 0.50


def render_report(
    report: CostReport,
    stack: str,
    budget: BudgetLimits | None = None,
    baseline: Baseline | None = None,
    *,
    every_line: bool = False,
) -> str:
    """The whole report: lines, categories against the budget, what isn't in the sum, what the sum rests on."""
    verdict = budget_verdict(report, budget) if budget else None
    parts = [
        f"Cost of {stack} in {report.region}: {report.usd_per_month:.2f} USD a month (list prices without tax)",
        _lines(report.lines, every_line=every_line),
        _categories(report, budget, baseline),
        *([_verdict(verdict)] if verdict else []),
        "By component: " + ", ".join(f"{name} {_usd(usd)}" for name, usd in report.by_component.items()),
        f"At the largest size of every node group: {report.usd_at_most_nodes:.2f} USD a month.",
        *_left_out(report),
        *(f"warning: {warning}" for warning in report.warnings),
        _basis(report),
    ]
    return "\n\n".join(parts)


def render_assumptions(assumptions: Assumptions) -> str:
    """Every assumption with its value and reason."""
    rows = [
        (name, str(getattr(assumptions, name)), " ".join((field.description or "").split()))
        for name, field in type(assumptions).model_fields.items()
    ]
    return text_table(("assumption", "value", "because"), rows, right=(1,))


def render_comparison(comparison: CostComparison) -> str:
    """Before and after, for a pull request."""
    head = (
        f"{comparison.before:.2f} -> {comparison.after:.2f} USD a month ({comparison.difference:+.2f})"
        if comparison.changes
        else f"no change: {comparison.after:.2f} USD a month"
    )
    rows = [
        (change.component, change.resource, change.item, _usd(change.before), _usd(change.after),
         f"{change.difference:+.2f}")
        for change in comparison.changes
    ]  # fmt: skip
    header = ("component", "resource", "what", "before", "after", "difference")
    return "\n\n".join([head, *([text_table(header, rows, right=(3, 4, 5))] if rows else [])])


def _lines(lines: Sequence[CostLine], *, every_line: bool) -> str:
    rows: list[tuple[str, ...]] = []
    for category in Category:
        of = [line for line in lines if line.category is category]
        shown = [line for line in of if every_line or line.usd_per_month >= SMALL_USD]
        rows.append((category.value.upper(), "", "", "", "", ""))
        rows += [_row(line) for line in shown]
        if rest := [line for line in of if line not in shown]:
            rows.append(("", f"{len(rest)} smaller amounts", "", "", "", _usd(_sum(rest))))
    header = ("resource", "what", "quantity", "unit", "USD a unit", "USD a month")
    return text_table(header, rows, right=(2, 4, 5))


def _row(line: CostLine) -> tuple[str, ...]:
    return (
        line.resource,
        line.item,
        f"{line.quantity:,.1f}".removesuffix(".0"),
        line.unit,
        f"{line.unit_usd:.5f}".rstrip("0").rstrip("."),
        _usd(line.usd_per_month),
    )


def _categories(report: CostReport, budget: BudgetLimits | None, baseline: Baseline | None) -> str:
    """By category, against the budget and against what was paid before, where they are given."""
    header = ["", "USD a month", *(["budget"] if budget else []), *(["before"] if baseline else [])]
    rows: list[list[str]] = []
    for category, usd in report.by_category.items():
        part = budget.of(category) if budget else None
        rows.append(
            [category.value, _usd(usd)]
            + ([_usd(part) if part else "-"] if budget else [])
            + ([_usd(paid) if (paid := baseline.of(category)) else "-"] if baseline else [])
        )
    rows.append(
        ["total", _usd(report.usd_per_month)]
        + ([_usd(budget.usd_per_month)] if budget else [])
        + ([_usd(baseline.total)] if baseline else [])
    )
    table = text_table(header, rows, right=range(1, len(header)))
    if not baseline:
        return table
    less = 1 - report.usd_per_month / baseline.total
    return f"{table}\n{less:.0%} {'less than before' if less >= 0 else 'of savings: it costs more than before'}"


def _verdict(verdict: BudgetVerdict) -> str:
    over = "".join(
        f"\n{part.category} is {part.usd_per_month - part.budget:.2f} over its part of {part.budget:.2f}"
        for part in verdict.over_parts
    )
    helps = "".join(f"\n  - {text}" for text in verdict.helps[:3])
    return f"{'within budget' if verdict.within else 'OVER BUDGET'}: {verdict.message}{over}{helps}"


def _left_out(report: CostReport) -> Iterable[str]:
    if report.unpriced:
        rows = [(item.resource, item.type, item.reason) for item in report.unpriced]
        yield "Not in the sum:\n" + text_table(("resource", "type", "why"), rows)
    if report.free:
        count = sum(item.count for item in report.free)
        yield f"{count} resources of {len(report.free)} types cost nothing by themselves."


def _basis(report: CostReport) -> str:
    dates = sorted({line.as_of for line in report.lines})
    unsure = sorted({line.item for line in report.lines if line.confidence == "model"})
    span = f"prices of {dates[0]} to {dates[-1]}" if dates else "no prices"
    usd = _sum([line for line in report.lines if line.confidence == "model"])
    model = f"; {_usd(usd)} USD of it rest on {len(unsure)} prices that no source confirmed" if unsure else ""
    return (
        f"Rests on: {report.load}; {span}{model}; node groups at their "
        f"{report.assumptions.nodes.value} size; spot at no less than "
        f"{report.assumptions.spot_share_of_on_demand:.0%} of on-demand. "
        "All assumptions: `python -m ops cost assumptions`."
    )


def _sum(lines: Iterable[CostLine]) -> float:
    return sum(line.usd_per_month for line in lines)


def _usd(value: float) -> str:
    return f"{value:,.2f}"

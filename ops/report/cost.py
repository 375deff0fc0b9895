"""The cost of a stack, of a change, and what costs rest on, as reports."""

from collections.abc import Iterable, Iterator, Sequence

from ops.report.model import (
    Bullets,
    Document,
    Row,
    RowStyle,
    Section,
    Span,
    Table,
    Text,
    Tone,
    code,
    document,
    table,
    toned,
)
from planning.budget import Baseline, Budget, Category
from planning.cost.assumptions import Assumptions
from planning.cost.budget import BudgetVerdict, budget_verdict
from planning.cost.comparison import CostComparison
from planning.cost.model import CostLine, CostReport, QuantityBasis
from planning.prices.table import Confidence

# Lines below this are added up in one.
SMALL_USD = 0.50
SHOWN_RECOMMENDATIONS = 3


def cost_document(
    report: CostReport,
    stack: str,
    budget: Budget,
    baseline: Baseline | None = None,
    *,
    every_line: bool = False,
) -> Document:
    """Lines, categories against the budget and the baseline, what isn't in the sum, what the sum rests on."""
    verdict = budget_verdict(report, budget)
    components = ", ".join(f"{name} {_usd(usd)}" for name, usd in report.by_component.items())
    return document(
        f"Cost of {stack} in {report.region}: {report.usd_per_month:.2f} USD a month (list prices without tax)",
        Text(words=quantities(report)),
        _lines(report.lines, every_line=every_line),
        Section(blocks=(categories(report, budget, baseline), *saved(report, baseline))),
        verdict_line(verdict),
        *over_parts(verdict),
        Text(words=f"By component: {components}"),
        Text(words=f"At the largest size of every node group: {report.usd_at_most_nodes:.2f} USD a month."),
        *hours(report),
        *steady(report),
        *unpriced(report),
        *([Text(words=free(report))] if report.free else []),
        *(Text(words=f"warning: {warning}", tone=Tone.WARNING) for warning in report.warnings),
        Text(words=_basis(report)),
    )


def assumptions_document(assumptions: Assumptions) -> Document:
    """Every assumption with its value and reason."""
    described = type(assumptions).model_json_schema()["properties"]
    rows = [
        (name, str(getattr(assumptions, name)), " ".join(field["description"].split()))
        for name, field in described.items()
    ]
    return document("", table(("assumption", "value", "because"), rows, numbers=(1,)))


def comparison_document(comparison: CostComparison) -> Document:
    """Before and after, line by line."""
    if not comparison.changes:
        return document(f"no change: {comparison.after:.2f} USD a month")
    rows = [
        (one.component, one.resource, one.item, _usd(one.before), _usd(one.after), f"{one.difference:+,.2f}")
        for one in comparison.changes
    ]
    header = ("component", "resource", "what", "before", "after", "difference")
    return document(
        f"{comparison.before:.2f} -> {comparison.after:.2f} USD a month ({comparison.difference:+.2f})",
        table(header, rows, numbers=(3, 4, 5)),
    )


def within_budget(*, within: bool) -> Span:
    """The judgement in two words."""
    return toned("within budget", Tone.GOOD) if within else toned("OVER BUDGET", Tone.BAD)


def verdict_line(verdict: BudgetVerdict) -> Text:
    """The judgement in a sentence."""
    word = within_budget(within=verdict.within)
    return Text(words=f"{word.text}: {verdict.message}", tone=word.tone)


def categories(report: CostReport, budget: Budget, baseline: Baseline | None) -> Table:
    """By category, against the budget, and against what there was before."""
    over = {
        category for category, usd in report.by_category.items() if round(usd, 2) > (budget.parts.get(category) or usd)
    }
    rows = [
        Row(
            cells=(
                category.value,
                toned(_usd(usd), Tone.WARNING if category in over else Tone.PLAIN),
                *_against(usd, budget.parts.get(category)),
                *([_usd(paid) if (paid := baseline.parts.get(category)) else "-"] if baseline else []),
            )
        )
        for category, usd in report.by_category.items()
    ]
    total = report.usd_per_month
    before = [_usd(baseline.total)] if baseline else []
    rows.append(
        Row(cells=("total", _usd(total), *_against(total, budget.usd_per_month), *before), style=RowStyle.TOTAL)
    )
    titles = ("category", "USD a month", "budget", "left", *(["before"] if baseline else []))
    return table(titles, rows, numbers=range(1, len(titles)))


def saved(report: CostReport, baseline: Baseline | None) -> Iterator[Text]:
    """The total against the baseline."""
    if baseline:
        less = 1 - report.usd_per_month / baseline.total
        yield Text(words=f"{less:.0%} {'less than before' if less >= 0 else 'of savings: it costs more than before'}")


def over_parts(verdict: BudgetVerdict) -> Iterator[Bullets]:
    """Categories beyond their part, and what would lower them."""
    if verdict.over_parts:
        yield Bullets(
            items=tuple(
                f"{part.category} is {part.usd_per_month - part.budget:,.2f} USD over its part of {part.budget:,.2f}"
                for part in verdict.over_parts
            ),
        )
    if verdict.recommendations:
        yield Bullets(title="What would lower it:", items=verdict.recommendations[:SHOWN_RECOMMENDATIONS])


def unpriced(report: CostReport) -> Iterator[Section]:
    """What the total leaves out."""
    if report.unpriced:
        rows = [(item.resource, item.type, item.reason) for item in report.unpriced]
        yield Section(heading="Not in the sum", anchor="unpriced", blocks=(table(("resource", "type", "why"), rows),))


def free(report: CostReport) -> str:
    """How much is charged nothing for."""
    count = sum(item.count for item in report.free)
    return f"{count} resources of {len(report.free)} types cost nothing by themselves."


_BASES = {
    QuantityBasis.REGISTERED: "read from the resources",
    QuantityBasis.MEASURED: "measured",
    QuantityBasis.DOCUMENTED: "documented by a vendor",
    QuantityBasis.ASSUMED: "assumed",
}


def quantities(report: CostReport) -> str:
    """How many dollars rest on quantities of each kind."""
    parts = [f"{_usd(usd)} USD on quantities {_BASES[basis]}" for basis, usd in report.by_basis.items() if usd]
    return f"Of it rest {', '.join(parts)}." if parts else "Nothing of it is charged."


def hours(report: CostReport) -> Iterator[Text]:
    """What working hours save; nothing without them."""
    without = report.usd_at_all_hours
    if without:
        saved_part = 1 - report.usd_per_month / without
        yield Text(words=f"Without working hours: {without:.2f} USD a month; they save {saved_part:.0%}.")


def steady(report: CostReport) -> Iterator[Text]:
    """Whether burstable nodes can carry the load for long; nothing where they can."""
    cpu = report.steady_cpu
    if cpu is not None and cpu.need_cores > cpu.baseline_cores:
        yield Text(
            words=f"CPU for long: {cpu.need_cores:.2f} cores needed, {cpu.baseline_cores:.2f} of burstable nodes' "
            f"baseline ({cpu.percent:.0f} %)."
        )


def unsure(report: CostReport) -> str:
    """How many dollars rest on prices that no source confirmed; empty where none do."""
    lines = [line for line in report.lines if line.confidence is Confidence.MODEL]
    prices = len({line.item for line in lines})
    return f"{_usd(_sum(lines))} USD of it rest on {prices} prices that no source confirmed" if lines else ""


def counted(report: CostReport) -> str:
    """How nodes are counted."""
    return (
        f"node groups at their {report.assumptions.nodes.value} size, spot at no less than "
        f"{report.assumptions.spot_share_of_on_demand:.0%} of on-demand"
    )


def all_assumptions() -> tuple[str | Span, ...]:
    """Where the rest of it can be read."""
    return ("All assumptions: ", code("python -m ops cost assumptions"))


def _against(usd: float, limit: float | None) -> tuple[str, str]:
    return (_usd(limit), f"{limit - usd:+,.2f}") if limit else ("-", "-")


def _lines(lines: Sequence[CostLine], *, every_line: bool) -> Table:
    rows: list[Row] = []
    for category in Category:
        of = [line for line in lines if line.category is category]
        shown = [line for line in of if every_line or line.usd_per_month >= SMALL_USD]
        rows.append(Row(cells=(category.value, "", "", "", "", _usd(_sum(of))), style=RowStyle.GROUP))
        rows += [_row(line) for line in shown]
        if rest := [line for line in of if line not in shown]:
            rows.append(Row(cells=("", f"{len(rest)} smaller amounts", "", "", "", _usd(_sum(rest)))))
    header = ("resource", "what", "quantity", "unit", "USD a unit", "USD a month")
    return table(header, rows, numbers=(2, 4, 5))


def _row(line: CostLine) -> Row:
    return Row(
        cells=(
            line.resource,
            line.item,
            f"{line.quantity:,.1f}".removesuffix(".0"),
            line.unit,
            f"{line.unit_usd:.5f}".rstrip("0").rstrip("."),
            _usd(line.usd_per_month),
        )
    )


def _basis(report: CostReport) -> tuple[str | Span, ...]:
    dates = sorted({line.as_of for line in report.lines})
    span = f"prices of {dates[0]} to {dates[-1]}" if dates else "no prices"
    model = f"; {said}" if (said := unsure(report)) else ""
    return (f"Rests on: {report.load}; {span}{model}; {counted(report)}. ", *all_assumptions(), ".")


def _sum(lines: Iterable[CostLine]) -> float:
    return sum(line.usd_per_month for line in lines)


def _usd(value: float) -> str:
    return f"{value:,.2f}"

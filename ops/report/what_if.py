"""The answer to a what-if question, as a report."""

from ops.cost.what_if_model import WhatIf
from ops.report.cost import verdict_line
from ops.report.model import Bullets, Document, Listing, Row, RowStyle, Table, Text, document, table

LEAST_CHANGE_USD, MOST_CHANGES = 1, 8


def what_if_document(answer: WhatIf) -> Document:
    """Sizes, nodes, storage plans and dollars before and after, and what to write into the stack's file."""
    nodes = f"{answer.nodes.group} {answer.nodes.before} -> {answer.nodes.after}" if answer.nodes else "as they are"
    edits = "\n".join(f"  {key}: {value}" for key, value in answer.edits.items())
    return document(
        f"{answer.stack} with {answer.question}",
        _sizes(answer),
        Text(words=f"nodes: {nodes}"),
        _plans(answer),
        _cost(answer),
        verdict_line(answer.verdict),
        *_changes(answer),
        Listing(title="to write below lgtm:platform (and the budget):", text=edits)
        if edits
        else Text(words="nothing to edit"),
        Bullets(items=answer.notes),
    )


def _sizes(answer: WhatIf) -> Table:
    def both(pair: tuple[float, float] | None, form: str) -> str:
        if pair is None:
            return "-"
        before, after = (format(one, form) for one in pair)
        return before if before == after else f"{before} -> {after}"

    rows = [
        (
            one.component,
            f"{one.needs_cores:.2f}",
            f"{one.needs_gib:.2f}",
            both(one.cores, ".2f"),
            both(one.gib, ".2f"),
            both(one.volume_gib, ".0f"),
        )
        for one in answer.sizes
    ]
    header = ("component", "needs cores", "needs GiB", "requests cores", "requests GiB", "volumes GiB")
    return table(header, rows, numbers=range(1, 6))


def _plans(answer: WhatIf) -> Table:
    rows = [
        (
            one.bucket,
            one.before,
            one.after if one.after != one.before else "the same",
            f"{one.usd_per_month[0]:.2f}",
            f"{one.usd_per_month[1]:.2f}",
        )
        for one in answer.plans
    ]
    return table(("bucket", "plan before", "plan after", "USD before", "USD after"), rows, numbers=(3, 4))


def _cost(answer: WhatIf) -> Table:
    cost = answer.cost
    rows = [Row(cells=(category.value, *_both(*pair))) for category, pair in cost.by_category.items()]
    rows.append(Row(cells=("total", *_both(cost.before, cost.after)), style=RowStyle.TOTAL))
    return table(("USD a month", "before", "after", "difference"), rows, numbers=(1, 2, 3))


def _changes(answer: WhatIf) -> list[Table]:
    changes = [one for one in answer.cost.changes if abs(one.difference) >= LEAST_CHANGE_USD][:MOST_CHANGES]
    rows = [(one.resource, one.item, *_both(one.before, one.after)) for one in changes]
    header = ("what changes most", "", "before", "after", "USD a month")
    return [table(header, rows, numbers=(2, 3, 4))] if rows else []


def _both(before: float, after: float) -> tuple[str, str, str]:
    return (f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}")

"""The answer to a what-if question, as text for a terminal."""

from ops.cost.what_if_model import WhatIf
from planning.text_table import text_table

LEAST_CHANGE_USD, MOST_CHANGES = 1, 8


def render_what_if(answer: WhatIf) -> str:
    """The answer as text."""
    verdict, cost = answer.verdict, answer.cost
    parts = [
        f"{answer.stack} with {answer.question}",
        _sizes_table(answer),
        "nodes: "
        + (f"{answer.nodes.group} {answer.nodes.before} -> {answer.nodes.after}" if answer.nodes else "as they are"),
        _plans_table(answer),
        _cost_table(answer),
        ("within budget: " if verdict.within else "OVER BUDGET: ") + verdict.message,
    ]
    changes = [change for change in cost.changes if abs(change.difference) >= LEAST_CHANGE_USD][:MOST_CHANGES]
    if changes:
        rows = [
            (one.resource, one.item, f"{one.before:.2f}", f"{one.after:.2f}", f"{one.difference:+.2f}")
            for one in changes
        ]
        parts.append(text_table(("what changes most", "", "before", "after", "USD a month"), rows, right=(2, 3, 4)))
    lines = [f"  {key}: {value}" for key, value in answer.edits.items()]
    parts.append(
        "\n".join(["to write below lgtm:platform (and the budget):", *lines] if lines else ["nothing to edit"])
    )
    parts.append("\n".join(f"- {note}" for note in answer.notes))
    return "\n\n".join(parts)


def _sizes_table(answer: WhatIf) -> str:
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
    return text_table(header, rows, right=(1, 2, 3, 4, 5))


def _plans_table(answer: WhatIf) -> str:
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
    return text_table(("bucket", "plan before", "plan after", "USD before", "USD after"), rows, right=(3, 4))


def _cost_table(answer: WhatIf) -> str:
    rows = [
        (category.value, f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}")
        for category, (before, after) in answer.cost.by_category.items()
    ]
    cost = answer.cost
    rows.append(("total", f"{cost.before:.2f}", f"{cost.after:.2f}", f"{cost.difference:+.2f}"))
    return text_table(("USD a month", "before", "after", "difference"), rows, right=(1, 2, 3))

"""The sections of a comment about one stack: resources, policies, cost."""

from collections.abc import Sequence

from ops.pull_request.escape import code, prose
from ops.pull_request.markup import fold, plural, signed_usd, table, usd
from ops.pull_request.model import CostSummary, Operation, ResourceChange, StackSummary, Violation

SIGNS = {
    Operation.CREATE: "+",
    Operation.UPDATE: "~",
    Operation.REPLACE: "±",
    Operation.DELETE: "−",
    Operation.IMPORT: "=",
}
WORDS = {
    Operation.CREATE: "to create",
    Operation.UPDATE: "to update",
    Operation.REPLACE: "to replace",
    Operation.DELETE: "to delete",
    Operation.IMPORT: "to import",
}
SHOWN_PROPERTIES = 4
SHOWN_ERRORS = 5


def counts(summary: StackSummary) -> str:
    """`12 to create, 2 to replace`, or that nothing changes."""
    told = [f"{summary.counts[operation]} {WORDS[operation]}" for operation in WORDS if summary.counts.get(operation)]
    return ", ".join(told) or "no changes"


def stack_section(summary: StackSummary, rows: int, *, unfolded: bool) -> str:
    """Everything about one stack; lists hold at most `rows` rows."""
    parts = [
        _errors(summary),
        _losses(summary, rows),
        _unprotected(summary, rows),
        _risky(summary, rows),
        _rest(summary, rows),
        _policies(summary, rows),
        _cost(summary.cost, summary.cost_note, rows),
    ]
    return fold(f"<b>{summary.stack}</b>: {counts(summary)}", "\n\n".join(filter(None, parts)), unfolded=unfolded)


def _errors(summary: StackSummary) -> str:
    if not summary.errors:
        return ""
    lines = [f"> {prose(error)}  " for error in summary.errors[:SHOWN_ERRORS]]
    more = len(summary.errors) - SHOWN_ERRORS
    return "\n".join(["> [!CAUTION]", "> **The preview failed.**  ", *lines, *_more(more, "> ")])


def _losses(summary: StackSummary, rows: int) -> str:
    lost = [change for change in summary.resources if change.lost]
    if not lost:
        return ""
    lines = [
        f"> {SIGNS[change.operation]} {_named(change)}: {prose(change.lost or '')}  " for change in lost[: max(rows, 5)]
    ]
    heading = (
        f"> **{plural(len(lost), 'resource')} with data or state would be replaced or deleted.** What goes with them:  "
    )
    return "\n".join(["> [!WARNING]", heading, *lines, *_more(len(lost) - max(rows, 5), "> ")])


def _unprotected(summary: StackSummary, rows: int) -> str:
    bare = [change for change in summary.resources if change.unprotected]
    if not bare:
        return ""
    names = ", ".join(_named(change) for change in bare[: max(rows, 5)])
    more = "".join(f" {line}" for line in _more(len(bare) - max(rows, 5)))
    return f"> [!WARNING]\n> **Protection from deletion is taken away from** {names}{more}"


def _risky(summary: StackSummary, rows: int) -> str:
    risky = [change for change in summary.resources if change.operation in (Operation.DELETE, Operation.REPLACE)]
    if not risky:
        return ""
    return f"**Replaced or deleted**\n\n{_resource_table(risky, rows, 'because of')}"


def _rest(summary: StackSummary, rows: int) -> str:
    folds: list[str] = []
    for operation in (Operation.IMPORT, Operation.UPDATE, Operation.CREATE):
        changes = [change for change in summary.resources if change.operation is operation]
        if changes:
            heading = "changed" if operation is Operation.UPDATE else ""
            folds.append(fold(f"{len(changes)} {WORDS[operation]}", _resource_table(changes, rows, heading)))
    return "\n\n".join(folds)


def _resource_table(changes: Sequence[ResourceChange], rows: int, heading: str) -> str:
    if not rows:
        return _hidden(len(changes))
    columns = ["", "type", "name", *([heading] if heading else [])]
    cells = [
        [
            SIGNS[change.operation],
            code(change.type),
            code(change.name) + (" (stays in the cloud)" if change.retained else ""),
            *([_properties(change)] if heading else []),
        ]
        for change in changes[:rows]
    ]
    return "\n".join([table(columns, cells), *(f"\n{line}" for line in _more(len(changes) - rows))])


def _properties(change: ResourceChange) -> str:
    shown = ", ".join(code(path, 80) for path in change.properties[:SHOWN_PROPERTIES])
    more = len(change.properties) - SHOWN_PROPERTIES
    return f"{shown}, {more} more" if more > 0 else shown


def _policies(summary: StackSummary, rows: int) -> str:
    verdict = summary.policies
    if not verdict.packs:
        return "**Policies**: not judged, no policy pack ran."
    packs = ", ".join(code(pack) for pack in verdict.packs)
    if not verdict.violations:
        return f"**Policies**: ✅ {packs} found nothing."
    advisory = len(verdict.violations) - verdict.mandatory
    told = [plural(verdict.mandatory, "violation") + " that stop the update"] if verdict.mandatory else []
    told += [f"{advisory} advisory"] if advisory else []
    heading = f"**Policies**: {'❌' if verdict.mandatory else '⚠️'} {packs}: {', '.join(told)}"
    if not rows:
        return f"{heading}\n\n{_hidden(len(verdict.violations))}"
    cells = [_violation(violation) for violation in verdict.violations[:rows]]
    body = table(["", "rule", "resource", "problem", "fix"], cells)
    return "\n".join([f"{heading}\n\n{body}", *(f"\n{line}" for line in _more(len(verdict.violations) - rows))])


def _violation(violation: Violation) -> list[str]:
    return [
        "❌" if violation.mandatory else "⚠️",
        f"{code(violation.rule)}<br>{prose(violation.severity)}",
        code(violation.resource),
        prose(violation.problem),
        prose(violation.fix),
    ]


def _cost(cost: CostSummary | None, note: str, rows: int) -> str:
    if cost is None:
        return f"**Cost**: {prose(note)}"
    cells = [
        [
            f"**{row.category}**" if row is cost.total else row.category,
            usd(row.before),
            usd(row.after),
            "–" if row.before is None else signed_usd(row.after - row.before),
            usd(row.budget),
        ]
        for row in cost.rows
    ]
    body = table(["USD a month", "before", "after", "change", "budget"], cells, right=frozenset({1, 2, 3, 4}))
    parts = [f"**Cost**: {prose(cost.verdict)}", body, _cost_changes(cost, rows)]
    if cost.unpriced:
        parts.append(f"{plural(cost.unpriced, 'resource')} of unknown price, not in these sums.")
    if note:
        parts.append(prose(note))
    return "\n\n".join(filter(None, parts))


def _cost_changes(cost: CostSummary, rows: int) -> str:
    if not cost.changes:
        return ""
    shown = cost.changes[: max(rows, 3)]
    cells = [
        [prose(one.item, 120), code(one.resource), usd(one.before), usd(one.after), signed_usd(one.after - one.before)]
        for one in shown
    ]
    body = table(["what changes most", "resource", "before", "after", "change"], cells, right=frozenset({2, 3, 4}))
    more = len(cost.changes) - len(shown) + cost.more_changes
    return "\n".join([body, *(f"\n{line}" for line in _more(more))])


def _named(change: ResourceChange) -> str:
    return f"{code(change.name)} ({code(change.type)})"


def _more(count: int, start: str = "") -> list[str]:
    return [f"{start}… and {count} more"] if count > 0 else []


def _hidden(count: int) -> str:
    return f"{count} not listed, to stay within GitHub's limit for a comment; the run's summary has them."

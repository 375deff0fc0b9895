"""The sections of a comment about one stack: resources, policies, cost."""

from collections.abc import Iterator, Sequence

from ops.pull_request.model import (
    CostSummary,
    Operation,
    ReportedViolation,
    ResourceChange,
    ServiceCostRow,
    StackSummary,
)
from ops.report.model import (
    LINE_BREAK,
    Block,
    Bullets,
    Fold,
    Row,
    RowStyle,
    Span,
    Text,
    Tone,
    Words,
    code,
    strong,
    table,
)
from ops.report.words import one_line, plural, signed_usd, usd

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
GROW = "python -m ops volumes grow --stack {stack} --apply"
SHOWN_PROPERTIES = 4
SHOWN_ERRORS = 5


def counts(summary: StackSummary) -> str:
    """`12 to create, 2 to replace`, or that nothing changes."""
    told = [f"{summary.counts[operation]} {WORDS[operation]}" for operation in WORDS if summary.counts.get(operation)]
    return ", ".join(told) or "no changes"


def stack_section(summary: StackSummary, rows: int, *, unfolded: bool) -> Fold:
    """Everything about one stack; lists hold at most `rows` rows."""
    blocks = (
        *_errors(summary),
        *_losses(summary, rows),
        *_unprotected(summary, rows),
        *_volumes(summary),
        *_risky(summary, rows),
        *_rest(summary, rows),
        *_policies(summary, rows),
        *_cost(summary.cost, summary.cost_note, rows),
    )
    return Fold(title=(strong(summary.stack), f": {counts(summary)}"), blocks=blocks, unfolded=unfolded)


def name(text: str, length: int = 200) -> Span:
    """A name of unknown origin."""
    return code(one_line(text, length))


def _prose(text: str, length: int = 600) -> str:
    return one_line(text, length)


def _errors(summary: StackSummary) -> Iterator[Block]:
    if summary.errors:
        told = map(_prose, summary.errors[:SHOWN_ERRORS])
        more = _more(len(summary.errors) - SHOWN_ERRORS)
        yield Bullets(title=strong("The preview failed."), items=(*told, *more), tone=Tone.BAD)


def _losses(summary: StackSummary, rows: int) -> Iterator[Block]:
    lost = [change for change in summary.resources if change.lost]
    if not lost:
        return
    shown = max(rows, 5)
    items = [
        (f"{SIGNS[change.operation]} ", *_named(change), f": {_prose(change.lost or '')}") for change in lost[:shown]
    ]
    heading = strong(f"{plural(len(lost), 'resource')} with data or state would be replaced or deleted.")
    yield Bullets(
        title=(heading, " What goes with them:"), items=(*items, *_more(len(lost) - shown)), tone=Tone.WARNING
    )


def _unprotected(summary: StackSummary, rows: int) -> Iterator[Block]:
    bare = [change for change in summary.resources if change.unprotected]
    if not bare:
        return
    shown = max(rows, 5)
    names = _joined([_named(change) for change in bare[:shown]])
    more = (f" {line}" for line in _more(len(bare) - shown))
    yield Text(words=(strong("Protection from deletion is taken away from"), " ", *names, *more), tone=Tone.WARNING)


def _volumes(summary: StackSummary) -> Iterator[Block]:
    changed = [change for change in summary.resources if change.volumes]
    if not changed:
        return
    items = tuple((*_named(one), ": ", *_joined([(name(volume),) for volume in one.volumes])) for one in changed)
    if any(one.shrinks for one in changed):
        told = (strong("No volume can shrink"), ": the update will fail. Give it the size that it has, or more.")
    else:
        told = (strong("Volumes grow"), ", which needs ", code(GROW.format(stack=summary.stack)), " before the update:")
    yield Bullets(title=told, items=items, tone=Tone.WARNING)


def _risky(summary: StackSummary, rows: int) -> Iterator[Block]:
    risky = [change for change in summary.resources if change.operation in (Operation.DELETE, Operation.REPLACE)]
    if risky:
        yield Text(words=strong("Replaced or deleted"))
        yield from _resource_table(risky, rows, "because of")


def _rest(summary: StackSummary, rows: int) -> Iterator[Block]:
    for operation in (Operation.IMPORT, Operation.UPDATE, Operation.CREATE):
        changes = [change for change in summary.resources if change.operation is operation]
        if changes:
            heading = "changed" if operation is Operation.UPDATE else ""
            blocks = tuple(_resource_table(changes, rows, heading))
            yield Fold(title=f"{len(changes)} {WORDS[operation]}", blocks=blocks)


def _resource_table(changes: Sequence[ResourceChange], rows: int, heading: str) -> Iterator[Block]:
    if not rows:
        yield _hidden(len(changes))
        return
    cells: list[tuple[Words, ...]] = [
        (
            SIGNS[change.operation],
            name(change.type),
            (name(change.name), " (stays in the cloud)") if change.retained else name(change.name),
            *([_properties(change)] if heading else []),
        )
        for change in changes[:rows]
    ]
    yield table(("", "type", "name", *([heading] if heading else [])), cells)
    yield from map(_text, _more(len(changes) - rows))


def _properties(change: ResourceChange) -> Words:
    shown = _joined([(name(path, 80),) for path in change.properties[:SHOWN_PROPERTIES]])
    more = len(change.properties) - SHOWN_PROPERTIES
    return (*shown, f", {more} more") if more > 0 else shown


def _policies(summary: StackSummary, rows: int) -> Iterator[Block]:
    verdict, title = summary.policies, strong("Policies")
    if not verdict.packs:
        yield Text(words=(title, ": not judged, no policy pack ran."))
        return
    packs = _joined([(name(pack),) for pack in verdict.packs])
    if not verdict.violations:
        yield Text(words=(title, ": ✅ ", *packs, " found nothing."))
        return
    advisory = len(verdict.violations) - verdict.mandatory
    told = [plural(verdict.mandatory, "violation") + " that stop the update"] if verdict.mandatory else []
    told += [f"{advisory} advisory"] if advisory else []
    yield Text(words=(title, f": {_sign(mandatory=bool(verdict.mandatory))} ", *packs, f": {', '.join(told)}"))
    if not rows:
        yield _hidden(len(verdict.violations))
        return
    yield table(("", "rule", "resource", "problem", "fix"), map(_violation, verdict.violations[:rows]))
    yield from map(_text, _more(len(verdict.violations) - rows))


def _violation(violation: ReportedViolation) -> tuple[Words, ...]:
    return (
        _sign(mandatory=violation.mandatory),
        (name(violation.rule), LINE_BREAK, _prose(violation.severity)),
        name(violation.resource),
        _prose(violation.problem),
        _prose(violation.fix),
    )


def _sign(*, mandatory: bool) -> str:
    return "❌" if mandatory else "⚠️"


def _cost(cost: CostSummary | None, note: str, rows: int) -> Iterator[Block]:
    title = strong("Cost")
    if cost is None:
        yield Text(words=(title, f": {_prose(note)}"))
        return
    cells = [
        Row(
            cells=(
                row.category,
                usd(row.before),
                usd(row.after),
                "–" if row.before is None else signed_usd(row.after - row.before),
                usd(row.budget),
            ),
            style=RowStyle.TOTAL if row is cost.total else RowStyle.PLAIN,
        )
        for row in cost.rows
    ]
    yield Text(words=(title, f": {_prose(cost.verdict)}"))
    yield table(("USD a month", "before", "after", "change", "budget"), cells, numbers=(1, 2, 3, 4))
    yield from _cost_changes(cost, rows)
    yield from _services(cost, rows)
    if cost.quantities:
        yield _text(_prose(cost.quantities))
    if cost.unpriced:
        yield _text(f"{plural(cost.unpriced, 'resource')} of unknown price, not in these sums.")
    if note:
        yield _text(_prose(note))


def _cost_changes(cost: CostSummary, rows: int) -> Iterator[Block]:
    if not cost.changes:
        return
    shown = cost.changes[: max(rows, 3)]
    cells = [
        (_prose(one.item, 120), name(one.resource), usd(one.before), usd(one.after), signed_usd(one.after - one.before))
        for one in shown
    ]
    yield table(("what changes most", "resource", "before", "after", "change"), cells, numbers=(2, 3, 4))
    yield from map(_text, _more(len(cost.changes) - len(shown) + cost.more_changes))


def _services(cost: CostSummary, rows: int) -> Iterator[Block]:
    """Who pays: new services in a sentence, all of them folded."""
    if not cost.services:
        return
    if any(one.before is not None for one in cost.services):
        new = [one for one in cost.services if one.before is None]
        for one in new[: max(rows, 3)]:
            yield Text(words=(name(one.service), f" is new: it bears {usd(one.after)} USD a month of the bill."))
    if not rows:
        return
    cells = [
        (name(one.service), name(one.team), usd(one.before), usd(one.after), _difference(one))
        for one in cost.services[:rows]
    ]
    blocks = (
        table(("service", "team", "before", "after", "change"), cells, numbers=(2, 3, 4)),
        *map(_text, _more(len(cost.services) - rows)),
    )
    title = f"What each service costs: {usd(cost.services[0].after)} USD a month the dearest of {len(cost.services)}"
    yield Fold(title=title, blocks=blocks)


def _difference(one: ServiceCostRow) -> str:
    return "–" if one.before is None else signed_usd(one.after - one.before)


def _named(change: ResourceChange) -> tuple[str | Span, ...]:
    return (name(change.name), " (", name(change.type), ")")


def _joined(parts: Sequence[tuple[str | Span, ...]]) -> tuple[str | Span, ...]:
    """One after the other, with commas between them."""
    return tuple(one for place, part in enumerate(parts) for one in ((", ",) if place else ()) + part)


def _more(count: int) -> list[str]:
    return [f"… and {count} more"] if count > 0 else []


def _hidden(count: int) -> Text:
    return _text(f"{count} not listed, to stay within GitHub's limit for a comment; the run's summary has them.")


def _text(words: str) -> Text:
    return Text(words=words)

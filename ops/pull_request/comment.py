"""The one comment of a pull request, and the one issue about drift, as GitHub Markdown."""

from collections.abc import Sequence

from ops.pull_request.escape import INERT
from ops.pull_request.model import CostSummary, Source, StackSummary
from ops.pull_request.sections import SIGNS, name, stack_section
from ops.report.markdown import render
from ops.report.model import Block, Document, Section, Span, Style, Text, Words, code, strong, table
from ops.report.words import plural, signed_usd, usd

# By which the workflow finds what it wrote before; it does not show.
COMMENT_MARKER = "<!-- lgtm-platform:plan -->"
DRIFT_MARKER = "<!-- lgtm-platform:drift -->"
# GitHub REST API, issue comments: "body is too long (maximum is 65536 characters)".
GITHUB_LIMIT = 65_536
# Rows of each list, tried in turn until the whole fits; with 0 only counts are left.
ROW_LIMITS = (200, 80, 40, 20, 10, 5, 0)
MOST_STACKS = 100


def comment(
    summaries: Sequence[StackSummary],
    *,
    commit: str = "",
    run_url: str = "",
    fork: bool = False,
    limit: int = GITHUB_LIMIT,
) -> str:
    """The comment for these stacks, at most `limit` characters; without stacks it says that the change touches none.

    Of a `fork` it says that the fork's own code made the plan.
    """
    footer = _footer(summaries, commit, run_url, fork=fork)
    if not summaries:
        document = Document(
            title="Plan", lead=(Text(words="This change touches no stack."),), sections=(), footer=footer
        )
        return _written(COMMENT_MARKER, document)
    document = Document(title="Plan", lead=_overview(summaries), sections=(), footer=footer)
    return _fitting(COMMENT_MARKER, document, summaries, limit)


def drift_issue(summaries: Sequence[StackSummary], *, run_url: str = "", limit: int = GITHUB_LIMIT) -> str:
    """The body of the issue about stacks that differ from what the program says; empty where none does."""
    drifted = [summary for summary in summaries if summary.counts or summary.errors]
    if not drifted:
        return ""
    text = (
        "What runs differs from the program and its settings: somebody changed it by hand, or a deployment was not "
        "finished. The lists say what ",
        code("pulumi up"),
        " would change back. Take a change that was meant into ",
        code("Pulumi.<stack>.yaml"),
        "; else deploy again.",
    )
    lead = (Text(words=text), *_overview(drifted))
    document = Document(lead=lead, sections=(), footer=_footer(drifted, "", run_url))
    return _fitting(DRIFT_MARKER, document, drifted, limit)


def _fitting(marker: str, document: Document, summaries: Sequence[StackSummary], limit: int) -> str:
    """With sections about the stacks, of as many rows as fit."""
    for rows in ROW_LIMITS:
        folds = tuple(stack_section(one, rows, unfolded=_worth_reading(one)) for one in summaries)
        text = _written(marker, document.model_copy(update={"sections": (Section(blocks=folds),)}))
        if _length(text) <= limit:
            return text
    # Very many stacks: the overview alone.
    more = Section(blocks=(Text(words="The run's summary has the details."),))
    return _written(marker, document.model_copy(update={"sections": (more,)}))


def _written(marker: str, document: Document) -> str:
    return f"{marker}\n\n{render(document, level=3, escapes=INERT)}"


def _length(text: str) -> int:
    """Characters as GitHub may count them: those beyond the basic plane as two."""
    return len(text.encode("utf-16-le")) // 2


def _worth_reading(summary: StackSummary) -> bool:
    risky = any(change.lost or change.unprotected for change in summary.resources)
    return bool(summary.errors or summary.policies.mandatory or risky or _over(summary.cost))


def _overview(summaries: Sequence[StackSummary]) -> tuple[Block, ...]:
    cells = [
        (strong(one.stack), _signs(one), _verdict(one), _money(one.cost), _budget(one.cost))
        for one in summaries[:MOST_STACKS]
    ]
    overview = table(("stack", "resources", "policies", "USD a month", "budget"), cells)
    more = len(summaries) - MOST_STACKS
    return (overview, Text(words=f"… and {plural(more, 'stack')} more")) if more > 0 else (overview,)


def _signs(summary: StackSummary) -> str:
    if summary.errors:
        return "❌ failed"
    told = " ".join(
        f"{sign}{summary.counts[operation]}" for operation, sign in SIGNS.items() if operation in summary.counts
    )
    lost = sum(change.lost is not None for change in summary.resources)
    return (told or "no changes") + (f" ⚠️ {lost} with data" if lost else "")


def _verdict(summary: StackSummary) -> str:
    policies = summary.policies
    if not policies.packs:
        return "–"
    if policies.mandatory:
        return f"❌ {policies.mandatory} mandatory"
    return f"⚠️ {len(policies.violations)} advisory" if policies.violations else "✅"


def _money(cost: CostSummary | None) -> str:
    if cost is None:
        return "–"
    total = cost.total
    after = usd(total.after)
    told = (
        after if total.before is None else f"{usd(total.before)} → {after} ({signed_usd(total.after - total.before)})"
    )
    return f"{told}, {usd(cost.assumed)} of it assumed" if cost.assumed else told


def _budget(cost: CostSummary | None) -> str:
    if cost is None or cost.total.budget is None:
        return "–"
    left, budget = cost.total.budget - cost.total.after, usd(cost.total.budget)
    return f"❌ {usd(-left)} over {budget}" if _over(cost) else f"✅ {usd(left)} left of {budget}"


def _over(cost: CostSummary | None) -> bool:
    # As the budget's verdict: a cent over is over.
    return cost is not None and cost.total.budget is not None and round(cost.total.after, 2) > cost.total.budget


def _footer(summaries: Sequence[StackSummary], commit: str, run_url: str, *, fork: bool = False) -> tuple[Text, ...]:
    lines: list[tuple[str | Span, ...]] = []
    if fork:
        lines.append(("made by the fork's own code, against the simulated cloud: read the diff, not only this",))
    elif any(one.source is Source.SIMULATED for one in summaries):
        lines.append(("against the simulated cloud, where the base branch was brought up first: no account was used",))
    if commit:
        lines.append(("commit ", name(commit, 40)))
    if run_url:
        lines.append((Span(text=f"[run]({run_url})", style=Style.MARKDOWN),))
    words: Words = tuple(one for place, line in enumerate(lines) for one in ((" · ",) if place else ()) + line)
    return (Text(words=words),) if lines else ()

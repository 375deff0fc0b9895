"""`python -m ops cost`: what a plan or a running stack costs, against its budget."""

from datetime import UTC, date, datetime
from pathlib import Path

from ops.errors import CommandError
from ops.files import text_of
from ops.report.checks import FINDING, HEALTHY
from ops.report.cost import comparison_document, cost_document
from ops.report.output import Answer
from ops.report.terminal import plain
from ops.stacks import cost_inputs_of, settings_of
from planning.cost.budget import budget_verdict
from planning.cost.comparison import compare
from planning.cost.engine import price_resources
from planning.cost.model import CostReport
from planning.prices.loader import load_prices
from planning.registered_sources import resources_in
from settings.models.platform import PlatformSettings


def report_for(event_log: Path, stack: str, today: date | None = None) -> str:
    """The text report of a preview's event log. Raises what `priced` raises."""
    settings = settings_of(stack)
    report = priced(event_log.read_text(encoding="utf-8"), event_log.name, settings, today)
    return plain(cost_document(report, stack, settings.budget, settings.baseline))


def priced(text: str, where: str, settings: PlatformSettings, today: date | None = None) -> CostReport:
    """The cost of the resources in a preview, event log or state.

    Raises `UnreadableResourcesError` for text without resources, `PriceTableError` for a region without prices.
    """
    return price_resources(
        resources_in(text, where),
        load_prices(settings.region),
        cost_inputs_of(settings),
        today=today or datetime.now(UTC).date(),
    )


def one_source(preview: str | None, event_log: str | None, state: str | None) -> str:
    """The one file that was named. Raises `CommandError` for none or several."""
    named = [file for file in (preview, event_log, state) if file is not None]
    if len(named) != 1:
        raise CommandError(
            "needed: exactly one of --preview FILE, --event-log FILE, --state FILE; "
            f"got {'none' if not named else len(named)}"
        )
    return named[0]


def plan(stack: str, file: str, *, all_lines: bool, check: bool) -> Answer:
    """The cost of a preview, event log or state; a finding if `check` is set and it is over the budget."""
    settings = settings_of(stack)
    report, budget = priced(text_of(file), file, settings), settings.budget
    verdict = budget_verdict(report, budget)
    failed = check and not verdict.within
    return Answer(
        report,
        lambda: cost_document(report, stack, budget, settings.baseline, every_line=all_lines),
        FINDING if failed else HEALTHY,
        verdict.message if failed else "",
    )


def comparison(stack: str, before: str, after: str) -> Answer:
    """What a change costs, line by line."""
    settings = settings_of(stack)
    old, new = (priced(text_of(file), file, settings) for file in (before, after))
    found = compare(old, new)
    return Answer(found, lambda: comparison_document(found))

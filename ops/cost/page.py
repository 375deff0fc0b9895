"""`cost report`: the cost of a stack as one HTML file with charts, which needs no network to be read."""

from datetime import UTC, datetime
from pathlib import Path

from ops.cost.charges import charges_in
from ops.cost.figures import Figures, figures
from ops.files import text_of, write
from ops.report.cost_page import cost_page
from ops.report.html import render
from ops.stacks import assumed_of, cost_inputs_of, settings_of
from planning.registered_sources import resources_in


def html_report(figures: Figures) -> str:
    """The whole page."""
    return render(cost_page(figures))


def write_html(stack: str, file: str, output: Path, actual: Path | None = None) -> None:
    """Writes the HTML report of a preview, event log or state, beside what AWS charged by a file of Cost Explorer.

    Raises `PriceTableError` for a region without prices, `CommandError` for a file that can't be read.
    """
    settings = settings_of(stack)
    found = figures(
        resources_in(text_of(file), file),
        settings,
        stack,
        inputs=cost_inputs_of(settings),
        today=datetime.now(UTC).date(),
        assumed=assumed_of(stack),
        charges=None if actual is None else charges_in(text_of(actual), str(actual)),
    )
    write(output, html_report(found))
    print(f"written: {output}")

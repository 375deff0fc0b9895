"""`cost report`: the cost of a stack as one HTML file with charts, which needs no network to be read."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from ops.cost.figures import figures
from ops.files import text_of, write
from ops.report.cost_page import cost_page
from ops.report.html import render
from ops.stacks import cost_inputs_of, settings_of
from planning.cost.inputs import CostInputs
from planning.registered import Resource
from planning.registered_sources import resources_in
from settings.models.platform import PlatformSettings


def html_report(
    resources: Sequence[Resource], settings: PlatformSettings, stack: str, *, inputs: CostInputs, today: date
) -> str:
    """The whole page. Raises `PriceTableError` for a region without prices."""
    return render(cost_page(figures(resources, settings, stack, inputs=inputs, today=today)))


def write_html(stack: str, file: str, output: Path) -> None:
    """Writes the HTML report of a preview, event log or state."""
    settings = settings_of(stack)
    resources = resources_in(text_of(file), file)
    text = html_report(resources, settings, stack, inputs=cost_inputs_of(settings), today=datetime.now(UTC).date())
    write(output, text)
    print(f"written: {output}")

"""The cost of a stack as one HTML file with charts, which needs no network to be read."""

from collections.abc import Sequence
from datetime import date

from ops.report.html.figures import figures
from ops.report.html.page import page
from planning.cost.inputs import CostInputs
from planning.registered import Resource
from settings.models.platform import PlatformSettings

__all__ = ["html_report"]


def html_report(
    resources: Sequence[Resource], settings: PlatformSettings, stack: str, *, inputs: CostInputs, today: date
) -> str:
    """The whole document. Raises `PriceTableError` for a region without prices."""
    return page(figures(resources, settings, stack, inputs=inputs, today=today))

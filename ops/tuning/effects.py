"""What a change of settings costs and takes, computed from the settings alone: before anything is deployed."""

from datetime import UTC, datetime

from ops.report.model import Table, table
from ops.stacks import owner_of
from planning.base import Frozen
from planning.budget import Category
from planning.cost.model import CostReport
from settings.models.platform import PlatformSettings
from settings.rules.sizing import resource_sums
from telemetry.cost.planned import priced_plan

MIB_PER_GB = 1e9 / 1024**2


class Effect(Frozen):
    """Before and after."""

    usd_per_month: tuple[float, float]
    """List prices of all resources."""
    memory_mib: tuple[int, int]
    """Memory requests of all pods."""
    memory_ceiling_mib: int
    """Memory that the stack may ask for."""
    memory_usd_per_month: float
    """The change of memory as a share of what compute costs: what that room on the nodes is worth."""

    def table(self) -> Table:
        """As a table."""
        rows = [
            ("USD a month", *(f"{usd:,.2f}" for usd in self.usd_per_month), ""),
            ("memory requests, MiB", *(f"{mib:,}" for mib in self.memory_mib), f"of {self.memory_ceiling_mib:,}"),
        ]
        if round(self.memory_usd_per_month, 2):
            rows.append(("room on the nodes, USD", "", f"{self.memory_usd_per_month:+,.2f}", "already paid for"))
        return table(("effect", "now", "then", ""), rows, numbers=(1, 2))


def effect(stack: str, before: PlatformSettings, after: PlatformSettings) -> Effect:
    """What a change does. Raises `PriceTableError` for a region without prices."""
    sides = (before, after)
    sums = [resource_sums(side).memory_mib for side in sides]
    reports = [priced_settings(stack, side) for side in sides]
    ceiling_mib = int(after.capacity.memory_gb * MIB_PER_GB)
    compute = reports[1].by_category.get(Category.COMPUTE, 0.0)
    return Effect(
        usd_per_month=(reports[0].usd_per_month, reports[1].usd_per_month),
        memory_mib=(sums[0], sums[1]),
        memory_ceiling_mib=ceiling_mib,
        memory_usd_per_month=compute * (sums[1] - sums[0]) / ceiling_mib,
    )


def priced_settings(stack: str, settings: PlatformSettings) -> CostReport:
    """Every line of it."""
    return priced_plan(settings, stack, owner_of(settings), today=datetime.now(UTC).date())

"""Cost before and after a change, against the stack's budget, by the project's one cost engine."""

from datetime import date

from ops.cost.plan import priced
from ops.pull_request.model import (
    LIST_LENGTH,
    NAME_LENGTH,
    TEXT_LENGTH,
    CostLineChange,
    CostRow,
    CostSummary,
    ServiceCostRow,
)
from ops.report.cost import quantities
from planning.budget import Category
from planning.cost.budget import budget_verdict
from planning.cost.comparison import CostComparison, compare
from planning.cost.model import CostReport, QuantityBasis
from planning.registered_sources import UnreadableResourcesError
from settings.models.platform import PlatformSettings
from telemetry.cost.planned import bill_by_service

SHOWN_CHANGES = 12
NO_BEFORE = "no cost before: the stack has no resources yet"


def cost_summary(
    before: str | None,
    after: str,
    where: str,
    settings: PlatformSettings,
    *,
    old_settings: PlatformSettings | None = None,
    today: date | None = None,
) -> tuple[CostSummary | None, str]:
    """The summary, and a note where something could not be compared.

    With `old_settings` a changed workload or retention shows in the difference; else both sides are priced alike.
    Raises `PriceTableError` for a region without prices.
    """
    try:
        new = priced(after, where, settings, today)
    except UnreadableResourcesError as error:
        return None, f"no cost: {error}"[:TEXT_LENGTH]
    earlier = old_settings or settings
    old = _old_report(before, earlier, today)
    found = _summary(old, new, settings)
    return found.model_copy(update={"services": _services(old, earlier, new, settings)}), "" if old else NO_BEFORE


def _old_report(before: str | None, settings: PlatformSettings, today: date | None) -> CostReport | None:
    if before is None:
        return None
    try:
        return priced(before, "before", settings, today)
    except UnreadableResourcesError:
        # An exported state without resources: a stack that was made but never brought up.
        return None


def _summary(old: CostReport | None, new: CostReport, settings: PlatformSettings) -> CostSummary:
    budget = settings.budget
    comparison = compare(old, new) if old else None
    rows = [
        CostRow(
            category=category,
            before=old.by_category[category] if old else None,
            after=new.by_category[category],
            budget=budget.parts.get(category),
        )
        for category in Category
    ]
    total = CostRow(
        category="total",
        before=old.usd_per_month if old else None,
        after=new.usd_per_month,
        budget=budget.usd_per_month,
    )
    changes = _changes(comparison)
    return CostSummary(
        rows=(*rows, total),
        changes=changes[:SHOWN_CHANGES],
        more_changes=max(0, len(changes) - SHOWN_CHANGES),
        verdict=budget_verdict(new, budget).message[:TEXT_LENGTH],
        assumed=new.by_basis[QuantityBasis.ASSUMED],
        quantities=quantities(new)[:TEXT_LENGTH],
        unpriced=len(new.unpriced),
    )


def _services(
    old: CostReport | None, old_settings: PlatformSettings, new: CostReport, settings: PlatformSettings
) -> tuple[ServiceCostRow, ...]:
    earlier = bill_by_service(old, old_settings).services if old else ()
    before = {one.service: one.usd_per_month for one in earlier}
    return tuple(
        ServiceCostRow(service=one.service, team=one.team, before=before.get(one.service), after=one.usd_per_month)
        for one in bill_by_service(new, settings).services[:LIST_LENGTH]
    )


def _changes(comparison: CostComparison | None) -> tuple[CostLineChange, ...]:
    if comparison is None:
        return ()
    return tuple(
        CostLineChange(
            item=change.item[:NAME_LENGTH],
            resource=change.resource[:NAME_LENGTH],
            before=change.before,
            after=change.after,
        )
        for change in comparison.changes
    )

"""What a change costs: two reports line by line, for pull requests."""

from planning.base import Frozen
from planning.budget import Category
from planning.cost.model import CostLine, CostReport

# Smaller differences are rounding.
LEAST_CHANGE_USD = 0.005


class CostChange(Frozen):
    """One amount before and after."""

    component: str
    """Component."""
    resource: str
    """Logical name."""
    item: str
    """What is paid for."""
    before: float
    """US dollars a month; 0 for what is new."""
    after: float
    """US dollars a month; 0 for what is gone."""

    @property
    def difference(self) -> float:
        """US dollars a month more."""
        return self.after - self.before


class CostComparison(Frozen):
    """Two reports against each other."""

    before: float
    """US dollars a month before."""
    after: float
    """US dollars a month after."""
    by_category: dict[Category, tuple[float, float]]
    """Before and after for each category."""
    changes: tuple[CostChange, ...]
    """What differs, the largest difference first."""

    @property
    def difference(self) -> float:
        """US dollars a month more."""
        return self.after - self.before


def compare(before: CostReport, after: CostReport) -> CostComparison:
    """What differs between two reports; changes add up to the difference of the totals but for rounding."""
    old, new = _by_line(before.lines), _by_line(after.lines)
    changes = [
        CostChange(component=key[0], resource=key[1], item=key[2], before=old.get(key, 0.0), after=new.get(key, 0.0))
        for key in dict.fromkeys((*old, *new))
    ]
    told = [change for change in changes if abs(change.difference) >= LEAST_CHANGE_USD]
    return CostComparison(
        before=before.usd_per_month,
        after=after.usd_per_month,
        by_category={category: (before.by_category[category], after.by_category[category]) for category in Category},
        changes=tuple(sorted(told, key=lambda change: -abs(change.difference))),
    )


def _by_line(lines: tuple[CostLine, ...]) -> dict[tuple[str, str, str], float]:
    sums: dict[tuple[str, str, str], float] = {}
    for line in lines:
        key = (line.component, line.resource, line.item)
        sums[key] = sums.get(key, 0.0) + line.usd_per_month
    return sums

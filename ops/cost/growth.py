"""How the buckets of logs, traces and metrics fill from a stack's first day until as much is deleted as written."""

from typing import NamedTuple

from planning.backends import backends_of
from planning.capacity.objects import ObjectFlows
from planning.capacity.steady_state import TierUse, tier_uses
from planning.objects import ObjectFlow
from planning.retention import Retention, SignalRetention
from planning.tiers.lifetime_cost import BILLING_LAG_DAYS

TIERS: tuple[str, ...] = ("hot", "warm", "cold")
LEAST_DAYS = 120
# The curve ends some days after the last signal is full.
DAYS_AFTER_FULL = 20


class Day(NamedTuple):
    """What is stored some days after the first object was written."""

    day: int
    gib: dict[str, float]
    """GiB (2^30 bytes) by tier: hot, warm, cold."""

    @property
    def total_gib(self) -> float:
        """All tiers."""
        return sum(self.gib.values())


def growth(flows: ObjectFlows, retention: Retention) -> tuple[Day, ...]:
    """Every day from 0 until all signals are full and a little longer."""
    longest = max(retention.of(signal).delete_days for signal in retention.signals)
    return tuple(_day(day, flows, retention) for day in range(max(LEAST_DAYS, longest + DAYS_AFTER_FULL) + 1))


def _day(day: int, flows: ObjectFlows, retention: Retention) -> Day:
    gib: dict[str, float] = dict.fromkeys(TIERS, 0.0)
    for backend in backends_of(retention):
        for use in _uses(flows.of(backend.data.purpose), retention.of(backend.signal), day):
            gib[use.tier] += use.gib
    return Day(day, gib)


def _uses(flow: ObjectFlow, ages: SignalRetention, day: int) -> tuple[TierUse, ...]:
    """After `day` days no object is older than that: the steady state of a retention that ends there."""
    full = ages.delete_days + BILLING_LAG_DAYS
    if day >= full:
        return tier_uses(flow, ages)
    young = SignalRetention.model_construct(
        hot_days=ages.hot_days,
        warm_days=ages.warm_days,
        delete_days=day - BILLING_LAG_DAYS,
    )
    return tier_uses(flow, young)

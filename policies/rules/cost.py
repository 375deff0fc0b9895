"""What the registered resources cost in a month, against what the stack may cost."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pydantic import Field

from planning.aws.types import AWS_PROVIDER, NODE_POOL
from planning.budget import TotalBudget
from planning.cost.inputs import REFERENCE_LOAD, ClusterSharing, CostInputs, ExpectedLoad
from planning.registered import Resource, of_type
from policies.limits import Limits
from policies.rule import Level, NotYetKnown, Severity, StackRule, Subject, Verdict, Violation

if TYPE_CHECKING:
    from planning.cost.model import CostReport

# The price tables and the engine are heavy, and only these rules need them: imported when they run.

EVERYTHING = ("*",)


class PricingLimits(Limits):
    """What a price rests on beside the resources."""

    region: str = "us-west-2"
    """Region of the prices, where no AWS provider with a region is registered."""
    load: ExpectedLoad | None = None
    """Expected load; the reference workload where it is absent."""
    owner_nodes: int | None = None
    """For a stack on another stack's cluster: that stack's nodes, by which the control plane is shared."""
    as_of: date = Field(default_factory=date.today)
    """The day to judge by, YYYY-MM-DD; default: today."""


class BudgetLimits(TotalBudget, PricingLimits):
    """What the stack may cost, in list prices without tax."""


def priced(resources: Sequence[Resource], limits: PricingLimits) -> "CostReport":
    """The cost of the resources. Raises `PriceTableError` for a region without prices."""
    from planning.cost.engine import price_resources
    from planning.prices.loader import load_prices

    return price_resources(
        resources,
        load_prices(_region(resources) or limits.region),
        CostInputs(load=limits.load or REFERENCE_LOAD, sharing=ClusterSharing(owner_nodes=limits.owner_nodes)),
        today=limits.as_of,
    )


def _region(resources: Sequence[Resource]) -> str | None:
    regions = (provider.at("region") for provider in of_type(resources, AWS_PROVIDER))
    return next((region for region in regions if isinstance(region, str)), None)


def _priced_where_possible(resources: Sequence[Resource], limits: PricingLimits) -> "CostReport | None":
    """None for a region without prices, of which the budget speaks."""
    from planning.prices.table import PriceTableError

    try:
        return priced(resources, limits)
    except PriceTableError:
        return None


def _not_yet_known(report: "CostReport") -> Iterator[Verdict]:
    from planning.cost.model import UnpricedCause

    for item in report.unpriced:
        if item.cause is UnpricedCause.NOT_KNOWN_YET:
            yield NotYetKnown(f"the cost of {item.resource} ({item.reason})")


def _over_budget(resources: Sequence[Resource], limits: BudgetLimits) -> Iterator[Verdict]:
    from planning.cost.budget import budget_verdict
    from planning.prices.table import PriceTableError

    try:
        report = priced(resources, limits)
    except PriceTableError as error:
        yield Violation(f"the cost can't be computed: {error}")
        return
    verdict = budget_verdict(report, limits)
    if not verdict.within:
        yield Violation(verdict.message)
    yield from _boundless_pools(report)
    yield from _not_yet_known(report)


def _boundless_pools(report: "CostReport") -> Iterator[Verdict]:
    """Pools of nodes whose largest bill can't be computed: nobody knows whether it fits."""
    from planning.cost.model import UnpricedCause

    for item in report.unpriced:
        if item.type == NODE_POOL and item.cause is not UnpricedCause.NOT_KNOWN_YET:
            yield Violation(f"the pool {item.resource} may cost anything: {item.reason}")


BUDGET = StackRule(
    id="budget",
    subject=Subject.COST,
    title="The stack costs no more than its budget",
    why="A budget that only a report knows is exceeded first and discussed afterwards.",
    fix="Do what the message says would help most, or raise budget.usd_per_month in a review.",
    types=EVERYTHING,
    limits=BudgetLimits,
    check=_over_budget,
    severity=Severity.CRITICAL,
)


class DeltaLimits(PricingLimits):
    """How much a change may cost before it is pointed out."""

    baseline_usd_per_month: float | None = Field(default=None, ge=0)
    """What the stack cost before, in US dollars a month; without it the rule is silent."""
    max_increase_percent: float = Field(default=10, ge=0)
    """Increase over the baseline that needs no mention, in percent."""


def _cost_increase(resources: Sequence[Resource], limits: DeltaLimits) -> Iterator[Verdict]:
    from planning.cost.budget import in_words

    baseline = limits.baseline_usd_per_month
    report = _priced_where_possible(resources, limits) if baseline is not None else None
    if baseline is None or report is None:
        return
    total = report.usd_per_month
    if total > baseline * (1 + limits.max_increase_percent / 100):
        yield Violation(
            f"{total:.2f} USD a month is {total - baseline:.2f} more than before ({baseline:.2f}); "
            f"accepted without mention: {limits.max_increase_percent:g} % more; dearest: {in_words(report.top_costs())}"
        )
    yield from _not_yet_known(report)


COST_DELTA = StackRule(
    id="cost-delta",
    subject=Subject.COST,
    title="A change does not make the stack much dearer unnoticed",
    why="Many small changes within the budget add up to one large bill.",
    fix="See `python -m ops cost compare` for what became dearer; set the new baseline once the change is agreed.",
    types=EVERYTHING,
    limits=DeltaLimits,
    check=_cost_increase,
    level=Level.ADVISORY,
    severity=Severity.LOW,
)


class SteadyLimits(PricingLimits):
    """How far the expected load may go beyond what burstable nodes have for long."""

    max_percent_of_baseline: float = Field(default=100, gt=0)
    """Need for load and system in percent of all nodes' baseline."""


def _beyond_baseline(resources: Sequence[Resource], limits: SteadyLimits) -> Iterator[Verdict]:
    report = _priced_where_possible(resources, limits)
    if report is None:
        return
    steady = report.steady_cpu
    if steady is not None and steady.percent > limits.max_percent_of_baseline:
        yield Violation(
            f"the expected load and the system's pods need {steady.need_cores:.2f} cores for long, burstable nodes "
            f"have {steady.baseline_cores:.2f} of baseline ({steady.percent:.0f} %); accepted: at most "
            f"{limits.max_percent_of_baseline:g} %; beyond it standard credits slow pods down and unlimited ones are "
            "charged by the vCPU-hour"
        )
    yield from _not_yet_known(report)


STEADY_LOAD_SUSTAINED = StackRule(
    id="steady-load-sustained",
    subject=Subject.COST,
    title="Burstable nodes carry the expected load for long",
    why="Credits are for peaks: a steady need beyond the baseline uses them up within a day, and is then slow or dear.",
    fix="Choose more or larger node_groups, types without credits (m7g, c7g), or accept it with a higher limit.",
    types=EVERYTHING,
    limits=SteadyLimits,
    check=_beyond_baseline,
    level=Level.ADVISORY,
    severity=Severity.LOW,
)


class PricedLimits(Limits):
    """What may stay without a price."""

    region: str = "us-west-2"
    """Region of the prices, where no AWS provider with a region is registered."""
    accepted_types: tuple[str, ...] = ()
    """Type tokens that may stay without a price."""


def _unpriced(resources: Sequence[Resource], limits: PricedLimits) -> Iterator[Verdict]:
    from planning.cost.model import UnpricedCause

    report = _priced_where_possible(resources, PricingLimits(region=limits.region))
    if report is None:
        return
    yield from _not_yet_known(report)
    for item in report.unpriced:
        if item.cause is not UnpricedCause.NOT_KNOWN_YET and item.type not in limits.accepted_types:
            urn = next((r.urn for r in resources if (r.type, r.name) == (item.type, item.resource)), "")
            yield Violation(f"has no price, so the total leaves it out: {item.reason}", urn)


COSTS_KNOWN = StackRule(
    id="costs-known",
    subject=Subject.COST,
    title="Every resource that costs money has a price",
    why="What the price table doesn't know is missing from the total, and the budget holds only on paper.",
    fix="Add the price or the rule that prices it, or name the type as free in the cost engine.",
    types=EVERYTHING,
    limits=PricedLimits,
    check=_unpriced,
    level=Level.ADVISORY,
    severity=Severity.LOW,
)

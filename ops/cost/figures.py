"""Every number of the HTML report, from the same planning functions as the text reports."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ops.cost.charges import Charges
from ops.cost.growth import Day, growth
from ops.cost.sensitivity import Traffic, sensitivity
from ops.cost.topology import Point, curve
from planning.budget import Baseline, Budget
from planning.capacity.objects import object_flows
from planning.cost.attribution import SharedBill
from planning.cost.budget import BudgetVerdict, budget_verdict
from planning.cost.engine import price_resources
from planning.cost.inputs import CostInputs
from planning.cost.model import CostReport
from planning.prices.loader import load_prices
from planning.registered import Resource
from planning.tiers.inputs import LifecycleLimits
from planning.tiers.ranking import BucketPlans, bucket_plans
from settings.models.cluster import ExistingCluster
from settings.models.platform import PlatformSettings
from telemetry.cost.planned import bill_by_service


class Whose(NamedTuple):
    """Whose money it is."""

    project: str
    owner: str
    cost_centre: str


class Figures(NamedTuple):
    """What the sections of the page show."""

    stack: str
    whose: Whose
    report: CostReport
    budget: Budget
    baseline: Baseline | None
    verdict: BudgetVerdict
    services: SharedBill
    """Who pays."""
    days: tuple[Day, ...]
    """Stored data since the first day."""
    plans: tuple[BucketPlans, ...]
    """Every plan of every bucket that queriers read."""
    traffic: tuple[Traffic, ...]
    """Multiples of the expected traffic, smallest first."""
    curve: tuple[Point, ...]
    """What the topology planner would deploy at each load, smallest first; none where the nodes are somebody else's."""
    assumed: tuple[str, ...] = ()
    """Keys of `workload` that nobody has set."""
    charges: Charges | None = None
    """What AWS charged, where a file says it."""


def figures(
    resources: Sequence[Resource],
    settings: PlatformSettings,
    stack: str,
    *,
    inputs: CostInputs,
    today: date,
    assumed: Sequence[str] = (),
    charges: Charges | None = None,
) -> Figures:
    """All figures of a stack. Raises `PriceTableError` for a region without prices."""
    table, budget = load_prices(settings.region), settings.budget
    report = price_resources(resources, table, inputs, today=today)
    flows = object_flows(settings.workload, settings.sampling, settings.replication)
    return Figures(
        stack=stack,
        whose=Whose(settings.project, settings.owner, settings.cost_centre),
        report=report,
        budget=budget,
        baseline=settings.baseline,
        verdict=budget_verdict(report, budget),
        services=bill_by_service(report, settings),
        days=growth(flows, settings.retention),
        plans=bucket_plans(settings.retention, flows, settings.s3_prices, LifecycleLimits.of_region(settings.region)),
        traffic=sensitivity(resources, table, settings, inputs, today=today),
        curve=() if isinstance(settings.cluster, ExistingCluster) else curve(stack, settings, today=today),
        assumed=tuple(assumed),
        charges=charges,
    )

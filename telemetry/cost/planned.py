"""What a stack is planned to cost, as the numbers that its cost rules carry: engine, prices and resources of the cost
report, without a preview.
"""

from collections.abc import Mapping
from datetime import date

from planning.backends import backends_of
from planning.base import Frozen
from planning.budget import Category
from planning.capacity.ingest import ingest_of
from planning.cost.attribution import SharedBill, bucket_usd, shared_bill, signal_costs
from planning.cost.engine import price_resources
from planning.cost.model import CostReport
from planning.prices.loader import load_prices
from planning.retention import Signal
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from settings.rules.senders import senders
from telemetry.cost.node_pool import with_pool

DAYS_PER_MONTH = 365.25 / 12
TOTAL = "total"


class PlannedCost(Frozen):
    """Dollars of one stack in steady state under its expected load."""

    usd_per_month: Mapping[str, float]
    """By line: compute, storage, operations, total."""
    fixed_usd_per_month: float
    """All but the signals' buckets: it is paid whatever arrives."""
    usd_per_stored_gib: Mapping[Signal, float]
    """Storage and requests of a GiB from its writing to its deletion."""
    fixed_share: Mapping[Signal, float]
    """How the fixed dollars are shared among signals: by the memory that their back ends ask for; adds up to 1."""
    shared: SharedBill
    """Who pays."""


def priced_plan(
    settings: PlatformSettings,
    stack: str,
    owner: PlatformSettings | None,
    *,
    today: date | None = None,
    most_nodes: bool = True,
) -> CostReport:
    """The bill of what the settings would register, before anything is planned.

    `today` is by default the price table's own day: numbers of it must not change from one run to the next. Raises
    `PriceTableError` for a region without prices.
    """
    table = load_prices(settings.region)
    return price_resources(
        with_pool(settings, stack, owner),
        table,
        cost_inputs(settings, owner),
        today=today or table.compiled,
        most_nodes=most_nodes,
    )


def planned_cost(settings: PlatformSettings, stack: str, owner: PlatformSettings | None) -> PlannedCost | None:
    """The planned cost, or None off AWS, where there are no prices.

    `owner` are the settings of the stack that owns a tenant stack's cluster.
    """
    if not settings.on_aws:
        return None
    report = priced_plan(settings, stack, owner)
    buckets = {signal: bucket_usd(report, signal) for signal in settings.retention.signals}
    ingest = {one.signal: one for one in ingest_of(settings.workload, settings.sampling, settings.replication).signals}
    return PlannedCost(
        usd_per_month={
            **{category.value: report.by_category.get(category, 0.0) for category in Category},
            TOTAL: report.usd_per_month,
        },
        fixed_usd_per_month=report.usd_per_month - sum(buckets.values()),
        usd_per_stored_gib={
            signal: usd / (ingest[signal].stored_gib_per_day * DAYS_PER_MONTH) for signal, usd in buckets.items()
        },
        fixed_share=memory_shares(settings),
        shared=bill_by_service(report, settings),
    )


def bill_by_service(report: CostReport, settings: PlatformSettings) -> SharedBill:
    """Any report of the stack shared out among its services, by what the settings expect of each."""
    by_signal = signal_costs(report, memory_shares(settings))
    buckets = sum(bucket_usd(report, signal) for signal in by_signal)
    return shared_bill(by_signal, report.usd_per_month - buckets, senders(settings))


def memory_shares(settings: PlatformSettings) -> Mapping[Signal, float]:
    """How what is paid whatever arrives is shared among signals: by the memory that their back ends ask for."""
    memory_mib = dict.fromkeys(settings.retention.signals, 0)
    owner = {backend.name: backend.signal for backend in backends_of(settings.retention)}
    for key, size in settings.sizes.workloads():
        signal = owner.get(key.split(".")[0])
        if signal is not None:
            memory_mib[signal] += size.replicas * size.memory_request_mib
    total = sum(memory_mib.values())
    return {signal: mib / total for signal, mib in memory_mib.items()}

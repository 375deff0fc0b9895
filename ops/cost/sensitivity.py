"""The same resources under other traffic: what bytes, requests and transfer cost, and whether the sizes carry it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from planning.capacity.compute import Fit
from planning.capacity.estimate import compute_at
from planning.capacity.series import at_rate
from planning.cost.engine import price_resources
from planning.cost.inputs import CostInputs
from planning.cost.model import CostReport
from planning.prices.table import PriceTable
from planning.registered import Resource
from settings.models.platform import PlatformSettings
from settings.rules.capacity import capacity_of

FACTORS = (0.5, 1.0, 2.0, 3.0, 5.0)


class Traffic(NamedTuple):
    """One multiple of the expected traffic."""

    factor: float
    requests_per_second: float
    report: CostReport
    shortfalls: tuple[str, ...]
    """What the stack's sizes lack for it; empty when they carry it."""


def sensitivity(
    resources: Sequence[Resource],
    table: PriceTable,
    settings: PlatformSettings,
    inputs: CostInputs,
    *,
    today: date,
) -> tuple[Traffic, ...]:
    """Prices the same resources under each multiple of the load. Nodes and volumes stay as they are."""
    capacity, ceiling = settings.capacity_inputs, capacity_of(settings)
    found: list[Traffic] = []
    for factor in FACTORS:
        rate = inputs.load.workload.requests_per_second * factor
        workload = at_rate(inputs.load.workload, len(settings.services), rate)
        scaled = inputs.model_copy(update={"load": inputs.load.model_copy(update={"workload": workload})})
        found.append(
            Traffic(
                factor=factor,
                requests_per_second=workload.requests_per_second,
                report=price_resources(resources, table, scaled, today=today),
                shortfalls=Fit(ceiling, compute_at(capacity.scaled(factor))).shortfalls,
            )
        )
    return tuple(found)

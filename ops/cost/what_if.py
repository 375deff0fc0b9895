"""What another load or another retention would take of a stack: sizes, nodes, storage plans and dollars, before anyone
edits a file.

Prices are those of the resources that the settings would register; with a preview or a state, whatever else it shows is
counted on both sides.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from ops.cost.what_if_model import Edit, NodesChange, PlanChange, SizeChange, WhatIf
from ops.errors import CommandError
from ops.files import text_of
from ops.stacks import owner_of, settings_of
from planning.backends import backends_of
from planning.base import Frozen
from planning.capacity import coefficients
from planning.capacity.estimate import CapacityEstimate, estimate
from planning.capacity.ingest import SECONDS_PER_DAY
from planning.capacity.series import at_rate
from planning.cost.assumptions import Assumptions
from planning.cost.budget import budget_verdict
from planning.cost.comparison import compare
from planning.cost.engine import price_resources
from planning.instances import Architecture, architecture_of
from planning.prices.loader import load_prices
from planning.prices.table import ON_DEMAND, PriceTable, spot_price
from planning.registered import Resource
from planning.registered_sources import resources_in
from planning.retention import MAX_RETENTION_DAYS, Retention, Signal, SignalRetention
from planning.tiers.choice import choose
from planning.tiers.compiler import SAFETY_NET_DAYS
from planning.tiers.inputs import LifecycleLimits, tiering_inputs
from planning.workload import Workload
from settings.models.cluster import CapacityType, ExistingCluster
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from settings.rules.growth import NodeChange, TooLargeError, carrying_nodes, grown_sizes, sizes_of
from settings.rules.sizing import resource_sums
from settings.rules.topology import BURST_FACTOR
from telemetry.cost.expected_resources import EXPECTED_TYPES, expected_resources

Model = TypeVar("Model", bound=Frozen)


class LayoutError(CommandError):
    """A load that the stack's own layout can't carry at any size."""


class _Side(NamedTuple):
    """One side of the comparison; its settings may break ceilings that `edits` then raises."""

    settings: PlatformSettings
    capacity: CapacityEstimate


def what_if(
    stack: str,
    *,
    requests_per_second: float | None = None,
    workload: Workload | None = None,
    days: Mapping[Signal, int | None] | None = None,
    registered: Path | None = None,
    settings: PlatformSettings | None = None,
    today: date | None = None,
) -> WhatIf:
    """What a stack would take under another load or retention; what isn't given stays.

    `days` are those until deletion; `registered` is a file with a preview, event log or state of the stack;
    `settings` replaces the stack's file, `workload` its load. Raises `CommandError` for values that no settings accept
    and for loads beyond this layout, and what `load_prices` and `resources_in` raise.
    """
    now = settings or settings_of(stack)
    asked = _asked(now, requests_per_second, days or {})
    if workload is not None:
        asked = asked.model_copy(update={"workload": workload})
    table = load_prices(now.region)
    before = _Side(settings=now, capacity=_estimate(now))
    wanted_capacity = _estimate(asked)
    try:
        sizes = grown_sizes(asked, before.capacity.compute, wanted_capacity.compute)
        grown = asked.model_copy(update={"sizes": sizes})
        types = _node_types(table, now.architecture)
        grown, nodes = carrying_nodes(grown, types, lambda one, bought: _node_price(table, one, bought))
    except TooLargeError as error:
        raise LayoutError(f"{_question(now, asked)}: {error}") from None
    after = _Side(settings=grown, capacity=wanted_capacity)
    owner = owner_of(now)
    old, new = _resources(before, after, stack, owner, registered)
    day = today or datetime.now(UTC).date()
    reports = [
        price_resources(resources, table, cost_inputs(side.settings, owner), today=day)
        for resources, side in ((old, before), (new, after))
    ]
    return WhatIf(
        stack=stack,
        question=_question(now, asked),
        sizes=tuple(_sizes(before, after)),
        nodes=_nodes(nodes),
        plans=tuple(_plans(before, after)),
        cost=compare(reports[0], reports[1]),
        verdict=budget_verdict(reports[1], now.budget),
        edits=_edits(before, after, nodes),
        notes=tuple(_notes(after, registered)),
    )


def _estimate(settings: PlatformSettings) -> CapacityEstimate:
    limits = LifecycleLimits.of_region(settings.region)
    return estimate(settings.capacity_inputs, settings.s3_prices, limits)


def _asked(
    settings: PlatformSettings, requests_per_second: float | None, days: Mapping[Signal, int | None]
) -> PlatformSettings:
    """The settings with what was asked for. Raises `CommandError` for values that the settings refuse."""
    workload, ages = settings.workload, {signal: settings.retention.of(signal) for signal in settings.retention.signals}
    if requests_per_second is not None:
        given = {**workload.model_dump(), "requests_per_second": requests_per_second}
        workload = at_rate(workload, len(settings.services), _valid(Workload, given, "workload").requests_per_second)
    for signal, wanted in days.items():
        if wanted is None:
            continue
        if wanted > MAX_RETENTION_DAYS - SAFETY_NET_DAYS:
            raise CommandError(
                f"retention.{signal}.delete_days: got {wanted}; accepted: up to {MAX_RETENTION_DAYS - SAFETY_NET_DAYS}"
            )
        given = {**ages[signal].model_dump(), "delete_days": wanted}
        ages[signal] = _valid(SignalRetention, given, f"retention.{signal}")
    retention = Retention.model_validate(ages)
    return settings.model_copy(update={"workload": workload, "retention": retention})


def _valid(kind: type[Model], document: Mapping[str, object], path: str) -> Model:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([path, *(str(step) for step in first["loc"])])
        given = f" got {first['input']};" if first["loc"] else ""
        raise CommandError(f"{key}:{given} {first['msg']}") from None


def _question(before: PlatformSettings, after: PlatformSettings) -> str:
    parts = [f"{after.workload.requests_per_second:,g} requests/s"]
    parts += [f"{after.retention.of(signal).delete_days} days of {signal}" for signal in after.retention.signals]
    was = f"{before.workload.requests_per_second:,g} requests/s"
    kept = (f"{before.retention.of(signal).delete_days} days of {signal}" for signal in before.retention.signals)
    return f"{', '.join(parts)} (now: {', '.join((was, *kept))})"


def _node_types(table: PriceTable, architecture: Architecture) -> tuple[str, ...]:
    names = (key.removeprefix(f"{ON_DEMAND}.") for key in table.prices if key.startswith(f"{ON_DEMAND}."))
    return tuple(name for name in names if architecture_of(name) is architecture)


def _node_price(table: PriceTable, instance_type: str, bought: CapacityType) -> float:
    if bought is CapacityType.SPOT:
        return spot_price(table, instance_type, Assumptions().spot_share_of_on_demand).usd
    return table.price(f"{ON_DEMAND}.{instance_type}").usd


def _resources(
    before: _Side, after: _Side, stack: str, owner: PlatformSettings | None, registered: Path | None
) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
    """Both sides' resources. Raises `CommandError` for a file that can't be read."""
    old, new = (expected_resources(side.settings, stack, owner) for side in (before, after))
    if registered is None:
        return old, new
    shown = resources_in(text_of(registered), registered.name)
    return shown, (*new, *(resource for resource in shown if resource.type not in EXPECTED_TYPES))


def _sizes(before: _Side, after: _Side) -> Iterator[SizeChange]:
    for need in after.capacity.compute.components:
        old, new = sizes_of(need.component, before.settings), sizes_of(need.component, after.settings)
        both = (old, new) if old and new else None
        yield SizeChange(
            component=need.component,
            needs_cores=need.cpu_cores,
            needs_gib=need.memory_gib,
            cores=both and (both[0].cpu_cores, both[1].cpu_cores),
            gib=both and (both[0].memory_gib, both[1].memory_gib),
            volume_gib=both and (both[0].volume_gib, both[1].volume_gib),
        )


def _nodes(change: NodeChange | None) -> NodesChange | None:
    if change is None:
        return None
    before, after = (f"{group.nodes} x {'/'.join(group.instance_types)}" for group in (change.before, change.after))
    return NodesChange(group=change.group, before=before, after=after)


def _plans(before: _Side, after: _Side) -> Iterator[PlanChange]:
    for purpose in (backend.data.purpose for backend in backends_of(before.settings.retention)):
        old, new = (
            choose(
                tiering_inputs(
                    purpose,
                    side.settings.retention,
                    side.capacity.flows,
                    side.settings.s3_prices,
                    LifecycleLimits.of_region(side.settings.region),
                )
            ).chosen
            for side in (before, after)
        )
        yield PlanChange(
            bucket=purpose, before=old.text, after=new.text, usd_per_month=(old.cost.total, new.cost.total)
        )


def _edits(before: _Side, after: _Side, nodes: NodeChange | None) -> dict[str, Edit]:
    """The keys that differ, with the ceilings and limits that would otherwise refuse them."""
    old, new = before.settings, after.settings
    edits: dict[str, Edit] = {}
    load = old.workload.model_dump()
    edits |= {f"workload.{key}": value for key, value in new.workload.model_dump().items() if value != load[key]}
    for signal in new.retention.signals:
        if new.retention.of(signal) != old.retention.of(signal):
            edits[f"retention.{signal}.delete_days"] = new.retention.of(signal).delete_days
    sizes = dict(old.sizes.workloads())
    for key, size in new.sizes.workloads():
        now = sizes[key].model_dump()
        edits |= {f"sizes.{key}.{name}": value for name, value in size.model_dump().items() if value != now[name]}
    if nodes is not None:
        now = nodes.before.model_dump(mode="json")
        for name, value in nodes.after.model_dump(mode="json").items():
            if value != now[name]:
                edits[f"cluster.node_groups.{nodes.group}.{name}"] = value
    return edits | dict(_ceilings(new)) | dict(_ingestion(after))


def _ceilings(settings: PlatformSettings) -> Iterator[tuple[str, Edit]]:
    sums, capacity = resource_sums(settings), settings.capacity
    for name, needed, ceiling in (
        ("cpu_cores", sums.cpu_millicores / 1000, capacity.cpu_cores),
        ("memory_gb", sums.memory_gb, capacity.memory_gb),
        ("storage_gb", sums.storage_gb, capacity.storage_gb),
    ):
        if needed > ceiling:
            yield f"capacity.{name}", math.ceil(needed)


def _ingestion(side: _Side) -> Iterator[tuple[str, Edit]]:
    ingest, limits = side.capacity.ingest, side.settings.ingestion
    for name, mean, limit in (
        ("logs", ingest.logs.kept_mb_per_second, limits.logs_mb_per_second),
        ("traces", ingest.traces.kept_mb_per_second, limits.traces_mb_per_second),
    ):
        if mean > limit:
            rate = math.ceil(mean * BURST_FACTOR)
            yield f"ingestion.{name}_mb_per_second", rate
            if rate > getattr(limits, f"{name}_burst_mb"):
                yield f"ingestion.{name}_burst_mb", rate


def _notes(side: _Side, registered: Path | None) -> Iterator[str]:
    yield "a daily mean by the vendors' sizing pages, without a margin; queries are a few dashboards"
    source = "the settings" if registered is None else f"{registered.name}; after: the settings, and what else it shows"
    yield f"resources before: {source}; list prices without tax, spot at its risk price"
    gb_per_day = side.capacity.ingest.logs.kept_mb_per_second * SECONDS_PER_DAY / 1000
    most = coefficients.LOKI_MONOLITHIC_GB_PER_DAY.value
    if gb_per_day > most:
        yield (
            f"{gb_per_day:,.0f} GB of logs a day is beyond the {most:,.0f} up to which Loki Monolithic is meant: "
            "Grafana recommends Distributed"
        )
    if isinstance(side.settings.cluster, ExistingCluster):
        yield "the cluster isn't managed here: its nodes aren't sized and aren't in the dollars"

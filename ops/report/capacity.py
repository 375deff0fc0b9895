"""The capacity plan as a report: what arrives, what is stored, what it takes, and what each environment carries."""

from collections.abc import Iterator, Sequence
from functools import partial

from ops.report.model import Block, Document, Row, RowStyle, Section, Table, Text, Tone, document, table
from planning.backends import backends_of
from planning.buckets import GIB
from planning.capacity import coefficients as c
from planning.capacity.coefficients import Basis, all_coefficients
from planning.capacity.compute import ENVIRONMENTS, Compute, Fit, StackCapacity
from planning.capacity.estimate import CapacityEstimate, CapacityInputs, compute_at
from planning.capacity.reach import NODE_TYPE, carrying_logs, largest_factor, logs_carried_by
from planning.performance_targets import INGESTION_MB_PER_SECOND, INGESTION_PEAK_MB_PER_SECOND
from planning.topology.sources import topology_coefficients


def capacity_document(
    estimate: CapacityEstimate, ceilings: Sequence[StackCapacity] = ENVIRONMENTS, *, sources: bool = False
) -> Document:
    """The whole plan; `sources` adds every coefficient with its source and date."""
    return document(
        _workload(estimate),
        Text(words=_sampling(estimate)),
        _rates(estimate),
        Section(
            heading="At rest in steady state (objects stay a day longer than rules say)", blocks=(*_stored(estimate),)
        ),
        _objects(estimate),
        Section(blocks=(*_needs(estimate),)),
        Section(blocks=(*_environments(estimate, ceilings),)),
        *_target(ceilings),
        *([_sources()] if sources else []),
    )


def _workload(estimate: CapacityEstimate) -> str:
    load, ingest = estimate.inputs.workload, estimate.ingest
    return (
        f"Workload: {load.requests_per_second:g} requests/s, {ingest.spans_per_second:,.0f} spans/s, "
        f"{ingest.log_lines_per_second:,.0f} log lines/s, {load.active_series:,} active series every "
        f"{load.scrape_interval_seconds} s"
    )


def _sampling(estimate: CapacityEstimate) -> str:
    kept = estimate.ingest.kept_trace_share
    return f"Sampling keeps {kept:.1%} of traces, all errors and slow ones among them"


def _rates(estimate: CapacityEstimate) -> Table:
    rows = [
        (
            ingest.signal.value,
            f"{ingest.received_mb_per_second:.3f}",
            f"{ingest.received_gb_per_day:.1f}",
            f"{ingest.kept_mb_per_second:.3f}",
            f"{ingest.kept_gb_per_day:.1f}",
            f"{ingest.stored_gib_per_day:.2f}",
        )
        for ingest in estimate.ingest.signals
    ]
    header = ("signal", "received MB/s", "GB/day", "after sampling MB/s", "GB/day", "stored GiB/day")
    return table(header, rows, numbers=range(1, 6))


def _stored(estimate: CapacityEstimate) -> Iterator[Table]:
    rows = [
        (signal.value, use.tier, f"{use.from_days} to {use.to_days:g} d", f"{use.gib:.1f}")
        for signal, tiers in estimate.tiers.items()
        for use in tiers
    ]
    yield table(("signal", "tier", "age", "GiB"), rows, numbers=(3,))
    by_class = [
        (purpose.value, part.storage_class.value, f"{part.bytes / GIB:.1f}", f"{part.billed_bytes / GIB:.1f}")
        for purpose, use in estimate.uses.items()
        for part in use.stored
    ]
    yield table(("bucket", "storage class", "GiB", "billed GiB"), by_class, numbers=(2, 3))


def _objects(estimate: CapacityEstimate) -> Table:
    rows = [
        (
            backend.signal.value,
            cohort.name,
            f"{cohort.objects_per_day:,.0f}",
            f"{cohort.object_bytes / 1e6:.2f}",
            f"{cohort.put_requests_per_day:,.0f}",
            "retention" if cohort.lifetime_days is None else f"{cohort.lifetime_days:g} d",
        )
        for backend in backends_of(estimate.inputs.retention)
        for cohort in estimate.flows.of(backend.data.purpose).cohorts
    ]
    header = ("signal", "objects", "a day", "mean MB", "PUT+LIST a day", "live until")
    return table(header, rows, numbers=(2, 3, 4))


def _needs(estimate: CapacityEstimate) -> Iterator[Block]:
    compute, ingest = estimate.compute, estimate.ingest
    rows = [
        Row(cells=(one.component, *_sizes(one.cpu_cores, one.memory_gib, one.volume_gib), one.basis))
        for one in compute.components
    ]
    total = ("total", *_sizes(compute.cpu_cores, compute.memory_gib, compute.volume_gib), "")
    rows.append(Row(cells=total, style=RowStyle.TOTAL))
    yield table(("component", "cores", "GiB", "volume GiB", "coefficients"), rows, numbers=(1, 2, 3))
    yield Text(words=f"{ingest.series_in_memory:,.0f} series in memory, {ingest.samples_per_second:,.0f} samples/s")


def _sizes(cores: float, memory_gib: float, volume_gib: float) -> tuple[str, str, str]:
    return (f"{cores:.2f}", f"{memory_gib:.2f}", f"{volume_gib:.1f}")


def _environments(estimate: CapacityEstimate, ceilings: Sequence[StackCapacity]) -> Iterator[Block]:
    rate = estimate.inputs.workload.requests_per_second
    rows: list[tuple[str, ...]] = []
    for ceiling in ceilings:
        inputs = estimate.inputs.model_copy(update={"replication": ceiling.replication})
        shortfalls = Fit(ceiling, compute_at(inputs)).shortfalls
        rows.append(
            (
                ceiling.name,
                f"{ceiling.cpu_cores:g}",
                f"{ceiling.memory_gib:.1f}",
                "fits" if not shortfalls else "needs " + ", ".join(shortfalls),
                f"{rate * largest_factor(ceiling, partial(_compute_scaled, inputs)):,.0f}",
            )
        )
    header = ("environment", "cores", "GiB", f"{rate:g} requests/s", "carries at most requests/s")
    yield table(header, rows, numbers=(1, 2, 4))
    advised, arriving = c.LOKI_MONOLITHIC_GB_PER_DAY.value, estimate.ingest.logs.kept_gb_per_day
    if arriving > advised:
        yield Text(
            words=f"Logs of {arriving:.0f} GB/day as a daily mean are more than the {advised:g} GB/day for which "
            "Loki's documentation advises the Monolithic mode: watch its memory, or plan the Distributed mode.",
            tone=Tone.WARNING,
        )


def _compute_scaled(inputs: CapacityInputs, factor: float) -> Compute:
    return compute_at(inputs.scaled(factor))


def _target(ceilings: Sequence[StackCapacity]) -> Iterator[Text]:
    for rate in (INGESTION_MB_PER_SECOND, INGESTION_PEAK_MB_PER_SECOND):
        carrying = carrying_logs(rate)
        short = [ceiling for ceiling in ceilings if logs_carried_by(ceiling) < rate]
        if not short:
            continue
        most = max(short, key=logs_carried_by)
        yield Text(
            words=f"{rate:g} MB/s of logs ({rate * 86.4 / 1000:.1f} TB/day) can't be carried by {most.cpu_cores:g} "
            f"cores: {most.name} alone reaches {logs_carried_by(most):.1f} MB/s. It takes Loki {carrying.mode} with "
            f"{carrying.cpu_cores:.0f} cores and {carrying.memory_gib:.0f} GiB: {carrying.nodes} nodes {NODE_TYPE}. "
            "Here it is a limit for bursts, not a sustained rate."
        )


def _sources() -> Table:
    order = list(Basis)
    ordered = sorted(
        (all_coefficients() | topology_coefficients()).items(), key=lambda item: (order.index(item[1].basis), item[0])
    )
    rows = [
        (name.lower(), f"{value.value:.4g}", value.unit, value.basis.value, value.as_of.isoformat(), value.source)
        for name, value in ordered
    ]
    return table(("coefficient", "value", "unit", "basis", "date", "source"), rows, numbers=(1,))

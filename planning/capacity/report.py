"""The capacity plan as text: what arrives, what is stored, what it takes, and what each environment carries."""

from collections.abc import Iterator, Sequence
from functools import partial

from planning.backends import backends_of
from planning.buckets import GIB
from planning.capacity import coefficients as c
from planning.capacity.coefficients import Basis, Coefficient, all_coefficients
from planning.capacity.compute import ENVIRONMENTS, Compute, Fit, StackCapacity
from planning.capacity.estimate import CapacityEstimate, CapacityInputs, compute_at
from planning.capacity.reach import NODE_TYPE, carrying_logs, largest_factor, logs_carried_by
from planning.performance_targets import INGESTION_MB_PER_SECOND, INGESTION_PEAK_MB_PER_SECOND
from planning.text_table import text_table


def render(
    estimate: CapacityEstimate, ceilings: Sequence[StackCapacity] = ENVIRONMENTS, *, sources: bool = False
) -> str:
    """The whole report; `sources` adds every coefficient with its source and date."""
    parts = [
        _heading(estimate),
        _rates(estimate),
        _stored(estimate),
        _objects(estimate),
        _needs(estimate),
        _environments(estimate, ceilings),
        "\n".join(_target(ceilings)),
    ]
    if sources:
        parts.append(_sources())
    return "\n\n".join(parts) + "\n"


def _heading(estimate: CapacityEstimate) -> str:
    load, ingest = estimate.inputs.workload, estimate.ingest
    return (
        f"Workload: {load.requests_per_second:g} requests/s, {ingest.spans_per_second:,.0f} spans/s, "
        f"{ingest.log_lines_per_second:,.0f} log lines/s, {load.active_series:,} active series every "
        f"{load.scrape_interval_seconds} s\n"
        f"Sampling keeps {ingest.kept_trace_share:.1%} of traces, all errors and slow ones among them"
    )


def _rates(estimate: CapacityEstimate) -> str:
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
    return text_table(header, rows, right=range(1, 6))


def _stored(estimate: CapacityEstimate) -> str:
    rows = [
        (signal.value, use.tier, f"{use.from_days} to {use.to_days:g} d", f"{use.gib:.1f}")
        for signal, tiers in estimate.tiers.items()
        for use in tiers
    ]
    by_class = [
        (purpose.value, part.storage_class.value, f"{part.bytes / GIB:.1f}", f"{part.billed_bytes / GIB:.1f}")
        for purpose, use in estimate.uses.items()
        for part in use.stored
    ]
    return "\n\n".join(
        (
            "At rest in steady state (objects stay a day longer than rules say)\n"
            + text_table(("signal", "tier", "age", "GiB"), rows, right=(3,)),
            text_table(("bucket", "storage class", "GiB", "billed GiB"), by_class, right=(2, 3)),
        )
    )


def _objects(estimate: CapacityEstimate) -> str:
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
    return text_table(header, rows, right=(2, 3, 4))


def _needs(estimate: CapacityEstimate) -> str:
    compute = estimate.compute
    rows = [
        (need.component, f"{need.cpu_cores:.2f}", f"{need.memory_gib:.2f}", f"{need.volume_gib:.1f}", need.basis)
        for need in compute.components
    ]
    total = ("total", f"{compute.cpu_cores:.2f}", f"{compute.memory_gib:.2f}", f"{compute.volume_gib:.1f}", "")
    series = (
        f"{estimate.ingest.series_in_memory:,.0f} series in memory, {estimate.ingest.samples_per_second:,.0f} samples/s"
    )
    table = text_table(("component", "cores", "GiB", "volume GiB", "coefficients"), [*rows, total], right=(1, 2, 3))
    return f"{table}\n{series}"


def _environments(estimate: CapacityEstimate, ceilings: Sequence[StackCapacity]) -> str:
    rate = estimate.inputs.workload.requests_per_second
    rows: list[tuple[str, ...]] = []
    for ceiling in ceilings:
        inputs = estimate.inputs.model_copy(update={"replication": ceiling.replication})
        fit = Fit(ceiling, compute_at(inputs))
        rows.append(
            (
                ceiling.name,
                f"{ceiling.cpu_cores:g}",
                f"{ceiling.memory_gib:.1f}",
                "fits" if not fit.shortfalls else "needs " + ", ".join(fit.shortfalls),
                f"{rate * largest_factor(ceiling, partial(_compute_scaled, inputs)):,.0f}",
            )
        )
    header = ("environment", "cores", "GiB", f"{rate:g} requests/s", "carries at most requests/s")
    table = text_table(header, rows, right=(1, 2, 4))
    advised, arriving = c.LOKI_MONOLITHIC_GB_PER_DAY.value, estimate.ingest.logs.kept_gb_per_day
    if arriving <= advised:
        return table
    return (
        f"{table}\nLogs of {arriving:.0f} GB/day as a daily mean are more than the {advised:g} GB/day for which Loki's "
        "documentation advises the Monolithic mode: watch its memory, or plan the Distributed mode."
    )


def _compute_scaled(inputs: CapacityInputs, factor: float) -> Compute:
    return compute_at(inputs.scaled(factor))


def _target(ceilings: Sequence[StackCapacity]) -> Iterator[str]:
    for rate in (INGESTION_MB_PER_SECOND, INGESTION_PEAK_MB_PER_SECOND):
        carrying = carrying_logs(rate)
        short = [ceiling for ceiling in ceilings if logs_carried_by(ceiling) < rate]
        if not short:
            continue
        most = max(short, key=logs_carried_by)
        yield (
            f"{rate:g} MB/s of logs ({rate * 86.4 / 1000:.1f} TB/day) can't be carried by {most.cpu_cores:g} cores: "
            f"{most.name} alone reaches {logs_carried_by(most):.1f} MB/s. It takes Loki {carrying.mode} with "
            f"{carrying.cpu_cores:.0f} cores and {carrying.memory_gib:.0f} GiB: {carrying.nodes} nodes {NODE_TYPE}. "
            "Here it is a limit for bursts, not a sustained rate."
        )


def _sources() -> str:
    ordered = sorted(all_coefficients().items(), key=lambda item: (_rank(item[1]), item[0]))
    rows = [
        (name.lower(), f"{value.value:.4g}", value.unit, value.basis.value, value.as_of.isoformat(), value.source)
        for name, value in ordered
    ]
    return text_table(("coefficient", "value", "unit", "basis", "date", "source"), rows, right=(1,))


def _rank(coefficient: Coefficient) -> int:
    return list(Basis).index(coefficient.basis)

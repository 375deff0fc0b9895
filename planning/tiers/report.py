"""Every way to keep each bucket's objects, with its price and the reason why it is or isn't chosen: text."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from planning.backends import backends_of
from planning.base import Frozen
from planning.buckets import BucketPurpose, ObjectClass
from planning.capacity.ingest import Replication
from planning.capacity.objects import ObjectFlows, object_flows
from planning.capacity.reference import REFERENCE_REPLICATION, REFERENCE_SAMPLING
from planning.capacity.steady_state import audit_flow
from planning.retention import Retention, SignalRetention
from planning.sampling import SamplingPolicy
from planning.text_table import text_table
from planning.tiers.candidates import (
    Candidate,
    LifecycleLimits,
    Move,
    TieringInputs,
    chains,
    direct_uploads,
    literal_table,
    standard_alone,
)
from planning.tiers.choice import Choice, choose, objection
from planning.tiers.compiler import tiering_inputs
from planning.tiers.lifecycle import AuditArchive
from planning.tiers.s3_prices import S3Prices
from planning.workload import Workload

DEFAULT_ROWS = 8
MOST_UNREADABLE = 3


class Role(StrEnum):
    """Why a row is shown whatever it costs."""

    CHOSEN = "chosen"
    STANDARD = "STANDARD alone"
    LITERAL = "literal table"
    OTHER = ""


class TierRow(NamedTuple):
    """One candidate of one bucket."""

    purpose: BucketPurpose
    candidate: Candidate
    role: Role
    readable: bool
    """Whether queriers can read every object until it is deleted."""
    verdict: str
    """Chosen, or why not."""

    @property
    def usd_per_month(self) -> float:
        """Price of the whole life in steady state."""
        return self.candidate.cost.total


def tier_rows(inputs: TieringInputs) -> tuple[TierRow, ...]:
    """Every candidate of one bucket, cheapest first: all chains of classes at their cheapest days, direct uploads, the
    literal table and STANDARD alone."""
    choice = choose(inputs)
    literal = literal_table(inputs)
    found: dict[tuple[ObjectClass, tuple[object, ...]], TierRow] = {}
    for candidate in (
        choice.chosen,
        standard_alone(inputs),
        literal,
        *_at_cold_age(inputs),
        *chains(inputs),
        *direct_uploads(inputs),
    ):
        key = (candidate.first, candidate.moves)
        found.setdefault(key, _row(candidate, inputs, choice, literal))
    return tuple(sorted(found.values(), key=lambda row: row.usd_per_month))


def tier_report(
    retention: Retention,
    workload: Workload,
    prices: S3Prices,
    *,
    sampling: SamplingPolicy = REFERENCE_SAMPLING,
    replication: Replication = REFERENCE_REPLICATION,
    audit: AuditArchive | None = None,
    limits: LifecycleLimits | None = None,
    rows: int | None = DEFAULT_ROWS,
) -> str:
    """A table for each bucket: plan, dollars a month, readable, verdict; with `audit` the archive's setting as well.

    `rows` limits the readable ones and drops most of the unreadable; None shows all.
    """
    flows = object_flows(workload, sampling, replication)
    limits = limits or LifecycleLimits.of_region(prices.region)
    sections = [*_sections(retention, flows, prices, limits, rows)]
    if audit is not None:
        sections += _audit_section(audit, prices, limits)
    return "\n".join(sections)


class TierPlanRow(Frozen):
    """One candidate plan of one bucket, as data."""

    bucket: BucketPurpose
    """The bucket."""
    plan: str
    """Classes and days, such as `STANDARD, 30 d GLACIER_IR`."""
    usd_per_month: float
    """Price of the whole life in steady state, US dollars a month."""
    readable: bool
    """Whether queriers can read every object until it is deleted."""
    role: str
    """chosen, literal table, STANDARD alone, or empty."""
    verdict: str
    """Chosen, or why not."""


def tier_plan_rows(
    retention: Retention,
    workload: Workload,
    prices: S3Prices,
    *,
    sampling: SamplingPolicy = REFERENCE_SAMPLING,
    replication: Replication = REFERENCE_REPLICATION,
) -> list[TierPlanRow]:
    """Every candidate of every queried bucket, cheapest first in each bucket."""
    flows = object_flows(workload, sampling, replication)
    limits = LifecycleLimits.of_region(prices.region)
    return [
        TierPlanRow(
            bucket=row.purpose,
            plan=row.candidate.text,
            usd_per_month=round(row.usd_per_month, 4),
            readable=row.readable,
            role=row.role,
            verdict=row.verdict,
        )
        for backend in backends_of(retention)
        for row in tier_rows(tiering_inputs(backend.data.purpose, retention, flows, prices, limits))
    ]


def _sections(
    retention: Retention, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits, most: int | None
) -> Iterator[str]:
    yield f"S3 prices of {prices.region}, {prices.as_of}; assumed reads and requests included; USD a month"
    for backend in backends_of(retention):
        purpose = backend.data.purpose
        inputs = tiering_inputs(purpose, retention, flows, prices, limits)
        ages = inputs.retention
        found = tier_rows(inputs)
        shown = _shown(found, most)
        yield (
            f"\n{purpose}: hot to day {ages.hot_days}, warm to day {ages.warm_days}, deleted at day {ages.delete_days}"
        )
        yield text_table(("", "plan", "USD/month", "readable", "verdict"), [_cells(row) for row in shown], right=(2,))
        if len(shown) < len(found):
            yield f"and {len(found) - len(shown)} more, from {_next_price(found, shown):.2f} USD"


def _audit_section(audit: AuditArchive, prices: S3Prices, limits: LifecycleLimits) -> Iterator[str]:
    """The archive's tiers are a setting; nothing reads it, so the table only compares prices."""
    end = audit.delete_days
    # Without reads the ages of hot and warm data change nothing.
    ages = SignalRetention.model_construct(hot_days=1, warm_days=1, delete_days=end)
    inputs = TieringInputs(audit_flow(), ages, prices, limits)
    setting = inputs.priced([Move(t.days, ObjectClass(t.storage_class.value)) for t in audit.transitions])
    best = min(chains(inputs), key=lambda candidate: candidate.cost.total)
    rows = [
        ("the setting", setting.text, f"{setting.cost.total:.2f}"),
        (Role.STANDARD.value, ObjectClass.STANDARD.value, f"{standard_alone(inputs).cost.total:.2f}"),
        ("cheapest", best.text, f"{best.cost.total:.2f}"),
    ]
    yield f"\n{BucketPurpose.AUDIT_ARCHIVE}: no querier reads it, deleted at day {end}"
    yield text_table(("", "plan", "USD/month"), rows, right=(2,))


def _shown(found: Sequence[TierRow], most: int | None) -> list[TierRow]:
    """The cheapest, few of them unreadable, and always those with a role."""
    kept = {True: 0, False: 0}
    limits = {True: most, False: MOST_UNREADABLE}
    shown: list[TierRow] = []
    for row in found:
        limit = limits[row.readable]
        if most is None or limit is None or kept[row.readable] < limit or row.role is not Role.OTHER:
            kept[row.readable] += 1
            shown.append(row)
    return shown


def _next_price(found: Sequence[TierRow], shown: Sequence[TierRow]) -> float:
    kept = {(row.candidate.first, row.candidate.moves) for row in shown}
    return min(row.usd_per_month for row in found if (row.candidate.first, row.candidate.moves) not in kept)


def _cells(row: TierRow) -> tuple[str, ...]:
    readable = "yes" if row.readable else "NO"
    return (row.role.value, row.candidate.text, f"{row.usd_per_month:.2f}", readable, row.verdict)


def _at_cold_age(inputs: TieringInputs) -> Iterator[Candidate]:
    """One move when data gets cold: what most people would try first."""

    def once_cold(object_class: ObjectClass) -> int:
        return max(inputs.retention.warm_days, inputs.earliest(object_class))

    return (candidate for candidate in chains(inputs, once_cold) if len(candidate.moves) == 1)


def _row(candidate: Candidate, inputs: TieringInputs, choice: Choice, literal: Candidate) -> TierRow:
    purpose = inputs.flow.purpose
    readable = all(name.rules.queryable for name in candidate.classes)
    role = Role.OTHER
    if candidate.moves == choice.chosen.moves and candidate.first is choice.chosen.first:
        role = Role.CHOSEN
    elif candidate.first is ObjectClass.STANDARD and not candidate.moves:
        role = Role.STANDARD
    elif candidate.moves == literal.moves and candidate.first is literal.first:
        role = Role.LITERAL
    return TierRow(purpose, candidate, role, readable, _verdict(candidate, inputs, choice, role))


def _verdict(candidate: Candidate, inputs: TieringInputs, choice: Choice, role: Role) -> str:
    against_standard = candidate.cost.total / choice.standard.cost.total - 1 if choice.standard.cost.total else 0.0
    if role is Role.CHOSEN:
        return "the cheapest that stays queryable" + (
            f", {-against_standard:.0%} below STANDARD" if candidate.moves else ""
        )
    reasons = [reason] if (reason := objection(candidate, inputs)) else []
    dearer = candidate.cost.total - choice.chosen.cost.total
    if dearer > 0:
        times = candidate.cost.total / choice.chosen.cost.total if choice.chosen.cost.total else 0.0
        reasons.append(f"{times:.1f} x the chosen plan" if times >= 2 else f"{dearer:.2f} USD dearer")
    return "; ".join(reasons)

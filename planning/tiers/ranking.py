"""Every way to keep each bucket's objects, ranked by price, with the reason why it is or isn't chosen."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from planning.backends import backends_of
from planning.base import Frozen
from planning.buckets import BucketPurpose, ObjectClass
from planning.capacity.objects import ObjectFlows
from planning.capacity.steady_state import audit_flow
from planning.retention import Retention, SignalRetention
from planning.tiers.candidates import chains, direct_uploads, entry_days, standard_alone, tiers_by_name
from planning.tiers.choice import Choice, choose, objection
from planning.tiers.inputs import (
    Candidate,
    LifecycleLimits,
    Move,
    TieringInputs,
    tiering_inputs,
)
from planning.tiers.lifecycle import AuditArchive
from planning.tiers.s3_prices import S3Prices


class Role(StrEnum):
    """Why a row is shown whatever it costs."""

    CHOSEN = "chosen"
    STANDARD = "STANDARD alone"
    BY_NAME = "tiers by name"
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
    tiers by name and STANDARD alone."""
    choice = choose(inputs)
    by_name = tiers_by_name(inputs)
    found: dict[tuple[ObjectClass, tuple[object, ...]], TierRow] = {}
    for candidate in (
        choice.chosen,
        standard_alone(inputs),
        by_name,
        *_at_cold_age(inputs),
        *chains(inputs),
        *direct_uploads(inputs),
    ):
        key = (candidate.first, candidate.moves)
        found.setdefault(key, _row(candidate, inputs, choice, by_name))
    return tuple(sorted(found.values(), key=lambda row: row.usd_per_month))


class BucketPlans(NamedTuple):
    """Every plan of one bucket."""

    purpose: BucketPurpose
    ages: SignalRetention
    rows: tuple[TierRow, ...]
    """Cheapest first."""


def bucket_plans(
    retention: Retention, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits
) -> tuple[BucketPlans, ...]:
    """The plans of every bucket that queriers read."""
    every = (
        tiering_inputs(backend.data.purpose, retention, flows, prices, limits) for backend in backends_of(retention)
    )
    return tuple(BucketPlans(inputs.flow.purpose, inputs.retention, tier_rows(inputs)) for inputs in every)


class AuditPlans(NamedTuple):
    """The audit archive's tiers are a setting: what they cost, and what else there would be."""

    setting: Candidate
    standard: Candidate
    cheapest: Candidate


def audit_plans(audit: AuditArchive, prices: S3Prices, limits: LifecycleLimits) -> AuditPlans:
    """Nothing reads the archive, so only prices are compared."""
    # Without reads the ages of hot and warm data change nothing.
    ages = SignalRetention.model_construct(hot_days=1, warm_days=1, delete_days=audit.delete_days)
    inputs = TieringInputs(audit_flow(), ages, prices, limits)
    return AuditPlans(
        setting=inputs.priced([Move(t.days, ObjectClass(t.storage_class.value)) for t in audit.transitions]),
        standard=standard_alone(inputs),
        cheapest=min(chains(inputs), key=lambda candidate: candidate.cost.total),
    )


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
    """chosen, tiers by name, STANDARD alone, or empty."""
    verdict: str
    """Chosen, or why not."""


def tier_plan_rows(plans: tuple[BucketPlans, ...]) -> list[TierPlanRow]:
    """Every plan of every bucket as data, cheapest first in each bucket."""
    return [
        TierPlanRow(
            bucket=row.purpose,
            plan=row.candidate.text,
            usd_per_month=round(row.usd_per_month, 4),
            readable=row.readable,
            role=row.role,
            verdict=row.verdict,
        )
        for one in plans
        for row in one.rows
    ]


def _at_cold_age(inputs: TieringInputs) -> Iterator[Candidate]:
    """One move when data gets cold: what most people would try first."""
    once_cold = entry_days(inputs, not_before=inputs.retention.warm_days)
    return (candidate for candidate in chains(inputs, once_cold) if len(candidate.moves) == 1)


def _row(candidate: Candidate, inputs: TieringInputs, choice: Choice, by_name: Candidate) -> TierRow:
    purpose = inputs.flow.purpose
    readable = all(name.rules.queryable for name in candidate.classes)
    role = Role.OTHER
    if candidate.moves == choice.chosen.moves and candidate.first is choice.chosen.first:
        role = Role.CHOSEN
    elif candidate.first is ObjectClass.STANDARD and not candidate.moves:
        role = Role.STANDARD
    elif candidate.moves == by_name.moves and candidate.first is by_name.first:
        role = Role.BY_NAME
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

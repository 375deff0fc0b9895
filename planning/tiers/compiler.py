"""Retention, expected objects and prices → the plan of every bucket, behind one interface: `compile_tier_plans`."""

from collections.abc import Mapping

from planning.buckets import KIB, MIB, BucketPurpose, StorageClass
from planning.capacity.objects import ObjectFlows, reference_flows
from planning.retention import Retention, SignalRetention
from planning.tiers.application import ApplicationWindows, loki_windows, mimir_windows, tempo_windows
from planning.tiers.candidates import Candidate, LifecycleLimits, TieringInputs
from planning.tiers.choice import Choice, choose
from planning.tiers.lifecycle import AuditArchive, LifecycleRule, TierPlan, Transition
from planning.tiers.s3_prices import US_WEST_2, S3Prices

# Loki and Tempo write a single tenant's objects under these prefixes when multi-tenancy is off; Mimir under
# `<storage_prefix>/anonymous`. Expiring an empty prefix would also delete indexes and seed objects.
LOKI_TENANT_PREFIX = "fake/"
TEMPO_TENANT_PREFIX = "single-tenant/"
MIMIR_BLOCKS_PREFIX = "blocks/"

# Expiration is only a safety net behind the compactors: they mark, wait a delete delay, then delete; S3 rounds days up
# and may start a day or two late.
SAFETY_NET_DAYS = 7

# Mimir's compactor has replaced small source blocks by then; the filter keeps bucket-index and markers in STANDARD.
MIMIR_COLD_MIN_OBJECT_BYTES = 1 * MIB
# The same for Tempo's tenant index; Loki keeps nothing but chunks under its prefix.
TEMPO_COLD_MIN_OBJECT_BYTES = 1 * MIB
LOKI_COLD_MIN_OBJECT_BYTES = 128 * KIB

ABORT_MULTIPART_DAYS = 1
NONCURRENT_VERSION_DAYS = 30
OLD_VERSIONS_RULE = "expire-old-versions"

PREFIXES = {
    BucketPurpose.LOKI_CHUNKS: LOKI_TENANT_PREFIX,
    BucketPurpose.TEMPO_TRACES: TEMPO_TENANT_PREFIX,
    BucketPurpose.MIMIR_BLOCKS: MIMIR_BLOCKS_PREFIX,
}
COLD_MIN_OBJECT_BYTES = {
    BucketPurpose.LOKI_CHUNKS: LOKI_COLD_MIN_OBJECT_BYTES,
    BucketPurpose.TEMPO_TRACES: TEMPO_COLD_MIN_OBJECT_BYTES,
    BucketPurpose.MIMIR_BLOCKS: MIMIR_COLD_MIN_OBJECT_BYTES,
}
COMPACTOR = {
    BucketPurpose.LOKI_CHUNKS: "Loki's compactor",
    BucketPurpose.TEMPO_TRACES: "Tempo's compactor",
    BucketPurpose.MIMIR_BLOCKS: "Mimir's compactor",
}


def compile_tier_plans(
    retention: Retention,
    audit: AuditArchive,
    flows: ObjectFlows | None = None,
    prices: S3Prices = US_WEST_2,
    limits: LifecycleLimits | None = None,
    object_version_days: int | None = None,
) -> Mapping[BucketPurpose, TierPlan]:
    """The lifecycle of every bucket. Raises `pydantic.ValidationError` where a plan would be illegal or unreadable.

    `flows` is what the stack is expected to write (default: the reference workload); it and `prices` decide whether a
    colder class pays. With `object_version_days` every bucket keeps what was deleted or overwritten for so many days.
    """
    limits = limits or LifecycleLimits.of_region(prices.region)
    flows = flows or reference_flows()
    # Settings, Helm values and buckets of one program all ask for the same plans.
    key = (retention, audit, flows, prices, limits, object_version_days)
    if key not in _compiled:
        if len(_compiled) >= MOST_COMPILED:
            _compiled.clear()
        plans = _plans(retention, audit, flows, prices, limits)
        _compiled[key] = {plan.purpose: _kept_for(plan, object_version_days) for plan in plans}
    return _compiled[key]


MOST_COMPILED = 64
_compiled: dict[tuple[object, ...], Mapping[BucketPurpose, TierPlan]] = {}


def _plans(
    retention: Retention, audit: AuditArchive, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits
) -> tuple[TierPlan, ...]:
    windows: Mapping[BucketPurpose, ApplicationWindows] = {
        BucketPurpose.LOKI_CHUNKS: loki_windows(retention.logs),
        BucketPurpose.TEMPO_TRACES: tempo_windows(retention.traces),
        BucketPurpose.MIMIR_BLOCKS: mimir_windows(retention.metrics),
    }
    queried = {
        purpose: _queried_plan(tiering_inputs(purpose, retention, flows, prices, limits), window)
        for purpose, window in windows.items()
    }
    return (
        queried[BucketPurpose.LOKI_CHUNKS],
        _plain_plan(BucketPurpose.LOKI_RULER, "Rules are small and rewritten in place: STANDARD, nothing expires."),
        queried[BucketPurpose.TEMPO_TRACES],
        queried[BucketPurpose.MIMIR_BLOCKS],
        _plain_plan(
            BucketPurpose.MIMIR_RULER, "Rules and Alertmanager state are rewritten in place: STANDARD, nothing expires."
        ),
        _audit_plan(audit),
    )


def _kept_for(plan: TierPlan, days: int | None) -> TierPlan:
    """The plan with versions; the audit archive has its own, and longer."""
    if days is None or plan.versioned:
        return plan
    # No prefix: indexes and rules come back too. It touches nothing that is current.
    rule = LifecycleRule(id=OLD_VERSIONS_RULE, noncurrent_expiration_days=days, expired_delete_markers=True)
    return plan.model_copy(
        update={
            "rules": (*plan.rules, rule),
            "versioned": True,
            "explanation": f"{plan.explanation} What is deleted or overwritten can be brought back for {days} days.",
        }
    )


def retention_of(purpose: BucketPurpose, retention: Retention) -> SignalRetention:
    """The ages of the signal that a bucket holds."""
    return {
        BucketPurpose.LOKI_CHUNKS: retention.logs,
        BucketPurpose.TEMPO_TRACES: retention.traces,
        BucketPurpose.MIMIR_BLOCKS: retention.metrics,
    }[purpose]


def tiering_inputs(
    purpose: BucketPurpose, retention: Retention, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits
) -> TieringInputs:
    """What one bucket's candidates are judged by."""
    return TieringInputs(
        flow=flows.of(purpose),
        retention=retention_of(purpose, retention),
        prices=prices,
        limits=limits,
        min_bytes=COLD_MIN_OBJECT_BYTES[purpose],
    )


def _queried_plan(inputs: TieringInputs, windows: ApplicationWindows) -> TierPlan:
    purpose, delete_days = inputs.flow.purpose, inputs.retention.delete_days
    choice = choose(inputs)
    return TierPlan(
        purpose=purpose,
        rules=(
            _abort_rule(),
            *_cold_rule(purpose, choice.chosen),
            LifecycleRule(
                id="expire-after-retention",
                prefix=PREFIXES[purpose],
                expiration_days=delete_days + SAFETY_NET_DAYS,
            ),
        ),
        application=windows,
        explanation=_explanation(purpose, choice, delete_days),
    )


def _cold_rule(purpose: BucketPurpose, chosen: Candidate) -> tuple[LifecycleRule, ...]:
    if not chosen.moves:
        return ()
    return (
        LifecycleRule(
            id="cold-blocks" if purpose is not BucketPurpose.LOKI_CHUNKS else "cold-chunks",
            prefix=PREFIXES[purpose],
            min_object_bytes=COLD_MIN_OBJECT_BYTES[purpose],
            transitions=tuple(
                Transition(days=days, storage_class=StorageClass(object_class.value))
                for days, object_class in chosen.moves
            ),
        ),
    )


def _explanation(purpose: BucketPurpose, choice: Choice, delete_days: int) -> str:
    until = f"until {COMPACTOR[purpose]} deletes at day {delete_days}"
    if not choice.chosen.moves:
        return (
            f"STANDARD {until}: every colder class that queries can read would cost more, because of its minimum "
            "days, its moves or its retrieval fees."
        )
    (first, *_), last = choice.chosen.moves, choice.chosen.moves[-1]
    chain = ", then ".join(f"{object_class} from day {days}" for days, object_class in choice.chosen.moves)
    saved = 1 - choice.chosen.cost.total / choice.standard.cost.total
    read = " (read in milliseconds)" if last.object_class.rules.retrieval_fee else ""
    return f"STANDARD to day {first.days}, then {chain}{read} {until}: {saved:.0%} cheaper than STANDARD alone."


def _audit_plan(audit: AuditArchive) -> TierPlan:
    return TierPlan(
        purpose=BucketPurpose.AUDIT_ARCHIVE,
        rules=(
            _abort_rule(),
            LifecycleRule(
                id="archive",
                transitions=audit.transitions,
                expiration_days=audit.delete_days,
                noncurrent_expiration_days=NONCURRENT_VERSION_DAYS,
            ),
        ),
        versioned=True,
        explanation=f"Nothing queries the audit archive, so it may freeze; records expire at day {audit.delete_days}.",
    )


def _abort_rule() -> LifecycleRule:
    return LifecycleRule(id="abort-incomplete-multipart-uploads", abort_multipart_days=ABORT_MULTIPART_DAYS)


def _plain_plan(purpose: BucketPurpose, explanation: str) -> TierPlan:
    return TierPlan(purpose=purpose, rules=(_abort_rule(),), explanation=explanation)

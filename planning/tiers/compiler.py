"""Retention, expected objects and prices → the plan of every bucket, behind one interface: `compile_tier_plans`."""

from collections.abc import Mapping

from planning.backends import Backend, Data, backends_of
from planning.buckets import BucketPurpose, StorageClass
from planning.capacity.objects import ObjectFlows
from planning.retention import Retention
from planning.tiers.application import windows_for
from planning.tiers.choice import Choice, choose
from planning.tiers.inputs import Candidate, LifecycleLimits, TieringInputs, tiering_inputs
from planning.tiers.lifecycle import AuditArchive, LifecycleRule, TierPlan, Transition
from planning.tiers.s3_prices import S3Prices

# Expiration is only a safety net behind the compactors: they mark, wait a delete delay, then delete; S3 rounds days up
# and may start a day or two late.
SAFETY_NET_DAYS = 7

ABORT_MULTIPART_DAYS = 1
NONCURRENT_VERSION_DAYS = 30
OLD_VERSIONS_RULE = "expire-old-versions"

# What lies in the buckets that hold no telemetry.
REWRITTEN = {
    BucketPurpose.LOKI_RULER: "Rules are small and rewritten in place",
    BucketPurpose.MIMIR_RULER: "Rules and Alertmanager state are rewritten in place",
}


def compile_tier_plans(
    retention: Retention,
    audit: AuditArchive,
    flows: ObjectFlows,
    prices: S3Prices,
    limits: LifecycleLimits,
    object_version_days: int | None = None,
) -> Mapping[BucketPurpose, TierPlan]:
    """The lifecycle of every bucket. Raises `pydantic.ValidationError` where a plan would be illegal or unreadable.

    `flows` is what the stack is expected to write; it and `prices` decide whether a colder class pays. With
    `object_version_days` every bucket keeps what was deleted or overwritten for so many days.
    """
    # Settings, Helm values and buckets of one program all ask for the same plans.
    key = (retention, audit, flows, prices, limits)
    if key not in _compiled:
        if len(_compiled) >= MOST_COMPILED:
            _compiled.clear()
        _compiled[key] = _plans(retention, audit, flows, prices, limits)
    return {plan.purpose: _kept_for(plan, object_version_days) for plan in _compiled[key]}


MOST_COMPILED = 64
_compiled: dict[tuple[object, ...], tuple[TierPlan, ...]] = {}


def _plans(
    retention: Retention, audit: AuditArchive, flows: ObjectFlows, prices: S3Prices, limits: LifecycleLimits
) -> tuple[TierPlan, ...]:
    plans: list[TierPlan] = []
    for backend in backends_of(retention):
        plans.append(_queried_plan(backend, tiering_inputs(backend.data.purpose, retention, flows, prices, limits)))
        plans += (_plain_plan(grant.purpose) for grant in backend.other_grants)
    return (*plans, _audit_plan(audit))


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


def _queried_plan(backend: Backend, inputs: TieringInputs) -> TierPlan:
    choice, delete_days = choose(inputs), inputs.retention.delete_days
    return TierPlan(
        purpose=backend.data.purpose,
        rules=(
            _abort_rule(),
            *_cold_rule(backend.data, choice.chosen),
            LifecycleRule(
                id="expire-after-retention",
                prefix=backend.data.prefix,
                expiration_days=delete_days + SAFETY_NET_DAYS,
            ),
        ),
        application=windows_for(backend.signal, inputs.retention),
        explanation=_explanation(backend, choice, delete_days),
    )


def _cold_rule(data: Data, chosen: Candidate) -> tuple[LifecycleRule, ...]:
    if not chosen.moves:
        return ()
    return (
        LifecycleRule(
            id=data.cold_rule,
            prefix=data.prefix,
            min_object_bytes=data.cold_min_bytes,
            transitions=tuple(
                Transition(days=days, storage_class=StorageClass(object_class.value))
                for days, object_class in chosen.moves
            ),
        ),
    )


def _explanation(backend: Backend, choice: Choice, delete_days: int) -> str:
    until = f"until {backend.title}'s compactor deletes at day {delete_days}"
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


def access_log_rules(days: int) -> tuple[LifecycleRule, ...]:
    """Rules of the bucket with S3's access logs, which live for so many days."""
    return (LifecycleRule(id="expire-access-logs", expiration_days=days), _abort_rule())


def _abort_rule() -> LifecycleRule:
    return LifecycleRule(id="abort-incomplete-multipart-uploads", abort_multipart_days=ABORT_MULTIPART_DAYS)


def _plain_plan(purpose: BucketPurpose) -> TierPlan:
    explanation = f"{REWRITTEN[purpose]}: STANDARD, nothing expires."
    return TierPlan(purpose=purpose, rules=(_abort_rule(),), explanation=explanation)

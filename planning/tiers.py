"""Retention → bucket lifecycle: the models of a tier plan and the compiler behind one interface, `compile_tier_plans`.

Rules come from Amazon S3 User Guide, "Managing the lifecycle of objects" and "Considerations before transitioning
objects" (2026-07), and from Grafana Loki, "Log retention", section "Object store lifecycle policies" (2026-08).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from planning.retention import Days, Retention

MIB = 1024 * 1024

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

ABORT_MULTIPART_DAYS = 1
NONCURRENT_VERSION_DAYS = 30


class StorageClass(StrEnum):
    """S3 storage classes that a lifecycle rule may move objects to, warmest first."""

    STANDARD_IA = "STANDARD_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    GLACIER_IR = "GLACIER_IR"
    GLACIER = "GLACIER"
    DEEP_ARCHIVE = "DEEP_ARCHIVE"

    @property
    def queryable(self) -> bool:
        """Whether GET answers at once (GLACIER and DEEP_ARCHIVE answer 403 InvalidObjectState until restored)."""
        return self not in (StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE)


class BucketPurpose(StrEnum):
    """One bucket each; the value is the last part of the bucket's name."""

    LOKI_CHUNKS = "loki-chunks"
    LOKI_RULER = "loki-ruler"
    TEMPO_TRACES = "tempo-traces"
    MIMIR_BLOCKS = "mimir-blocks"
    MIMIR_RULER = "mimir-ruler"
    """Rules and Alertmanager state: Mimir refuses to share bucket and prefix with blocks."""
    AUDIT_ARCHIVE = "audit-archive"

    @property
    def queried(self) -> bool:
        """Whether a querier, compactor or ruler reads the bucket while it lives."""
        return self is not BucketPurpose.AUDIT_ARCHIVE


class Transition(Frozen):
    """Move objects to a colder class at an age in days."""

    days: Annotated[int, Field(ge=0, le=3650)]
    """Object age in days. AWS bills IA for at least 30 days, the Glacier classes for 90, DEEP_ARCHIVE for 180."""
    storage_class: StorageClass
    """The class to move to."""


class LifecycleRule(Frozen):
    """One rule of a bucket's lifecycle configuration, in S3's own terms."""

    id: Annotated[str, Field(min_length=1, max_length=255)]
    """Unique within the bucket."""
    prefix: str = ""
    """Key prefix that the rule applies to; empty means every object."""
    min_object_bytes: Annotated[int, Field(ge=1)] | None = None
    """Only objects larger than this many bytes."""
    transitions: tuple[Transition, ...] = ()
    """Moves to colder classes, youngest first."""
    expiration_days: Days | None = None
    """Age in days at which current objects expire."""
    noncurrent_expiration_days: Days | None = None
    """Days after which a superseded version is deleted."""
    abort_multipart_days: Days | None = None
    """Days after which an incomplete multipart upload is dropped."""

    @model_validator(mode="after")
    def _acceptable_to_s3(self) -> Self:
        days = [t.days for t in self.transitions]
        order = [list(StorageClass).index(t.storage_class) for t in self.transitions]
        if days != sorted(set(days)) or order != sorted(set(order)):
            raise ValueError(f"rule {self.id}: transitions must get colder with rising days, each class once")
        if self.expiration_days is not None and days and self.expiration_days <= days[-1]:
            raise ValueError(
                f"rule {self.id}: expiration_days {self.expiration_days} must be later than "
                f"the last transition ({days[-1]})"
            )
        if self.abort_multipart_days is not None and self.min_object_bytes is not None:
            raise ValueError(f"rule {self.id}: S3 takes no size filter on a rule that aborts multipart uploads")
        return self


class TierPlan(Frozen):
    """Everything that one bucket does with ageing objects, and why."""

    purpose: BucketPurpose
    """The bucket."""
    rules: tuple[LifecycleRule, ...]
    """Lifecycle rules as S3 takes them."""
    versioned: bool = False
    """Whether the bucket keeps superseded versions."""
    explanation: str
    """One sentence for people: what was chosen and why."""

    @model_validator(mode="after")
    def _readable_while_queried(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError(f"{self.purpose}: rule ids must be unique, got {', '.join(ids)}")
        for rule in self.rules:
            for transition in rule.transitions:
                if self.purpose.queried and not transition.storage_class.queryable:
                    raise ValueError(
                        f"{self.purpose}: {transition.storage_class} objects can't be read without a restore, and "
                        "queriers read this bucket; use GLACIER_IR or INTELLIGENT_TIERING"
                    )
        return self


class AuditArchive(Frozen):
    """The audit archive: written once, read only by people after a restore; literal tiering is allowed here."""

    transitions: tuple[Transition, ...]
    """Moves to colder classes, youngest first."""
    delete_days: Days
    """Age in days at which audit records expire."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        LifecycleRule(id="archive", transitions=self.transitions, expiration_days=self.delete_days)
        return self


def compile_tier_plans(retention: Retention, audit: AuditArchive) -> Mapping[BucketPurpose, TierPlan]:
    """The lifecycle of every bucket. Raises `pydantic.ValidationError` where a plan would be illegal or unreadable."""
    logs, traces, metrics = retention.logs, retention.traces, retention.metrics
    cold_metrics = metrics.warm_days >= 2 and metrics.delete_days - metrics.warm_days >= 30
    plans = (
        TierPlan(
            purpose=BucketPurpose.LOKI_CHUNKS,
            rules=(_abort_rule(), _safety_net(LOKI_TENANT_PREFIX, logs.delete_days)),
            explanation=f"STANDARD until Loki's compactor deletes at day {logs.delete_days}: colder classes bill "
            "30 days or more, longer than logs live.",
        ),
        _plain_plan(BucketPurpose.LOKI_RULER, "Rules are small and rewritten in place: STANDARD, nothing expires."),
        TierPlan(
            purpose=BucketPurpose.TEMPO_TRACES,
            rules=(_abort_rule(), _safety_net(TEMPO_TENANT_PREFIX, traces.delete_days)),
            explanation=f"STANDARD until Tempo's compactor deletes at day {traces.delete_days}: compaction rewrites "
            "blocks within hours, each rewrite would pay a colder class's minimum.",
        ),
        TierPlan(
            purpose=BucketPurpose.MIMIR_BLOCKS,
            rules=(
                _abort_rule(),
                *(_cold_metrics_rule(metrics.warm_days) if cold_metrics else ()),
                _safety_net(MIMIR_BLOCKS_PREFIX, metrics.delete_days),
            ),
            explanation=f"STANDARD to day {metrics.warm_days}, then GLACIER_IR (read in milliseconds) until Mimir's "
            f"compactor deletes at day {metrics.delete_days}."
            if cold_metrics
            else "STANDARD throughout: the cold window is too short to earn back a colder class's minimum.",
        ),
        _plain_plan(
            BucketPurpose.MIMIR_RULER, "Rules and Alertmanager state are rewritten in place: STANDARD, nothing expires."
        ),
        TierPlan(
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
            explanation="Nothing queries the audit archive, so it may freeze; "
            f"records expire at day {audit.delete_days}.",
        ),
    )
    return {plan.purpose: plan for plan in plans}


def _abort_rule() -> LifecycleRule:
    return LifecycleRule(id="abort-incomplete-multipart-uploads", abort_multipart_days=ABORT_MULTIPART_DAYS)


def _safety_net(prefix: str, delete_days: int) -> LifecycleRule:
    return LifecycleRule(id="expire-after-retention", prefix=prefix, expiration_days=delete_days + SAFETY_NET_DAYS)


def _cold_metrics_rule(warm_days: int) -> tuple[LifecycleRule, ...]:
    return (
        LifecycleRule(
            id="cold-blocks",
            prefix=MIMIR_BLOCKS_PREFIX,
            min_object_bytes=MIMIR_COLD_MIN_OBJECT_BYTES,
            transitions=(Transition(days=warm_days, storage_class=StorageClass.GLACIER_IR),),
        ),
    )


def _plain_plan(purpose: BucketPurpose, explanation: str) -> TierPlan:
    return TierPlan(purpose=purpose, rules=(_abort_rule(),), explanation=explanation)

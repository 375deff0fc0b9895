"""The models of a tier plan: lifecycle rules in S3's own terms, and the plan of one bucket.

Rules come from Amazon S3 User Guide, "Managing the lifecycle of objects" and "Considerations before transitioning
objects" (2026-07), and from Grafana Loki, "Log retention", section "Object store lifecycle policies" (2026-08).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from planning.buckets import BucketPurpose, StorageClass
from planning.retention import Days
from planning.tiers.application import ApplicationWindows, Windows

HOURS_PER_DAY = 24


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
    expired_delete_markers: bool = False
    """Whether the mark of a deleted object goes when its last version has gone."""
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
        if self.expired_delete_markers and self.expiration_days is not None:
            raise ValueError(f"rule {self.id}: S3 takes expired_delete_markers in no rule with expiration_days")
        if self.abort_multipart_days is not None and self.min_object_bytes is not None:
            raise ValueError(f"rule {self.id}: S3 takes no size filter on a rule that aborts multipart uploads")
        return self


class TierPlan(Frozen):
    """Everything that one bucket does with ageing objects, what its application does at the same time, and why."""

    purpose: BucketPurpose
    """The bucket."""
    rules: tuple[LifecycleRule, ...]
    """Lifecycle rules as S3 takes them."""
    versioned: bool = False
    """Whether the bucket keeps superseded versions."""
    application: ApplicationWindows | None = None
    """Retention and windows of the application that writes here; None where nothing deletes but S3."""
    explanation: str
    """One sentence for people: what was chosen and why."""

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """All moves of all rules, youngest first."""
        return tuple(sorted((t for rule in self.rules for t in rule.transitions), key=lambda t: t.days))

    @model_validator(mode="after")
    def _readable_while_queried(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError(f"{self.purpose}: rule ids must be unique, got {', '.join(ids)}")
        for transition in self.transitions:
            if self.purpose.queried and not transition.storage_class.queryable:
                raise ValueError(
                    f"{self.purpose}: {transition.storage_class} objects can't be read without a restore, and "
                    "queriers read this bucket; use GLACIER_IR or INTELLIGENT_TIERING"
                )
        return self

    @model_validator(mode="after")
    def _expires_after_the_application(self) -> Self:
        if self.application is None:
            return self
        deleted_hours = self.application.deleted_after_hours
        for rule in self.rules:
            if rule.expiration_days is not None and rule.expiration_days * HOURS_PER_DAY <= deleted_hours:
                raise ValueError(
                    f"{self.purpose}: rule {rule.id} expires objects at day {rule.expiration_days}, before the "
                    f"application deletes them (retention plus delete delay: {deleted_hours / HOURS_PER_DAY:.1f} days)"
                )
        return self


def windows_of(plan: TierPlan, kind: type[Windows]) -> Windows:
    """The application's half of a plan. Raises `TypeError` if another application writes to the bucket."""
    if not isinstance(plan.application, kind):
        raise TypeError(f"{plan.purpose}: its plan has no {kind.__name__}")
    return plan.application


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

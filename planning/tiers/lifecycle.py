"""The plan of one bucket: its lifecycle rules and what its application does at the same time.

Source: Grafana Loki, "Log retention", section "Object store lifecycle policies" (2026-08).
"""

from typing import Self

from pydantic import model_validator

from planning.aws.lifecycle import LifecycleRule, Transition, get_colder, outlives
from planning.base import Frozen, broken_rule
from planning.buckets import BucketPurpose
from planning.retention import HOURS_PER_DAY, Days
from planning.tiers.application import ApplicationWindows, Windows


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
            raise broken_rule(f"{self.purpose}: rule ids must be unique, got {', '.join(ids)}", "rules")
        for transition in self.transitions:
            if self.purpose.queried and not transition.storage_class.queryable:
                raise broken_rule(
                    f"{self.purpose}: {transition.storage_class} objects can't be read without a restore, and "
                    "queriers read this bucket; use GLACIER_IR or INTELLIGENT_TIERING",
                    "rules",
                )
        return self

    @model_validator(mode="after")
    def _expires_after_the_application(self) -> Self:
        if self.application is None:
            return self
        deleted_hours = self.application.deleted_after_hours
        for rule in self.rules:
            if rule.expiration_days is not None and rule.expiration_days * HOURS_PER_DAY <= deleted_hours:
                raise broken_rule(
                    f"{self.purpose}: rule {rule.id} expires objects at day {rule.expiration_days}, before the "
                    f"application deletes them (retention plus delete delay: {deleted_hours / HOURS_PER_DAY:.1f} days)",
                    "rules",
                    "application",
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
        if not get_colder(self.transitions):
            raise broken_rule("transitions must get colder with rising days, each class once", "transitions")
        if not outlives(self.delete_days, self.transitions):
            raise broken_rule(
                f"delete_days {self.delete_days} must be later than the last of transitions "
                f"({self.transitions[-1].days})",
                "delete_days",
                "transitions",
            )
        return self

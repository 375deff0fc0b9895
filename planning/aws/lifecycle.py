"""S3 lifecycle rules: the model, its one writer into the provider's words, and the one reader of what is registered.

Rules come from Amazon S3 User Guide, "Managing the lifecycle of objects" and "Considerations before transitioning
objects" (2026-07).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule
from planning.buckets import StorageClass
from planning.registered import Property, number, tables, value_at
from planning.retention import Days

# Objects below 128 KB never change class: their minimum billable size makes it dearer. S3's own default, said aloud.
TRANSITION_MINIMUM = "all_storage_classes_128K"


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
        if not get_colder(self.transitions):
            raise broken_rule(
                f"rule {self.id}: transitions must get colder with rising days, each class once", "transitions"
            )
        if self.expiration_days is not None and not outlives(self.expiration_days, self.transitions):
            raise broken_rule(
                f"rule {self.id}: expiration_days {self.expiration_days} must be later than "
                f"the last transition ({self.transitions[-1].days})",
                "expiration_days",
                "transitions",
            )
        if self.expired_delete_markers and self.expiration_days is not None:
            raise broken_rule(
                f"rule {self.id}: S3 takes expired_delete_markers in no rule with expiration_days",
                "expired_delete_markers",
                "expiration_days",
            )
        if self.abort_multipart_days is not None and self.min_object_bytes is not None:
            raise broken_rule(
                f"rule {self.id}: S3 takes no size filter on a rule that aborts multipart uploads",
                "abort_multipart_days",
                "min_object_bytes",
            )
        return self


def get_colder(transitions: Sequence[Transition]) -> bool:
    """Whether each move is later than the one before it and to a colder class."""
    days = [move.days for move in transitions]
    order = [list(StorageClass).index(move.storage_class) for move in transitions]
    return days == sorted(set(days)) and order == sorted(set(order))


def outlives(expiration_days: int, transitions: Sequence[Transition]) -> bool:
    """Whether objects are still there when the last move is due."""
    return not transitions or transitions[-1].days < expiration_days


def to_provider(rule: LifecycleRule) -> dict[str, Property]:
    """A rule as an entry of BucketLifecycleConfiguration.rules, without the keys that it leaves open."""
    moves = [{"days": move.days, "storageClass": move.storage_class.value} for move in rule.transitions]
    written: dict[str, Property] = {
        "id": rule.id,
        "status": "Enabled",
        "filter": _filter(rule),
        "transitions": moves or None,
        "expiration": _expiration(rule),
        "noncurrentVersionExpiration": _days("noncurrentDays", rule.noncurrent_expiration_days),
        "abortIncompleteMultipartUpload": _days("daysAfterInitiation", rule.abort_multipart_days),
    }
    return {key: value for key, value in written.items() if value is not None}


def _filter(rule: LifecycleRule) -> Property:
    """S3 takes exactly one predicate, or an And of two or more; an empty prefix means every object."""
    if rule.min_object_bytes is None:
        return {"prefix": rule.prefix}
    if not rule.prefix:
        return {"objectSizeGreaterThan": rule.min_object_bytes}
    return {"and": {"prefix": rule.prefix, "objectSizeGreaterThan": rule.min_object_bytes}}


def _expiration(rule: LifecycleRule) -> Property:
    return {"expiredObjectDeleteMarker": True} if rule.expired_delete_markers else _days("days", rule.expiration_days)


def _days(key: str, days: int | None) -> Mapping[str, Property] | None:
    return None if days is None else {key: days}


@dataclass(frozen=True)
class RegisteredMove:
    """One transition as it was registered."""

    days: int | None
    """Age in days; None where the rule has none, as with a date."""
    storage_class: str
    """S3's word, also one that no plan uses."""


@dataclass(frozen=True)
class RegisteredRule:
    """One rule as it was registered, whoever wrote it: it may break what `LifecycleRule` holds."""

    id: str
    enabled: bool
    prefix: str
    """Empty: every object."""
    min_object_bytes: int | None
    """Size filter."""
    moves: tuple[RegisteredMove, ...]
    expiration_days: int | None
    noncurrent_days: int | None
    expired_delete_markers: bool
    abort_days: int | None

    @property
    def planned(self) -> LifecycleRule:
        """The same rule as planning knows it, not validated; moves by date or to other classes are left out."""
        classes = set(StorageClass)
        moves = [
            Transition.model_construct(days=move.days, storage_class=StorageClass(move.storage_class))
            for move in self.moves
            if move.days is not None and move.storage_class in classes
        ]
        return LifecycleRule.model_construct(
            id=self.id,
            prefix=self.prefix,
            min_object_bytes=self.min_object_bytes or None,
            transitions=tuple(sorted(moves, key=lambda move: move.days)),
            expiration_days=self.expiration_days or None,
            noncurrent_expiration_days=self.noncurrent_days or None,
            expired_delete_markers=self.expired_delete_markers,
            abort_multipart_days=self.abort_days or None,
        )


def from_provider(rule: Property) -> RegisteredRule:
    """An entry of BucketLifecycleConfiguration.rules, or of a bucket's own lifecycleRules; unknown is absent."""
    both = value_at(rule, "filter", "and")
    status = value_at(rule, "status")
    size = _whole(value_at(rule, "filter", "objectSizeGreaterThan"))
    return RegisteredRule(
        id=str(value_at(rule, "id") or "without id"),
        # S3 refuses a rule without a status; a bucket's own rules have a truth value instead.
        enabled=status == "Enabled" if isinstance(status, str) else value_at(rule, "enabled") is not False,
        prefix=_first_text(value_at(rule, "filter", "prefix"), value_at(both, "prefix"), value_at(rule, "prefix")),
        min_object_bytes=_whole(value_at(both, "objectSizeGreaterThan")) if size is None else size,
        moves=tuple(
            RegisteredMove(_whole(value_at(move, "days")), str(value_at(move, "storageClass")))
            for _, move in tables(value_at(rule, "transitions"))
        ),
        expiration_days=_whole(value_at(rule, "expiration", "days")),
        noncurrent_days=_whole(value_at(rule, "noncurrentVersionExpiration", "noncurrentDays")),
        expired_delete_markers=value_at(rule, "expiration", "expiredObjectDeleteMarker") is True,
        abort_days=_whole(value_at(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")),
    )


def _whole(value: Property) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def _first_text(*values: Property) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")

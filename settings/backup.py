"""Copies beside the data itself, each by choice: old versions of objects, a second region, snapshots of volumes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from planning.buckets import BucketPurpose
from settings.environment import Region

# What was deleted by its retention should not live on for long in copies: the policy rules versions-expire and
# backups-bounded hold the same ends.
MAX_VERSION_DAYS = 30
MAX_SNAPSHOT_DAYS = 30


class BackupSettings(Frozen):
    """What is kept twice; every line of it has its price in the preview."""

    object_version_days: Annotated[int, Field(ge=1, le=MAX_VERSION_DAYS)] | None = None
    """Days that overwritten and deleted objects can be brought back; default: not at all (the audit archive always has
    30)."""
    replica_region: Region | None = None
    """Region to which S3 copies new objects too; default: none. Needs object_version_days."""
    replica_buckets: Annotated[tuple[BucketPurpose, ...], Field(min_length=1)]
    """Which buckets are copied there."""
    volume_snapshot_days: Annotated[int, Field(ge=1, le=MAX_SNAPSHOT_DAYS)] | None = None
    """Days that daily snapshots of the data volumes are kept; default: no snapshots."""

    @property
    def replicated(self) -> tuple[BucketPurpose, ...]:
        """The buckets that have a copy in another region."""
        return self.replica_buckets if self.replica_region is not None else ()

    @model_validator(mode="after")
    def _versions_before_replicas(self) -> Self:
        if self.replica_region is not None and self.object_version_days is None:
            raise ValueError(
                "replica_region needs versioned buckets, S3 replicates no others: "
                f"set object_version_days, 1 to {MAX_VERSION_DAYS}"
            )
        return self

    @model_validator(mode="after")
    def _each_bucket_once(self) -> Self:
        twice = sorted({purpose for purpose in self.replica_buckets if self.replica_buckets.count(purpose) > 1})
        if twice:
            raise ValueError(f"replica_buckets names {twice[0]} twice")
        return self

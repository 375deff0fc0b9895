"""Copies beside the data itself, each by choice: old versions of objects, and snapshots of volumes."""

from typing import Annotated

from pydantic import Field

from planning.base import Frozen

# What was deleted by its retention should not live on for long in copies: the policy rules versions-expire and
# backups-bounded hold the same ends.
MAX_VERSION_DAYS = 30
MAX_SNAPSHOT_DAYS = 30


class BackupSettings(Frozen):
    """What is kept twice; every line of it has its price in the preview."""

    object_version_days: Annotated[int, Field(ge=1, le=MAX_VERSION_DAYS)] | None = None
    """Days that overwritten and deleted objects can be brought back; default: not at all (the audit archive always has
    30)."""
    volume_snapshot_days: Annotated[int, Field(ge=1, le=MAX_SNAPSHOT_DAYS)] | None = None
    """Days that daily snapshots of the data volumes are kept; default: no snapshots."""

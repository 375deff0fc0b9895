"""What is written to a bucket every day, how long it lives, and how often it is read: the planner's view of a load."""

from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from planning.buckets import GIB, BucketPurpose

NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Cohort(Frozen):
    """Objects of one kind that arrive every day and live equally long."""

    name: str
    """What they are, for people."""
    gib_per_day: NotNegative
    """Written each day, in GiB (S3's GB is 2^30 bytes)."""
    objects_per_day: NotNegative
    """Objects written each day."""
    put_requests_per_day: NotNegative
    """PUT, COPY, POST and LIST requests each day, parts of multipart uploads included."""
    lifetime_days: NotNegative | None = None
    """Age at which a compactor replaces them; None: they stay until retention deletes them."""

    @property
    def object_bytes(self) -> float:
        """Mean size of one object, in bytes."""
        return self.gib_per_day * GIB / self.objects_per_day if self.objects_per_day else 0.0


class ReadPattern(Frozen):
    """Which share of the stored bytes of an age queries fetch from the bucket each day."""

    hot_share_per_day: Share = 0
    """Younger than hot_days: caches and ingesters answer most."""
    warm_share_per_day: Share = 0
    """From hot_days to warm_days."""
    cold_share_per_day: Share = 0
    """Older than warm_days."""
    mib_per_get: Annotated[float, Field(gt=0)] = 1
    """Mean size of one ranged GET, in MiB."""


class ObjectFlow(Frozen):
    """Everything that one application writes to one bucket."""

    purpose: BucketPurpose
    """The bucket."""
    cohorts: tuple[Cohort, ...]
    """Kinds of objects."""
    reads: ReadPattern = ReadPattern()
    """How they are read."""

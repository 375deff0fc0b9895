"""What buckets are for, and the S3 storage classes that their objects can be in.

Rules of the classes: Amazon S3 User Guide, "Understanding and managing Amazon S3 storage classes" and "Transitioning
objects using Amazon S3 Lifecycle" (2026-07).
"""

from enum import StrEnum
from functools import cache
from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


# Of the bucket with S3's access logs of the others; no back end knows it.
ACCESS_LOGS = "access-logs"


class BucketPurpose(StrEnum):
    """One bucket each; the value is the last part of the bucket's name."""

    LOKI_CHUNKS = "loki-chunks"
    LOKI_RULER = "loki-ruler"
    TEMPO_TRACES = "tempo-traces"
    MIMIR_BLOCKS = "mimir-blocks"
    MIMIR_RULER = "mimir-ruler"
    """Rules and Alertmanager state: Mimir refuses to share bucket and prefix with blocks."""
    PROFILES = "profiles"
    """Pyroscope's blocks."""
    AUDIT_ARCHIVE = "audit-archive"

    @property
    def queried(self) -> bool:
        """Whether a querier, compactor or ruler reads the bucket while it lives."""
        return self is not BucketPurpose.AUDIT_ARCHIVE


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


class ObjectClass(StrEnum):
    """Every class that an object can be in, in the order in which S3 lets objects move (only downwards)."""

    STANDARD = "STANDARD"
    STANDARD_IA = "STANDARD_IA"
    INTELLIGENT_TIERING = "INTELLIGENT_TIERING"
    ONEZONE_IA = "ONEZONE_IA"
    """Priced for comparison only: the loss of one availability zone loses the data."""
    GLACIER_IR = "GLACIER_IR"
    GLACIER = "GLACIER"
    DEEP_ARCHIVE = "DEEP_ARCHIVE"

    @property
    def rules(self) -> "ClassRules":
        """What S3 bills at least, and how objects can be read."""
        return _RULES[self]


class ClassRules(NamedTuple):
    """Rules of a storage class that are no prices."""

    minimum_days: int = 0
    """Deleted or moved earlier, an object is still billed for this many days."""
    minimum_bytes: int = 0
    """A smaller object is billed as if it had this size."""
    overhead_bytes: int = 0
    """Index that S3 keeps beside each object, billed in this class."""
    overhead_standard_bytes: int = 0
    """Name and metadata of each object, billed in STANDARD."""
    queryable: bool = True
    """GET answers at once; otherwise 403 InvalidObjectState until a restore of hours."""
    retrieval_fee: bool = True
    """Each GB read costs extra."""
    zonal: bool = False
    """Kept in one availability zone only."""


_RULES = {
    ObjectClass.STANDARD: ClassRules(retrieval_fee=False),
    ObjectClass.STANDARD_IA: ClassRules(minimum_days=30, minimum_bytes=128 * KIB),
    ObjectClass.INTELLIGENT_TIERING: ClassRules(retrieval_fee=False),
    ObjectClass.ONEZONE_IA: ClassRules(minimum_days=30, minimum_bytes=128 * KIB, zonal=True),
    ObjectClass.GLACIER_IR: ClassRules(minimum_days=90, minimum_bytes=128 * KIB),
    ObjectClass.GLACIER: ClassRules(
        minimum_days=90, overhead_bytes=32 * KIB, overhead_standard_bytes=8 * KIB, queryable=False
    ),
    ObjectClass.DEEP_ARCHIVE: ClassRules(
        minimum_days=180, overhead_bytes=32 * KIB, overhead_standard_bytes=8 * KIB, queryable=False
    ),
}

# Under S3's default (all_storage_classes_128K) smaller objects never change class; Intelligent-Tiering doesn't watch
# them either.
TRANSITION_MINIMUM_BYTES = 128 * KIB


@cache
def may_follow(earlier: ObjectClass, later: ObjectClass) -> bool:
    """Whether S3 moves objects from one class to the other: downwards only, and not from ONEZONE_IA to GLACIER_IR."""
    order = list(ObjectClass)
    if (earlier, later) == (ObjectClass.ONEZONE_IA, ObjectClass.GLACIER_IR):
        return False
    return order.index(later) > order.index(earlier)

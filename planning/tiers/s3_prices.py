"""The S3 prices that a tier plan rests on: one region, list prices in US dollars, S3's GB of 2^30 bytes."""

from datetime import date

from planning.base import Frozen
from planning.buckets import ObjectClass
from planning.usd import UnitUsd


class ClassPrices(Frozen):
    """Prices of one storage class."""

    gb_month: UnitUsd
    """Storage, a GB and month of 30 days."""
    put_per_1000: UnitUsd
    """PUT, COPY, POST and LIST."""
    get_per_1000: UnitUsd
    """GET and all other requests."""
    transition_per_1000: UnitUsd = 0
    """Objects that a lifecycle rule moves into the class."""
    retrieval_gb: UnitUsd = 0
    """Each GB read (the Glacier classes: standard speed)."""


class S3Prices(Frozen):
    """Prices of every class in one region."""

    region: str
    """AWS region."""
    as_of: date
    """Date of the oldest source."""
    standard: ClassPrices
    """STANDARD, first 50 TB."""
    standard_ia: ClassPrices
    """STANDARD_IA."""
    intelligent_tiering: ClassPrices
    """INTELLIGENT_TIERING, frequent access tier."""
    onezone_ia: ClassPrices
    """ONEZONE_IA."""
    glacier_ir: ClassPrices
    """GLACIER_IR."""
    glacier: ClassPrices
    """GLACIER (Flexible Retrieval)."""
    deep_archive: ClassPrices
    """DEEP_ARCHIVE."""
    infrequent_access_gb_month: UnitUsd
    """Intelligent-Tiering's tier for objects that nobody read for 30 days."""
    archive_instant_gb_month: UnitUsd
    """Intelligent-Tiering's tier for objects that nobody read for 90 days."""
    monitoring_per_1000_objects: UnitUsd
    """Intelligent-Tiering's monthly charge for watching objects of 128 KB or more."""

    def of(self, object_class: ObjectClass) -> ClassPrices:
        """The prices of one class."""
        prices: ClassPrices = getattr(self, object_class.value.lower())
        return prices


# What a plan rests on when no price table is given. STANDARD, IA and Glacier rows from a published price fixture of
# us-east-1, which has the same S3 prices; GLACIER_IR and Intelligent-Tiering's archive tier from AWS's price page.
US_WEST_2 = S3Prices(
    region="us-west-2",
    as_of=date(2026, 11, 24),
    standard=ClassPrices(gb_month=0.023, put_per_1000=0.005, get_per_1000=0.0004),
    standard_ia=ClassPrices(
        gb_month=0.0125, put_per_1000=0.01, get_per_1000=0.001, transition_per_1000=0.01, retrieval_gb=0.01
    ),
    intelligent_tiering=ClassPrices(gb_month=0.023, put_per_1000=0.005, get_per_1000=0.0004, transition_per_1000=0.01),
    onezone_ia=ClassPrices(
        gb_month=0.01, put_per_1000=0.01, get_per_1000=0.001, transition_per_1000=0.01, retrieval_gb=0.01
    ),
    glacier_ir=ClassPrices(
        gb_month=0.004, put_per_1000=0.02, get_per_1000=0.01, transition_per_1000=0.02, retrieval_gb=0.03
    ),
    glacier=ClassPrices(
        gb_month=0.0036, put_per_1000=0.03, get_per_1000=0.0004, transition_per_1000=0.03, retrieval_gb=0.01
    ),
    deep_archive=ClassPrices(
        gb_month=0.00099, put_per_1000=0.05, get_per_1000=0.0004, transition_per_1000=0.05, retrieval_gb=0.02
    ),
    infrequent_access_gb_month=0.0125,
    archive_instant_gb_month=0.004,
    monitoring_per_1000_objects=0.0025,
)

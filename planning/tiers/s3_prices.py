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

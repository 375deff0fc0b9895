"""Retention → tier plan: which storage class objects are in at which age, chosen by price, kept readable."""

from planning.buckets import MIB, BucketPurpose, ObjectClass, StorageClass
from planning.tiers.application import ApplicationWindows, LokiWindows, MimirWindows, TempoWindows
from planning.tiers.compiler import (
    NONCURRENT_VERSION_DAYS,
    SAFETY_NET_DAYS,
    compile_tier_plans,
)
from planning.tiers.inputs import LifecycleLimits
from planning.tiers.lifecycle import AuditArchive, LifecycleRule, TierPlan, Transition, windows_of
from planning.tiers.s3_prices import ClassPrices, S3Prices

__all__ = [
    "MIB",
    "NONCURRENT_VERSION_DAYS",
    "SAFETY_NET_DAYS",
    "ApplicationWindows",
    "AuditArchive",
    "BucketPurpose",
    "ClassPrices",
    "LifecycleLimits",
    "LifecycleRule",
    "LokiWindows",
    "MimirWindows",
    "ObjectClass",
    "S3Prices",
    "StorageClass",
    "TempoWindows",
    "TierPlan",
    "Transition",
    "compile_tier_plans",
    "windows_of",
]

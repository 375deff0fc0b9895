"""How buckets are kept."""

from typing import Literal, Self

from pydantic import model_validator

from planning.base import Frozen, broken_rule
from planning.retention import Days


class StorageSettings(Frozen):
    """How buckets are kept."""

    encryption: Literal["sse_kms", "sse_s3"]
    """sse_kms: a customer-managed key with bucket keys, 1 USD a month; sse_s3: Amazon's key, free."""
    protect: bool
    """Refuse to delete buckets and keys with `pulumi destroy` until this is set to false."""
    force_destroy: bool
    """Delete objects together with their bucket; only for stacks whose data may be lost."""
    access_log_days: Days | None = None
    """Days that S3's access logs of the buckets are kept, in a bucket of their own: who asked for which object. Without
    it none are made; with it the cost report has a line. Only on AWS."""

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.protect and self.force_destroy:
            raise broken_rule(
                "protect and force_destroy exclude each other: set force_destroy to false to keep data",
                "protect",
                "force_destroy",
            )
        return self

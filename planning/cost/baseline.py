"""What a company paid for observability before this platform; reports compare with it where a stack gives it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from planning.cost.model import Category

Usd = Annotated[float, Field(gt=0, le=1_000_000)]


class Baseline(Frozen):
    """What observability cost before this platform, in US dollars a month; reports show it beside today's cost."""

    usd_per_month: Usd | None = None
    """The whole; the sum of the three parts if it isn't given."""
    compute_usd_per_month: Usd | None = None
    """Control plane and nodes."""
    storage_usd_per_month: Usd | None = None
    """Volumes and buckets."""
    operations_usd_per_month: Usd | None = None
    """Network, keys, logs and the rest."""

    @property
    def total(self) -> float:
        """The whole, in US dollars a month."""
        return self.usd_per_month or sum(self.of(category) or 0 for category in Category)

    def of(self, category: Category) -> float | None:
        """The part of one category, in US dollars a month, if it is known."""
        return {
            Category.COMPUTE: self.compute_usd_per_month,
            Category.STORAGE: self.storage_usd_per_month,
            Category.OPERATIONS: self.operations_usd_per_month,
        }[category]

    @model_validator(mode="after")
    def _says_the_whole(self) -> Self:
        parts = [self.of(category) for category in Category]
        if self.usd_per_month is None and None in parts:
            raise ValueError("needs usd_per_month, or all three of its parts")
        known = sum(part or 0 for part in parts)
        if self.usd_per_month is not None and known > self.usd_per_month:
            raise ValueError(f"the parts add up to {known:g} USD, more than usd_per_month {self.usd_per_month:g}")
        return self

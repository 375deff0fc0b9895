"""What a stack may cost, and what was paid before it: the whole, and its parts by category."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from planning.base import Frozen, broken_rule
from planning.usd import Usd


class Category(StrEnum):
    """The three parts of a budget."""

    COMPUTE = "compute"
    """Control plane and nodes."""
    STORAGE = "storage"
    """Volumes, snapshots, buckets and their requests."""
    OPERATIONS = "operations"
    """Network, keys, logs, secrets, alarms."""


class Split(Frozen):
    """An amount of US dollars a month that may be split."""

    @property
    def parts(self) -> Mapping[Category, float]:
        """The categories whose part is given, in US dollars a month."""
        parts = {category: getattr(self, f"{category}_usd_per_month", None) for category in Category}
        return {category: usd for category, usd in parts.items() if usd is not None}


class TotalBudget(Split):
    """A budget that isn't split: what the policy pack judges by, because only the whole decides."""

    usd_per_month: Usd
    """The whole stack; a default is for us-west-2, and higher where nodes cost more."""


class Budget(TotalBudget):
    """What the stack may cost, in US dollars a month."""

    compute_usd_per_month: Usd | None = None
    """Control plane and nodes, if the budget is split."""
    storage_usd_per_month: Usd | None = None
    """Buckets, data volumes and root volumes, if the budget is split."""
    operations_usd_per_month: Usd | None = None
    """Network, keys, logs and the rest, if the budget is split."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        known = sum(self.parts.values())
        if known > self.usd_per_month:
            named = ", ".join(f"{name} {usd:g}" for name, usd in self.parts.items())
            raise broken_rule(
                f"the parts ({named}) add up to {known:g} USD, more than usd_per_month "
                f"{self.usd_per_month:g}; lower the parts as well, or set them to null",
                "usd_per_month",
            )
        return self


class Baseline(Split):
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
        return self.usd_per_month or sum(self.parts.values())

    @model_validator(mode="after")
    def _says_the_whole(self) -> Self:
        if self.usd_per_month is None and len(self.parts) < len(Category):
            raise broken_rule("needs usd_per_month, or all three of its parts", "usd_per_month")
        known = sum(self.parts.values())
        if self.usd_per_month is not None and known > self.usd_per_month:
            raise broken_rule(
                f"the parts add up to {known:g} USD, more than usd_per_month {self.usd_per_month:g}", "usd_per_month"
            )
        return self

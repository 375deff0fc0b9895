"""The environments, and what each may cost and hold."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from settings.models.fields import accepts

Usd = Annotated[float, Field(gt=0, le=1_000_000)]
Region = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        json_schema_extra=accepts("the code of an AWS region, such as us-west-2"),
    ),
]


class Environment(StrEnum):
    """Selects one column of defaults."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Budget(Frozen):
    """What the stack may cost, in US dollars a month."""

    usd_per_month: Usd
    """The whole stack."""
    compute_usd_per_month: Usd | None = None
    """Control plane and nodes, if the budget is split."""
    storage_usd_per_month: Usd | None = None
    """Buckets, data volumes and root volumes, if the budget is split."""
    operations_usd_per_month: Usd | None = None
    """Network, keys, logs and the rest, if the budget is split."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        parts = {
            "compute": self.compute_usd_per_month or 0,
            "storage": self.storage_usd_per_month or 0,
            "operations": self.operations_usd_per_month or 0,
        }
        if sum(parts.values()) > self.usd_per_month:
            named = ", ".join(f"{name} {usd:g}" for name, usd in parts.items() if usd)
            raise ValueError(
                f"the parts ({named}) add up to {sum(parts.values()):g} USD, more than usd_per_month "
                f"{self.usd_per_month:g}; lower the parts as well, or set them to null"
            )
        return self


class Capacity(Frozen):
    """The ceiling that the stack's requests and volumes must fit."""

    memory_gb: Annotated[int, Field(ge=1, le=4096)]
    """StackCapacity of the pods' memory requests, in GB of 10^9 bytes."""
    cpu_cores: Annotated[int, Field(ge=1, le=1024)]
    """StackCapacity of the pods' CPU requests, in cores."""
    storage_gb: Annotated[int, Field(ge=1, le=1_000_000)]
    """StackCapacity of data volumes and node root volumes, in GB of 10^9 bytes."""

"""The environments, and what each may cost and hold."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from planning.aws.regions import wrong_region
from planning.base import Frozen, broken_rule
from settings.models.fields import matching


def _known_region(region: str) -> str:
    wrong = wrong_region(region)
    if wrong:
        raise broken_rule(wrong)
    return region


Region = Annotated[
    str,
    matching(r"^[a-z]{2,4}(-[a-z]+)+-\d+$", "the code of an AWS region, such as us-west-2"),
    AfterValidator(_known_region),
]


class Environment(StrEnum):
    """Selects one column of defaults."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Capacity(Frozen):
    """The ceiling that the stack's requests and volumes must fit."""

    memory_gb: Annotated[int, Field(ge=1, le=4096)]
    """StackCapacity of the pods' memory requests, in GB of 10^9 bytes."""
    cpu_cores: Annotated[int, Field(ge=1, le=1024)]
    """StackCapacity of the pods' CPU requests, in cores."""
    storage_gb: Annotated[int, Field(ge=1, le=1_000_000)]
    """StackCapacity of data volumes and node root volumes, in GB of 10^9 bytes."""

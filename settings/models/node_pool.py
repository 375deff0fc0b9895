"""Nodes that come and go by themselves, and the instance types that nodes may be of."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from planning.base import Frozen, broken_rule
from planning.instances import ANY_TYPE_IN_WORDS, Architecture, architecture_of, instance_shape, is_burstable
from planning.node_pool import MIN_TYPES
from settings.models.fields import accepts


def _known_type(instance_type: str) -> str:
    """Whether it is of the cluster's architecture is a rule between both keys."""
    if instance_shape(instance_type) is not None:
        return instance_type
    if not re.fullmatch(r"[a-z]+\d+[a-z-]*\.[a-z0-9-]+", instance_type):
        raise broken_rule("is no instance type: a family, a dot and a size")
    maker = architecture_of(instance_type).maker
    if re.search(r"\.(nano|micro|small)$", instance_type):
        raise broken_rule(f"is {maker}, and too small: EKS's own pods fill it")
    raise broken_rule(f"is {maker}, of a family or size that this release doesn't know")


InstanceType = Annotated[
    str,
    AfterValidator(_known_type),
    Field(json_schema_extra=accepts(ANY_TYPE_IN_WORDS, pattern=r"^[a-z]+\d+[a-z]*\.(medium|large|\d*xlarge)$")),
]


class NodeScaling(StrEnum):
    """Who starts nodes beside the node groups."""

    NONE = "none"
    KARPENTER = "karpenter"


class PoolCapacity(StrEnum):
    """How a pool buys its nodes."""

    SPOT = "spot"
    ON_DEMAND = "on_demand"
    BOTH = "both"

    @property
    def karpenter_types(self) -> tuple[str, ...]:
        """Karpenter's words for it."""
        return {"spot": ("spot",), "on_demand": ("on-demand",), "both": ("spot", "on-demand")}[self.value]


def _without_credits(types: tuple[str, ...]) -> tuple[str, ...]:
    for name in types:
        if is_burstable(name):
            raise broken_rule(
                f"{name} is burstable: Karpenter leaves CPU credits to the account, where T types are unlimited, and "
                "surplus credits would go beyond the pool's bound; take types without credits, such as m7g.large"
            )
    if len(set(types)) < MIN_TYPES:
        raise broken_rule(
            f"fewer than {MIN_TYPES} different types: a shortage of one would take too many nodes at once"
        )
    return types


# Two families and two sizes: a shortage of one leaves others.
POOL_TYPES = {
    Architecture.ARM64: ("m7g.large", "m7g.xlarge", "c7g.large", "c7g.xlarge"),
    Architecture.X86_64: ("m7i.large", "m7i.xlarge", "c7i.large", "c7i.xlarge"),
}


class NodePool(Frozen):
    """The nodes that Karpenter may start; how many follows from the budget."""

    instance_types: (
        Annotated[
            tuple[InstanceType, ...], AfterValidator(_without_credits), Field(min_length=MIN_TYPES, max_length=20)
        ]
        | None
    ) = None
    """Types without CPU credits that Karpenter chooses from, at least three; default: large and xlarge of m7g and c7g,
    or of m7i and c7i with cluster.architecture x86_64."""
    capacity_type: PoolCapacity = PoolCapacity.BOTH
    """spot, on_demand or both; the bound counts on-demand prices, which spot never exceeds."""

    def types(self, architecture: Architecture) -> tuple[str, ...]:
        """What it chooses from on such nodes."""
        return self.instance_types or POOL_TYPES[architecture]

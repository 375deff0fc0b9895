"""How far a pool of nodes may grow by itself: the largest bill that it can reach stays within what the budget leaves.

Karpenter's limits are cores and memory, not dollars. Whatever mix of the pool's types it starts, a core costs at most
what the dearest type's core costs, so a limit of cores is a limit of dollars. Spot is counted at the on-demand price,
which it never exceeds (Amazon EC2 User Guide, "Spot Instances", 2026): the bound holds in a bad month too.

Source: Karpenter documentation, "NodePools", spec.limits (v1): no node is started that would exceed them.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from planning.registered import Resource, is_list, tables, value_at

INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
# What a pool may choose from: with fewer, one type's shortage takes all nodes away at once.
MIN_TYPES = 3


class PoolType(Frozen):
    """One instance type of a pool."""

    name: str
    """Such as m7g.large."""
    vcpus: Annotated[int, Field(ge=1)]
    """Cores."""
    memory_gib: Annotated[int, Field(ge=1)]
    """Memory."""
    usd_per_month: Annotated[float, Field(gt=0)]
    """On demand, with its root volume and address."""

    @property
    def usd_per_core(self) -> float:
        """US dollars a month for one of its cores."""
        return self.usd_per_month / self.vcpus


class PoolBounds(Frozen):
    """Limits of a pool, and what they mean in dollars."""

    cpu_cores: int
    """Most cores of all its nodes."""
    memory_gib: int
    """Most memory of all its nodes."""
    usd_per_month: float
    """The largest bill of the pool."""
    dearest: str
    """The type that this bill is made of."""


def least_usd(types: Sequence[PoolType]) -> float:
    """What must be left a month for a pool of one node, in US dollars."""
    return min(one.vcpus for one in types) * max(one.usd_per_core for one in types)


def pool_bounds(usd_left: float, types: Sequence[PoolType]) -> PoolBounds | None:
    """The largest limits whose dearest nodes cost no more than `usd_left` a month; None without room for one node."""
    dearest = max(types, key=lambda one: one.usd_per_core)
    cores = floor(usd_left / dearest.usd_per_core + 1e-9)
    if cores < min(one.vcpus for one in types):
        return None
    most_memory = max(one.memory_gib / one.vcpus for one in types)
    return PoolBounds(
        cpu_cores=cores,
        memory_gib=ceil(cores * most_memory),
        usd_per_month=cores * dearest.usd_per_core,
        dearest=dearest.name,
    )


def pool_instance_types(pool: Resource) -> Sequence[str]:
    """Instance types that a pool is held to; none where it isn't."""
    for _, requirement in tables(pool.at("spec", "template", "spec", "requirements")):
        values = value_at(requirement, "values")
        if value_at(requirement, "key") == INSTANCE_TYPE_LABEL and value_at(requirement, "operator") == "In":
            return [one for one in values if isinstance(one, str)] if is_list(values) else []
    return []

"""The pool of nodes that a stack's budget has room for, and its manifests: the same for the program and the command."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from planning.aws.types import NODE_CLASS, NODE_POOL
from planning.base import Frozen
from planning.cost.engine import price_resources
from planning.cost.pools import pool_types
from planning.node_pool import PoolBounds, PoolType, least_usd, pool_bounds
from planning.prices.loader import load_prices
from planning.registered import Resource
from settings.models.cluster import EksCluster, SharedCluster
from settings.models.names import Names
from settings.models.network import NetworkSettings
from settings.models.node_pool import NodeScaling
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from settings.rules.sizing import node_groups
from telemetry.cost.expected_resources import expected_resources
from telemetry.kubernetes.node_pool import node_class, node_pool, public_nodes


class PlannedPool(Frozen):
    """What a budget leaves for a pool of nodes."""

    stack: str
    """Stack."""
    budget_usd: float
    """What the stack may cost a month."""
    base_usd: float
    """What it costs without the pool."""
    types: tuple[PoolType, ...]
    """What the pool may choose from."""
    bounds: PoolBounds | None
    """Limits of the pool; None where the budget leaves less than its smallest node."""

    @property
    def least_usd(self) -> float:
        """What must be left a month for one node."""
        return least_usd(self.types)

    @property
    def shortage(self) -> str:
        """Why there are no limits, for people."""
        left, needed = self.budget_usd - self.base_usd, self.least_usd
        return (
            f"{self.budget_usd:g} leaves {left:.2f} USD a month, and {needed:.2f} USD a month are needed for the "
            "smallest node"
        )

    @property
    def accepted(self) -> str:
        """What would do."""
        return f"accepted: at least {self.base_usd + self.least_usd:.2f}, or fewer nodes in node_groups"


def planned_pool(
    settings: PlatformSettings,
    stack: str,
    owner: PlatformSettings | None,
    types: Sequence[str],
    *,
    today: date | None = None,
) -> PlannedPool:
    """The pool that fits between the stack's bill and its budget.

    `today` is by default the price table's own day: limits must not change from one run to the next. Raises
    `PriceTableError`.
    """
    table = load_prices(settings.region)
    base = price_resources(
        expected_resources(settings, stack, owner),
        table,
        cost_inputs(settings, owner),
        today=today or table.compiled,
        most_nodes=False,
    ).usd_per_month
    public = public_nodes(network_of(settings, owner))
    priced = pool_types(types, root_volume_gib(settings), public=public, table=table)
    budget = settings.budget.usd_per_month
    bounds = pool_bounds(budget - base, priced)
    return PlannedPool(stack=stack, budget_usd=budget, base_usd=base, types=priced, bounds=bounds)


def own_pool(settings: PlatformSettings, stack: str) -> PlannedPool | None:
    """The pool of a stack whose own cluster runs Karpenter; None for any other. Raises `PriceTableError`."""
    cluster = settings.cluster
    if not isinstance(cluster, EksCluster) or cluster.autoscaling is not NodeScaling.KARPENTER:
        return None
    return planned_pool(settings, stack, None, cluster.node_pool.types(cluster.architecture))


def own_manifests(settings: PlatformSettings, stack: str, pool: PlannedPool) -> tuple[dict[str, Any], dict[str, Any]]:
    """EC2NodeClass and NodePool of such a stack. Raises `ValueError` where the budget has no room for a node."""
    cluster = settings.cluster
    if pool.bounds is None or not isinstance(cluster, EksCluster):
        raise ValueError(f"{pool.shortage}; {pool.accepted}")
    profile = {"instanceProfile": Names(project=settings.project, stack=stack).role(POOL_ROLE)}
    return (
        node_class(settings, stack, profile, root_volume_gib(settings), settings.network),
        node_pool(settings, stack, pool.types, pool.bounds, cluster.node_pool.capacity_type.karpenter_types),
    )


# What the nodes of the pool are in IAM: a role and an instance profile of this name.
POOL_ROLE = "pool"


def with_pool(settings: PlatformSettings, stack: str, owner: PlatformSettings | None) -> tuple[Resource, ...]:
    """What the stack would register that costs something, its pool of nodes included. Raises `PriceTableError`."""
    resources, pool = expected_resources(settings, stack, owner), own_pool(settings, stack)
    if pool is None or pool.bounds is None:
        return resources
    manifests = zip((NODE_CLASS, NODE_POOL), own_manifests(settings, stack, pool), strict=True)
    urn = "urn:pulumi:expected::lgtm::lgtm:components:Karpenter$"
    return (*resources, *(Resource(token, stack, f"{urn}{token}::{stack}", one) for token, one in manifests))


def root_volume_gib(settings: PlatformSettings) -> int:
    """Of a node of the pool: the largest of the groups'."""
    return max(group.root_volume_gib for group in node_groups(settings))


def network_of(settings: PlatformSettings, owner: PlatformSettings | None) -> NetworkSettings | None:
    """Where nodes are; a tenant stack's are in its owner's network."""
    if settings.network is None and owner is not None and isinstance(settings.cluster, SharedCluster):
        return owner.network
    return settings.network

"""`python -m ops node-pool`: a Karpenter pool for a stack, with limits computed from what its budget leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import yaml

from ops.errors import CommandError
from ops.report.model import Listing, document
from ops.report.output import Answer
from ops.stacks import owner_of, settings_of
from planning.aws.types import LAUNCH_TEMPLATE, NODE_GROUP, SUBNET
from planning.base import Frozen
from planning.cost.engine import price_resources
from planning.cost.model import LineKind
from planning.instances import GRAVITON_TYPES_IN_WORDS, InstanceShape, instance_shape, is_burstable
from planning.node_pool import MIN_TYPES, PoolBounds, PoolType, least_usd, pool_bounds
from planning.prices.loader import load_prices
from planning.prices.table import PriceTable
from planning.registered import Resource
from settings.models.cluster import ExistingCluster
from settings.models.network import NatMode
from settings.models.platform import PlatformSettings
from settings.rules.cost_inputs import cost_inputs
from telemetry.cost.expected_resources import expected_resources
from telemetry.kubernetes.node_pool import node_class, node_pool

CAPACITIES = {"spot": ("spot",), "on-demand": ("on-demand",), "both": ("spot", "on-demand")}
# Two families and two sizes: a shortage of one leaves others. Burstable types are no choice: Karpenter leaves their CPU
# credits to the account (github.com/aws/karpenter-provider-aws, issue 4312), where T4g is unlimited.
DEFAULT_TYPES = ("m7g.large", "m7g.xlarge", "c7g.large", "c7g.xlarge")
# What one more node costs; all else of the bill stays.
NODE_LINES = (LineKind.NODE_ON_DEMAND, LineKind.ROOT_VOLUME, LineKind.PUBLIC_ADDRESS)


class Pool(Frozen):
    """What the command found."""

    stack: str
    """Stack."""
    budget_usd: float
    """What the stack may cost a month."""
    base_usd: float
    """What it costs without the pool."""
    bounds: PoolBounds
    """Limits of the pool."""
    types: tuple[PoolType, ...]
    """What it may choose from."""


def karpenter_pool(stack: str, types: Sequence[str], capacity: str) -> Answer:
    """The pool as YAML for `kubectl apply -f -`. Raises `CommandError`, `SettingsError`, `PriceTableError`."""
    settings = settings_of(stack)
    cluster = settings.cluster
    if isinstance(cluster, ExistingCluster):
        raise CommandError(f"lgtm:platform.cluster.mode of stack {stack}: existing; accepted: eks or shared, on AWS")
    if capacity not in CAPACITIES:
        raise CommandError(f"--capacity {capacity}; accepted: {', '.join(CAPACITIES)}")
    owner = owner_of(settings)
    found = _pool(settings, stack, owner, _shapes(types))
    network = settings.network or (owner.network if owner else None)
    root = max(group.root_volume_gib for group in cluster.node_groups.values())
    manifests = (
        node_class(settings, stack, root, network.nat if network else NatMode.NONE),
        node_pool(settings, stack, found.types, found.bounds, CAPACITIES[capacity]),
    )
    text = _words(found) + yaml.safe_dump_all(manifests, sort_keys=False)
    return Answer(
        {"pool": found, "manifests": list(manifests)},
        lambda: document("", Listing(text=text)),
    )


def _words(pool: Pool) -> str:
    bounds = pool.bounds
    return (
        f"# {pool.stack} costs {pool.base_usd:.2f} of {pool.budget_usd:.2f} USD a month without this pool.\n"
        f"# At its limits the pool costs at most {bounds.usd_per_month:.2f}, all of it {bounds.dearest} on demand.\n"
    )


def _shapes(given: Sequence[str]) -> dict[str, InstanceShape]:
    found: dict[str, InstanceShape] = {}
    for name in given or DEFAULT_TYPES:
        if is_burstable(name):
            raise CommandError(
                f"--type {name}: Karpenter can't set the CPU credits of its nodes, and T4g is then unlimited: surplus "
                "credits would go beyond the bound; accepted: types without credits, such as m7g.large"
            )
        shape = instance_shape(name)
        if shape is None:
            raise CommandError(f"--type {name}; accepted: {GRAVITON_TYPES_IN_WORDS}")
        found[name] = shape
    if len(found) < MIN_TYPES:
        raise CommandError(f"--type: {len(found)} types ({', '.join(found)}); accepted: at least {MIN_TYPES}")
    return found


def _pool(
    settings: PlatformSettings, stack: str, owner: PlatformSettings | None, shapes: Mapping[str, InstanceShape]
) -> Pool:
    resources, table = expected_resources(settings, stack, owner), load_prices(settings.region)
    inputs, today = cost_inputs(settings, owner), date.today()
    base = price_resources(resources, table, inputs, today=today).usd_per_month
    types = tuple(_pool_type(name, shape, resources, table, today) for name, shape in shapes.items())
    budget = settings.budget.usd_per_month
    bounds = pool_bounds(budget - base, types)
    if bounds is None:
        needed = least_usd(types)
        raise CommandError(
            f"lgtm:platform.budget.usd_per_month of stack {stack}: {budget:g} leaves {budget - base:.2f} USD a month, "
            f"and {needed:.2f} USD a month are needed for the smallest node; accepted: at least {base + needed:.2f}, "
            "or fewer nodes in node_groups"
        )
    return Pool(stack=stack, budget_usd=budget, base_usd=base, bounds=bounds, types=types)


def _pool_type(
    name: str, shape: InstanceShape, resources: Sequence[Resource], table: PriceTable, today: date
) -> PoolType:
    """The bill's own engine prices one node of the type, made as the stack's first group makes its own."""
    group = next(one for one in resources if one.type == NODE_GROUP)
    one_node = {"desiredSize": 1, "minSize": 1, "maxSize": 1}
    alone = {"capacityType": "ON_DEMAND", "instanceTypes": [name], "scalingConfig": one_node, "nodeGroupName": "pool"}
    around = [one for one in resources if one.type in (LAUNCH_TEMPLATE, SUBNET)]
    report = price_resources([*around, replace(group, properties={**group.properties, **alone})], table, today=today)
    usd = sum(line.usd_per_month for line in report.lines if line.kind in NODE_LINES)
    return PoolType(name=name, vcpus=shape.vcpus, memory_gib=shape.memory_gib, usd_per_month=usd)

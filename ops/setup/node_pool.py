"""`python -m ops node-pool`: a Karpenter pool for a stack, with limits computed from what its budget leaves."""

from collections.abc import Sequence
from datetime import date

import yaml

from ops.errors import CommandError
from ops.report.model import Listing, document
from ops.report.output import Answer
from ops.stacks import owner_of, settings_of
from planning.instances import TYPES_IN_WORDS, Architecture, architecture_of, instance_shape, is_burstable
from planning.node_pool import MIN_TYPES, PoolBounds
from settings.models.cluster import ExistingCluster
from settings.models.names import Names
from settings.models.node_pool import POOL_TYPES
from settings.rules.sizing import karpenter_pods
from telemetry.cost.node_pool import PlannedPool, network_of, planned_pool, root_volume_gib
from telemetry.kubernetes.node_pool import node_class, node_pool

CAPACITIES = {"spot": ("spot",), "on-demand": ("on-demand",), "both": ("spot", "on-demand")}


def karpenter_pool(stack: str, types: Sequence[str], capacity: str) -> Answer:
    """The pool as YAML for `kubectl apply -f -`. Raises `CommandError`, `SettingsError`, `PriceTableError`."""
    settings = settings_of(stack)
    cluster = settings.cluster
    if isinstance(cluster, ExistingCluster):
        raise CommandError(f"lgtm:platform.cluster.mode of stack {stack}: existing; accepted: eks or shared, on AWS")
    if karpenter_pods(settings):
        raise CommandError(
            f"lgtm:platform.cluster.autoscaling of stack {stack}: karpenter, so `pulumi up` makes the pool, and a "
            "second one would spend what the budget leaves twice; accepted: none"
        )
    if capacity not in CAPACITIES:
        raise CommandError(f"--capacity {capacity}; accepted: {', '.join(CAPACITIES)}")
    owner = owner_of(settings)
    found = planned_pool(settings, stack, owner, _checked(types, settings.architecture), today=date.today())
    if found.bounds is None:
        raise CommandError(f"lgtm:platform.budget.usd_per_month of stack {stack}: {found.shortage}")
    role = {"role": Names(project=settings.project, stack=stack).role("nodes")}
    manifests = (
        node_class(settings, stack, role, root_volume_gib(settings), network_of(settings, owner)),
        node_pool(settings, stack, found.types, found.bounds, CAPACITIES[capacity]),
    )
    text = _words(found, found.bounds) + yaml.safe_dump_all(manifests, sort_keys=False)
    return Answer(
        {"pool": found, "manifests": list(manifests)},
        lambda: document("", Listing(text=text)),
    )


def _words(pool: PlannedPool, bounds: PoolBounds) -> str:
    return (
        f"# {pool.stack} costs {pool.base_usd:.2f} of {pool.budget_usd:.2f} USD a month without this pool.\n"
        f"# At its limits the pool costs at most {bounds.usd_per_month:.2f}, all of it {bounds.dearest} on demand.\n"
    )


def _checked(given: Sequence[str], architecture: Architecture) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(given or POOL_TYPES[architecture]))
    for name in found:
        if is_burstable(name):
            raise CommandError(
                f"--type {name}: Karpenter can't set the CPU credits of its nodes, and T types are then unlimited: "
                "surplus credits would go beyond the bound; accepted: types without credits, such as m7g.large"
            )
        if instance_shape(name) is None or architecture_of(name) is not architecture:
            raise CommandError(f"--type {name}; accepted: {TYPES_IN_WORDS[architecture]}")
    if len(found) < MIN_TYPES:
        raise CommandError(f"--type: {len(found)} types ({', '.join(found)}); accepted: at least {MIN_TYPES}")
    return found

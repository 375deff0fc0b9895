"""What to look at before a stack is planned and paid: one list, which the program and `validate` go through.

Settings that can't be right are refused where they are read. These can be read, and may still not be meant.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from planning.base import Frozen
from planning.capacity.compute import Fit
from planning.capacity.estimate import compute_at
from planning.cost.budget import budget_verdict
from planning.cost.eks_versions import STANDARD_SUPPORT_ENDS
from planning.instances import Architecture
from planning.prices.loader import load_prices
from planning.prices.staleness import stand_in
from planning.topology.plan import plan_topology
from settings.document.regional_budget import HOME, budget_factor
from settings.models.address_blocks import is_documentation
from settings.models.cluster import CapacityType, EksCluster, SharedCluster
from settings.models.environment import Environment
from settings.models.platform import PlatformSettings
from settings.rules.capacity import capacity_of
from settings.rules.sizing import node_groups, nodes_allocatable, resource_sums
from settings.rules.topology import against_model, topology_inputs
from telemetry.cost.node_pool import own_pool
from telemetry.cost.planned import priced_plan
from telemetry.kubernetes.endpoints import Endpoints

# Of a pool's cores: the kubelet, EKS's own pods and the agent keep the rest of a two-core node.
POOL_CORES_FOR_PODS = 0.8


class Concern(Frozen):
    """One thing to look at."""

    check: str
    """What was looked at."""
    what: str
    """What is so."""
    advice: str = ""
    """What to do."""
    wrong: bool = True
    """Whether it is a finding; else a warning, of what may be meant."""

    @property
    def sentence(self) -> str:
        """What is so, and what to do."""
        return f"{self.what}; {self.advice}" if self.advice else self.what


class Situation(NamedTuple):
    """What is looked at."""

    settings: PlatformSettings
    stack: str
    owner: PlatformSettings | None
    """Settings of the stack that owns a tenant stack's cluster, where its file is here."""
    assumed: Sequence[str] = ()
    """Keys of `workload` that neither the file nor its services say."""
    today: date | None = None
    """Day of the prices; default: the price table's own."""


def concerns(situation: Situation) -> tuple[Concern, ...]:
    """Everything that is to be looked at, in the order of `CHECKS`."""
    return tuple(concern for check in CHECKS.values() for concern in check(situation))


def _workload(situation: Situation) -> Iterator[Concern]:
    if situation.assumed:
        workload = situation.settings.workload
        values = ", ".join(f"{key} {getattr(workload, key):g}" for key in situation.assumed)
        yield Concern(
            check="workload",
            what=f"workload: {values} are {situation.settings.environment}'s defaults, not your numbers, and sizes, "
            "tiers and cost follow them",
            advice="set them, or each service's requests_per_second, series and log_lines_per_second",
            wrong=False,
        )


def _load(situation: Situation) -> Iterator[Concern]:
    settings = situation.settings
    topology = plan_topology(topology_inputs(settings), load_prices(settings.region))
    short = [*against_model(settings, topology)]
    if not settings.sizes_are_automatic:
        # The vendors' figures for cores and memory against the stack's own ceilings.
        short += Fit(capacity_of(settings), compute_at(settings.capacity_inputs)).shortfalls
    if short:
        yield Concern(
            check="load",
            what=f"{settings.workload.requests_per_second:,g} requests/s don't fit: {', '.join(short)}",
            advice="raise the sizes, or write `sizes: auto` (docs/topology.md)",
        )


def _budget(situation: Situation) -> Iterator[Concern]:
    settings = situation.settings
    if not settings.on_aws:
        return
    report = priced_plan(settings, situation.stack, situation.owner, today=situation.today)
    verdict = budget_verdict(report, settings.budget)
    if not verdict.within:
        factor = budget_factor(settings.region, settings.architecture)
        of = "" if settings.architecture is Architecture.ARM64 else f" for {settings.architecture} nodes"
        default = f", where default budgets{of} are {factor:.2f} times those of {HOME}" if factor > 1 else ""
        yield Concern(check="budget", what=f"{verdict.finding} (in {settings.region}{default})", advice=verdict.advice)


def _region(situation: Situation) -> Iterator[Concern]:
    settings = situation.settings
    if settings.on_aws and (found := stand_in(load_prices(settings.region))):
        what, advice = found
        yield Concern(check="region", what=what, advice=advice, wrong=False)


def _owner(situation: Situation) -> Iterator[Concern]:
    cluster, owner = situation.settings.cluster, situation.owner
    if not isinstance(cluster, SharedCluster):
        return
    if owner is None:
        yield Concern(
            check="owner",
            what=f"cluster.owner_stack: Pulumi.{cluster.owner_stack}.yaml isn't here or can't be used",
            advice="without it the cost is a guess, and `up` needs that stack's outputs",
        )
    elif not isinstance(owner.cluster, EksCluster):
        yield Concern(
            check="owner",
            what=f"cluster.owner_stack: {cluster.owner_stack} has cluster mode {owner.cluster.mode}",
            advice="accepted: a stack that owns its cluster, mode eks",
        )
    elif owner.region != situation.settings.region:
        yield Concern(
            check="owner",
            what=f"region: {situation.settings.region}, while {cluster.owner_stack}, whose cluster this is, is in "
            f"{owner.region}",
            advice="accepted: the same region",
        )


def _kubernetes(situation: Situation) -> Iterator[Concern]:
    cluster = situation.settings.cluster
    if isinstance(cluster, EksCluster):
        minor, newest = int(cluster.kubernetes_version.partition(".")[2]), max(STANDARD_SUPPORT_ENDS)
        if minor > newest:
            yield Concern(
                check="kubernetes",
                what=f'cluster.kubernetes_version: "1.{minor}" is none that this release knows of',
                advice=f'accepted: up to "1.{newest}"',
            )


def _access(situation: Situation) -> Iterator[Concern]:
    examples = example_blocks(situation.settings)
    if examples:
        yield Concern(
            check="access",
            what=f"cluster.public_access_cidrs: {', '.join(examples)} are documentation addresses",
            advice="put the blocks of your offices, VPN and CI there, or [] for a private endpoint: `pulumi up` "
            "refuses them",
            wrong=False,
        )


def _fractions(situation: Situation) -> Iterator[Concern]:
    for table in ("sampling", "workload"):
        values: dict[str, object] = getattr(situation.settings, table).model_dump()
        for key, value in values.items():
            # Errors and slow traces are few: their shares may well be below one percent.
            rare = key in ("error_percent", "slow_percent")
            if key.endswith("_percent") and not rare and isinstance(value, float) and 0 < value < 1:
                yield Concern(
                    check="shares",
                    what=f"{table}.{key}: {value:g} is below one percent",
                    advice=f"a share of {value:g} is {value * 100:g}",
                    wrong=False,
                )


def _spot(situation: Situation) -> Iterator[Concern]:
    settings = situation.settings
    groups = [group for group in node_groups(settings) if group.nodes]
    if (
        settings.environment is Environment.PROD
        and groups
        and all(g.capacity_type is CapacityType.SPOT for g in groups)
    ):
        yield Concern(
            check="nodes",
            what="cluster.node_groups: prod is on spot alone, and AWS may take all of it at once",
            advice="give one group capacity_type on_demand",
        )


def _pool(situation: Situation) -> Iterator[Concern]:
    settings = situation.settings
    pool = own_pool(settings, situation.stack)
    if pool is None:
        return
    if pool.bounds is None:
        yield Concern(
            check="pool",
            what=f"cluster.autoscaling: karpenter has no room: budget.usd_per_month of {pool.shortage}",
            advice=pool.accepted,
        )
        return
    most, left = resource_sums(settings), nodes_allocatable(settings)
    beyond = (most.cpu_millicores - left.cpu_millicores) / 1000 if left else 0
    # A core of a node is never all the pods'.
    if beyond > POOL_CORES_FOR_PODS * pool.bounds.cpu_cores:
        yield Concern(
            check="pool",
            what=f"sizes: at max_replicas pods ask for {beyond:.1f} cores more than node_groups have, and the budget "
            f"leaves a pool of {pool.bounds.cpu_cores}",
            advice="lower max_replicas, or raise budget.usd_per_month",
        )


def _hours(situation: Situation) -> Iterator[Concern]:
    settings, owner = situation.settings, situation.owner
    if not isinstance(settings.cluster, SharedCluster) or owner is None or owner.schedule is None:
        return
    if settings.schedule is None or not owner.schedule.covers(settings.schedule):
        yield Concern(
            check="hours",
            what=f"schedule: this stack works outside the hours of {settings.cluster.owner_stack}, whose cluster it is "
            "on, and then depends on that stack's one node for DNS and volumes",
            advice="give it hours within those, or that stack longer ones",
            wrong=False,
        )


def _links(situation: Situation) -> Iterator[Concern]:
    """Notifications are read where no port is forwarded."""
    alerting, endpoints = situation.settings.alerting, Endpoints.of(situation.settings)
    if alerting.receivers.anybody and alerting.runbook_base_url is None and endpoints.grafana_hostname is None:
        yield Concern(
            check="links",
            what=f"grafana.hostname: none, so that alerts link to {endpoints.grafana_url}, which opens only beside a "
            "port-forward",
            advice="set it, or alerting.runbook_base_url to where docs/runbooks or `lgtm runbooks` is published",
            wrong=False,
        )


def example_blocks(settings: PlatformSettings) -> tuple[str, ...]:
    """The address blocks that may reach the Kubernetes API and are examples of documentation."""
    cluster = settings.cluster
    blocks = cluster.public_access_cidrs if isinstance(cluster, EksCluster) else ()
    return tuple(str(block) for block in blocks if is_documentation(block))


CHECKS: dict[str, Callable[[Situation], Iterator[Concern]]] = {
    "workload": _workload,
    "load": _load,
    "budget": _budget,
    "region": _region,
    "owner": _owner,
    "kubernetes": _kubernetes,
    "access": _access,
    "shares": _fractions,
    "nodes": _spot,
    "hours": _hours,
    "pool": _pool,
    "links": _links,
}
"""By the name that a concern says."""

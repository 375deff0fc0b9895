"""`plan`: the topology and the bill of a stack under another traffic, from 20 requests a second to a million.

The bill is the one of the resources that the topology's settings would register, by the same engine as every other.
"""

from datetime import UTC, date, datetime

from pydantic import computed_field

from ops.errors import CommandError
from ops.stacks import owner_of
from planning.base import Frozen
from planning.capacity.ingest import DAYS_PER_MONTH, SECONDS_PER_DAY, ingest_of
from planning.capacity.series import at_rate
from planning.cost.budget import BudgetVerdict, budget_verdict
from planning.prices.loader import load_prices
from planning.prices.table import PriceTable
from planning.topology.availability import Availability
from planning.topology.mode_change import steps
from planning.topology.model import LokiMode, TempoMode, Topology
from planning.topology.nodes import NoNodesError
from planning.topology.plan import plan_topology
from planning.workload import MAX_REQUESTS_PER_SECOND
from settings.models.cluster import ExistingCluster
from settings.models.platform import PlatformSettings
from settings.rules.topology import mode_of, topology_inputs, with_topology
from telemetry.cost.planned import priced_plan

# A curve's loads: three in each power of ten.
CURVE = tuple(step * 10**power for power in range(1, 6) for step in (2, 5, 10))
MILLION = 1e6
NOT_OURS = "the cluster isn't managed here: its nodes are what the pods would take, and aren't in the dollars"


class Point(Frozen):
    """One load."""

    requests_per_second: float
    """Requests a second, a daily mean."""
    gb_per_day: float
    """What the back ends take of all signals, in GB (10^9 bytes) a day before compression."""
    loki: LokiMode
    """Loki's mode."""
    tempo: TempoMode
    """Tempo's mode."""
    series: float
    """Active series."""
    pods: int
    """Pods, agents among them."""
    nodes: int
    """Nodes."""
    cores: float
    """CPU requests."""
    gib: float
    """Memory requests, in GiB."""
    usd_per_month: float
    """The whole bill."""

    @computed_field
    @property
    def usd_per_million_requests(self) -> float:
        """The bill over the month's requests."""
        return self.usd_per_month / (self.requests_per_second * SECONDS_PER_DAY * DAYS_PER_MONTH / MILLION)

    @computed_field
    @property
    def usd_per_gb(self) -> float:
        """The bill over what the back ends take in a month."""
        return self.usd_per_month / (self.gb_per_day * DAYS_PER_MONTH)


class TopologyAnswer(Frozen):
    """A stack's topology at one load."""

    stack: str
    """The stack."""
    topology: Topology
    """Modes, pods and nodes, with reasons."""
    point: Point
    """Its sums and its bill."""
    verdict: BudgetVerdict
    """Against today's budget."""
    by_category: dict[str, float]
    """The bill by compute, storage and operations, in US dollars a month."""
    edits: dict[str, float | str]
    """What to write into the stack's file, by dotted key below lgtm:platform; the budget is left to people."""
    mode_change: tuple[str, ...]
    """What to do in which order, where Loki's mode isn't the one that runs."""


def topology_of(
    settings: PlatformSettings, requests_per_second: float, table: PriceTable, availability: Availability | None = None
) -> Topology:
    """The topology under another traffic; the same services. Raises `CommandError` where none carries it."""
    if not 0 < requests_per_second <= MAX_REQUESTS_PER_SECOND:
        accepted = f"above 0, up to {MAX_REQUESTS_PER_SECOND:,}"
        raise CommandError(f"--requests-per-second: got {requests_per_second:,.10g}; accepted: {accepted}")
    inputs = topology_inputs(settings, availability)
    workload = at_rate(inputs.workload, inputs.services, requests_per_second)
    try:
        found = plan_topology(inputs.model_copy(update={"workload": workload}), table)
    except NoNodesError as error:
        raise CommandError(f"{requests_per_second:,.10g} requests/s: {error}") from None
    return _own_nodes(found, settings)


def _own_nodes(topology: Topology, settings: PlatformSettings) -> Topology:
    if not isinstance(settings.cluster, ExistingCluster):
        return topology
    return topology.model_copy(update={"unvouched": (*topology.unvouched, NOT_OURS)})


def topology_answer(
    stack: str,
    settings: PlatformSettings,
    requests_per_second: float,
    availability: Availability | None = None,
    today: date | None = None,
) -> TopologyAnswer:
    """The topology with its bill and the verdict of the stack's budget."""
    table = load_prices(settings.region)
    topology = topology_of(settings, requests_per_second, table, availability)
    sized, owner = with_topology(settings, topology), owner_of(settings)
    report = priced_plan(sized, stack, owner, today=today or datetime.now(UTC).date(), most_nodes=False)
    return TopologyAnswer(
        stack=stack,
        topology=topology,
        point=_point(topology, sized, report.usd_per_month),
        verdict=budget_verdict(report, settings.budget),
        by_category={kind.value: usd for kind, usd in report.by_category.items()},
        edits=_edits(settings, sized),
        mode_change=steps(mode_of(settings), topology.loki),
    )


def _edits(settings: PlatformSettings, sized: PlatformSettings) -> dict[str, float | str]:
    now = settings.workload.model_dump()
    edits: dict[str, float | str] = {
        f"workload.{key}": value for key, value in sized.workload.model_dump().items() if value != now[key]
    }
    return edits if settings.sizes_are_automatic else edits | {"sizes": "auto"}


def curve(
    stack: str,
    settings: PlatformSettings,
    loads: tuple[float, ...] = CURVE,
    availability: Availability | None = None,
    today: date | None = None,
) -> tuple[Point, ...]:
    """The bill at each load, smallest first."""
    return tuple(topology_answer(stack, settings, load, availability, today).point for load in loads)


def _point(topology: Topology, sized: PlatformSettings, usd: float) -> Point:
    ingest = ingest_of(sized.workload, sized.sampling, sized.replication)
    return Point(
        requests_per_second=sized.workload.requests_per_second,
        gb_per_day=sum(one.kept_gb_per_day for one in ingest.signals),
        loki=topology.loki,
        tempo=topology.tempo,
        series=topology.series,
        pods=sum(one.replicas for one in topology.everything),
        nodes=topology.nodes,
        cores=topology.cores,
        gib=topology.gib,
        usd_per_month=usd,
    )

"""What a topology is made from, and what it is made of."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from planning.capacity.coefficients import Basis
from planning.instances import Architecture
from planning.retention import Retention
from planning.sampling import SamplingPolicy
from planning.topology.availability import Availability
from planning.workload import Workload

NotNegative = Annotated[float, Field(ge=0)]


class LokiMode(StrEnum):
    """Loki's deployment modes; Simple Scalable is deprecated and goes in Loki 4."""

    MONOLITHIC = "Monolithic"
    """One process."""
    HA_MONOLITHIC = "HA Monolithic"
    """Three or more of it, each with every part."""
    DISTRIBUTED = "Distributed"
    """Each part a workload of its own."""


class TempoMode(StrEnum):
    """Tempo's deployment modes."""

    MONOLITHIC = "Monolithic"
    """One process; Tempo supports no second."""
    MICROSERVICES = "Microservices"
    """Each part a workload of its own, behind a Kafka-compatible log."""


class Queries(Frozen):
    """What Mimir is asked, in queries a second; Loki's and Tempo's sizing pages have theirs in the figures."""

    people: NotNegative
    """By people and their dashboards."""
    rules: NotNegative
    """By alert and recording rules."""


class Overhead(Frozen):
    """What pods ask for that aren't the platform's: EKS's own and add-ons, on each node or once in a cluster."""

    pods: Annotated[int, Field(ge=0)]
    """Pods."""
    cpu_millicores: Annotated[int, Field(ge=0)]
    """CPU requests."""
    memory_mib: Annotated[int, Field(ge=0)]
    """Memory requests, in MiB."""


class TopologyInputs(Frozen):
    """What a topology follows from."""

    workload: Workload
    """The expected load, a daily mean."""
    sampling: SamplingPolicy
    """Which traces are kept."""
    retention: Retention
    """How long signals are kept."""
    services: Annotated[int, Field(ge=1)]
    """Services that send telemetry."""
    availability: Availability
    """What it must survive."""
    queries: Queries | None = None
    """What Mimir is asked; None: what the platform's rules and a few dashboards ask."""
    peak_ratio: Annotated[float, Field(ge=1, le=10)] = 1.5
    """The daily peak over the mean: nodes hold CPU for it, and back ends accept it."""
    each_node: Overhead
    """What isn't the platform's on each node."""
    each_cluster: Overhead
    """The same, once in the cluster."""
    spot: bool = True
    """Whether pods without data may run on spot nodes."""
    root_volume_gib: Annotated[int, Field(ge=20)] = 40
    """Root volume of each node, in GiB."""
    architecture: Architecture = Architecture.ARM64
    """Of the nodes."""


class Source(Frozen):
    """Where a choice's rule comes from."""

    title: str
    """Document and section."""
    as_of: date
    """Its date; the date of the judgement where it is one."""
    basis: Basis
    """documented, measured or assumption."""


class Choice(Frozen):
    """One decision of the planner."""

    subject: str
    """What it is about."""
    choice: str
    """What was chosen."""
    reason: str
    """Why, in words."""
    source: Source
    """The rule behind it."""


class Pods(Frozen):
    """One workload."""

    workload: str
    """Settings key below `sizes`, such as loki.distributed.ingester."""
    replicas: Annotated[int, Field(ge=1)]
    """Pods."""
    cpu_millicores: Annotated[int, Field(ge=1)]
    """CPU request of one pod."""
    memory_mib: Annotated[int, Field(ge=1)]
    """Memory request of one pod, in MiB."""
    memory_limit_mib: Annotated[int, Field(ge=1)]
    """Memory limit of one pod, in MiB."""
    volume_gib: Annotated[int, Field(ge=1)] | None = None
    """Volume of one pod, in GiB; None: it keeps nothing on disk."""
    steady_cores: NotNegative = 0
    """Cores that all pods together use at the daily mean."""
    writes: bool = False
    """Whether it is on the way of writes, which the peak makes busier."""

    @property
    def cores(self) -> float:
        """CPU requests, all pods together."""
        return self.replicas * self.cpu_millicores / 1000

    @property
    def gib(self) -> float:
        """Memory requests, all pods together, in GiB."""
        return self.replicas * self.memory_mib / 1024


class Cache(Frozen):
    """One memcached of Loki."""

    name: str
    """Settings key below `sizes.loki`."""
    mb: Annotated[int, Field(ge=0)]
    """Items that it holds, in MB; 0: none."""


class NodePool(Frozen):
    """One group of equal nodes."""

    name: str
    """Settings key below `cluster.node_groups`."""
    spot: bool
    """Spot or on demand."""
    instance_types: Annotated[tuple[str, ...], Field(min_length=1)]
    """Types that it may take; all have at least what the first has."""
    nodes: Annotated[int, Field(ge=1)]
    """Nodes at the daily mean."""
    most_nodes: Annotated[int, Field(ge=1)]
    """Nodes that the peak may take."""
    root_volume_gib: int
    """Root volume of each node, in GiB."""
    usd_per_hour: NotNegative
    """Price of one node by which it was chosen."""


class Topology(Frozen):
    """The answer."""

    inputs: TopologyInputs
    """What it was made from."""
    loki: LokiMode
    """Loki's mode."""
    tempo: TempoMode
    """Tempo's mode."""
    series: float
    """Active series at this load."""
    pods: tuple[Pods, ...]
    """Every workload but the agents."""
    agent: Pods
    """The collector's agent: replicas are nodes."""
    caches: tuple[Cache, ...]
    """Loki's caches."""
    pools: tuple[NodePool, ...]
    """Nodes."""
    choices: tuple[Choice, ...]
    """Every decision with its reason and source."""
    unvouched: tuple[str, ...]
    """What the planner can't vouch for, or this project doesn't deploy."""

    def of(self, workload: str) -> Pods:
        """One workload. Raises `KeyError` where the topology has none of the name."""
        return {one.workload: one for one in self.everything}[workload]

    @property
    def everything(self) -> Iterator[Pods]:
        """Every workload, the agents among them."""
        yield from self.pods
        yield self.agent

    @property
    def nodes(self) -> int:
        """All nodes."""
        return sum(pool.nodes for pool in self.pools)

    @property
    def cores(self) -> float:
        """CPU requests of all pods."""
        return sum(one.cores for one in self.everything)

    @property
    def gib(self) -> float:
        """Memory requests of all pods, in GiB."""
        return sum(one.gib for one in self.everything)

"""Replicas, requests, limits and volumes of every workload."""

from collections.abc import Iterator
from typing import Annotated, Self, cast

from pydantic import Field, model_validator

from planning.base import Frozen, broken_rule

# Two replicas can't outvote a lost third: replication starts at three.
REPLICATED_FROM = 3

# What memcached needs beside the items that it holds; half a core, the chart's default, is far more than it uses here.
CACHE_MEMORY_FACTOR = 1.2
CHUNKS_CACHE_CPU_REQUEST_MILLICORES = 50
RESULTS_CACHE_CPU_REQUEST_MILLICORES = 25

# The one workload whose pods are counted by nodes.
AGENT = "collector_agent"
# Workloads with a volume; the others lose nothing when a pod goes.
STATEFUL_WORKLOADS = frozenset(
    {
        "loki.monolithic",
        "loki.distributed.ingester",
        "loki.distributed.index_gateway",
        "loki.distributed.compactor",
        "tempo",
        "pyroscope",
        "mimir.ingester",
        "mimir.store_gateway",
        "mimir.compactor",
        "mimir.alertmanager",
        "grafana",
    }
)
# Workloads whose pods come and go freely, with the object that holds them. Ingesters and others with data have an order
# in which they leave; a querier's or frontend's cut-off queries are tried again.
SCALABLE_WORKLOADS = {
    "loki.distributed.distributor": ("Deployment", "loki-distributor"),
    "loki.distributed.querier": ("Deployment", "loki-querier"),
    "loki.distributed.query_frontend": ("Deployment", "loki-query-frontend"),
    "loki.distributed.gateway": ("Deployment", "loki-gateway"),
    "mimir.distributor": ("Deployment", "mimir-distributor"),
    "mimir.querier": ("Deployment", "mimir-querier"),
    "mimir.query_frontend": ("Deployment", "mimir-query-frontend"),
    "mimir.gateway": ("Deployment", "mimir-gateway"),
    "collector_gateway": ("StatefulSet", "collector-gateway"),
}
# Workloads that can't have more than one pod (a DaemonSet: one on each node), and why.
SINGLE_POD_WORKLOADS = {
    "tempo": "Tempo runs as a single binary with its own disk",
    "loki.distributed.compactor": "one compactor alone may delete",
    "pyroscope": "Pyroscope runs as a single binary with its index on its own disk",
    "grafana": "Grafana keeps its database on one volume",
    AGENT: "the agent is a DaemonSet with one pod on each node",
}

Millicores = Annotated[int, Field(ge=1, le=64_000)]
Mib = Annotated[int, Field(ge=16, le=1_048_576)]


class WorkloadSize(Frozen):
    """One workload; there are no CPU limits, so that bursts are not throttled."""

    replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of pods (for the agent: pods on each node)."""
    max_replicas: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Most pods that CPU use scales it to, from replicas on; without it the number of pods is fixed."""
    cpu_request_millicores: Millicores
    """CPU request of one pod."""
    memory_request_mib: Mib
    """Memory request of one pod, in MiB."""
    memory_limit_mib: Mib
    """Memory limit of one pod, in MiB."""
    volume_gib: Annotated[int, Field(ge=1, le=16_384)] | None = None
    """gp3 volume of one pod, in GiB."""

    @property
    def most_replicas(self) -> int:
        """Pods at the largest size."""
        return self.max_replicas or self.replicas

    @property
    def replication_factor(self) -> int:
        """Copies of each sample, span or log line among the replicas."""
        return REPLICATED_FROM if self.replicas >= REPLICATED_FROM else 1

    @model_validator(mode="after")
    def _limit_holds_request(self) -> Self:
        if self.memory_limit_mib < self.memory_request_mib:
            raise broken_rule(
                f"memory_limit_mib {self.memory_limit_mib} is below memory_request_mib {self.memory_request_mib}",
                "memory_limit_mib",
                "memory_request_mib",
            )
        if self.max_replicas is not None and self.max_replicas <= self.replicas:
            raise broken_rule(
                f"max_replicas {self.max_replicas} is not above replicas {self.replicas}", "max_replicas", "replicas"
            )
        return self


class LokiDistributedSizes(Frozen):
    """Loki's components, each a workload of its own."""

    ingester: WorkloadSize
    """Holds recent lines; three or more replicas make replication factor 3."""
    distributor: WorkloadSize
    """Receives writes."""
    querier: WorkloadSize
    """Runs queries."""
    query_frontend: WorkloadSize
    """Splits queries."""
    query_scheduler: WorkloadSize
    """Queues queries."""
    index_gateway: WorkloadSize
    """Reads the index from the bucket."""
    compactor: WorkloadSize
    """Compacts the index and enforces retention."""
    ruler: WorkloadSize
    """Evaluates rules."""
    gateway: WorkloadSize
    """nginx in front."""


class LokiSizes(Frozen):
    """Loki in one of its modes, and its caches."""

    monolithic: WorkloadSize | None = None
    """Mode Monolithic: one binary with all parts; three or more replicas make replication factor 3."""
    distributed: LokiDistributedSizes | None = None
    """Mode Distributed: each part by itself; null (and monolithic) for one binary."""
    chunks_cache_mb: Annotated[int, Field(ge=0, le=65_536)]
    """memcached for chunks, in MB; 0 turns it off."""
    results_cache_mb: Annotated[int, Field(ge=0, le=65_536)]
    """memcached for query results, in MB; 0 turns it off."""

    @property
    def ingesting(self) -> WorkloadSize:
        """The pods that hold what isn't in the bucket yet."""
        # One of the two is there: the check below.
        return cast("WorkloadSize", self.monolithic) if self.distributed is None else self.distributed.ingester

    @model_validator(mode="after")
    def _one_mode(self) -> Self:
        if (self.monolithic is None) == (self.distributed is None):
            raise broken_rule(
                "give exactly one of monolithic and distributed, and set the other to null", "monolithic", "distributed"
            )
        return self


class MimirSizes(Frozen):
    """Mimir's components in the classic architecture."""

    distributor: WorkloadSize
    """Receives writes."""
    ingester: WorkloadSize
    """Holds recent series; three or more replicas make replication factor 3."""
    querier: WorkloadSize
    """Runs queries."""
    query_frontend: WorkloadSize
    """Splits queries."""
    query_scheduler: WorkloadSize
    """Queues queries."""
    store_gateway: WorkloadSize
    """Reads blocks from the bucket."""
    compactor: WorkloadSize
    """Compacts blocks and enforces retention."""
    ruler: WorkloadSize
    """Evaluates rules."""
    alertmanager: WorkloadSize
    """Routes alerts."""
    gateway: WorkloadSize
    """nginx in front."""


class Sizes(Frozen):
    """Every workload of the platform."""

    loki: LokiSizes
    """Logs."""
    tempo: WorkloadSize
    """Traces, single binary."""
    mimir: MimirSizes
    """Metrics."""
    pyroscope: WorkloadSize | None = None
    """Profiles, single binary; only where profiles are kept."""
    grafana: WorkloadSize
    """Grafana with its sidecars."""
    collector_agent: WorkloadSize
    """OpenTelemetry Collector on each node."""
    collector_gateway: WorkloadSize
    """Sampling gateway."""

    def workloads(self) -> Iterator[tuple[str, WorkloadSize]]:
        """Every sized workload with its settings key, caches left out."""
        if self.loki.monolithic is not None:
            yield "loki.monolithic", self.loki.monolithic
        if self.loki.distributed is not None:
            for name in LokiDistributedSizes.model_fields:
                yield f"loki.distributed.{name}", getattr(self.loki.distributed, name)
        yield "tempo", self.tempo
        for name in type(self.mimir).model_fields:
            yield f"mimir.{name}", getattr(self.mimir, name)
        if self.pyroscope is not None:
            yield "pyroscope", self.pyroscope
        yield "grafana", self.grafana
        yield AGENT, self.collector_agent
        yield "collector_gateway", self.collector_gateway

    def caches(self) -> Iterator[tuple[str, int, int]]:
        """Every memcached that is on: its settings key, size in MB and CPU request in millicores."""
        for name, cache_mb, millicores in (
            ("loki.chunks_cache_mb", self.loki.chunks_cache_mb, CHUNKS_CACHE_CPU_REQUEST_MILLICORES),
            ("loki.results_cache_mb", self.loki.results_cache_mb, RESULTS_CACHE_CPU_REQUEST_MILLICORES),
        ):
            if cache_mb:
                yield name, cache_mb, millicores


def cache_memory_request_mib(cache_mb: int) -> int:
    """Memory request and limit of a memcached pod that holds `cache_mb` MB of items, in MiB."""
    return round(cache_mb * CACHE_MEMORY_FACTOR)

"""Values of the `loki` chart: Monolithic or Distributed, S3, retention by the compactor.

Sources: Grafana Loki 3.7 documentation, "Log retention" and "Configuration"; the chart's values of 18.11.
"""

from typing import Any

from planning.backends import LOKI
from planning.buckets import BucketPurpose
from planning.tiers.application import LokiWindows
from planning.tiers.lifecycle import windows_of
from settings.models.platform import PlatformSettings
from settings.models.sizes import (
    CHUNKS_CACHE_CPU_REQUEST_MILLICORES,
    REPLICATED_FROM,
    RESULTS_CACHE_CPU_REQUEST_MILLICORES,
    WorkloadSize,
    cache_memory_request_mib,
)
from telemetry.alerting.rules.mounts import LOKI_RULES
from telemetry.charts.loki_distributed import (
    DistributedGateway,
    DistributedParts,
    IngesterPart,
    Part,
    distributed_parts,
)
from telemetry.charts.loki_section import LokiSection, loki_section
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.start_up import loki_grace_seconds
from telemetry.charts.values import (
    ChartValues,
    Resources,
    ServiceAccount,
    Toleration,
    TopologySpreadConstraint,
    credentials_from,
    resources,
    resources_of,
    tolerations,
    volume_size,
)
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import client_mounts, client_volumes, secret_mounts, secret_volumes

# Loki buffers cache writes in its own memory: the chart's 500 MB is half of a small Loki.
CACHE_WRITEBACK_LIMIT = "32MB"


class Switch(ChartValues):
    """A part of the chart that is on or off."""

    enabled: bool
    """Whether to install it."""


class Replicas(ChartValues):
    """A deployment target that Monolithic mode doesn't use."""

    replicas: int = 0
    """The chart refuses to render unless this is 0."""


class Rbac(ChartValues):
    """Kubernetes permissions."""

    namespaced: bool = True
    """No cluster roles: two stacks in one cluster would fight over them."""


class SidecarRules(ChartValues):
    """The container that watches for rule ConfigMaps."""

    rules: Switch
    """Off: it has no resource requests, which the namespace's quota refuses."""


class Persistence(ChartValues):
    """The volume of a Loki pod: write-ahead log, index cache, deletion markers."""

    enabled: bool = True
    """Without it a restart loses what is not yet in the bucket."""
    size: str
    """Kubernetes quantity."""
    storage_class: str
    """StorageClass."""


class PodDisruptionBudget(ChartValues):
    """How many pods a drain may take at once."""

    enabled: bool = True
    """Whether to make one; the chart makes none for a single replica."""
    max_unavailable: int = 1
    """Replication survives one."""


class ServiceAddresses(ChartValues):
    """Which pods a service's name leads to."""

    publish_not_ready_addresses: bool
    """Whether pods that aren't ready are among them."""


class Memberlist(ChartValues):
    """How replicas find one another."""

    service: ServiceAddresses = ServiceAddresses(publish_not_ready_addresses=True)
    """A replica must join before it is ready; one that finds none gives up after 10 tries and ends, log unread."""


class Defaults(ChartValues):
    """What holds for every pod of Loki itself."""

    automount_service_account_token: bool = False
    """Without the rule watcher nothing talks to the Kubernetes API."""
    service: ServiceAddresses = ServiceAddresses(publish_not_ready_addresses=False)
    """Writes and queries go to replicas that have replayed their log; the chart's default sends them to all."""


class SingleBinary(ChartValues):
    """The Monolithic StatefulSet."""

    replicas: int
    """The chart's default is 0."""
    resources: Resources
    """Requests and limits."""
    persistence: Persistence
    """Volume."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    topology_spread_constraints: list[TopologySpreadConstraint]
    """Spread over zones; the chart's own anti-affinity already keeps replicas on different nodes."""
    pod_disruption_budget: PodDisruptionBudget = PodDisruptionBudget()
    """Drains go pod by pod."""
    termination_grace_period_seconds: int
    """Time to flush before Kubernetes kills; the chart's default is 30 s."""
    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""
    extra_volumes: list[dict[str, Any]]
    """Certificate and rules."""
    extra_volume_mounts: list[dict[str, Any]]
    """Where the container sees them."""


class Cache(ChartValues):
    """One memcached."""

    enabled: bool
    """The chart's default is on, with 9.6 GiB."""
    allocated_memory: int | None = None
    """Memory for items, in MB."""
    writeback_size_limit: str | None = None
    """Most memory that Loki holds back for writes to the cache."""
    resources: Resources | None = None
    """Requests and limits."""
    node_selector: dict[str, str] | None = None
    """Node labels."""
    tolerations: list[Toleration] | None = None
    """Accepted taints."""


class LokiValues(ChartValues):
    """The chart's values."""

    deployment_mode: str
    """Monolithic: one process does everything, the only mode that fits 8 to 16 GB. Distributed: one for each part."""
    defaults: Defaults = Defaults()
    """Every pod."""
    memberlist: Memberlist = Memberlist()
    """Gossip."""
    loki: LokiSection
    """Configuration."""
    single_binary: SingleBinary | Replicas
    """The StatefulSet of mode Monolithic."""
    read: Replicas = Replicas()
    """Unused target."""
    write: Replicas = Replicas()
    """Unused target."""
    backend: Replicas = Replicas()
    """Unused target."""
    chunks_cache: Cache
    """memcached for chunks."""
    results_cache: Cache
    """memcached for query results."""
    memcached_exporter: Switch = Switch(enabled=False)
    """A sidecar that doubles a small cache's pod."""
    gateway: Switch | DistributedGateway = Switch(enabled=False)
    """nginx in front: with one target, clients can talk to Loki itself."""
    ingester: IngesterPart | None = None
    """Of mode Distributed; None leaves the chart's, without pods."""
    distributor: Part | None = None
    """Likewise."""
    querier: Part | None = None
    """Likewise."""
    query_frontend: Part | None = None
    """Likewise."""
    query_scheduler: Part | None = None
    """Likewise."""
    index_gateway: Part | None = None
    """Likewise."""
    compactor: Part | None = None
    """Likewise."""
    ruler: Part | None = None
    """Likewise."""
    extra_objects: tuple[dict[str, Any], ...] | None = None
    """What the chart doesn't make."""
    loki_canary: Switch = Switch(enabled=False)
    """A DaemonSet of test writers."""
    test: Switch = Switch(enabled=False)
    """The Helm test needs the canary; the chart refuses to render otherwise."""
    service_account: ServiceAccount
    """Identity."""
    rbac: Rbac = Rbac()
    """Permissions."""
    sidecar: SidecarRules = SidecarRules(rules=Switch(enabled=False))
    """Rule watcher."""


def loki_values(
    settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> LokiValues:
    """Loki for one stack."""
    sizes = settings.sizes.loki
    parts: dict[str, Any] = {"single_binary": Replicas()}
    if sizes.distributed is not None:
        whole = distributed_parts(settings, sizes.distributed, storage, placement, storage_class)
        parts |= {name: getattr(whole, name) for name in DistributedParts.model_fields}
    elif sizes.monolithic is not None:
        parts["single_binary"] = _single_binary(settings, sizes.monolithic, storage, placement, storage_class)
    return LokiValues(
        deployment_mode="Monolithic" if sizes.distributed is None else "Distributed",
        loki=loki_section(
            windows_of(settings.tier_plans[BucketPurpose.LOKI_CHUNKS], LokiWindows),
            settings.ingestion,
            sizes,
            storage,
            Endpoints.of(settings),
        ),
        **parts,
        chunks_cache=_cache(sizes.chunks_cache_mb, CHUNKS_CACHE_CPU_REQUEST_MILLICORES, placement),
        results_cache=_cache(sizes.results_cache_mb, RESULTS_CACHE_CPU_REQUEST_MILLICORES, placement),
        service_account=ServiceAccount(name=LOKI.name, automount_service_account_token=False),
    )


def _single_binary(
    settings: PlatformSettings, size: WorkloadSize, storage: ObjectStorage, placement: Placement, storage_class: str
) -> SingleBinary:
    endpoints = Endpoints.of(settings)
    return SingleBinary(
        replicas=size.replicas,
        resources=resources_of(size),
        persistence=Persistence(size=volume_size(size, "loki.monolithic"), storage_class=storage_class),
        termination_grace_period_seconds=loki_grace_seconds(size),
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
        topology_spread_constraints=[_over_zones()] if size.replicas >= REPLICATED_FROM else [],
        extra_env_from=credentials_from(storage),
        extra_volumes=[
            *secret_volumes(endpoints, LOKI.name),
            *client_volumes(endpoints, LOKI.name),
            *LOKI_RULES.volumes(),
        ],
        extra_volume_mounts=[*secret_mounts(endpoints), *client_mounts(endpoints), *LOKI_RULES.mounts()],
    )


def _over_zones() -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        topology_key="topology.kubernetes.io/zone",
        when_unsatisfiable="ScheduleAnyway",
        label_selector={
            "matchLabels": {
                "app.kubernetes.io/instance": LOKI.name,
                "app.kubernetes.io/component": "single-binary",
            }
        },
    )


def _cache(allocated_mb: int, cpu_millicores: int, placement: Placement) -> Cache:
    if allocated_mb == 0:
        return Cache(enabled=False)
    memory = cache_memory_request_mib(allocated_mb)
    return Cache(
        enabled=True,
        allocated_memory=allocated_mb,
        writeback_size_limit=CACHE_WRITEBACK_LIMIT,
        resources=resources(cpu_millicores, memory, memory),
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
    )

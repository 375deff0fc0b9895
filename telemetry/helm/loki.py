"""Values of the `loki` chart: Monolithic, S3, retention by the compactor.

Sources: Grafana Loki 3.7 documentation, "Log retention" and "Configuration"; the chart's values of 18.11.
"""

from typing import Any

from pydantic import Field

from planning.retention import Retention
from planning.tiers import BucketPurpose
from settings.models import IngestionLimits, PlatformSettings
from settings.sizes import LokiSizes
from telemetry.endpoints import LOKI_RELEASE
from telemetry.helm.loki_config import (
    Compactor,
    LimitsConfig,
    LokiIngester,
    LokiQuerier,
    OtlpConfig,
    SchemaConfig,
)
from telemetry.helm.values import (
    REPLICATED_FROM,
    ChartValues,
    Resources,
    ServiceAccount,
    Toleration,
    TopologySpreadConstraint,
    credentials_from,
    hours,
    replication_factor,
    resources,
    resources_of,
    tolerations,
    volume_size,
)
from telemetry.object_storage import ObjectStorage
from telemetry.placement import Placement
from telemetry.workloads import LOKI

# memcached's own overhead over the memory that it may hand out, as the chart computes it.
MEMCACHED_OVERHEAD = 1.2
# The chart asks for half a core; a cache of some hundred MB needs a twentieth.
CHUNKS_CACHE_CPU_MILLICORES = 50
RESULTS_CACHE_CPU_MILLICORES = 25
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
    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""


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


class BucketNames(ChartValues):
    """Physical bucket names."""

    chunks: str
    """Chunks and index."""
    ruler: str
    """Rules."""
    admin: str
    """Required by the chart, used by Enterprise only."""


class S3Storage(ChartValues):
    """The S3 client; storage class and encryption are left to the bucket's defaults."""

    region: str
    """AWS region."""
    endpoint: str | None = None
    """host:port of an S3-compatible server; None is AWS."""
    insecure: bool | None = None
    """Plain HTTP."""
    s3_force_path_style: bool | None = Field(default=None, serialization_alias="s3ForcePathStyle")
    """Bucket in the path."""


class Storage(ChartValues):
    """Object storage."""

    type: str = "s3"
    """Kind of store."""
    bucket_names: BucketNames
    """Buckets."""
    s3: S3Storage
    """Client."""


class CommonConfig(ChartValues):
    """Settings that Loki's modules share."""

    replication_factor: int = Field(serialization_alias="replication_factor")
    """Copies of each log line; the chart's default of 3 refuses writes with one replica."""


class Analytics(ChartValues):
    """Usage reports."""

    reporting_enabled: bool = Field(default=False, serialization_alias="reporting_enabled")
    """Send anonymous usage statistics to Grafana Labs."""


class LokiSection(ChartValues):
    """Loki's own configuration."""

    auth_enabled: bool = Field(default=False, serialization_alias="auth_enabled")
    """One tenant: no X-Scope-OrgID header; objects lie under the prefix fake/."""
    common_config: CommonConfig
    """Replication."""
    storage: Storage
    """Buckets."""
    schema_config: SchemaConfig
    """Index format."""
    compactor: Compactor
    """Retention."""
    limits_config: LimitsConfig = Field(serialization_alias="limits_config")
    """What Loki accepts and keeps."""
    ingester: LokiIngester
    """Chunks."""
    querier: LokiQuerier
    """Queries."""
    analytics: Analytics = Analytics()
    """Usage reports."""


class LokiValues(ChartValues):
    """The chart's values."""

    deployment_mode: str = "Monolithic"
    """One process does everything; the only mode that fits 8 to 16 GB."""
    loki: LokiSection
    """Configuration."""
    single_binary: SingleBinary
    """The StatefulSet."""
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
    gateway: Switch = Switch(enabled=False)
    """nginx in front: with one target, clients can talk to Loki itself."""
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
    return LokiValues(
        loki=_loki_section(settings.retention, settings.ingestion, sizes, storage),
        single_binary=_single_binary(sizes, storage, placement, storage_class),
        chunks_cache=_cache(sizes.chunks_cache_mb, CHUNKS_CACHE_CPU_MILLICORES, placement),
        results_cache=_cache(sizes.results_cache_mb, RESULTS_CACHE_CPU_MILLICORES, placement),
        service_account=ServiceAccount(name=LOKI.service_account, automount_service_account_token=False),
    )


def cache_memory_mib(allocated_mb: int) -> int:
    """Memory request and limit of a memcached pod, in MiB."""
    return round(allocated_mb * MEMCACHED_OVERHEAD)


def _loki_section(
    retention: Retention, ingestion: IngestionLimits, sizes: LokiSizes, storage: ObjectStorage
) -> LokiSection:
    delete_days = retention.logs.delete_days
    return LokiSection(
        common_config=CommonConfig(replication_factor=replication_factor(sizes.monolithic)),
        storage=_storage(storage),
        schema_config=SchemaConfig(),
        compactor=Compactor(),
        limits_config=LimitsConfig(
            retention_period=hours(delete_days),
            max_query_lookback=hours(delete_days),
            reject_old_samples_max_age=hours(min(retention.logs.warm_days, delete_days)),
            ingestion_rate_mb=ingestion.logs_mb_per_second,
            ingestion_burst_size_mb=ingestion.logs_burst_mb,
            otlp_config=OtlpConfig.low_cardinality(),
        ),
        ingester=LokiIngester(),
        querier=LokiQuerier(),
    )


def _storage(storage: ObjectStorage) -> Storage:
    chunks = storage.buckets[BucketPurpose.LOKI_CHUNKS]
    on_aws = storage.credentials_secret is None
    return Storage(
        bucket_names=BucketNames(chunks=chunks, ruler=storage.buckets[BucketPurpose.LOKI_RULER], admin=chunks),
        s3=S3Storage(region=storage.region)
        if on_aws
        else S3Storage(
            region=storage.region,
            endpoint=storage.endpoint,
            insecure=storage.insecure,
            s3_force_path_style=storage.path_style,
        ),
    )


def _single_binary(
    sizes: LokiSizes, storage: ObjectStorage, placement: Placement, storage_class: str
) -> SingleBinary:
    size = sizes.monolithic
    return SingleBinary(
        replicas=size.replicas,
        resources=resources_of(size),
        persistence=Persistence(size=volume_size(size, "loki.monolithic"), storage_class=storage_class),
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
        topology_spread_constraints=[_over_zones()] if size.replicas >= REPLICATED_FROM else [],
        extra_env_from=credentials_from(storage),
    )


def _over_zones() -> TopologySpreadConstraint:
    return TopologySpreadConstraint(
        topology_key="topology.kubernetes.io/zone",
        when_unsatisfiable="ScheduleAnyway",
        label_selector={
            "matchLabels": {
                "app.kubernetes.io/instance": LOKI_RELEASE,
                "app.kubernetes.io/component": "single-binary",
            }
        },
    )


def _cache(allocated_mb: int, cpu_millicores: int, placement: Placement) -> Cache:
    if allocated_mb == 0:
        return Cache(enabled=False)
    memory = cache_memory_mib(allocated_mb)
    return Cache(
        enabled=True,
        allocated_memory=allocated_mb,
        writeback_size_limit=CACHE_WRITEBACK_LIMIT,
        resources=resources(cpu_millicores, memory, memory),
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
    )

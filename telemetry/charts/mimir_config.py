"""The parts of Mimir's own configuration that the platform decides, in Mimir's words (classic architecture, no Kafka).

Sources: Grafana Mimir 3.2 documentation, "Configuration parameters" and "About the classic architecture".
"""

from planning.buckets import BucketPurpose
from planning.tiers.application import MimirWindows
from planning.tiers.lifecycle import windows_of
from settings.models.ingestion import IngestionLimits
from settings.models.platform import PlatformSettings
from settings.models.sizes import MimirSizes
from telemetry.alerting.rules.mounts import ALERTMANAGER, MIMIR_RULES
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.values import AppConfig, IngesterClient, replication_factor
from telemetry.kubernetes.endpoints import Endpoints

BURST_SECONDS = 10
# OTLP resource attributes that become labels of every series. collector.instance.id keeps the span metrics of two
# gateways apart; the rest is what dashboards and alerts select by.
PROMOTED_ATTRIBUTES = (
    "service.name",
    "service.namespace",
    "service.version",
    "deployment.environment.name",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.node.name",
    "k8s.pod.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.hpa.name",
    "k8s.volume.name",
    "k8s.persistentvolumeclaim.name",
    "collector.instance.id",
)


class IngestStorage(AppConfig):
    """The Kafka-based write path."""

    enabled: bool = False
    """The chart turns it on."""


class Distributor(AppConfig):
    """Writes."""

    remote_timeout: str = "2s"
    """How long an ingester may take."""


class Ring(AppConfig):
    """A hash ring."""

    replication_factor: int
    """Copies."""


class MimirIngester(AppConfig):
    """Ingesters."""

    push_grpc_method_enabled: bool = True
    """The chart's base turns it off for Kafka; left so, every write fails."""
    ring: Ring
    """Copies of each series."""


class MimirCompactor(AppConfig):
    """The compactor, which alone deletes blocks."""

    deletion_delay: str
    """Time for store-gateways and queriers to forget a marked block before it goes."""


class ShardingRing(AppConfig):
    """A module that shares its work by a ring."""

    sharding_ring: Ring
    """Copies."""


class S3Client(AppConfig):
    """The S3 client that all stores share; storage class and encryption are left to the bucket's defaults."""

    endpoint: str
    """host[:port] of the S3 API."""
    region: str
    """AWS region."""
    native_aws_auth_enabled: bool | None = None
    """AWS's own credential chain, which knows EKS Pod Identity; only on AWS."""
    insecure: bool | None = None
    """Plain HTTP."""
    bucket_lookup_type: str | None = None
    """path puts the bucket in the path."""


class CommonStorage(AppConfig):
    """Object storage that all stores share."""

    backend: str = "s3"
    """Kind of store."""
    s3: S3Client
    """Client."""


class Common(AppConfig):
    """Settings that all modules share."""

    storage: CommonStorage
    """Object storage."""


class Bucket(AppConfig):
    """One bucket."""

    bucket_name: str
    """Physical name."""


class Tsdb(AppConfig):
    """The ingesters' local store."""

    retention_period: str
    """How long samples stay on the ingesters' volumes."""


class BucketStore(AppConfig):
    """The store-gateways' view of the bucket."""

    sync_interval: str = "15m"
    """How often they look for new blocks."""


class BlocksStorage(AppConfig):
    """Blocks."""

    storage_prefix: str = "blocks"
    """Lifecycle rules name this prefix; letters and digits only."""
    s3: Bucket
    """Bucket."""
    tsdb: Tsdb
    """Local store."""
    bucket_store: BucketStore = BucketStore()
    """Bucket view."""


class LocalRules(AppConfig):
    """Rules as files."""

    directory: str
    """Holds one folder for each tenant."""


class RulerStorage(AppConfig):
    """Rules: what the program mounts, and nobody changes over the API."""

    backend: str = "local"
    """Kind of store."""
    local: LocalRules
    """Folder."""


class LocalConfigs(AppConfig):
    """Alertmanager configurations as files."""

    path: str
    """Holds one file for each tenant."""


class AlertmanagerStorage(AppConfig):
    """Alertmanager's configuration; its silences and what it has sent stay on its volume."""

    backend: str = "local"
    """Kind of store."""
    local: LocalConfigs
    """Folder."""


class Ruler(AppConfig):
    """Evaluation of rules; the chart points it at Alertmanager."""

    poll_interval: str = "1m"
    """How often it looks for changed files."""
    external_url: str
    """Grafana's address, which an alert's link to its query begins with. Mimir appends Prometheus's own /graph path
    (mimir#2997), which Grafana hasn't: people follow the alert's dashboard and runbook instead."""


class Alertmanager(AppConfig):
    """Routing of alerts."""

    sharding_ring: Ring
    """Copies of each tenant's Alertmanager."""
    persist_interval: str = "24h"
    """How often state is copied to the store, which files don't take: it stays on the volume."""


class MimirQuerier(AppConfig):
    """Queries."""

    query_store_after: str
    """Younger samples are read from ingesters only."""
    max_concurrent: int = 4
    """Queries at once in one querier."""


class Limits(AppConfig):
    """What Mimir accepts, keeps and answers."""

    compactor_blocks_retention_period: str
    """Age at which the compactor deletes blocks."""
    compactor_partial_block_deletion_delay: str = "1d"
    """Cleans up failed uploads."""
    query_ingesters_within: str
    """Older samples are not asked of ingesters."""
    ingestion_rate: int
    """Samples a second."""
    ingestion_burst_size: int
    """Samples in one burst."""
    max_global_series_per_user: int
    """Active series."""
    max_global_exemplars_per_user: int = 100_000
    """Exemplars in the ingesters' memory, some 100 bytes each; Mimir's default of 0 refuses them all, and with them the
    way from a metric to its trace."""
    out_of_order_time_window: str = "5m"
    """Agents' queues deliver late after a gateway restart."""
    otel_metric_suffixes_enabled: bool = True
    """Prometheus's names (_total, units) for OTLP metrics."""
    promote_otel_resource_attributes: str = ",".join(PROMOTED_ATTRIBUTES)
    """Resource attributes that become labels; one string, not a list."""


class UsageStats(AppConfig):
    """Usage reports."""

    enabled: bool = False
    """Send anonymous usage statistics to Grafana Labs."""


class MimirConfig(AppConfig):
    """What is laid over the chart's base configuration."""

    multitenancy_enabled: bool = False
    """One tenant, `anonymous`: no X-Scope-OrgID header."""
    usage_stats: UsageStats = UsageStats()
    """Usage reports."""
    ingest_storage: IngestStorage = IngestStorage()
    """No Kafka."""
    distributor: Distributor = Distributor()
    """Writes."""
    ingester: MimirIngester
    """Ingesters."""
    ingester_client: IngesterClient = IngesterClient()
    """From distributors to ingesters."""
    compactor: MimirCompactor
    """Retention."""
    store_gateway: ShardingRing
    """Copies of each block among store-gateways."""
    ruler: Ruler
    """Evaluation of rules."""
    alertmanager: Alertmanager
    """Routing of alerts."""
    common: Common
    """Object storage."""
    blocks_storage: BlocksStorage
    """Blocks."""
    ruler_storage: RulerStorage = RulerStorage(local=LocalRules(directory=MIMIR_RULES.directory))
    """Rules."""
    alertmanager_storage: AlertmanagerStorage = AlertmanagerStorage(local=LocalConfigs(path=ALERTMANAGER.directory))
    """Receivers and routes."""
    querier: MimirQuerier
    """Queries."""
    limits: Limits
    """Limits."""


def mimir_config(settings: PlatformSettings, storage: ObjectStorage) -> MimirConfig:
    """Mimir's configuration for one stack."""
    sizes: MimirSizes = settings.sizes.mimir
    windows = windows_of(settings.tier_plans[BucketPurpose.MIMIR_BLOCKS], MimirWindows)
    return MimirConfig(
        ingester=MimirIngester(ring=Ring(replication_factor=replication_factor(sizes.ingester))),
        compactor=MimirCompactor(deletion_delay=f"{windows.deletion_delay_hours}h"),
        store_gateway=ShardingRing(sharding_ring=Ring(replication_factor=replication_factor(sizes.store_gateway))),
        ruler=Ruler(external_url=Endpoints.of(settings).grafana_url),
        alertmanager=Alertmanager(sharding_ring=Ring(replication_factor=replication_factor(sizes.alertmanager))),
        common=Common(storage=CommonStorage(s3=_client(storage))),
        blocks_storage=BlocksStorage(
            s3=Bucket(bucket_name=storage.buckets[BucketPurpose.MIMIR_BLOCKS]),
            tsdb=Tsdb(retention_period=f"{windows.tsdb_retention_hours}h"),
        ),
        querier=MimirQuerier(query_store_after=f"{windows.query_store_after_hours}h"),
        limits=_limits(settings.ingestion, windows),
    )


def _client(storage: ObjectStorage) -> S3Client:
    if storage.credentials_secret is None:
        return S3Client(endpoint=storage.endpoint, region=storage.region, native_aws_auth_enabled=True)
    return S3Client(
        endpoint=storage.endpoint,
        region=storage.region,
        insecure=storage.insecure,
        bucket_lookup_type="path" if storage.path_style else "auto",
    )


def _limits(ingestion: IngestionLimits, windows: MimirWindows) -> Limits:
    rate = ingestion.metrics_samples_per_second
    return Limits(
        compactor_blocks_retention_period=f"{windows.blocks_retention_hours // 24}d",
        query_ingesters_within=f"{windows.query_ingesters_within_hours}h",
        ingestion_rate=rate,
        ingestion_burst_size=rate * BURST_SECONDS,
        max_global_series_per_user=ingestion.max_series,
    )

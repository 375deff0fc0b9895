"""The `loki` section of the chart's values: Loki's own configuration, as the chart arranges it."""

from pydantic import Field

from planning.backends import LOKI
from planning.buckets import BucketPurpose
from planning.tiers.application import LokiWindows
from settings.models.ingestion import IngestionLimits
from settings.models.sizes import LokiSizes
from telemetry.charts.loki_config import (
    Compactor,
    LimitsConfig,
    LokiIngester,
    LokiQuerier,
    OtlpConfig,
    SchemaConfig,
    WriteAheadLog,
)
from telemetry.charts.loki_ruler import RulerConfig, ruler_config
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.start_up import loki_replay_memory
from telemetry.charts.values import ChartValues, EncryptedServer, HttpsProbe, IngesterClient, replication_factor
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.tls import CA_FILE


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


class TailTls(ChartValues):
    """How the query frontend calls queriers for a tail."""

    tls_ca_path: str = Field(default=CA_FILE, serialization_alias="tls_ca_path")
    """Authority."""
    tls_server_name: str = Field(default=LOKI.name, serialization_alias="tls_server_name")
    """The name in their certificate."""


class Frontend(ChartValues):
    """The query frontend; addresses that aren't here are the chart's."""

    tail_proxy_url: str = Field(serialization_alias="tail_proxy_url")
    """The chart's own is plain HTTP."""
    tail_tls_config: TailTls = Field(default=TailTls(), serialization_alias="tail_tls_config")
    """TLS."""


class LokiSection(ChartValues):
    """Loki's own configuration."""

    auth_enabled: bool = Field(default=False, serialization_alias="auth_enabled")
    """One tenant: no X-Scope-OrgID header; objects lie under the prefix fake/."""
    server: EncryptedServer | None = None
    """TLS; None leaves the chart's plain server."""
    readiness_probe: HttpsProbe | None = None
    """Over TLS; None leaves the chart's."""
    liveness_probe: HttpsProbe | None = None
    """Over TLS; None leaves the chart's."""
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
    ingester_client: IngesterClient = Field(default=IngesterClient(), serialization_alias="ingester_client")
    """From distributors to ingesters."""
    ingester: LokiIngester
    """Chunks."""
    querier: LokiQuerier
    """Queries."""
    ruler_config: RulerConfig | None = None
    """Rules."""
    frontend: Frontend | None = None
    """Of mode Distributed over TLS; None leaves the chart's."""
    analytics: Analytics = Analytics()
    """Usage reports."""


def loki_section(
    windows: LokiWindows,
    ingestion: IngestionLimits,
    sizes: LokiSizes,
    storage: ObjectStorage,
    endpoints: Endpoints | None = None,
) -> LokiSection:
    """Loki's configuration for one stack; without endpoints, of a Loki on its own."""
    encrypted = endpoints is not None and endpoints.tls
    return LokiSection(
        ruler_config=ruler_config(endpoints) if endpoints else None,
        server=EncryptedServer() if encrypted else None,
        readiness_probe=HttpsProbe() if encrypted else None,
        liveness_probe=HttpsProbe() if encrypted else None,
        common_config=CommonConfig(replication_factor=replication_factor(sizes.ingesting)),
        storage=_storage(storage),
        schema_config=SchemaConfig(),
        compactor=Compactor(retention_delete_delay=f"{windows.delete_delay_hours}h"),
        limits_config=LimitsConfig(
            retention_period=f"{windows.retention_hours}h",
            max_query_lookback=f"{windows.max_query_lookback_hours}h",
            reject_old_samples_max_age=f"{windows.reject_old_samples_max_age_hours}h",
            ingestion_rate_mb=ingestion.logs_mb_per_second,
            ingestion_burst_size_mb=ingestion.logs_burst_mb,
            otlp_config=OtlpConfig.low_cardinality(),
        ),
        ingester=LokiIngester(wal=WriteAheadLog(replay_memory_ceiling=loki_replay_memory(sizes.ingesting))),
        querier=LokiQuerier(),
        frontend=_frontend(endpoints) if endpoints is not None and encrypted and sizes.distributed else None,
    )


def _frontend(endpoints: Endpoints) -> Frontend:
    return Frontend(tail_proxy_url=f"https://{endpoints.host(f'{LOKI.name}-querier')}:{LOKI.port}")


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

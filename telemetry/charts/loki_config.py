"""The parts of Loki's own configuration that the platform decides, in Loki's words."""

from pydantic import Field

from telemetry.charts.values import AppConfig

# A schema period never changes once data is written under it, so its date is fixed and lies before any deployment.
SCHEMA_FROM = "2026-01-01"

# Resource attributes that become Loki stream labels: few and of low cardinality. Everything else, pod names and
# instance ids among it, is structured metadata.
INDEX_LABELS = (
    "service.name",
    "service.namespace",
    "k8s.namespace.name",
    "k8s.container.name",
    "deployment.environment.name",
)


class IndexPeriod(AppConfig):
    """How index tables are cut."""

    prefix: str = "index_"
    """Table prefix."""
    period: str = "24h"
    """Retention works only with 24h."""


class SchemaPeriod(AppConfig):
    """One schema with the date from which it holds."""

    from_date: str = Field(default=SCHEMA_FROM, serialization_alias="from")
    """First day (UTC)."""
    store: str = "tsdb"
    """Index store."""
    object_store: str = "s3"
    """Chunk store."""
    schema_version: str = Field(default="v13", serialization_alias="schema")
    """v13 is what structured metadata, and so OTLP, needs."""
    index: IndexPeriod = IndexPeriod()
    """Index tables."""


class SchemaConfig(AppConfig):
    """All schema periods."""

    configs: tuple[SchemaPeriod, ...] = (SchemaPeriod(),)
    """Oldest first."""


class Compactor(AppConfig):
    """The compactor, which alone deletes logs."""

    working_directory: str = "/var/loki/compactor"
    """On the volume: the list of deletion requests must survive a restart."""
    compaction_interval: str = "10m"
    """How often it runs."""
    retention_enabled: bool = True
    """Off by default; retention_period alone deletes nothing."""
    delete_request_store: str = "s3"
    """Required with retention."""
    deletion_marker_object_store_prefix: str = "deletion-markers/"
    """Marks of chunks to delete, in the bucket: on a volume they would wait until its replica is elected again."""
    retention_delete_delay: str
    """Time for queriers to drop chunks from their caches before the chunks go."""


class IndexLabelAction(AppConfig):
    """Which resource attributes become stream labels."""

    action: str = "index_label"
    """What happens to them."""
    attributes: tuple[str, ...] = INDEX_LABELS
    """OpenTelemetry attribute names."""


class OtlpResourceAttributes(AppConfig):
    """Treatment of resource attributes of OTLP logs."""

    ignore_defaults: bool = True
    """Loki's own list has 17 labels, k8s.pod.name and service.instance.id among them."""
    attributes_config: tuple[IndexLabelAction, ...] = (IndexLabelAction(),)
    """Ours."""


class OtlpConfig(AppConfig):
    """Treatment of OTLP logs."""

    resource_attributes: OtlpResourceAttributes
    """Resource attributes."""

    @classmethod
    def low_cardinality(cls) -> "OtlpConfig":
        """Few labels."""
        return cls(resource_attributes=OtlpResourceAttributes())


class LimitsConfig(AppConfig):
    """What Loki accepts, keeps and answers."""

    retention_period: str
    """Age at which the compactor deletes."""
    max_query_lookback: str
    """No query looks further back than data is kept."""
    reject_old_samples: bool = True
    """Refuse lines that are too old to matter."""
    reject_old_samples_max_age: str
    """What too old means."""
    ingestion_rate_mb: float
    """MB/s over all streams."""
    ingestion_burst_size_mb: float
    """MB in one burst."""
    per_stream_rate_limit: str = "5MB"
    """Bytes a second of one stream."""
    per_stream_rate_limit_burst: str = "20MB"
    """Burst of one stream."""
    max_global_streams_per_user: int = 10_000
    """Active streams."""
    allow_structured_metadata: bool = True
    """Needed by OTLP."""
    volume_enabled: bool = True
    """Log volume in Grafana's Explore."""
    split_queries_by_interval: str = "1h"
    """Pieces that run in parallel."""
    otlp_config: OtlpConfig
    """Labels of OTLP logs."""


class WriteAheadLog(AppConfig):
    """The ingester's write-ahead log."""

    flush_on_shutdown: bool = True
    """Chunks reach the bucket before the pod goes."""
    replay_memory_ceiling: str
    """Memory that a replay may fill before it flushes."""


class LokiIngester(AppConfig):
    """Chunks."""

    chunk_encoding: str = "snappy"
    """Cheapest to read."""
    wal: WriteAheadLog
    """Write-ahead log."""


class LokiQuerier(AppConfig):
    """Queries."""

    max_concurrent: int = 2
    """Queries at once in one process that also ingests."""

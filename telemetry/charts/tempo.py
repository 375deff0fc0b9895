"""Values of the `tempo` chart (single binary, Tempo 2.10).

Sources: Grafana Tempo 2.10 documentation, "Configuration"; the chart's values of 2.2.
"""

from typing import Any

from pydantic import Field

from planning.backends import OTLP_GRPC_PORT, TEMPO
from planning.buckets import BucketPurpose
from planning.tiers.application import TempoWindows
from planning.tiers.lifecycle import windows_of
from settings.models.ingestion import IngestionLimits
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.start_up import TEMPO_BLOCK_MINUTES
from telemetry.charts.values import (
    AppConfig,
    ChartValues,
    EncryptedServer,
    HttpsProbe,
    Resources,
    ServiceAccount,
    Toleration,
    credentials_from,
    go_memory_limit,
    resources_of,
    restricted_container,
    tolerations,
    volume_size,
)
from telemetry.kubernetes.endpoints import OTLP_HTTP_PORT, Endpoints
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import receiver_tls, secret_mounts, secret_volumes

BYTES_PER_MB = 1_000_000
MAX_BYTES_PER_TRACE = 5 * BYTES_PER_MB
MAX_LIVE_TRACES = 20_000
JAEGER_PORTS = {"grpc": 14250, "thrift_binary": 6832, "thrift_compact": 6831, "thrift_http": 14268}


class S3(AppConfig):
    """The S3 client; storage class and encryption are left to the bucket's defaults."""

    bucket: str
    """Bucket name."""
    endpoint: str
    """host[:port] of the S3 API."""
    region: str
    """AWS region."""
    insecure: bool = False
    """Plain HTTP."""
    forcepathstyle: bool = False
    """Bucket in the path."""


class Wal(AppConfig):
    """Write-ahead log."""

    path: str = "/var/tempo/wal"
    """On the volume."""


class TraceStorage(AppConfig):
    """Where blocks live."""

    backend: str = "s3"
    """Kind of store."""
    s3: S3
    """Client."""
    wal: Wal = Wal()
    """Write-ahead log."""


class TempoStorage(AppConfig):
    """Storage."""

    trace: TraceStorage
    """Traces."""


# Tempo answers before its write-ahead log holds a span: a trace is written when it has been quiet for the first, at the
# next look. The gateway sends a trace whole, after its decision, so nothing is gained by waiting longer.
TRACE_IDLE_SECONDS = 2
FLUSH_CHECK_SECONDS = 1
LOST_SECONDS = TRACE_IDLE_SECONDS + FLUSH_CHECK_SECONDS


class Ingester(AppConfig):
    """How long traces stay in the ingester."""

    trace_idle_period: str = f"{TRACE_IDLE_SECONDS}s"
    """A trace without a new span for this long goes to the write-ahead log."""
    flush_check_period: str = f"{FLUSH_CHECK_SECONDS}s"
    """How often it looks for such traces."""
    max_block_duration: str = f"{TEMPO_BLOCK_MINUTES}m"
    """Cut a block at least this often, so that little is lost with a volume."""
    complete_block_timeout: str = "15m"
    """Keep a flushed block until queriers find it in the bucket."""


class IngestionOverrides(AppConfig):
    """Write limits."""

    rate_strategy: str = "local"
    """One replica: its own rate is the whole rate."""
    rate_limit_bytes: int
    """Bytes a second."""
    burst_size_bytes: int
    """Bytes in one burst."""
    max_traces_per_user: int = MAX_LIVE_TRACES
    """Traces that are open at the same time."""


class GlobalOverrides(AppConfig):
    """Limits that hold in every module."""

    max_bytes_per_trace: int = MAX_BYTES_PER_TRACE
    """A trace beyond this is cut off."""


class OverrideDefaults(AppConfig):
    """Limits of every tenant."""

    ingestion: IngestionOverrides
    """Writes."""
    global_limits: GlobalOverrides = Field(default=GlobalOverrides(), serialization_alias="global")
    """Traces."""


class Overrides(AppConfig):
    """Limits."""

    defaults: OverrideDefaults
    """Of every tenant."""


class MetricsGenerator(ChartValues):
    """Metrics from spans inside Tempo."""

    enabled: bool = False
    """It would only see traces that sampling kept; the collector counts before it."""


class LivenessRequest(ChartValues):
    """What is asked to see whether the process lives."""

    path: str = "/status/version"
    """Answered from the start, while `/ready`, the chart's default, waits for the write-ahead log to be replayed."""
    scheme: str
    """HTTP or HTTPS; the kubelet doesn't verify the certificate."""


class LivenessProbe(ChartValues):
    """When the kubelet kills Tempo."""

    http_get: LivenessRequest
    """Request."""


class TempoSection(ChartValues):
    """Tempo's own configuration."""

    mem_ballast_size_mbs: int = 0
    """The chart's 1024 MB exceed the limit: the collector of garbage would never start before the kernel kills."""
    reporting_enabled: bool = False
    """Send anonymous usage statistics to Grafana Labs."""
    retention: str
    """Age at which the compactor deletes blocks; the chart's default is 24h."""
    resources: Resources
    """Requests and limits."""
    server: EncryptedServer | None = None
    """TLS; None leaves the chart's plain server."""
    readiness_probe: HttpsProbe | None = None
    """Over TLS; None leaves the chart's."""
    liveness_probe: LivenessProbe
    """Not whether it is ready."""
    storage: TempoStorage
    """Bucket."""
    ingester: Ingester = Ingester()
    """Ingester."""
    receivers: dict[str, Any]
    """Protocols: OTLP for the collector; Jaeger on loopback only."""
    metrics_generator: MetricsGenerator = MetricsGenerator()
    """Metrics from spans."""
    overrides: Overrides
    """Limits."""
    security_context: dict[str, Any]
    """Container security context."""
    extra_env: list[dict[str, str]]
    """Environment."""
    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""
    extra_volume_mounts: list[dict[str, Any]]
    """Scratch space for a read-only root file system, and the certificate."""


class Persistence(ChartValues):
    """The volume with the write-ahead log."""

    enabled: bool = True
    """The chart's default is off: a restart would lose what is not yet in the bucket."""
    size: str
    """Kubernetes quantity."""
    storage_class_name: str
    """StorageClass."""


class TempoValues(ChartValues):
    """The chart's values."""

    replicas: int
    """The single binary runs once."""
    tempo: TempoSection
    """Configuration."""
    persistence: Persistence
    """Volume."""
    service_account: ServiceAccount
    """Identity."""
    security_context: dict[str, Any]
    """Pod security context."""
    extra_volumes: list[dict[str, Any]]
    """Scratch space and certificate."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""


def tempo_values(
    settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> TempoValues:
    """Tempo for one stack; the settings allow one replica only."""
    size, endpoints = settings.sizes.tempo, Endpoints.of(settings)
    windows = windows_of(settings.tier_plans[BucketPurpose.TEMPO_TRACES], TempoWindows)
    return TempoValues(
        replicas=size.replicas,
        tempo=TempoSection(
            retention=f"{windows.block_retention_hours}h",
            resources=resources_of(size),
            server=EncryptedServer() if endpoints.tls else None,
            readiness_probe=HttpsProbe() if endpoints.tls else None,
            liveness_probe=LivenessProbe(http_get=LivenessRequest(scheme="HTTPS" if endpoints.tls else "HTTP")),
            storage=_storage(storage),
            receivers=_receivers(receiver_tls(endpoints)),
            overrides=Overrides(defaults=OverrideDefaults(ingestion=_ingestion(settings.ingestion))),
            security_context=restricted_container(),
            extra_env=go_memory_limit(size),
            extra_env_from=credentials_from(storage),
            extra_volume_mounts=[
                {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 (a mount inside the pod)
                *secret_mounts(endpoints),
            ],
        ),
        persistence=Persistence(size=volume_size(size, "tempo"), storage_class_name=storage_class),
        service_account=ServiceAccount(name=TEMPO.name, automount_service_account_token=False),
        security_context={
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        extra_volumes=[{"name": "scratch", "emptyDir": {}}, *secret_volumes(endpoints, TEMPO.name)],
        node_selector=placement.node_selector,
        tolerations=tolerations(placement),
    )


def _receivers(tls: dict[str, Any] | None) -> dict[str, Any]:
    """OTLP on all addresses; Jaeger, which the chart's service template can't do without, out of reach on loopback."""
    encryption = {"tls": tls} if tls else {}
    return {
        "jaeger": {
            "protocols": {name: {"endpoint": f"127.0.0.1:{port}"} for name, port in JAEGER_PORTS.items()},
        },
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": f"0.0.0.0:{OTLP_GRPC_PORT}", **encryption},
                "http": {"endpoint": f"0.0.0.0:{OTLP_HTTP_PORT}", **encryption},
            }
        },
    }


def _storage(storage: ObjectStorage) -> TempoStorage:
    return TempoStorage(
        trace=TraceStorage(
            s3=S3(
                bucket=storage.buckets[BucketPurpose.TEMPO_TRACES],
                endpoint=storage.endpoint,
                region=storage.region,
                insecure=storage.insecure,
                forcepathstyle=storage.path_style,
            )
        )
    )


def _ingestion(limits: IngestionLimits) -> IngestionOverrides:
    return IngestionOverrides(
        rate_limit_bytes=round(limits.traces_mb_per_second * BYTES_PER_MB),
        burst_size_bytes=round(limits.traces_burst_mb * BYTES_PER_MB),
    )

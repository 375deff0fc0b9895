"""Values of the `pyroscope` chart (single binary, storage of version 2).

Sources: Grafana Pyroscope 2.2 documentation, "Reference: configuration parameters"; values and templates of the chart
of 2.2.1.
"""

from typing import Any

from pydantic import Field

from planning.backends import PYROSCOPE
from planning.buckets import BucketPurpose
from planning.capacity.coefficients import PYROSCOPE_SEGMENT_SECONDS
from planning.tiers.application import PyroscopeWindows
from planning.tiers.lifecycle import windows_of
from settings.models.platform import PlatformSettings
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.values import (
    AppConfig,
    ChartValues,
    EncryptedServer,
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
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import secret_mounts, secret_volumes

# The one process answers itself. The chart would ask the Kubernetes API for it, which nothing else here needs.
ITSELF = "localhost:9095"


class S3(AppConfig):
    """The S3 client; storage class and encryption are left to the bucket's defaults."""

    bucket_name: str
    """Bucket name."""
    endpoint: str
    """host[:port] of the S3 API."""
    region: str
    """AWS region."""
    insecure: bool = False
    """Plain HTTP."""
    bucket_lookup_type: str = "auto"
    """Bucket in the path or in the host name."""
    native_aws_auth_enabled: bool = True
    """The AWS SDK's own chain knows Pod Identity; it reads the environment too."""


class BlockStorage(AppConfig):
    """Where blocks live."""

    backend: str = "s3"
    """Kind of store."""
    s3: S3
    """Client."""


class Limits(AppConfig):
    """Of every tenant; there is one."""

    retention_period: str
    """Age at which blocks are deleted; Pyroscope's default is 31 days."""
    ingestion_rate_mb: float
    """MB a second."""
    ingestion_burst_size_mb: float
    """MB in one burst, and so in one profile."""


class SegmentWriter(AppConfig):
    """What turns profiles into objects."""

    segment_duration: str = f"{PYROSCOPE_SEGMENT_SECONDS.value:g}s"
    """An object for each shard this often, and how long a sender waits; the default of 500ms is ten times the PUTs."""


class Analytics(AppConfig):
    """Usage statistics."""

    reporting_enabled: bool = False
    """Send anonymous usage statistics to Grafana Labs."""


class PyroscopeConfig(AppConfig):
    """Pyroscope's configuration file, as far as it differs from its defaults."""

    storage: BlockStorage
    """Bucket."""
    limits: Limits
    """Limits."""
    segment_writer: SegmentWriter = SegmentWriter()
    """Objects."""
    analytics: Analytics = Analytics()
    """Statistics."""
    server: EncryptedServer | None = None
    """TLS; None leaves the plain server."""


class Switch(ChartValues):
    """A part of the chart that is on or off."""

    enabled: bool = False
    """Whether to install it."""


class Rbac(ChartValues):
    """Kubernetes permissions."""

    create: bool = False
    """Pyroscope looks for nobody."""


class Service(ChartValues):
    """Port and probe."""

    scheme: str
    """HTTP or HTTPS, as the kubelet's probe asks."""


class Persistence(ChartValues):
    """The volume with the metastore: the index of all blocks."""

    enabled: bool = True
    """The chart's default is off: a restart would forget every block in the bucket."""
    size: str
    """Kubernetes quantity."""
    storage_class_name: str
    """StorageClass."""


class PyroscopeSection(ChartValues):
    """The single binary."""

    replica_count: int
    """Its index has one writer."""
    extra_args: dict[str, str] = Field(
        default={"log.level": "info", "metastore.address": ITSELF, "query-backend.address": ITSELF}
    )
    """Flags; the chart's log level is debug."""
    extra_env_vars: dict[str, str]
    """Environment."""
    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""
    rbac: Rbac = Rbac()
    """Permissions."""
    service_account: ServiceAccount
    """Identity."""
    service: Service
    """Port."""
    pod_security_context: dict[str, Any]
    """Pod security context."""
    security_context: dict[str, Any]
    """Container security context."""
    resources: Resources
    """Requests and limits."""
    persistence: Persistence
    """Volume."""
    extra_volumes: list[dict[str, Any]]
    """Scratch space and certificate."""
    extra_volume_mounts: list[dict[str, Any]]
    """Where the container sees them."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    structured_config: PyroscopeConfig
    """Configuration file."""


class PyroscopeValues(ChartValues):
    """The chart's values."""

    pyroscope: PyroscopeSection
    """The single binary."""
    alloy: Switch = Switch()
    """A collector of its own, on by default: services and the platform's collectors send here."""


def pyroscope_values(
    settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> PyroscopeValues:
    """Pyroscope for one stack; the settings allow one replica only."""
    size, endpoints = settings.sizes.pyroscope, Endpoints.of(settings)
    if size is None:
        raise ValueError("sizes.pyroscope: is missing; profiles.enabled gives it a default")
    return PyroscopeValues(
        pyroscope=PyroscopeSection(
            replica_count=size.replicas,
            extra_env_vars={one["name"]: one["value"] for one in go_memory_limit(size)},
            extra_env_from=credentials_from(storage),
            service_account=ServiceAccount(name=PYROSCOPE.name),
            service=Service(scheme=endpoints.scheme.upper()),
            pod_security_context={
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            security_context=restricted_container(),
            resources=resources_of(size),
            persistence=Persistence(size=volume_size(size, PYROSCOPE.name), storage_class_name=storage_class),
            extra_volumes=[{"name": "scratch", "emptyDir": {}}, *secret_volumes(endpoints, PYROSCOPE.service)],
            extra_volume_mounts=[
                {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 (a mount inside the pod)
                *secret_mounts(endpoints),
            ],
            node_selector=placement.node_selector,
            tolerations=tolerations(placement),
            structured_config=_config(settings, storage, endpoints),
        )
    )


def pyroscope_file(settings: PlatformSettings, storage: ObjectStorage) -> dict[str, Any]:
    """Pyroscope's configuration file on one machine; its data is where the container's volume is."""
    document = _config(settings, storage, Endpoints(namespace=settings.namespace)).model_dump(
        mode="json", exclude_none=True
    )
    data = {"data_dir": "/data/metastore", "raft": {"dir": "/data/raft", "snapshots_dir": "/data/raft"}}
    return document | {"server": {"http_listen_port": PYROSCOPE.port}, "metastore": data}


def _config(settings: PlatformSettings, storage: ObjectStorage, endpoints: Endpoints) -> PyroscopeConfig:
    windows = windows_of(settings.tier_plans[BucketPurpose.PROFILES], PyroscopeWindows)
    limits = settings.ingestion
    return PyroscopeConfig(
        storage=BlockStorage(
            s3=S3(
                bucket_name=storage.buckets[BucketPurpose.PROFILES],
                endpoint=storage.endpoint,
                region=storage.region,
                insecure=storage.insecure,
                bucket_lookup_type="path-style" if storage.path_style else "auto",
            )
        ),
        limits=Limits(
            retention_period=f"{windows.retention_hours}h",
            ingestion_rate_mb=limits.profiles_mb_per_second or 0,
            ingestion_burst_size_mb=limits.profiles_burst_mb or 0,
        ),
        server=EncryptedServer() if endpoints.tls else None,
    )

"""The settings document of a stack: what stands in `Pulumi.<stack>.yaml` under `lgtm:platform`."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planning.base import Frozen
from planning.capacity.estimate import CapacityInputs
from planning.capacity.ingest import Replication
from planning.capacity.objects import object_flows
from planning.cost.baseline import Baseline
from planning.prices import load_prices, regions_with_prices, s3_prices
from planning.retention import Retention
from planning.sampling import SamplingPolicy
from planning.tiers import AuditArchive, BucketPurpose, LifecycleLimits, S3Prices, TierPlan, compile_tier_plans
from planning.workload import Workload
from settings.models.alerting import AlertingSettings
from settings.models.backup import BackupSettings
from settings.models.cluster import ClusterSettings, ExistingCluster
from settings.models.environment import Budget, Capacity, Environment, Region
from settings.models.fields import words
from settings.models.network import NetworkSettings
from settings.models.redaction import RedactionSettings
from settings.models.services import Service
from settings.models.sizes import Sizes
from settings.models.slos import SloSettings
from settings.models.span_metrics import SpanMetricsSettings
from settings.models.tls import TlsSettings
from settings.rules.whole_document import BrokenRulesError, violations

DnsLabel = Annotated[
    str,
    Field(
        pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
        json_schema_extra=words("lower-case letters, digits and inner hyphens, a letter first, at most 63 characters"),
    ),
]
# AWS General Reference, "Tag naming limits and requirements".
TagValue = Annotated[
    str,
    Field(
        pattern=r"^[\w .:/=+@-]{1,128}$",
        json_schema_extra=words("1 to 128 letters, digits, spaces and . : / = + @ _ -, as AWS tags allow"),
    ),
]
ProjectName = Annotated[
    str,
    Field(
        pattern=r"^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$",
        json_schema_extra=words("lower-case letters, digits and inner hyphens, a letter first, at most 20 characters"),
    ),
]
ChartMirror = Annotated[
    str,
    Field(
        pattern=r"^(oci://[^\s]+|/[^\s]*|\.{1,2}/[^\s]*)$",
        json_schema_extra=words("oci:// with a registry, or a directory that starts with / or ./ or ../"),
    ),
]
HostName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        json_schema_extra=words("a host name: lower-case letters, digits, dots and hyphens"),
    ),
]


class StorageSettings(Frozen):
    """How buckets are kept."""

    encryption: Literal["sse_kms", "sse_s3"]
    """sse_kms: a customer-managed key with bucket keys, 1 USD a month; sse_s3: Amazon's key, free."""
    protect: bool
    """Refuse to delete buckets and keys with `pulumi destroy` until this is set to false."""
    force_destroy: bool
    """Delete objects together with their bucket; only for stacks whose data may be lost."""

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.protect and self.force_destroy:
            raise ValueError("protect and force_destroy exclude each other: set force_destroy to false to keep data")
        return self


class IngestionLimits(Frozen):
    """What the back ends accept from all services together before they answer 429."""

    logs_mb_per_second: Annotated[float, Field(gt=0, le=1000)]
    """Loki ingestion rate, in MB/s."""
    logs_burst_mb: Annotated[float, Field(gt=0, le=10_000)]
    """Loki ingestion burst, in MB."""
    traces_mb_per_second: Annotated[float, Field(gt=0, le=1000)]
    """Tempo ingestion rate, in MB/s."""
    traces_burst_mb: Annotated[float, Field(gt=0, le=10_000)]
    """Tempo ingestion burst, in MB."""
    metrics_samples_per_second: Annotated[int, Field(gt=0, le=100_000_000)]
    """Mimir ingestion rate, in samples a second."""
    max_series: Annotated[int, Field(gt=0, le=100_000_000)]
    """Mimir active series."""
    profiles_mb_per_second: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Pyroscope ingestion rate, in MB/s; only where profiles are kept."""
    profiles_burst_mb: Annotated[float, Field(gt=0, le=10_000)] | None = None
    """Pyroscope ingestion burst, in MB; only where profiles are kept."""

    @model_validator(mode="after")
    def _bursts_hold_rates(self) -> Self:
        for signal, rate, burst in (
            ("logs", self.logs_mb_per_second, self.logs_burst_mb),
            ("traces", self.traces_mb_per_second, self.traces_burst_mb),
            ("profiles", self.profiles_mb_per_second, self.profiles_burst_mb),
        ):
            if rate is not None and burst is not None and burst < rate:
                raise ValueError(f"{signal}_burst_mb {burst:g} is below {signal}_mb_per_second {rate:g}")
        return self


class ProfilesSettings(Frozen):
    """Continuous profiling."""

    enabled: bool
    """Keep profiles in Pyroscope, a fourth back end."""


class ChartSettings(Frozen):
    """Where Helm charts come from and how long a release may take."""

    mirror: ChartMirror | None = None
    """oci:// registry or directory that replaces the public chart repositories; default: LGTM_CHART_MIRROR or none."""
    timeout_seconds: Annotated[int, Field(ge=60, le=3600)]
    """How long a release may take to become ready."""


class GrafanaSettings(Frozen):
    """How people reach Grafana."""

    hostname: HostName | None = None
    """Public host name when an ingress serves Grafana over TLS; default: port-forward only."""


PRICES_WITHOUT_TABLE = "us-west-2"


@cache
def s3_prices_near(region: str) -> S3Prices:
    """S3's prices in a region, or in us-west-2 where the region has no table: classes keep about the same ratios."""
    return s3_prices(load_prices(region if region in regions_with_prices() else PRICES_WITHOUT_TABLE))


class PlatformSettings(Frozen):
    """One stack of the platform."""

    environment: Environment
    """Chooses the column of defaults: dev, staging or prod."""
    project: ProjectName
    """First part of every name, at most 20 characters: the company or product."""
    owner: TagValue
    """Value of the owner tag: a team or a mailbox."""
    cost_centre: TagValue
    """Value of the cost-centre tag."""
    region: Region
    """AWS region."""
    namespace: DnsLabel
    """Kubernetes namespace of the platform."""
    budget: Budget
    """What the stack may cost."""
    baseline: Baseline | None = None
    """What observability cost before this platform; reports compare with it."""
    capacity: Capacity
    """What the stack's requests and volumes must fit."""
    network: NetworkSettings | None = None
    """The VPC; only for cluster mode eks."""
    cluster: ClusterSettings
    """Where the platform runs."""
    identity: Literal["pod_identity", "irsa"]
    """How pods get AWS credentials: EKS Pod Identity, or IAM roles for service accounts."""
    tls: TlsSettings
    """Encryption between the platform's own parts."""
    storage: StorageSettings
    """Buckets."""
    backup: BackupSettings
    """Copies beside the data itself."""
    retention: Retention
    """How long signals are kept."""
    audit: AuditArchive
    """The audit archive's tiers."""
    sampling: SamplingPolicy
    """Which traces are kept."""
    redaction: RedactionSettings
    """What is masked or hashed before it is stored."""
    span_metrics: SpanMetricsSettings
    """What is counted from spans."""
    workload: Workload
    """The expected load, a daily mean: tier plans, capacity and cost are computed from it."""
    profiles: ProfilesSettings
    """Continuous profiling."""
    ingestion: IngestionLimits
    """What the back ends accept."""
    sizes: Sizes
    """Requests, limits and volumes."""
    charts: ChartSettings
    """Helm charts."""
    grafana: GrafanaSettings
    """Grafana's address."""
    slos: SloSettings
    """Service level objectives."""
    alerting: AlertingSettings
    """Alerts and who hears of them."""
    services: Annotated[tuple[Service, ...], Field(min_length=1)]
    """The services that send telemetry."""

    @property
    def tier_plans(self) -> Mapping[BucketPurpose, TierPlan]:
        """The lifecycle of every bucket and its application's windows, compiled from retention, audit and workload."""
        flows = object_flows(self.workload, self.sampling, self.replication)
        limits = LifecycleLimits.of_region(self.region)
        return compile_tier_plans(
            self.retention, self.audit, flows, self.s3_prices, limits, self.backup.object_version_days
        )

    @property
    def s3_prices(self) -> S3Prices:
        """S3's prices in the stack's region; where there is no table, those of us-west-2 decide."""
        return s3_prices_near(self.region)

    @property
    def replication(self) -> Replication:
        """Copies that the back ends keep."""
        loki, mimir = self.sizes.loki.monolithic, self.sizes.mimir.ingester
        return Replication(loki=loki.replication_factor, mimir=mimir.replication_factor)

    @property
    def capacity_inputs(self) -> CapacityInputs:
        """What the capacity plan of the stack is computed from."""
        return CapacityInputs(
            workload=self.workload,
            sampling=self.sampling,
            retention=self.retention,
            audit=self.audit,
            replication=self.replication,
        )

    @property
    def on_aws(self) -> bool:
        """Whether buckets, keys and roles are made on AWS."""
        return not (isinstance(self.cluster, ExistingCluster) and self.cluster.object_store is not None)

    @property
    def encrypted(self) -> bool:
        """Whether the platform's parts talk to each other over TLS."""
        mode = self.tls.mode or ("plain" if isinstance(self.cluster, ExistingCluster) else "cert_manager")
        return mode == "cert_manager"

    @property
    def node_count(self) -> int:
        """Nodes that run a collector agent."""
        if isinstance(self.cluster, ExistingCluster):
            return self.cluster.nodes
        return sum(group.nodes for group in self.cluster.node_groups.values())

    @model_validator(mode="after")
    def _whole_document_rules(self) -> Self:
        found = violations(self)
        if found:
            raise BrokenRulesError(found)
        return self

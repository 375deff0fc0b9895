"""The settings document of a stack: what stands in `Pulumi.<stack>.yaml` under `lgtm:platform`.

The models see that each table is right by itself; what holds between tables is the loader's to ask of the rules.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr

from planning.base import Frozen
from planning.buckets import BucketPurpose
from planning.budget import Baseline, Budget
from planning.capacity.estimate import CapacityInputs
from planning.capacity.ingest import Replication
from planning.capacity.objects import object_flows
from planning.instances import Architecture
from planning.prices.s3 import s3_prices_near
from planning.retention import Retention
from planning.sampling import SamplingPolicy
from planning.tiers.compiler import compile_tier_plans
from planning.tiers.inputs import LifecycleLimits
from planning.tiers.lifecycle import AuditArchive, TierPlan
from planning.tiers.s3_prices import S3Prices
from planning.topology.availability import Availability
from planning.workload import Workload
from settings.models.alerting import AlertingSettings
from settings.models.backup import BackupSettings
from settings.models.charts import ChartSettings
from settings.models.cluster import ClusterSettings, ExistingCluster
from settings.models.cost_alerts import CostAlertSettings
from settings.models.destinations import Destination
from settings.models.environment import Capacity, Environment, Region
from settings.models.fields import ProjectName, TagValue
from settings.models.grafana import GrafanaSettings
from settings.models.iam import IamSettings
from settings.models.ingestion import IngestionLimits
from settings.models.logs import LogSettings
from settings.models.metrics import MetricsSettings
from settings.models.namespaces import PlatformNamespaceName
from settings.models.network import NetworkSettings
from settings.models.network_policies import NetworkPolicySettings
from settings.models.profiles import ProfilesSettings
from settings.models.redaction import RedactionSettings
from settings.models.schedule import Schedule
from settings.models.services import Service
from settings.models.sizes import Sizes
from settings.models.slos import SloSettings
from settings.models.span_metrics import SpanMetricsSettings
from settings.models.storage import StorageSettings
from settings.models.tls import TlsSettings


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
    namespace: PlatformNamespaceName
    """Kubernetes namespace of the platform."""
    budget: Budget
    """What the stack may cost."""
    baseline: Baseline | None = None
    """What observability cost before this platform; reports compare with it."""
    cost_alerts: CostAlertSettings | None = None
    """Messages of AWS about the bill: AWS Budgets and Cost Anomaly Detection; off without it."""
    capacity: Capacity
    """What the stack's requests and volumes must fit."""
    availability: Availability
    """What the topology planner makes the platform survive: none, or the loss of one zone; see docs/topology.md."""
    network: NetworkSettings | None = None
    """The VPC; only for cluster mode eks."""
    cluster: ClusterSettings
    """Where the platform runs."""
    schedule: Schedule | None = None
    """Working hours, in dev and staging; without them the stack works at any hour."""
    network_policies: NetworkPolicySettings
    """Who may talk to whom inside the cluster."""
    iam: IamSettings = IamSettings()
    """How IAM roles are made."""
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
    metrics: MetricsSettings
    """Metrics that are left out or merged before they are stored."""
    logs: LogSettings
    """Log lines that are left out before they are stored."""
    workload: Workload
    """The expected load, a daily mean: tier plans, capacity and cost are computed from it."""
    profiles: ProfilesSettings
    """Continuous profiling."""
    destinations: Annotated[tuple[Destination, ...], Field(max_length=8)] = ()
    """Other back ends that telemetry goes to, redacted, beside the stack's own or instead of them."""
    ingestion: IngestionLimits
    """What the back ends accept."""
    sizes: Sizes
    """Requests, limits and volumes; or `auto` instead of the table: the topology planner chooses them from the
    workload, and nodes, ceilings and limits that the file doesn't name."""
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

    _automatic: bool = PrivateAttr(default=False)

    @property
    def sizes_are_automatic(self) -> bool:
        """Whether the planner chose the sizes: then they follow the workload."""
        return self._automatic

    def automatic(self) -> Self:
        """The same, marked as chosen by the planner."""
        copy = self.model_copy()
        copy._automatic = True
        return copy

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
        loki, mimir = self.sizes.loki.ingesting, self.sizes.mimir.ingester
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
            services=len(self.services),
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
    def architecture(self) -> Architecture:
        """Of the nodes; of a cluster that is there already it isn't known, and Graviton's prices stand in."""
        return Architecture.ARM64 if isinstance(self.cluster, ExistingCluster) else self.cluster.architecture

    @property
    def node_count(self) -> int:
        """Nodes that run a collector agent."""
        if isinstance(self.cluster, ExistingCluster):
            return self.cluster.nodes
        return sum(group.nodes for group in self.cluster.node_groups.values())

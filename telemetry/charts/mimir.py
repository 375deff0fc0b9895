"""Values of the `mimir-distributed` chart: classic architecture, one node group, no Kafka, no MinIO, no operator.

Source: the chart's values and release notes of 6.2.
"""

from typing import Any

from pydantic import Field

from planning.backends import MIMIR
from settings.models.platform import PlatformSettings
from settings.models.sizes import REPLICATED_FROM, WorkloadSize
from telemetry.alerting.rules.mounts import ALERTMANAGER, MIMIR_RULES
from telemetry.charts.mimir_config import MimirConfig, mimir_config
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.values import (
    ChartValues,
    Resources,
    ServiceAccount,
    Toleration,
    TopologySpreadConstraint,
    credentials_from,
    go_memory_limit,
    resources_of,
    tolerations,
    volume_size,
)
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import CA_ENTRY, secret_mounts, secret_volumes

# nginx reads a certificate again at each handshake if its path holds a variable (nginx documentation,
# ngx_http_ssl_module, ssl_certificate); in a TLS connection $scheme is https. The chart's probes stay on 8080.
NGINX_CERTIFICATES = "/etc/nginx/tls"
NGINX_CERTIFICATE = f"{NGINX_CERTIFICATES}/https"
# Writers show a certificate of the platform's CA for clients; readers, Grafana among them, need none. $uri is what
# locations are chosen by, decoded and without double slashes (nginx documentation, ngx_http_ssl_module,
# ssl_verify_client, ngx_http_rewrite_module, if, and ngx_http_core_module, location).
WRITES = f"^({MIMIR.push_path}|{MIMIR.otlp_path}/)"
TLS_LISTENER = f"""listen {MIMIR.client_port(tls=True)} ssl;
ssl_certificate {NGINX_CERTIFICATES}/$scheme/tls.crt;
ssl_certificate_key {NGINX_CERTIFICATES}/$scheme/tls.key;
ssl_protocols TLSv1.3;
ssl_client_certificate {NGINX_CERTIFICATE}/{CA_ENTRY};
ssl_verify_client optional;
set $unproven_writer "";
if ($uri ~ "{WRITES}") {{ set $unproven_writer "w"; }}
if ($ssl_client_verify != "SUCCESS") {{ set $unproven_writer "${{unproven_writer}}u"; }}
if ($unproven_writer = "wu") {{ return 403; }}
"""


class Switch(ChartValues):
    """A part of the chart that is on or off."""

    enabled: bool
    """Whether to install it."""


OFF = Switch(enabled=False)


class PersistentVolume(ChartValues):
    """The volume of each pod of a StatefulSet."""

    enabled: bool = True
    """An emptyDir would lose data with the pod."""
    size: str
    """Kubernetes quantity."""
    storage_class: str
    """StorageClass."""


class Component(ChartValues):
    """One of Mimir's components."""

    replicas: int
    """Pods."""
    resources: Resources
    """Requests and limits."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    env: list[dict[str, str]] | None = None
    """Environment."""


class StatefulComponent(Component):
    """A component with a volume."""

    persistent_volume: PersistentVolume
    """Volume."""


class ZonedComponent(StatefulComponent):
    """A component that the chart would spread over three zones by its rollout operator."""

    zone_aware_replication: Switch = OFF
    """On by default: it needs the operator and at least three pods."""
    topology_spread_constraints: list[TopologySpreadConstraint] | None = None
    """Replicas of one series must not share a node."""


class Alertmanager(StatefulComponent):
    """The Alertmanager."""

    extra_volumes: list[dict[str, Any]] = ALERTMANAGER.volumes()
    """Its configuration."""
    extra_volume_mounts: list[dict[str, Any]] = ALERTMANAGER.mounts()
    """Where it reads it."""
    zone_aware_replication: Switch = OFF
    """As above."""


class Ruler(Component):
    """The ruler."""

    extra_volumes: list[dict[str, Any]] = MIMIR_RULES.volumes()
    """Rules."""
    extra_volume_mounts: list[dict[str, Any]] = MIMIR_RULES.mounts()
    """Where it reads them."""
    mem_ballast_size_bytes: int = 0
    """The chart's 1 GiB exceed the limit."""


class ServicePort(ChartValues):
    """One more port of a service."""

    name: str
    """Name."""
    port: int
    """Port of the service."""
    target_port: int
    """Port of the pods."""
    protocol: str = "TCP"
    """Protocol."""


class GatewayService(ChartValues):
    """The gateway's service."""

    port: int = MIMIR.client_port(tls=False)
    """The chart's default is 80."""
    legacy_port: int = 0
    """The chart also opens 8080 under this name; two ports of one number are refused, and 0 leaves it out."""
    extra_ports: list[ServicePort]
    """The TLS listener."""


class NginxConfig(ChartValues):
    """What is put into the chart's nginx.conf."""

    server_snippet: str
    """Inside its one server block."""


class Nginx(ChartValues):
    """nginx."""

    config: NginxConfig
    """Configuration."""


class Gateway(Component):
    """nginx in front of all components."""

    enabled: bool = True
    """The one way in for clients."""
    service: GatewayService
    """Service."""
    nginx: Nginx | None = None
    """TLS; None leaves the chart's plain listener alone."""
    extra_volumes: list[dict[str, Any]]
    """Certificate."""
    extra_volume_mounts: list[dict[str, Any]]
    """Where nginx sees it."""


class GlobalValues(ChartValues):
    """What holds for every pod."""

    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""


class MimirSection(ChartValues):
    """Mimir's own configuration."""

    structured_config: MimirConfig
    """Laid over the chart's base."""


class MimirValues(ChartValues):
    """The chart's values; component names are the chart's, in snake_case."""

    global_values: GlobalValues = Field(serialization_alias="global")
    """Every pod."""
    mimir: MimirSection
    """Configuration."""
    service_account: ServiceAccount
    """Identity."""
    minio: Switch = OFF
    """Archived; its defaults carry a well-known password."""
    kafka: Switch = OFF
    """1 vCPU and 1 GiB for the ingest storage that we don't use."""
    rollout_operator: Switch = Field(default=OFF, serialization_alias="rollout_operator")
    """Cluster-wide definitions and webhooks, needed by zone awareness only."""
    overrides_exporter: Switch = Field(default=OFF, serialization_alias="overrides_exporter")
    """Exports limits as metrics; they are in the stack's settings."""
    chunks_cache: Switch = Field(default=OFF, serialization_alias="chunks-cache")
    """8 GiB by default when on."""
    index_cache: Switch = Field(default=OFF, serialization_alias="index-cache")
    """2 GiB by default when on."""
    metadata_cache: Switch = Field(default=OFF, serialization_alias="metadata-cache")
    """512 MB by default when on."""
    results_cache: Switch = Field(default=OFF, serialization_alias="results-cache")
    """512 MB by default when on."""
    distributor: Component
    """Receives writes."""
    ingester: ZonedComponent
    """Holds recent series."""
    querier: Component
    """Runs queries."""
    query_frontend: Component = Field(serialization_alias="query_frontend")
    """Splits queries."""
    query_scheduler: Component = Field(serialization_alias="query_scheduler")
    """Queues queries."""
    store_gateway: ZonedComponent = Field(serialization_alias="store_gateway")
    """Reads blocks."""
    compactor: StatefulComponent
    """Compacts and deletes blocks."""
    ruler: Ruler
    """Evaluates rules."""
    alertmanager: Alertmanager
    """Routes alerts."""
    gateway: Gateway
    """nginx."""


def mimir_values(
    settings: PlatformSettings, storage: ObjectStorage, placement: Placement, storage_class: str
) -> MimirValues:
    """Mimir for one stack."""
    sizes = settings.sizes.mimir
    parts = _Parts(placement, storage_class)
    return MimirValues(
        global_values=GlobalValues(extra_env_from=credentials_from(storage)),
        mimir=MimirSection(structured_config=mimir_config(settings, storage)),
        service_account=ServiceAccount(name=MIMIR.name),
        distributor=parts.component(sizes.distributor),
        ingester=parts.zoned(sizes.ingester, "mimir.ingester"),
        querier=parts.component(sizes.querier),
        query_frontend=parts.component(sizes.query_frontend),
        query_scheduler=parts.component(sizes.query_scheduler),
        store_gateway=parts.zoned(sizes.store_gateway, "mimir.store_gateway"),
        compactor=StatefulComponent(**parts.stateful(sizes.compactor, "mimir.compactor")),
        ruler=Ruler(**parts.common(sizes.ruler)),
        alertmanager=Alertmanager(**parts.stateful(sizes.alertmanager, "mimir.alertmanager")),
        gateway=_gateway(parts.without_go(sizes.gateway), Endpoints.of(settings)),
    )


def _gateway(common: dict[str, Any], endpoints: Endpoints) -> Gateway:
    port = MIMIR.client_port(tls=True)
    ports = [ServicePort(name="https", port=port, target_port=port)]
    return Gateway(
        **common,
        service=GatewayService(extra_ports=ports if endpoints.tls else []),
        nginx=Nginx(config=NginxConfig(server_snippet=TLS_LISTENER)) if endpoints.tls else None,
        extra_volumes=secret_volumes(endpoints, MIMIR.service),
        extra_volume_mounts=secret_mounts(endpoints, NGINX_CERTIFICATE),
    )


class _Parts:
    """Builds components that share placement and storage class."""

    def __init__(self, placement: Placement, storage_class: str) -> None:
        self._placement = placement
        self._storage_class = storage_class

    def without_go(self, size: WorkloadSize) -> dict[str, Any]:
        """Fields of every component, nginx among them."""
        return {
            "replicas": size.replicas,
            "resources": resources_of(size),
            "node_selector": self._placement.node_selector,
            "tolerations": tolerations(self._placement),
        }

    def common(self, size: WorkloadSize) -> dict[str, Any]:
        """Fields of Mimir's own components."""
        return {**self.without_go(size), "env": go_memory_limit(size)}

    def stateful(self, size: WorkloadSize, key: str) -> dict[str, Any]:
        """Fields of a component with a volume."""
        volume = PersistentVolume(size=volume_size(size, key), storage_class=self._storage_class)
        return {**self.common(size), "persistent_volume": volume}

    def component(self, size: WorkloadSize) -> Component:
        """A component without a volume."""
        return Component(**self.common(size))

    def zoned(self, size: WorkloadSize, key: str) -> ZonedComponent:
        """A component whose replicas carry copies of the same data."""
        spread = _apart() if size.replicas >= REPLICATED_FROM else None
        return ZonedComponent(**self.stateful(size, key), topology_spread_constraints=spread)


def _apart() -> list[TopologySpreadConstraint]:
    """One node must not take two of three copies with it; zones are preferred. The chart adds the pod labels."""
    return [
        TopologySpreadConstraint(topology_key="kubernetes.io/hostname", when_unsatisfiable="DoNotSchedule"),
        TopologySpreadConstraint(topology_key="topology.kubernetes.io/zone", when_unsatisfiable="ScheduleAnyway"),
    ]

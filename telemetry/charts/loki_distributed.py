"""Values of the `loki` chart in mode Distributed: each part a workload, and nginx where clients knew one Loki.

Clients go on talking to the service `loki` on Loki's port, in this mode and in Monolithic: nothing that writes or reads
changes with the mode. Sources: the chart's values and templates of 18.11; Grafana Loki 3.7 documentation, "Components";
nginx documentation, ngx_http_proxy_module and ngx_http_ssl_module.
"""

from typing import Any

from pydantic import Field

from planning.backends import LOKI
from settings.models.platform import PlatformSettings
from settings.models.sizes import LokiDistributedSizes, WorkloadSize
from telemetry.alerting.rules.mounts import LOKI_RULES
from telemetry.charts.object_storage import ObjectStorage
from telemetry.charts.start_up import loki_grace_seconds
from telemetry.charts.values import (
    ChartValues,
    HttpsProbe,
    Resources,
    Toleration,
    TopologySpreadConstraint,
    credentials_from,
    resources_of,
    tolerations,
    volume_size,
)
from telemetry.kubernetes.endpoints import Endpoints
from telemetry.kubernetes.placement import Placement
from telemetry.kubernetes.tls import (
    CA_FILE,
    CERTIFICATE_FILE,
    KEY_FILE,
    client_mounts,
    client_volumes,
    secret_mounts,
    secret_volumes,
)

# app.kubernetes.io/component of each part, as the chart has it.
COMPONENTS = {name: name.replace("_", "-") for name in LokiDistributedSizes.model_fields}
GATEWAY_COMPONENT = COMPONENTS["gateway"]
# The chart keeps every pod of a part on a node of its own; dozens of ingesters would need dozens of nodes.
ANYWHERE: dict[str, Any] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}
# nginx checks the parts' certificate, which is made for the service that clients know.
VERIFIED = f"""proxy_ssl_verify on;
proxy_ssl_name {LOKI.name};
proxy_ssl_server_name on;
proxy_ssl_protocols TLSv1.3;
proxy_ssl_trusted_certificate {CA_FILE};
"""
SERVED = f"""ssl_certificate {CERTIFICATE_FILE};
ssl_certificate_key {KEY_FILE};
ssl_protocols TLSv1.3;
"""


class DataClaim(ChartValues):
    """One claim of each pod."""

    name: str = "data"
    """As the chart mounts it."""
    access_modes: tuple[str, ...] = ("ReadWriteOnce",)
    """EBS volumes are one node's."""
    size: str
    """Kubernetes quantity."""
    storage_class: str
    """StorageClass."""


class DataPersistence(ChartValues):
    """The volume of each pod of a part."""

    enabled: bool = True
    """Without it a restart loses what is not yet in the bucket."""
    claims: tuple[DataClaim, ...]
    """The chart takes the size from here where the list is given."""


class DrainBudget(ChartValues):
    """How many pods of a part a drain may take at once."""

    max_unavailable: int = 1
    """Replication survives one."""


class Zones(ChartValues):
    """The chart's three StatefulSets, one a zone."""

    enabled: bool = False
    """They roll all at once without Grafana's rollout operator, which isn't installed."""


class Part(ChartValues):
    """One of Loki's parts."""

    replicas: int
    """The chart's default is 0."""
    resources: Resources
    """Requests and limits."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    affinity: dict[str, Any] = ANYWHERE
    """Spread by the rule below instead."""
    topology_spread_constraints: list[TopologySpreadConstraint] | None
    """Over zones, then over nodes; None for a single pod."""
    pod_disruption_budget: DrainBudget | None
    """Drains go pod by pod; None for a single pod."""
    extra_env_from: list[dict[str, Any]] | None = None
    """Credentials of an S3-compatible server."""
    extra_volumes: list[dict[str, Any]]
    """Certificates, rules."""
    extra_volume_mounts: list[dict[str, Any]]
    """Where the container sees them."""
    persistence: DataPersistence | None = None
    """Volume; None: it keeps nothing on disk."""
    termination_grace_period_seconds: int | None = None
    """Time to flush; None leaves the chart's."""


class IngesterPart(Part):
    """Ingesters."""

    zone_aware_replication: Zones = Zones()
    """On by default."""


class NginxSettings(ChartValues):
    """What is put into the chart's nginx.conf."""

    schema_name: str = Field(serialization_alias="schema")
    """http or https, of the parts."""
    ssl: bool
    """Whether nginx serves HTTPS itself."""
    server_snippet: str
    """Inside its one server block."""
    http_snippet: str
    """Beside it."""


class Metrics(ChartValues):
    """The exporter beside nginx."""

    enabled: bool = False
    """A second image for what the parts' own metrics say."""


class GatewayService(ChartValues):
    """nginx's own service."""

    port: int = LOKI.port
    """The same as clients use."""


class DistributedGateway(ChartValues):
    """nginx in front of the parts."""

    enabled: bool = True
    """The one way in for clients."""
    replicas: int
    """Pods."""
    container_port: int = LOKI.port
    """Where network policies expect Loki."""
    resources: Resources
    """Requests and limits."""
    node_selector: dict[str, str]
    """Node labels."""
    tolerations: list[Toleration]
    """Accepted taints."""
    affinity: dict[str, Any] = ANYWHERE
    """Spread by the rule below instead."""
    topology_spread_constraints: list[TopologySpreadConstraint] | None
    """Over zones, then over nodes; None for a single pod."""
    pod_disruption_budget: DrainBudget | None
    """Drains go pod by pod; None for a single pod."""
    metrics: Metrics = Metrics()
    """Exporter."""
    service: GatewayService = GatewayService()
    """Service."""
    nginx_config: NginxSettings
    """nginx.conf."""
    readiness_probe: HttpsProbe | None = None
    """Over TLS; None leaves the chart's."""
    extra_volumes: list[dict[str, Any]]
    """Certificate."""
    extra_volume_mounts: list[dict[str, Any]]
    """Where nginx sees it."""


class DistributedParts(ChartValues):
    """The chart's sections that mode Distributed uses."""

    ingester: IngesterPart
    """Holds recent lines."""
    distributor: Part
    """Receives writes."""
    querier: Part
    """Runs queries."""
    query_frontend: Part
    """Splits queries."""
    query_scheduler: Part
    """Queues queries."""
    index_gateway: Part
    """Reads the index."""
    compactor: Part
    """Compacts the index and deletes."""
    ruler: Part
    """Evaluates rules."""
    gateway: DistributedGateway
    """nginx."""
    extra_objects: tuple[dict[str, Any], ...]
    """The service that clients know."""


def distributed_parts(
    settings: PlatformSettings,
    sizes: LokiDistributedSizes,
    storage: ObjectStorage,
    placement: Placement,
    storage_class: str,
) -> DistributedParts:
    """Loki's parts for one stack."""
    build = _Parts(Endpoints.of(settings), storage, placement, storage_class)
    ingester = build.part("ingester", sizes.ingester)
    ingester["termination_grace_period_seconds"] = loki_grace_seconds(sizes.ingester)
    return DistributedParts(
        ingester=IngesterPart(**ingester),
        distributor=Part(**build.part("distributor", sizes.distributor)),
        querier=Part(**build.part("querier", sizes.querier)),
        query_frontend=Part(**build.part("query_frontend", sizes.query_frontend)),
        query_scheduler=Part(**build.part("query_scheduler", sizes.query_scheduler)),
        index_gateway=Part(**build.part("index_gateway", sizes.index_gateway)),
        compactor=Part(**build.part("compactor", sizes.compactor)),
        ruler=Part(**build.ruler(sizes.ruler)),
        gateway=build.gateway(sizes.gateway),
        extra_objects=(_known_service(),),
    )


class _Parts:
    """Builds parts that share placement, storage class and certificates."""

    def __init__(self, endpoints: Endpoints, storage: ObjectStorage, placement: Placement, storage_class: str) -> None:
        self._endpoints, self._storage = endpoints, storage
        self._placement, self._storage_class = placement, storage_class

    def _common(self, name: str, size: WorkloadSize) -> dict[str, Any]:
        return {
            "replicas": size.replicas,
            "resources": resources_of(size),
            "node_selector": self._placement.node_selector,
            "tolerations": tolerations(self._placement),
            "topology_spread_constraints": _spread(name) if size.replicas > 1 else None,
            "pod_disruption_budget": DrainBudget() if size.replicas > 1 else None,
        }

    def part(self, name: str, size: WorkloadSize) -> dict[str, Any]:
        """Fields of a part of Loki itself."""
        claims = None
        if size.volume_gib is not None:
            gib = volume_size(size, f"loki.distributed.{name}")
            claims = DataPersistence(claims=(DataClaim(size=gib, storage_class=self._storage_class),))
        return {
            **self._common(name, size),
            "extra_env_from": credentials_from(self._storage),
            "extra_volumes": secret_volumes(self._endpoints, LOKI.name),
            "extra_volume_mounts": secret_mounts(self._endpoints),
            "persistence": claims,
        }

    def ruler(self, size: WorkloadSize) -> dict[str, Any]:
        """Fields of the ruler: its rules, and the certificate by which it writes to Mimir."""
        fields = self.part("ruler", size)
        volumes = [*fields["extra_volumes"], *client_volumes(self._endpoints, LOKI.name), *LOKI_RULES.volumes()]
        mounts = [*fields["extra_volume_mounts"], *client_mounts(self._endpoints), *LOKI_RULES.mounts()]
        return fields | {"extra_volumes": volumes, "extra_volume_mounts": mounts}

    def _ready(self) -> str:
        """Where probes of one Loki ask: ready when writes are taken. The chart's nginx knows no such path."""
        scheme = "https" if self._endpoints.tls else "http"
        address = f"{scheme}://{self._endpoints.host(f'{LOKI.name}-distributor')}:{LOKI.port}"
        return f'location = /ready {{\n  set $backend "{address}";\n  proxy_pass $backend$request_uri;\n}}\n'

    def gateway(self, size: WorkloadSize) -> DistributedGateway:
        """nginx."""
        tls = self._endpoints.tls
        return DistributedGateway(
            **self._common("gateway", size),
            nginx_config=NginxSettings(
                schema_name="https" if tls else "http",
                ssl=tls,
                server_snippet=(SERVED if tls else "") + self._ready(),
                http_snippet=VERIFIED if tls else "",
            ),
            readiness_probe=HttpsProbe() if tls else None,
            extra_volumes=secret_volumes(self._endpoints, LOKI.name),
            extra_volume_mounts=secret_mounts(self._endpoints),
        )


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/instance": LOKI.name, "app.kubernetes.io/component": COMPONENTS[name]}


def _spread(name: str) -> list[TopologySpreadConstraint]:
    """A zone takes no more than its share; nodes are preferred to differ."""
    return [
        TopologySpreadConstraint(
            topology_key=key, when_unsatisfiable="ScheduleAnyway", label_selector={"matchLabels": _labels(name)}
        )
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _known_service() -> dict[str, Any]:
    """`loki`, which is the single binary's own service in mode Monolithic."""
    labels = _labels("gateway")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": LOKI.name, "labels": {**labels, "app.kubernetes.io/name": LOKI.name}},
        "spec": {
            "selector": {**labels, "app.kubernetes.io/name": LOKI.name},
            "ports": [{"name": "http-metrics", "port": LOKI.port, "targetPort": "http", "protocol": "TCP"}],
        },
    }

"""All dashboards of a stack."""

import re

from settings.models.cluster import EksCluster, SharedCluster
from settings.models.platform import PlatformSettings
from telemetry.grafana.dashboards.business import business
from telemetry.grafana.dashboards.cost import cost
from telemetry.grafana.dashboards.infrastructure import Exporters, infrastructure
from telemetry.grafana.dashboards.model import Dashboard
from telemetry.grafana.dashboards.moved import moved
from telemetry.grafana.dashboards.overview import overview
from telemetry.grafana.dashboards.platform_health import platform_health
from telemetry.grafana.dashboards.security import security
from telemetry.grafana.dashboards.service import service
from telemetry.grafana.dashboards.team import team_dashboards
from telemetry.kubernetes.endpoints import Endpoints


def dashboards(settings: PlatformSettings) -> tuple[Dashboard, ...]:
    """The stack's dashboards; what its telemetry can't answer is left out."""
    endpoints = Endpoints.of(settings)
    tenant = settings.span_metrics.tenant_attribute
    tenant_label = None if tenant is None else re.sub(r"[^A-Za-z0-9_]", "_", tenant)
    # As the cost rules have it: no dollars off AWS.
    priced = settings.on_aws
    return (
        overview(priced=priced),
        service(),
        moved(),
        business(tenant_label),
        cost(settings.ingestion.max_series, priced=priced),
        infrastructure(_exporters(settings)),
        security(has_certificates=endpoints.tls and not isinstance(settings.cluster, SharedCluster)),
        platform_health((endpoints.namespace, endpoints.agent_namespace)),
        *team_dashboards(settings.services),
    )


def _exporters(settings: PlatformSettings) -> Exporters:
    """A tenant stack doesn't see its host's kube-state-metrics; on clusters of others both are prerequisites."""
    match settings.cluster:
        case EksCluster(addons=addons):
            return Exporters(addons.kube_state_metrics, addons.prometheus_node_exporter)
        case SharedCluster():
            return Exporters(kube_state_metrics=False, node_exporter=True)
        case _:
            return Exporters(kube_state_metrics=True, node_exporter=True)

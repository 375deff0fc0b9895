"""Grafana's dashboards, each in a ConfigMap that Grafana's sidecar finds by its label."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.namespace import PART_OF, PlatformNamespace
from settings.models.platform import PlatformSettings
from telemetry.charts.grafana import DASHBOARD_FOLDER_ANNOTATION, DASHBOARD_LABEL, LABEL_VALUE
from telemetry.grafana.dashboards.catalogue import dashboards


@dataclass(frozen=True)
class DashboardsArgs:
    """Inputs of `Dashboards`."""

    settings: PlatformSettings
    namespace: PlatformNamespace


class Dashboards(pulumi.ComponentResource):
    """One ConfigMap a dashboard, well below the mebibyte that Kubernetes allows."""

    uids: tuple[str, ...]
    """What alerts and links call them."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Dashboards", name, None, opts)
        # Late: Grafana's SDK takes a while to import, and only programs that make dashboards should wait for it.
        from telemetry.grafana.dashboards.build import dashboard_json

        made = dashboards(args.settings)
        for dashboard in made:
            ConfigMap(
                dashboard.uid,
                metadata=ObjectMetaArgs(
                    name=f"dashboard-{dashboard.uid}",
                    namespace=args.namespace.name,
                    labels={DASHBOARD_LABEL: LABEL_VALUE, "app.kubernetes.io/part-of": PART_OF},
                    annotations={DASHBOARD_FOLDER_ANNOTATION: dashboard.folder},
                ),
                data={f"{dashboard.uid}.json": dashboard_json(dashboard)},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespace]),
            )
        self.uids = tuple(dashboard.uid for dashboard in made)
        self.register_outputs({"uids": list(self.uids)})

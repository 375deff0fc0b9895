"""Grafana's dashboards and runbooks, in ConfigMaps that Grafana's sidecar finds by their label."""

from collections.abc import Mapping
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
    stack: str


class Dashboards(pulumi.ComponentResource):
    """One ConfigMap a dashboard, well below the mebibyte that Kubernetes allows, and one with all runbooks."""

    uids: tuple[str, ...]
    """What alerts and links call them."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Dashboards", name, None, opts)
        # Late: Grafana's SDK takes a while to import, and only programs that make dashboards should wait for it.
        from telemetry.grafana import runbooks
        from telemetry.grafana.dashboards.build import dashboard_json

        self._namespace = args.namespace
        made = dashboards(args.settings)
        for dashboard in made:
            files = {f"{dashboard.uid}.json": dashboard_json(dashboard)}
            self._config_map(dashboard.uid, f"dashboard-{dashboard.uid}", dashboard.folder, files)
        self._config_map("runbooks", "runbooks", runbooks.FOLDER, runbooks.runbook_files(args.settings, args.stack))
        self.uids = tuple(dashboard.uid for dashboard in made)
        self.register_outputs({"uids": list(self.uids)})

    def _config_map(self, resource: str, name: str, folder: str, files: Mapping[str, str]) -> None:
        ConfigMap(
            resource,
            metadata=ObjectMetaArgs(
                name=name,
                namespace=self._namespace.name,
                labels={DASHBOARD_LABEL: LABEL_VALUE, "app.kubernetes.io/part-of": PART_OF},
                annotations={DASHBOARD_FOLDER_ANNOTATION: folder},
            ),
            data=files,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._namespace]),
        )

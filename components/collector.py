"""The OpenTelemetry Collector: an agent on every node and the sampling gateway."""

from dataclasses import dataclass

import pulumi

from components.chart_release import ChartReleaseArgs, chart_release
from components.namespace import PlatformNamespace
from settings.models.platform import PlatformSettings
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.charts.lock import ChartName
from telemetry.kubernetes.endpoints import COLLECTOR_AGENT_RELEASE, COLLECTOR_GATEWAY_RELEASE, Endpoints
from telemetry.kubernetes.placement import Placement


@dataclass(frozen=True)
class CollectorArgs:
    """Inputs of `Collector`."""

    settings: PlatformSettings
    namespace: PlatformNamespace
    placement: Placement
    stack: str


class Collector(pulumi.ComponentResource):
    """Two releases of one chart; the agents wait for the gateway, so that their queues start empty."""

    otlp_grpc: str
    """Where services send OTLP over gRPC."""
    otlp_http: str
    """Where services send OTLP over HTTP."""

    def __init__(self, name: str, args: CollectorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lgtm:components:Collector", name, None, opts)
        settings, namespace = args.settings, args.namespace
        gateway = chart_release(
            COLLECTOR_GATEWAY_RELEASE,
            ChartReleaseArgs(
                chart=ChartName.COLLECTOR,
                charts=settings.charts,
                namespace=namespace.name,
                values=gateway_values(settings, args.placement).to_values(),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        chart_release(
            COLLECTOR_AGENT_RELEASE,
            ChartReleaseArgs(
                chart=ChartName.COLLECTOR,
                charts=settings.charts,
                namespace=namespace.agent_name,
                values=agent_values(settings, args.placement, args.stack).to_values(),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[namespace, gateway]),
        )
        endpoints = Endpoints.of(settings)
        self.otlp_grpc, self.otlp_http = endpoints.otlp_grpc, endpoints.otlp_http
        self.register_outputs({"otlpGrpc": self.otlp_grpc, "otlpHttp": self.otlp_http})

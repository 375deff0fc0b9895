"""The OpenTelemetry Collector: an agent on every node and the sampling gateway."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_random import RandomPassword

from components.chart_release import ChartReleaseArgs, chart_release
from components.namespace import PART_OF, PlatformNamespace
from settings.models.platform import PlatformSettings
from telemetry.charts.collector import agent_values, gateway_values
from telemetry.charts.lock import ChartName
from telemetry.collector.redaction import HASH_KEY_ENTRY, HASH_KEY_SECRET, generates_hash_key
from telemetry.kubernetes.endpoints import COLLECTOR_AGENT_RELEASE, COLLECTOR_GATEWAY_RELEASE, Endpoints
from telemetry.kubernetes.placement import Placement

# Letters and digits; 64 of them hold more than SHA-256's 256 bits.
HASH_KEY_LENGTH = 64


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
        hash_key = [self._hash_key(namespace)] if generates_hash_key(settings.redaction) else []
        gateway = chart_release(
            COLLECTOR_GATEWAY_RELEASE,
            ChartReleaseArgs(
                chart=ChartName.COLLECTOR,
                charts=settings.charts,
                namespace=namespace.name,
                values=gateway_values(settings, args.placement).to_values(),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[namespace, *hash_key]),
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

    def _hash_key(self, namespace: PlatformNamespace) -> Secret:
        """The key of the hashes that stand in the place of ids; a new one breaks the join with what is stored."""
        key = RandomPassword(
            HASH_KEY_SECRET, length=HASH_KEY_LENGTH, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        return Secret(
            HASH_KEY_SECRET,
            metadata=ObjectMetaArgs(
                name=HASH_KEY_SECRET,
                namespace=namespace.name,
                labels={"app.kubernetes.io/part-of": PART_OF, "app.kubernetes.io/name": COLLECTOR_GATEWAY_RELEASE},
            ),
            type="Opaque",
            string_data={HASH_KEY_ENTRY: key.result},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )

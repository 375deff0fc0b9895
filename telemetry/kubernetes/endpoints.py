"""Names, ports and addresses of the platform's services inside the cluster, in one place."""

from planning.backends import OTLP_GRPC_PORT, Backend
from planning.base import Frozen
from settings.models.platform import PlatformSettings

CLUSTER_DOMAIN = "cluster.local"

# Helm release names beside the back ends'; each is also app.kubernetes.io/instance on every pod of the release.
GRAFANA_RELEASE = "grafana"
COLLECTOR_AGENT_RELEASE = "collector-agent"
COLLECTOR_GATEWAY_RELEASE = "collector-gateway"

OTLP_HTTP_PORT = 4318
GRAFANA_PORT = 3000
COLLECTOR_METRICS_PORT = 8888
COLLECTOR_HEALTH_PORT = 13133
KUBELET_PORT = 10250

# The cluster's own exporters. Amazon EKS User Guide, "Community add-ons" (namespaces); ports of the packaged charts.
KUBE_STATE_METRICS_NAMESPACE = "kube-state-metrics"
KUBE_STATE_METRICS_PORT = 8080
NODE_EXPORTER_NAMESPACE = "prometheus-node-exporter"
NODE_EXPORTER_PORT = 9100
CERT_MANAGER_METRICS_PORT = 9402
KARPENTER_NAMESPACE = KARPENTER_RELEASE = "karpenter"
KARPENTER_METRICS_PORT = 8080
# What Karpenter says of its pools, in cores by pool.
POOL_LIMIT, POOL_USAGE = (
    f'max by (nodepool) (karpenter_nodepools_{kind}{{resource_type="cpu"}})' for kind in ("limit", "usage")
)

# The chart calls the DaemonSet <fullname>-agent and the service <fullname>: services send to `collector`.
COLLECTOR_AGENT_FULLNAME = "collector"

AGENT_NAMESPACE_SUFFIX = "-agent"
GRAFANA_ADMIN_SECRET = "grafana-admin"  # noqa: S105 (the name of a Secret, not its content)
GRAFANA_ADMIN_USER_KEY = "admin-user"
GRAFANA_ADMIN_PASSWORD_KEY = "admin-password"  # noqa: S105 (a key in that Secret)
# What Grafana shows the identity provider.
SIGN_ON_SECRET = "grafana-sign-on"  # noqa: S105 (the name of a Secret)
SIGN_ON_KEY = "client-secret"


class SignalEndpoints(Frozen):
    """Where one signal is written and read inside the cluster, as URLs."""

    push: str
    """Where the back end itself takes writes."""
    query: str
    """Base URL of the query API."""


class Endpoints(Frozen):
    """Addresses of one stack's platform."""

    namespace: str
    """Namespace of the platform."""
    tls: bool = False
    """Whether the platform's parts talk to each other over TLS."""
    grafana_hostname: str | None = None
    """Public host name of Grafana, when an ingress serves it over TLS."""

    @classmethod
    def of(cls, settings: PlatformSettings) -> "Endpoints":
        """The addresses that a stack's settings lead to."""
        return cls(
            namespace=settings.namespace,
            tls=settings.encrypted,
            grafana_hostname=settings.grafana.hostname,
        )

    @property
    def scheme(self) -> str:
        """Of the back ends' URLs."""
        return "https" if self.tls else "http"

    @property
    def agent_namespace(self) -> str:
        """Namespace of the collector agents, which need host paths that Pod Security `restricted` refuses."""
        return f"{self.namespace}{AGENT_NAMESPACE_SUFFIX}"

    def host(self, service: str) -> str:
        """Cluster DNS name of a service in the platform's namespace."""
        return f"{service}.{self.namespace}.svc.{CLUSTER_DOMAIN}"

    def url(self, backend: Backend) -> str:
        """Base URL of a back end."""
        return f"{self.scheme}://{self.host(backend.service)}:{backend.client_port(tls=self.tls)}"

    def otlp_grpc_of(self, backend: Backend) -> str:
        """host:port of a back end's OTLP/gRPC receiver."""
        return f"{self.host(backend.service)}:{backend.otlp_grpc_port}"

    def of_backend(self, backend: Backend) -> SignalEndpoints:
        """Where a back end takes writes and answers queries."""
        push = f"{self.url(backend)}{backend.push_path}"
        if backend.otlp_grpc_port:
            push = f"{self.scheme}://{self.otlp_grpc_of(backend)}"
        return SignalEndpoints(push=push, query=f"{self.url(backend)}{backend.query_path}")

    @property
    def collector_gateway_otlp_grpc(self) -> str:
        """host:port of the sampling gateway, which only the agents talk to."""
        return f"{self.host(COLLECTOR_GATEWAY_RELEASE)}:{OTLP_GRPC_PORT}"

    @property
    def collector_host(self) -> str:
        """Cluster DNS name that services send telemetry to: the agents' service."""
        return f"{COLLECTOR_AGENT_FULLNAME}.{self.agent_namespace}.svc.{CLUSTER_DOMAIN}"

    @property
    def otlp_grpc(self) -> str:
        """OTLP/gRPC URL for services."""
        return f"http://{self.collector_host}:{OTLP_GRPC_PORT}"

    @property
    def otlp_http(self) -> str:
        """OTLP/HTTP URL for services."""
        return f"http://{self.collector_host}:{OTLP_HTTP_PORT}"

    @property
    def grafana_url(self) -> str:
        """Where people open Grafana: its public host, or the local end of `kubectl port-forward`."""
        if self.grafana_hostname is None:
            return f"http://localhost:{GRAFANA_PORT}"
        return f"https://{self.grafana_hostname}"

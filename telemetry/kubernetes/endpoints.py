"""Names, ports and addresses of the platform's services inside the cluster, in one place."""

from planning.base import Frozen
from settings.models.platform import PlatformSettings

CLUSTER_DOMAIN = "cluster.local"

# Helm release names; each is also the value of app.kubernetes.io/instance on every pod of the release.
LOKI_RELEASE = "loki"
TEMPO_RELEASE = "tempo"
MIMIR_RELEASE = "mimir"
GRAFANA_RELEASE = "grafana"
COLLECTOR_AGENT_RELEASE = "collector-agent"
COLLECTOR_GATEWAY_RELEASE = "collector-gateway"

LOKI_HTTP_PORT = 3100
TEMPO_HTTP_PORT = 3200
OTLP_GRPC_PORT = 4317
OTLP_HTTP_PORT = 4318
# The chart's gateway listens on 80; clients use Mimir's own 8080, so the service is moved there.
MIMIR_GATEWAY_PORT = 8080
# The chart's nginx keeps 8080 for its probes; TLS gets a listener of its own.
MIMIR_GATEWAY_TLS_PORT = 8443
GRAFANA_PORT = 3000
COLLECTOR_METRICS_PORT = 8888
COLLECTOR_HEALTH_PORT = 13133
KUBELET_PORT = 10250
# Where every component of Mimir serves HTTP; services in front of them may move it.
MIMIR_HTTP_PORT = 8080

# The cluster's own exporters. Amazon EKS User Guide, "Community add-ons" (namespaces); ports of the packaged charts.
KUBE_STATE_METRICS_NAMESPACE = "kube-state-metrics"
KUBE_STATE_METRICS_PORT = 8080
NODE_EXPORTER_NAMESPACE = "prometheus-node-exporter"
NODE_EXPORTER_PORT = 9100
CERT_MANAGER_NAMESPACE = "cert-manager"
CERT_MANAGER_METRICS_PORT = 9402

# The chart calls the DaemonSet <fullname>-agent and the service <fullname>: services send to `collector`.
COLLECTOR_AGENT_FULLNAME = "collector"
MIMIR_GATEWAY_SERVICE = f"{MIMIR_RELEASE}-gateway"

AGENT_NAMESPACE_SUFFIX = "-agent"
GRAFANA_ADMIN_SECRET = "grafana-admin"  # noqa: S105 (the name of a Secret, not its content)
GRAFANA_ADMIN_USER_KEY = "admin-user"
GRAFANA_ADMIN_PASSWORD_KEY = "admin-password"  # noqa: S105 (a key in that Secret)


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

    @property
    def loki_url(self) -> str:
        """Base URL of Loki."""
        return f"{self.scheme}://{self.host(LOKI_RELEASE)}:{LOKI_HTTP_PORT}"

    @property
    def tempo_url(self) -> str:
        """Base URL of Tempo's query API."""
        return f"{self.scheme}://{self.host(TEMPO_RELEASE)}:{TEMPO_HTTP_PORT}"

    @property
    def tempo_otlp_grpc(self) -> str:
        """host:port of Tempo's OTLP/gRPC receiver."""
        return f"{self.host(TEMPO_RELEASE)}:{OTLP_GRPC_PORT}"

    @property
    def mimir_port(self) -> int:
        """Where Mimir's gateway takes clients, on pod and service."""
        return MIMIR_GATEWAY_TLS_PORT if self.tls else MIMIR_GATEWAY_PORT

    @property
    def mimir_url(self) -> str:
        """Base URL of Mimir's gateway."""
        return f"{self.scheme}://{self.host(MIMIR_GATEWAY_SERVICE)}:{self.mimir_port}"

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

    @property
    def logs(self) -> SignalEndpoints:
        """Loki."""
        return SignalEndpoints(push=f"{self.loki_url}/loki/api/v1/push", query=f"{self.loki_url}/loki/api/v1/query")

    @property
    def traces(self) -> SignalEndpoints:
        """Tempo."""
        return SignalEndpoints(push=f"{self.scheme}://{self.tempo_otlp_grpc}", query=f"{self.tempo_url}/api/search")

    @property
    def metrics(self) -> SignalEndpoints:
        """Mimir."""
        return SignalEndpoints(push=f"{self.mimir_url}/api/v1/push", query=f"{self.mimir_url}/prometheus/api/v1/query")

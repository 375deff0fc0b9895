"""Certificates of the platform's parts: who has one, for which names, and where a pod finds its files.

cert-manager writes tls.crt, tls.key and ca.crt into one Secret for each certificate. Secrets are mounted as folders and
never by subPath, so that the kubelet puts a renewed certificate in place while the pod runs. All programs read it again
by themselves: the collector and Tempo's receivers after `reload_interval`, Loki's and Tempo's HTTP servers and nginx at
each handshake.

Sources: cert-manager documentation, "Certificate resource"; OpenTelemetry Collector, README of config/configtls;
Prometheus exporter-toolkit, web/tls_config.go (what Grafana's dskit serves HTTPS with); Kubernetes documentation,
"Using Secrets as files from a Pod".
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from planning.backends import backends_of
from planning.base import Frozen
from planning.retention import HOURS_PER_DAY
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.endpoints import (
    CLUSTER_DOMAIN,
    COLLECTOR_AGENT_RELEASE,
    COLLECTOR_GATEWAY_RELEASE,
    Endpoints,
)

# Ten years: the platform's own CA is exchanged by hand (docs/adr/0003-tls.md).
CA_DAYS = 3650
# The share of its life that is left when a certificate is renewed.
RENEWED_AT = 1 / 3
# Pods read a renewed certificate this long after the kubelet has put it in place.
RELOAD_INTERVAL = "5m"
MIN_VERSION = "1.3"
# The same in the words of Loki and Tempo, and in Prometheus's.
MIN_VERSION_OF_BACK_ENDS = "VersionTLS13"
MIN_VERSION_OF_SCRAPES = "TLS13"

VOLUME = "tls"
DIRECTORY = "/etc/lgtm/tls"
# Of a server that is a client as well: a certificate proves one of the two.
CLIENT_VOLUME, CLIENT_DIRECTORY = f"{VOLUME}-client", f"{DIRECTORY}-client"
CERTIFICATE_ENTRY, KEY_ENTRY = "tls.crt", "tls.key"
CERTIFICATE_FILE = f"{DIRECTORY}/{CERTIFICATE_ENTRY}"
KEY_FILE = f"{DIRECTORY}/{KEY_ENTRY}"
CA_ENTRY = "ca.crt"
CA_FILE = f"{DIRECTORY}/{CA_ENTRY}"
# Readable by owner and group: pods that don't run as root get the files through their fsGroup.
FILE_MODE = 0o440


class Usage(StrEnum):
    """What a certificate proves, as cert-manager calls the extended key usages."""

    SERVER = "server auth"
    CLIENT = "client auth"


class Certificate(Frozen):
    """One certificate and its Secret."""

    name: str
    """Of the Certificate, and the subject's common name."""
    namespace: str
    """Where its Secret is."""
    usage: Usage
    """One only: a server's certificate is refused where a client's is asked for."""
    dns_names: tuple[str, ...]
    """Every name under which it is reached; empty for a client."""

    @property
    def secret_name(self) -> str:
        """Name of the Secret."""
        return secret_name(self.name)


def secret_name(certificate: str) -> str:
    """The Secret of a certificate."""
    return f"{certificate}-tls"


def ca_name(settings: PlatformSettings) -> str:
    """The CA, its Secret and its cluster-wide issuer; carries the namespace: two stacks may share a cluster."""
    return f"{settings.namespace}-ca"


def certificates(settings: PlatformSettings) -> list[Certificate]:
    """All certificates of a stack; none in plain mode."""
    endpoints = Endpoints.of(settings)
    if not endpoints.tls:
        return []
    servers = (COLLECTOR_GATEWAY_RELEASE, *(backend.service for backend in backends_of(settings.retention)))
    return [
        *(
            Certificate(
                name=service,
                namespace=endpoints.namespace,
                usage=Usage.SERVER,
                dns_names=service_names(service, endpoints.namespace),
            )
            for service in servers
        ),
        _client(COLLECTOR_AGENT_RELEASE, endpoints.agent_namespace),
        *(_client(client_name(one), endpoints.namespace) for one in _writers(settings)),
    ]


def _writers(settings: PlatformSettings) -> Iterator[str]:
    """Servers that write to others: the gateway, and back ends whose rulers record elsewhere."""
    yield COLLECTOR_GATEWAY_RELEASE
    yield from (one.service for one in backends_of(settings.retention) if one.recorded_in is not None)


def _client(name: str, namespace: str) -> Certificate:
    return Certificate(name=name, namespace=namespace, usage=Usage.CLIENT, dns_names=())


def client_name(server: str) -> str:
    """The certificate by which a server writes to others."""
    return f"{server}-client"


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """Every form in which pods may spell a service's name."""
    inside = f"{service}.{namespace}"
    return (f"{inside}.svc.{CLUSTER_DOMAIN}", f"{inside}.svc", inside, service)


def duration_of(days: int) -> str:
    """A number of days as Go writes durations, so that the API server has nothing to rewrite."""
    return f"{days * HOURS_PER_DAY}h0m0s"


def renewal_before(days: int) -> str:
    """How long before its end a certificate of so many days is renewed."""
    return f"{round(days * HOURS_PER_DAY * RENEWED_AT)}h0m0s"


def collector_server(endpoints: Endpoints) -> dict[str, Any] | None:
    """The tls block of the gateway's receiver, which accepts the agents' certificate only; None in plain mode."""
    if not endpoints.tls:
        return None
    return {**_own_certificate(DIRECTORY), "client_ca_file": CA_FILE}


def collector_client(endpoints: Endpoints, own: str, *, server_name: str | None = None) -> dict[str, Any]:
    """The tls block of an exporter, with its own certificate in the folder `own`; `server_name` for a server that is
    reached by its address."""
    if not endpoints.tls:
        return {"insecure": True}
    block = {"ca_file": CA_FILE, **_own_certificate(own)}
    return block | ({"server_name_override": server_name} if server_name else {})


def scrape_client(server_name: str) -> dict[str, str]:
    """The tls_config of a scrape, in Prometheus's words: targets are reached by their pods' addresses."""
    return {"ca_file": CA_FILE, "server_name": server_name, "min_version": MIN_VERSION_OF_SCRAPES}


def receiver_tls(endpoints: Endpoints) -> dict[str, Any] | None:
    """The tls block of Tempo's OTLP receivers, which are the collector's and take spans from clients of the platform's
    CA only; None in plain mode."""
    return collector_server(endpoints)


def _own_certificate(directory: str) -> dict[str, Any]:
    return {
        "cert_file": f"{directory}/{CERTIFICATE_ENTRY}",
        "key_file": f"{directory}/{KEY_ENTRY}",
        "min_version": MIN_VERSION,
        "reload_interval": RELOAD_INTERVAL,
    }


def secret_volumes(endpoints: Endpoints, certificate: str, volume: str = VOLUME) -> list[dict[str, Any]]:
    """The volume of a pod that has a certificate; none in plain mode."""
    if not endpoints.tls:
        return []
    return [{"name": volume, "secret": {"secretName": secret_name(certificate), "defaultMode": FILE_MODE}}]


def secret_mounts(endpoints: Endpoints, directory: str = DIRECTORY, volume: str = VOLUME) -> list[dict[str, Any]]:
    """Where its container sees it; none in plain mode."""
    return [{"name": volume, "mountPath": directory, "readOnly": True}] if endpoints.tls else []


def client_volumes(endpoints: Endpoints, server: str) -> list[dict[str, Any]]:
    """The same for a server's certificate as a client."""
    return secret_volumes(endpoints, client_name(server), CLIENT_VOLUME)


def client_mounts(endpoints: Endpoints) -> list[dict[str, Any]]:
    """The same for a server's certificate as a client."""
    return secret_mounts(endpoints, CLIENT_DIRECTORY, CLIENT_VOLUME)


def ca_items() -> list[dict[str, str]]:
    """The one entry of a Secret that a pod without a certificate of its own may see."""
    return [{"key": CA_ENTRY, "path": CA_ENTRY}]
